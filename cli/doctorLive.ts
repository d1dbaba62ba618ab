// What `l2c doctor` asks of a product that runs: does work move, are the clocks one, is there room. Each answer has
// its figures, for whoever reads --json, and its way out.
import { statfs } from 'node:fs/promises';
import type { ConnectionOptions } from '@temporalio/client';
import { type EngineClient, openEngineClient } from '../activities/intake/engineClient.js';
import { productVersion } from '../api/open.js';
import type { Config } from '../config.js';
import { type Figure, type WorkFigure, workFigures } from '../db/observations.js';
import { type Db, openPool } from '../db/pool.js';
import { queueStats } from '../observe/queue.js';

/** What a check saw: a sentence, and the numbers in it by name. */
export interface Seen {
  readonly detail: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** A check that found something; `message` says what to do about it. */
export class Ailing extends Error {
  override readonly name = 'Ailing';
  constructor(
    message: string,
    readonly figures: Seen['figures'],
  ) {
    super(message);
  }
}

type Check = readonly [check: string, look: () => Promise<Seen>];

export interface LiveSystem {
  readonly checks: readonly Check[];
  close(): Promise<void>;
}

/** Above these something is the matter; the alert rules (deploy/prometheus) begin where these do. */
const LIMITS = {
  untoldS: 60,
  unansweredS: 180,
  overdueS: 300,
  backlogMs: 10_000,
  startMs: 1_000,
  skewMs: 2_000,
  freeBytes: 1024 ** 3,
} as const;
const LEAST = { postgres: [15], engine: [1, 30, 3] } as const;
/** Tasks that were scheduled longer ago say nothing of now. */
const RECENT_MS = 15 * 60_000;
const CALL_MS = 5_000;

/** Opens what a running product is asked by; undefined where its database has no schema yet or does not answer. */
export async function openLive(
  config: Config,
  appDatabaseUrl: string,
  connection: ConnectionOptions,
): Promise<LiveSystem | undefined> {
  const db = openPool(appDatabaseUrl, { max: 2, applicationName: 'l2c-doctor' });
  const hasSchema = await db
    .query<{ has: boolean }>(`select to_regclass('messages') is not null as has`)
    .then(
      ({ rows }) => rows[0]?.has,
      () => false,
    );
  if (!hasSchema) {
    await db.end();
    return undefined;
  }
  const client = openEngineClient(connection, config.temporal.namespace, config.payloadKeys);
  const engine = { ...client, taskQueue: config.temporal.taskQueue };
  const work = workFigures(db);
  work.catch(() => undefined); // Each check that needs it says so.
  return {
    checks: [
      ['versions', () => versions(db, engine)],
      ['clocks', () => clocks(db)],
      ['disk', () => disk(config.stateDir, db)],
      ['worker', () => worker(engine)],
      ['schedule to start', () => scheduleToStart(db, engine)],
      ['messages', async () => messages(await work)],
      ['waits', async () => waits(await work)],
      ['stuck steps', async () => stuckSteps(await work)],
      ['workflow tasks', () => workflowTasks(engine)],
    ],
    async close() {
      await db.end();
      await client.close();
    },
  };
}

async function versions(db: Db, { client }: EngineClient): Promise<Seen> {
  const [{ rows }, info] = await Promise.all([
    db.query<{ version: string }>(`select current_setting('server_version') as version`),
    client.connection.withDeadline(Date.now() + CALL_MS, () => client.workflowService.getSystemInfo({})),
  ]);
  const have = { postgres: rows[0]?.version ?? '', engine: info.serverVersion ?? '' };
  for (const [what, least] of Object.entries(LEAST) as [keyof typeof LEAST, readonly number[]][]) {
    if (!isAtLeast(have[what], least)) {
      throw new Ailing(`${what} ${have[what]} is older than ${least.join('.')}: upgrade it`, {});
    }
  }
  const detail = `product ${productVersion()}, PostgreSQL ${have.postgres}, engine ${have.engine}`;
  return { detail, figures: {} };
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const have = version.split(/[.\s-]/).map(Number);
  const at = least.findIndex((part, index) => part !== have[index]);
  return at < 0 || (have[at] ?? 0) > (least[at] ?? 0);
}

async function clocks(db: Db): Promise<Seen> {
  await db.query('select 1'); // The first one makes the connection, which takes longer than the answer.
  const before = Date.now();
  const { rows } = await db.query<{ ms: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
  );
  const skewMs = Math.round((rows[0]?.ms ?? 0) - (before + Date.now()) / 2);
  const figures = { skewMs };
  const ahead = `the database's clock is ${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(skewMs) > LIMITS.skewMs)
    throw new Ailing(`${ahead}: let both follow one time server`, figures);
  return { detail: ahead, figures };
}

async function disk(stateDir: string, db: Db): Promise<Seen> {
  const [{ bavail, bsize, blocks }, { rows }] = await Promise.all([
    statfs(stateDir),
    db.query<{ bytes: number }>('select pg_database_size(current_database())::float8 as bytes'),
  ]);
  const freeBytes = bavail * bsize;
  const databaseBytes = rows[0]?.bytes ?? 0;
  const figures = { freeBytes, freePercent: Math.round((bavail / blocks) * 100), databaseBytes };
  const free = `${gib(freeBytes)} free where ${stateDir} is (${figures.freePercent} %)`;
  if (freeBytes < LIMITS.freeBytes) {
    throw new Ailing(`${free}: make room, or move the folder with L2C_STATE_DIR`, figures);
  }
  return { detail: `${free}, the database holds ${gib(databaseBytes)}`, figures };
}

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

type Asked = EngineClient & { readonly taskQueue: string };

async function worker(engine: Asked): Promise<Seen> {
  const { kinds } = await queueStats(engine);
  const pollers = kinds.find(({ kind }) => kind === 'workflow')?.pollers ?? 0;
  const backlog = kinds.reduce((sum, kind) => sum + kind.backlog, 0);
  const oldestMs = Math.max(...kinds.map(({ backlogAgeMs }) => backlogAgeMs));
  const figures = { pollers, backlog, oldestMs };
  if (pollers === 0) {
    throw new Ailing(
      `nobody works on ${engine.taskQueue}; ${backlog} tasks wait: start a worker, or set L2C_TASK_QUEUE as it has it`,
      figures,
    );
  }
  if (oldestMs > LIMITS.backlogMs) {
    throw new Ailing(`${backlog} tasks wait, the oldest for ${seconds(oldestMs)}: add a worker`, figures);
  }
  return { detail: `${pollers} at work on ${engine.taskQueue}, ${backlog} tasks wait`, figures };
}

/** From the histories of who was told something last: how long their tasks waited for a worker. */
async function scheduleToStart(db: Db, { client }: EngineClient): Promise<Seen> {
  // Ids sort by time, so the last messages are read from the end of the key.
  const { rows } = await db.query<{ target: string }>(
    `select distinct target from (select target from messages order by id desc limit 50) m limit 10`,
  );
  const since = Date.now() - RECENT_MS;
  const histories = await Promise.all(
    rows.map(({ target }) =>
      client.connection.withDeadline(Date.now() + CALL_MS, () =>
        client.workflow.getHandle(target).fetchHistory(),
      ),
    ),
  ).catch((cause: Error) => {
    throw new Error(`histories could not be read (${cause.message}): npx l2c reconcile`, { cause });
  });
  const waited = histories
    .flatMap(({ events }) => waitsOf(events ?? []))
    .filter(({ at }) => at >= since)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  if (waited.length === 0)
    return { detail: 'no workflow task in the last 15 minutes', figures: { tasks: 0 } };
  const medianMs = waited[waited.length >> 1] ?? 0;
  const longestMs = waited.at(-1) ?? 0;
  const figures = { tasks: waited.length, medianMs, longestMs };
  const told = `the last ${waited.length} workflow tasks waited ${medianMs} ms for a worker (median), ${longestMs} ms at most`;
  if (medianMs > LIMITS.startMs) throw new Ailing(`${told}: add a worker`, figures);
  return { detail: told, figures };
}

interface HistoryEvent {
  readonly eventTime?: { readonly seconds?: unknown; readonly nanos?: number | null } | null;
  readonly eventId?: unknown;
  readonly workflowTaskScheduledEventAttributes?: object | null;
  readonly workflowTaskStartedEventAttributes?: { readonly scheduledEventId?: unknown } | null;
}

function waitsOf(events: readonly HistoryEvent[]): { at: number; ms: number }[] {
  const scheduled = new Map<string, number>();
  const waited: { at: number; ms: number }[] = [];
  for (const event of events) {
    const at = Math.round(Number(event.eventTime?.seconds ?? 0) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6);
    if (event.workflowTaskScheduledEventAttributes) scheduled.set(String(event.eventId), at);
    const from = scheduled.get(String(event.workflowTaskStartedEventAttributes?.scheduledEventId));
    if (from !== undefined) waited.push({ at: from, ms: at - from });
  }
  return waited;
}

type Figures = readonly Figure<WorkFigure>[];
const of = (figures: Figures, what: WorkFigure): Figures => figures.filter((figure) => figure.what === what);
const sum = (figures: Figures): number => figures.reduce((all, { value }) => all + value, 0);
const oldest = (figures: Figures): number => Math.max(0, ...figures.map(({ beyond }) => beyond));
const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

function messages(work: Figures): Seen {
  const parked = of(work, 'parked');
  const stuck = sum(parked.filter(({ label }) => label === 'stuck'));
  const untoldS = oldest(of(work, 'untold'));
  const unansweredS = oldest(of(work, 'unanswered'));
  const figures = {
    untold: sum(of(work, 'untold')),
    untoldS: Math.round(untoldS),
    unanswered: sum(of(work, 'unanswered')),
    unansweredS: Math.round(unansweredS),
    parked: sum(parked) - stuck,
    stuck,
  };
  const told = `${figures.untold} untold, ${figures.unanswered} unanswered, ${figures.parked} parked`;
  if (untoldS > LIMITS.untoldS) {
    throw new Ailing(`${told}; the oldest is untold for ${figures.untoldS} s: is a worker up?`, figures);
  }
  if (unansweredS > LIMITS.unansweredS) {
    throw new Ailing(
      `${told}; the oldest has no answer for ${figures.unansweredS} s: look at its workflow, then npx l2c reconcile`,
      figures,
    );
  }
  if (stuck > 0) {
    throw new Ailing(
      `${stuck} stuck: the log has the cause under "step failed"; a fixed build tries them again`,
      figures,
    );
  }
  return { detail: told, figures };
}

function waits(work: Figures): Seen {
  const late = of(work, 'overdue');
  const figures = { overdue: sum(late), oldestS: Math.round(oldest(late)) };
  if (figures.oldestS > LIMITS.overdueS) {
    throw new Ailing(
      `${figures.overdue} waits are past their time (${late.map(({ label }) => label).join(', ')}), the oldest for ` +
        `${figures.oldestS} s: GET /v1/waits?overdue=true, then npx l2c reconcile`,
      figures,
    );
  }
  return { detail: `${figures.overdue} overdue, ${sum(of(work, 'lead'))} leads open`, figures };
}

function stuckSteps(work: Figures): Seen {
  const tasks = of(work, 'task');
  const figures = { stuck: sum(tasks.filter(({ label }) => label === 'step_stuck')), tasks: sum(tasks) };
  if (figures.stuck > 0) {
    throw new Ailing(
      `${figures.stuck} steps are stuck: the log has the cause under "step failed"; they are tried again hourly ` +
        'and whenever a worker starts',
      figures,
    );
  }
  return { detail: `none; ${figures.tasks} open tasks for people`, figures };
}

async function workflowTasks(engine: Asked): Promise<Seen> {
  const { stuck } = await queueStats(engine);
  const figures = { stuck };
  if (stuck > 0) {
    throw new Ailing(
      `${stuck} workflows report problems: in the Temporal UI TemporalReportedProblems is not null; a history that ` +
        'no longer replays waits for fixed code',
      figures,
    );
  }
  return { detail: 'none of the running workflows reports problems', figures };
}
