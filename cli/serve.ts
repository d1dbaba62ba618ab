// The whole product in one process: database and engine, migrations, worker, relay, checkpoints, API, and the
// order in which they stop. `npm start`, the funnel, scenarios and the bench stand on it.
import type { Logger } from 'pino';
import { ensureClock, lookToOpenLeads, REAL_SPEED } from '../activities/intake/clock.js';
import { type EngineClient, openEngineClient } from '../activities/intake/engineClient.js';
import { type OpenApi, openApi } from '../api/open.js';
import type { Config } from '../config.js';
import { migrate } from '../db/migrate.js';
import { openPool } from '../db/pool.js';
import { choosePort } from '../engine/ports.js';
import { type Stack, startStack } from '../engine/stack.js';
import { StateFolder } from '../engine/stateFolder.js';
import { startTracing, type Tracing } from '../observe/tracing.js';
import { type OpenWorker, openWorker } from '../worker/open.js';
import { stackSettings, USUAL_PORT } from './machine.js';
import { type OnEvent, runStep } from './progress.js';

export interface ProductOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly onEvent?: OnEvent;
  /** Default true, both. */
  readonly worker?: boolean;
  readonly api?: boolean;
  /** False for tests: servers that may lose what they answered. */
  readonly durable?: boolean;
  /** A stack that runs already; it is not stopped with the product. */
  readonly stack?: Stack;
  /** Another database of that server than the stack's own: the funnel, a bench run. */
  readonly database?: { readonly ownerUrl: string; readonly appUrl: string };
  /** False: no monthly Schedule, for a company that lives for one run. */
  readonly schedule?: boolean;
  /** Longest rounding of engine timers; 20 for what lives on a fast clock. */
  readonly timerMaxShiftMs?: number;
  /** Sets the business clock before anything reads it. Default: the speed of the settings, in the present. */
  readonly setClock?: (db: ReturnType<typeof openPool>) => Promise<boolean>;
}

export interface Product {
  readonly stack: Stack;
  /** The application's role; for what is not asked over HTTP. */
  readonly db: ReturnType<typeof openPool>;
  readonly engine: EngineClient & { readonly taskQueue: string };
  readonly api?: OpenApi;
  readonly worker?: OpenWorker;
  /** Everything in its order: API, worker, pools, database and engine. May be called twice. */
  stop(): Promise<void>;
}

/** Longer than any part takes; whoever waited so long is left to the reaper. */
const STOP_GUARD_MS = 20_000;
const WORKER_GRACE_MS = 1_500;

/**
 * Opens the product and answers when it serves. Throws StackError, UnsafeDatabase or what a part refuses, after
 * everything opened so far was stopped.
 */
export async function openProduct(options: ProductOptions): Promise<Product> {
  const { config, log, onEvent = () => undefined, durable = true } = options;
  const closing: (() => Promise<void>)[] = [];
  const stop = stopper(closing, log);
  try {
    const stack = options.stack ?? (await startStack({ ...stackSettings(config), ...stackOptions(options) }));
    if (!options.stack) closing.unshift(() => stack.stop());
    const { ownerUrl, appUrl } = options.database ?? {
      ownerUrl: stack.databaseUrl,
      appUrl: stack.appDatabaseUrl,
    };
    await runStep(
      onEvent,
      'migrations',
      'bringing the schema up to date',
      () => migrate(ownerUrl),
      (ran) => (ran.length === 0 ? 'schema is up to date' : `ran ${ran.join(', ')}`),
    );
    const db = openPool(appUrl, {
      max: 4,
      applicationName: 'l2c',
      onIdleError: ({ message }) => log.warn({ reason: message }, 'a database connection broke'),
    });
    closing.unshift(() => db.end());
    const setClock = options.setClock ?? ((to) => ensureClock(to, config.clockSecondsPerDay, Date.now()));
    const moved = await setClock(db);
    const tracing = await startTracing(config.observe.traces, 'l2c');
    if (tracing) closing.unshift(() => tracing.stop());
    const client = openEngineClient(
      stack.temporalConnection,
      stack.namespace,
      config.payloadKeys,
      tracing && [tracing.client],
    );
    // Not before its callers have ended: closing under a call in flight ends the process.
    closing.unshift(() => client.close());
    const engine = { ...client, taskQueue: config.temporal.taskQueue };
    const { schedule = true } = options;
    const parts = { config, log, tracing, durable, schedule, appDatabaseUrl: appUrl, engine };
    const worker = options.worker === false ? undefined : await openedWorker(onEvent, parts, stack);
    if (worker) closing.unshift(() => worker.stop());
    const api =
      options.api === false ? undefined : await openedApi(onEvent, { ...parts, probeEngine: client.probe });
    if (api) closing.unshift(() => api.stop());
    // Timers that were armed for another clock are armed again; whoever misses it looks when its timer rings.
    if (moved) await lookToOpenLeads(db, engine);
    return { stack, db, engine, ...(api && { api }), ...(worker && { worker }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function stackOptions({ onEvent, durable, timerMaxShiftMs, config }: ProductOptions) {
  // On a fast clock a second of rounding is days.
  const shift = timerMaxShiftMs ?? (config.clockSecondsPerDay < REAL_SPEED ? 20 : undefined);
  return {
    ...(onEvent && { onEvent }),
    ...(durable !== undefined && { durable }),
    ...(shift !== undefined && { timerMaxShiftMs: shift }),
  };
}

type Parts = Pick<ProductOptions, 'config' | 'log'> & {
  readonly tracing: Tracing | undefined;
  readonly durable: boolean;
  readonly schedule: boolean;
  readonly appDatabaseUrl: string;
  readonly engine: Product['engine'];
};

function openedWorker(onEvent: OnEvent, parts: Parts, { temporalConnection }: Stack): Promise<OpenWorker> {
  return runStep(
    onEvent,
    'worker',
    'starting the worker',
    () => openWorker({ ...parts, connection: temporalConnection, graceMs: WORKER_GRACE_MS }),
    () => `works on ${parts.config.temporal.taskQueue}`,
  );
}

function openedApi(onEvent: OnEvent, parts: Parts & { probeEngine(): Promise<void> }): Promise<OpenApi> {
  return runStep(
    onEvent,
    'api',
    'starting the API',
    async () => {
      const folder = new StateFolder(parts.config.stateDir);
      const api = await openApi({ ...parts, port: await apiPort(parts.config, folder) });
      await folder.rememberPorts({ api: Number(new URL(api.url).port) });
      return api;
    },
    ({ url }) => `on ${url}`,
  );
}

/** The asked one; else the one of last time, the usual one, any free one: links and scripts live on. */
async function apiPort({ ports }: Config, folder: StateFolder): Promise<number> {
  if (ports.api !== undefined) return ports.api;
  return (await choosePort(undefined, (await folder.ports()).api ?? USUAL_PORT)).port;
}

/** Stops once, in order; a part that fails does not keep the others, and none keeps us longer than the guard. */
function stopper(closing: readonly (() => Promise<void>)[], log: Logger): () => Promise<void> {
  const all = async (): Promise<void> => {
    for (const close of closing) {
      await close().catch((err: unknown) => log.error({ err }, 'a part did not stop in order'));
    }
  };
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= guarded(all());
    return stopped;
  };
}

async function guarded(stopping: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, STOP_GUARD_MS);
  });
  await Promise.race([stopping, late]);
  clearTimeout(timer);
}
