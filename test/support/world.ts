// A world for one story: a database of its own with a small company, a worker with the real bundle on its own
// task queue, and the engine, either in real time (the run's dev server) or in virtual time.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import pino from 'pino';
import type { ActivityDeps } from '../../activities/index.js';
import { payloadCodec } from '../../activities/intake/payloadCodec.js';
import { type Engine, ToldMarks } from '../../activities/intake/telling.js';
import type { Mailer } from '../../activities/mailer.js';
import type { PayloadKey } from '../../contracts/payloadKeys.js';
import { PolicyStore } from '../../db/policies.js';
import type { Db } from '../../db/pool.js';
import { type ClockSegment, instantAt } from '../../domain/calendar/clock.js';
import { type RunningWorker, startWorker, type WorkerSettings } from '../../worker/worker.js';
import { BEGINS_AT, type Rules, seedCompany } from './company.js';
import { freshDatabase, type TestDatabase } from './database.js';
import type { TimeSkipping } from './timeSkipping.js';

export { until } from './until.js';

/** Written by the build that precedes every run. */
export const WORKFLOW_BUNDLE = {
  codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)),
};

export interface WorldOptions {
  /** Virtual time; without it the run's dev server and real time. */
  readonly time?: TimeSkipping;
  readonly rules?: Rules;
  /** What worker and relay see of the database: a place to fail a step. */
  readonly workerDb?: (db: Db) => Db;
  /** What everybody sees of it: a place to count statements. */
  readonly countedBy?: (db: Db) => Db;
  /** False: no worker until `startWorker` is called. */
  readonly worker?: boolean;
  /** Who sends mails, where the rules of a story ask for some. */
  readonly mailer?: Mailer;
  /** How many leads the worker keeps at hand. */
  readonly cachedWorkflows?: number;
  /** Another dev server than the run's. */
  readonly address?: string;
  /** Keys of payloads, of the client and, unless it is started with others, of the worker. */
  readonly payloadKeys?: readonly PayloadKey[];
}

export interface World {
  readonly database: TestDatabase;
  /** The application's role, as API, relay and worker have it. */
  readonly db: Db;
  readonly engine: Engine;
  readonly address: string;
  readonly policies: PolicyStore;
  readonly marks: ToldMarks;
  readonly payloadKeys: readonly PayloadKey[];
  /** Real time as the engine has it: virtual where time is. */
  now(): Promise<number>;
  /** The business instant of `now`. */
  businessNow(): Promise<number>;
  /**
   * Lets virtual time go on, over every timer that rings meanwhile. Never to the very instant of one: the
   * time-skipping server loses a workflow task whose timer rings while a decision takes it away.
   */
  pass(days: number): Promise<void>;
  /** One more worker, with settings of its own where it is given some. */
  startWorker(own?: Partial<WorkerSettings>): Promise<RunningWorker>;
  /** All of them. */
  stopWorker(): Promise<void>;
  close(): Promise<void>;
}

const log = pino({ level: process.env.L2C_TEST_LOG ?? 'silent' });
const DAY_MS = 86_400_000;

// Before anything else of the SDK asks for its runtime, so once when this file is read.
Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

/** Opens a world; `close` it in the end, whatever happened. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const { time } = options;
  const address =
    options.address ?? time?.env.connection.options.address ?? process.env.L2C_TEST_TEMPORAL_ADDRESS;
  if (!address) throw new Error('L2C_TEST_TEMPORAL_ADDRESS is not set: run without L2C_TEST_NO_STACK');
  const database = await freshDatabase();
  const connection = await Connection.connect({ address });
  const now = time ? () => time.env.currentTimeMs() : () => Promise.resolve(Date.now());
  const segment: ClockSegment = { anchorMs: BEGINS_AT, realAnchorMs: await now(), secondsPerDay: 86_400 };
  await seedCompany(database.owner, segment.realAnchorMs, options.rules);
  const taskQueue = `story-${randomUUID().slice(0, 8)}`; // As long as a real one: it counts in every history.
  const { payloadKeys = [] } = options;
  const dataConverter = { payloadCodecs: [payloadCodec(payloadKeys)] };
  const engine: Engine = {
    client: new Client({ connection, namespace: 'default', dataConverter }),
    taskQueue,
  };
  const policies = new PolicyStore();
  const db = options.countedBy?.(database.app) ?? database.app;
  const workerDb = options.workerDb?.(db) ?? db;
  // Mails are off in a story unless its rules say otherwise, so nobody asks for a mailer.
  const deps: ActivityDeps = {
    db: workerDb,
    policies: new PolicyStore(),
    log,
    mailer: options.mailer as Mailer,
  };
  const workers = new Set<RunningWorker>();
  const world: World = {
    database,
    db,
    engine,
    address,
    payloadKeys,
    policies,
    marks: new ToldMarks(database.app, (error) => log.warn(error)),
    now,
    businessNow: async () => instantAt(segment, await now()),
    async pass(days) {
      if (!time) throw new Error('only virtual time can be passed');
      await time.env.sleep(Math.round(days * DAY_MS));
    },
    async startWorker(own) {
      const worker = await startWorker(
        {
          connection: { address },
          namespace: 'default',
          taskQueue,
          workflowBundle: WORKFLOW_BUNDLE,
          maxCachedWorkflows: options.cachedWorkflows ?? 100,
          shutdownGraceMs: 1_000,
          payloadKeys,
          ...own,
        },
        { ...deps, engine },
      );
      workers.add(worker);
      worker.ended.catch(() => undefined); // A test that broke it on purpose looks at the deal, not at it.
      return worker;
    },
    async stopWorker() {
      for (const worker of workers) await worker.stop();
      workers.clear();
    },
    async close() {
      await endWorkflows(engine, database);
      await world.stopWorker();
      await world.marks.flush();
      await connection.close();
      await database.drop();
    },
  };
  if (options.worker !== false) await world.startWorker();
  return world;
}

/** An open workflow would keep its timers, and virtual time with them, for the next story. */
async function endWorkflows({ client }: Engine, { owner }: TestDatabase): Promise<void> {
  const { rows } = await owner.query<{ id: string }>(`select id from leads`);
  for (const { id } of rows) {
    await client.workflow
      .getHandle(`lead/${id}`)
      .terminate('the story is over')
      .catch(() => undefined);
  }
}
