// `npm run bench`: measures the figures of the design beside two controls, prints them and writes JSON.
import { loadavg } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import { verify } from '../cli/verify/verify.js';
import { environment } from '../config.js';
import { openPool } from '../db/pool.js';
import { openControls } from './controls/controls.js';
import { record } from './controls/recording.js';
import { figuresOf, type Measured } from './figures.js';
import { givenEngine } from './givenEngine.js';
import type { Lead } from './golden.js';
import { importRatio } from './importRatio.js';
import { bundles } from './measures/bundles.js';
import { clicks, openLeads } from './measures/clicks.js';
import { counts, transitionsOf } from './measures/counts.js';
import { drift } from './measures/drift.js';
import { load } from './measures/load.js';
import { recovery } from './measures/recovery.js';
import { starting } from './measures/starting.js';
import { clickStatements } from './measures/statements.js';
import {
  machineLine,
  machineOf,
  markdownOf,
  type Report,
  readReport,
  tableOf,
  versionsOf,
  writeReport,
} from './report.js';
import { type Database, Rig, type System } from './rig.js';
import { settingsTable, settingsWorth } from './settings/main.js';
import { nameOf, variantsOf } from './settings/variants.js';
import { type Mode, SETTINGS_LIMIT_MS, SETTINGS_SIZES, SIZES, type Size } from './sizes.js';

interface Options {
  readonly quick: boolean;
  readonly full: boolean;
  readonly mini: boolean;
  readonly settings?: string | true;
  readonly withoutControls: boolean;
  readonly markdown?: string;
  readonly json?: string;
  readonly seed: string;
  readonly profile?: string;
}

const CLICKS_PER_SECOND = 20;
/** What was told so shortly before the end may still be under way. */
const QUIET_MS = 5_000;
const SEED = '20261122';

function benchCommand(): Command {
  return new Command('bench')
    .description('Measure the product beside two controls: K0 without an engine, K1 on plain Temporal')
    .addOption(
      new Option('--quick', 'about two minutes; the default').conflicts(['full', 'mini']).default(false),
    )
    .addOption(
      new Option('--full', 'more of everything, and npm start from nothing').conflicts('mini').default(false),
    )
    .addOption(new Option('--mini', 'only to see that it works').default(false))
    .addOption(
      new Option(
        '--settings [name]',
        'what each setting is worth, or those with that in their names',
      ).conflicts(['quick', 'full']),
    )
    .addOption(
      new Option('--without-controls', 'the product alone, without K0 and K1')
        .conflicts('settings')
        .default(false),
    )
    .addOption(
      new Option(
        '--markdown <file>',
        'measure nothing: print what --json wrote there as a table for docs/proof.md',
      ).conflicts(['quick', 'full', 'mini', 'settings', 'withoutControls', 'json']),
    )
    .option('--json <file>', 'write everything that was measured')
    .option('--seed <number>', 'of everything that is made up', SEED)
    .option('--profile <folder>', 'write CPU profiles of API and worker');
}

