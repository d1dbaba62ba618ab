// `l2c funnel`: real leads of two files through the whole product, in a database and state folder of their own.
import { setMaxListeners } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import pg from 'pg';
import type { Config } from '../config.js';
import { foldersOf } from '../worker/folders.js';
import { type Ended, settings } from './commands.js';
import { EXIT } from './exit.js';
import { CURRENCY } from './funnel/company.js';
import { FileProblem, readFunnel } from './funnel/files.js';
import { reportTable } from './funnel/report.js';
import { type FunnelResult, runFunnel } from './funnel/run.js';
import { hashOfFiles, readState } from './funnel/state.js';
import { openLeadEngine } from './leadEngine.js';
import { openLog } from './log.js';
import { eventPrinter, type OnEvent } from './progress.js';
import { openProduct, type Product } from './serve.js';
import { formatReport } from './verify/report.js';
import type { InvariantResult } from './verify/types.js';
import { verify } from './verify/verify.js';

interface FunnelFlags {
  readonly limit?: number;
  readonly concurrency: number;
  readonly keep: boolean;
  readonly json: boolean;
}

const DATABASE = 'l2c_funnel';
/** Told marks and search attributes follow their answers by less than this. */
const QUIET_MS = 5_000;

/** `l2c funnel <leads.csv> <deals.csv>`. */
export function funnelCommand(ended: Ended): Command {
  return new Command('funnel')
    .description('Take the leads of a file through the whole product, the won ones to paid commission')
    .argument('<leads>', 'CSV with mql_id, first_contact_date, landing_page_id, origin')
    .argument('<deals>', 'CSV with mql_id, seller_id, sdr_id, sr_id, won_date, business_segment, lead_type')
    .option('--limit <leads>', 'the first so many leads and the deals among them', count)
    .option('--concurrency <deals>', 'deals at a time', count, 8)
    .option('--keep', 'keep database and documents afterwards, in <state folder>/funnel', false)
    .addOption(
      new Option('--json', 'events as JSON lines on stdout, the last one is the report').default(false),
    )
    .addHelpText(
      'after',
      '\nStarted again after it was cut off, it goes on where it was. Ends with 0 when the wins by channel are those of\n' +
        'the files and verification is clean, 1 when not, 2 for a wrong file or setting, 3 when something it needs\n' +
        'cannot be started, 130 when it was stopped.',
    )
    .action((leads: string, deals: string, flags: FunnelFlags) => ended(runCommand(leads, deals, flags)));
}

function count(text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError(`${text} is no whole number from 1 on`);
  return Number(text);
}

async function runCommand(leadsPath: string, dealsPath: string, flags: FunnelFlags): Promise<number> {
  const since = performance.now();
  const onEvent = eventPrinter({ json: flags.json });
  const config = await ownConfig(settings());
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // Every call under way listens, and they are many.
  const stop = (): void => stopping.abort(new Error('stopped'));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, stop);
  let product: Product | undefined;
  let code: number = EXIT.found;
  try {
    const funnel = await readFunnel(leadsPath, dealsPath, flags.limit);
    const files = await hashOfFiles([leadsPath, dealsPath]);
    const state = await readState(config.stateDir);
    if (state !== undefined && state.files !== files) {
      throw new FileProblem(`${config.stateDir} holds the funnel of other files; remove that folder first`);
    }
    for (const detail of funnel.oddities) onEvent({ step: 'files', status: 'warning', ms: 0, detail });
    const { log } = openLog(config);
    product = await openProduct({ config, log, onEvent, timerMaxShiftMs: 20, schedule: false });
    const { signal } = stopping;
    const { concurrency } = flags;
    const { stateDir } = config;
    const result = await runFunnel(product, { funnel, files, stateDir, state, concurrency, onEvent, signal });
    const checks = await verified(product, config, onEvent);
    tell(result, checks, flags.json, performance.now() - since);
    if (result.problems.length === 0 && checks.every(({ ok }) => ok)) code = EXIT.ok;
  } catch (error) {
    if (stopping.signal.aborted) return EXIT.stopped;
    if (!(error instanceof FileProblem)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  } finally {
    await product?.stop();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, stop);
  }
  if (code === EXIT.ok && !flags.keep) await rm(config.stateDir, { recursive: true, force: true });
  return code;
}

/** The settings of a funnel: a folder, a database, ports and a task queue apart from everything else's. */
async function ownConfig(config: Config): Promise<Config> {
  const { ownerUrl, appUrl } = config.database;
  return {
    ...config,
    database: {
      ...(ownerUrl !== undefined && { ownerUrl: await ownDatabase(ownerUrl) }),
      ...(appUrl !== undefined && { appUrl: inDatabase(appUrl) }),
    },
    temporal: { ...config.temporal, taskQueue: `${config.temporal.taskQueue}-funnel` },
    stateDir: join(config.stateDir, 'funnel'),
    ports: { api: 0 },
    clockSecondsPerDay: 86_400,
    // Its only caller is this process, which asks as fast as it gets answers.
    limits: { ...config.limits, requestsPerMinute: 10_000_000, maxEventLoopDelayMs: 0 },
  };
}

function inDatabase(url: string): string {
  const address = new URL(url);
  address.pathname = `/${DATABASE}`;
  return address.href;
}

/** On a given server the funnel makes its own database beside the others. */
async function ownDatabase(ownerUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
  return inDatabase(ownerUrl);
}

async function verified(product: Product, config: Config, onEvent: OnEvent): Promise<InvariantResult[]> {
  const since = performance.now();
  onEvent({ step: 'verify', status: 'begin', ms: 0, detail: 'proving the invariants' });
  const { temporalConnection: connection, namespace, databaseUrl } = product.stack;
  const engine = openLeadEngine({ connection, namespace, taskQueue: config.temporal.taskQueue });
  const db = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  db.on('error', () => undefined); // The query under way fails with the same reason.
  try {
    const checkpoints = foldersOf(config.stateDir).checkpoints;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const results = await verify({ db, engine, checkpoints, fast: true, quietMs: QUIET_MS });
    const broken = results.filter(({ ok }) => !ok).map(({ invariant }) => invariant);
    const detail = broken.length === 0 ? 'clean' : `broken: ${broken.join(', ')}`;
    const status = broken.length === 0 ? 'done' : 'failed';
    onEvent({ step: 'verify', status, ms: Math.round(performance.now() - since), detail });
    return results;
  } finally {
    await db.end();
    await engine.close();
  }
}

function tell(
  { rows, problems }: FunnelResult,
  checks: readonly InvariantResult[],
  json: boolean,
  ms: number,
): void {
  const isClean = checks.every(({ ok }) => ok);
  if (json) {
    const channels = rows.map((row) => ({
      ...row,
      revenueMinor: row.revenueMinor.toString(),
      cashMinor: row.cashMinor.toString(),
      commissionMinor: row.commissionMinor.toString(),
    }));
    const report = { step: 'report', currency: CURRENCY, channels, problems, checks, ms: Math.round(ms) };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  process.stdout.write(`${reportTable(rows, CURRENCY)}\n`);
  if (!isClean) process.stdout.write(`${formatReport(checks)}\n`);
  for (const problem of problems) process.stdout.write(`! ${problem}\n`);
  const verdict =
    problems.length === 0 ? 'wins by channel are those of the files' : `${problems.length} differ`;
  process.stdout.write(
    `${verdict}, verification ${isClean ? 'clean' : 'not clean'}, ${(ms / 1000).toFixed(0)} s in all\n`,
  );
}
