// `l2c funnel`: real leads of two files through the whole product, in a database and state folder of their own.
import { setMaxListeners } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import pg from 'pg';
import { openEngineClient } from '../activities/intake/engineClient.js';
import { type Config, engineConnection } from '../config.js';
import type { Queryable } from '../db/pool.js';
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
import { tellTrouble } from './trouble.js';
import { eachBounded } from './verify/bounded.js';
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
const ENDING = 16;
/** What a killed process had claimed is told again within seconds; who waits longer is a finding. */
const TOLD_WITHIN_MS = 60_000;
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
  const config = ownConfig(settings());
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
    // Without the keys nobody can go on with what another run has left there.
    if (state === undefined) await freshDatabase(config);
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
    return tellTrouble(error, flags.json);
  } finally {
    await product?.stop();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, stop);
  }
  if (code === EXIT.ok && !flags.keep) await removeAll(config, onEvent);
  return code;
}

/** Database, workflows and folder: what a given server or engine would keep after the run. */
async function removeAll(config: Config, onEvent: OnEvent): Promise<void> {
  const since = performance.now();
  try {
    if (config.temporal.address !== undefined) await endWorkflows(config);
    await onServer(config, (server) => server.query(`drop database if exists ${DATABASE} with (force)`));
  } catch (error) {
    // The next run begins with the same.
    const detail = `not everything could be removed: ${(error as Error).message}`;
    onEvent({ step: 'clean', status: 'warning', ms: Math.round(performance.now() - since), detail });
  }
  await rm(config.stateDir, { recursive: true, force: true });
}

/** Leads that stay open have no rows any more. */
async function endWorkflows({ temporal, payloadKeys }: Config): Promise<void> {
  const { client, close } = openEngineClient(engineConnection(), temporal.namespace, payloadKeys);
  const query = `TaskQueue = '${temporal.taskQueue}' and ExecutionStatus = 'Running'`;
  try {
    await eachBounded(client.workflow.list({ query }), ENDING, async ({ workflowId }) => {
      await client.workflow.getHandle(workflowId).terminate('the funnel is over');
    });
  } finally {
    await close();
  }
}

/** The settings of a funnel: a folder, a database, ports and a task queue apart from everything else's. */
function ownConfig(config: Config): Config {
  const { ownerUrl, appUrl } = config.database;
  return {
    ...config,
    database: {
      ...(ownerUrl !== undefined && { ownerUrl: inDatabase(ownerUrl) }),
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

/** On a given server the funnel has a database of its own beside the others; it begins empty. */
async function freshDatabase(config: Config): Promise<void> {
  await onServer(config, async (server) => {
    await server.query(`drop database if exists ${DATABASE} with (force)`);
    await server.query(`create database ${DATABASE}`);
  });
}

/** Asks the given server, if there is one, in the database the settings name. */
async function onServer(config: Config, work: (server: pg.Client) => Promise<unknown>): Promise<void> {
  const { ownerUrl } = settings().database;
  if (config.database.ownerUrl === undefined || ownerUrl === undefined) return;
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function verified(product: Product, config: Config, onEvent: OnEvent): Promise<InvariantResult[]> {
  const since = performance.now();
  onEvent({ step: 'verify', status: 'begin', ms: 0, detail: 'proving the invariants' });
  const { temporalConnection: connection, namespace, databaseUrl } = product.stack;
  const engine = openLeadEngine({
    connection,
    namespace,
    taskQueue: config.temporal.taskQueue,
    payloadKeys: config.payloadKeys,
  });
  const db = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  db.on('error', () => undefined); // The query under way fails with the same reason.
  try {
    const checkpoints = foldersOf(config.stateDir).checkpoints;
    await untilTold(db);
    await sleep(QUIET_MS);
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

/** Waits until every message is told and answered, but not for ever: what is left then, verify names. */
async function untilTold(db: Queryable): Promise<void> {
  for (const end = Date.now() + TOLD_WITHIN_MS; Date.now() < end; await sleep(200)) {
    const { rows } = await db.query<{ left: boolean }>(
      `select exists (select from messages where (told_at is null or answer is null) and parked_for is null) as left`,
    );
    if (rows[0]?.left === false) return;
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