/** Runs the bench; answers the exit code: 0 when it came to its end, whatever the figures are. */
export async function bench(argv: readonly string[]): Promise<number> {
  const command = benchCommand().exitOverride();
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const options = command.opts<Options>();
  if (options.markdown !== undefined) return printMarkdown(options.markdown);
  const mode: Mode = options.full ? 'full' : options.mini ? 'mini' : 'quick';
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Error('the bench was stopped'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  const limitMs = options.settings === undefined ? SIZES[mode].limitMs : SETTINGS_LIMIT_MS;
  const limit = setTimeout(() => stopping.abort(new Error('the bench took too long')), limitMs);
  try {
    if (options.settings !== undefined) return await settings(mode, options, stopping.signal);
    const report = await measured(mode, options, stopping.signal);
    process.stdout.write(`${tableOf(report)}\n`);
    if (options.json !== undefined) writeReport(options.json, report);
    return 0;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    process.stderr.write(`${(stopping.signal.reason as Error).message}; nothing of it runs any more\n`);
    return 130;
  } finally {
    clearTimeout(limit);
  }
}

function printMarkdown(file: string): number {
  try {
    process.stdout.write(`${markdownOf(readReport(file))}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${file} is no report of the bench: ${(error as Error).message}\n`);
    return 2;
  }
}

/** Says what it does and for how long it has been at it. */
function progress(): (detail: string) => void {
  const began = performance.now();
  return (detail) => {
    process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${detail}\n`);
  };
}

async function settings(mode: Mode, options: Options, signal: AbortSignal): Promise<number> {
  const loadBefore = loadavg()[0] ?? 0;
  const wanted = options.settings === true ? '' : (options.settings ?? '');
  if (variantsOf(wanted).length === 0) {
    process.stderr.write(
      `no setting has "${wanted}" in its name; there are ${variantsOf('').map(nameOf).join('; ')}\n`,
    );
    return 2;
  }
  const size = mode === 'mini' ? SETTINGS_SIZES.mini : SETTINGS_SIZES.usual;
  const open = { seed: Number(options.seed), limitMs: SETTINGS_LIMIT_MS, durable: size.durable, signal };
  const found = await settingsWorth({ ...open, onProgress: progress() }, size, wanted);
  process.stdout.write(`${settingsTable(found)}\n${machineLine(machineOf(loadBefore))}\n`);
  if (options.json !== undefined)
    writeReport(options.json, { machine: machineOf(loadBefore), settings: found });
  return 0;
}

async function measured(mode: Mode, options: Options, signal: AbortSignal): Promise<Report> {
  const began = performance.now();
  const loadBefore = loadavg()[0] ?? 0;
  const seed = Number(options.seed);
  const onProgress = progress();
  const size: Size = SIZES[mode];
  const { limitMs, durable } = size;
  const engine = givenEngine(environment());
  const rig = await Rig.open({
    seed,
    limitMs,
    durable,
    signal,
    onProgress,
    ...(engine && { engine }),
    ...(options.profile !== undefined && { profileDir: options.profile }),
  });
  try {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    const result = await Promise.race([measure(rig, size, options, onProgress), aborted]);
    const broken = await brokenInvariants(rig);
    const figures = figuresOf(result);
    const seconds = Math.round((performance.now() - began) / 1000);
    const [machine, versions] = [machineOf(loadBefore), await versionsOf(rig)];
    return {
      date: new Date().toISOString(),
      mode,
      seed,
      seconds,
      machine,
      versions,
      figures,
      broken,
      measured: result,
    };
  } finally {
    await rig.close();
  }
}

async function measure(
  rig: Rig,
  size: Size,
  { withoutControls, seed }: Options,
  onProgress: (detail: string) => void,
): Promise<Measured> {
  onProgress('bundling');
  const bundled = await bundles(rig);
  const [forImports, openOthers] = await copies(rig, bundled.plain, withoutControls, onProgress);
  onProgress('counting transitions, events and bytes');
  const counted = await counts(rig, size.counted);
  onProgress('counting statements');
  const statements = await clickStatements(rig);
  onProgress(`opening ${size.open} leads`);
  const { leads, heap } = await openLeads(rig, size.open);
  onProgress(`clicking ${size.clicks} times`);
  const clicked = await clicks(leads, {
    count: size.clicks,
    perSecond: CLICKS_PER_SECOND,
    seed: Number(seed),
  });
  onProgress(`clicking ${size.drift} times on one lead`);
  const drifted = await drift(rig, size.drift);
  onProgress('killing the worker');
  const recovered = await recovery(rig, size.killed);
  const systems = [rig.system, ...(await openOthers())];
  onProgress(`golden leads of ${size.load.users} users on ${systems.map(({ name }) => name).join(', ')}`);
  const lived: Lead[] = [];
  const loaded = await load(systems, size.load, ({ name }, leads) => {
    if (name === rig.system.name) lived.push(...leads);
  });
  const underLoad = await transitionsOf(rig.client, lived);
  onProgress(`importing ${size.imports.leads} leads`);
  const importing = await importRatio({ ...forImports, ...size.imports, actorId: await anybody(rig) });
  const started = size.starts ? await starting() : undefined;
  return {
    counts: counted,
    statements,
    bundles: bundled,
    heap,
    clicks: clicked,
    drift: drifted,
    load: loaded,
    underLoad,
    recovery: recovered,
    importing,
    ...(started && { starting: started }),
  };
}

/** A database to import into and, with controls, a way to open them, each on a database of its own. */
async function copies(
  rig: Rig,
  bundle: string,
  withoutControls: boolean,
  onProgress: (detail: string) => void,
): Promise<[Database, () => Promise<System[]>]> {
  if (withoutControls) {
    const [forImports] = await rig.copyDatabase('l2c_import');
    if (!forImports) throw new RangeError('a copy was asked for');
    return [forImports, async () => []];
  }
  onProgress('recording what a golden lead writes');
  const recording = await record(rig);
  const [forK0, forK1, forImports] = await rig.copyDatabase('l2c_k0', 'l2c_k1', 'l2c_import');
  if (!forK0 || !forK1 || !forImports) throw new RangeError('three copies were asked for');
  return [
    forImports,
    async () => {
      const { k0, k1 } = await openControls(rig, recording, [forK0, forK1], bundle);
      return [k0, k1];
    },
  ];
}

const anybody = (rig: Rig): Promise<string> =>
  rig.asOwner(async (owner) => {
    const { rows } = await owner.query<{ id: string }>('select id from people order by id limit 1');
    return rows[0]?.id ?? '';
  });

/** What the product wrote under all of this still has to be right. */
async function brokenInvariants(rig: Rig): Promise<string[]> {
  const db = openPool(rig.product.ownerUrl, { max: 2, applicationName: 'l2c-bench', statementTimeoutMs: 0 });
  try {
    const results = await verify({ db, quietMs: QUIET_MS });
    return results.flatMap(({ invariant, ok, broken }) => (ok ? [] : `${invariant} (${broken[0]?.detail})`));
  } finally {
    await db.end();
  }
}
