import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { lastLines, type RunningProcess, type StopLadder, spawnServer } from './processes.js';

/** What operators find late leads by; an engine without them stalls every workflow that sets them. */
export const SEARCH_ATTRIBUTES = ['Stage', 'WaitsFor', 'Owner', 'Outcome'] as const;

export const STOP_TEMPORAL: StopLadder = [
  ['SIGTERM', 5_000],
  ['SIGKILL', 2_000],
];

const KEYWORD: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD = 2;
const READY_MS = 60_000;
const ALREADY_EXISTS = 6; // Of gRPC.
const VISIBLE_MS = 60_000;
const CALL_MS = 5_000;
const RETENTION_DAYS = 30;
const DAY_S = 86_400;

// Keys of dynamic configuration with their values as JSON. With these the bare skeleton of a lead took 139 ms of CPU on
// two cores instead of 196, and normal activities do not wait on a grid of 50 to 100 ms. The retry interval lets a fixed
// build go on within seconds instead of 43.
export const TUNING: readonly string[] = [
  // The dev server reads its own records from disk at each use otherwise, 50 times a lead; ours never change.
  'system.forceSearchAttributesCacheRefreshOnRead=false',
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'history.workflowTaskRetryMaxInterval="5s"',
  // Off in the real server of 1.30 by itself. An activity comes back with the answer to the task that scheduled it:
  // that saves a state transition for each mail: 20 a lead instead of 24.
  'system.enableActivityEagerExecution=true',
];

/** What the dev server is told beside its addresses. */
export interface EngineTuning {
  /** Keys of dynamic configuration with their values as JSON. */
  readonly dynamic: readonly string[];
  /** Of SQLite, where the server keeps a file. */
  readonly pragmas: readonly string[];
}

export const OUR_TUNING: EngineTuning = {
  dynamic: TUNING,
  pragmas: ['journal_mode=wal', 'synchronous=full'],
};
/** @internal As the CLI starts it, for the control of the bench. */
export const NO_TUNING: EngineTuning = { dynamic: [], pragmas: [] };

export interface DevServerSettings {
  cli: string;
  stateDir: string;
  durable: boolean;
  namespace: string;
  timerMaxShiftMs?: number;
  /** Other settings than ours, to compare with. */
  tuning?: EngineTuning;
}

export interface DevServerPorts {
  temporal: number;
  /** Without it the server runs without its UI. */
  temporalUi?: number;
}

/**
 * Starts the dev server of the Temporal CLI and resolves when its port answers.
 *
 * @throws Error with the end of its log when it dies or stays silent
 */
export async function startDevServer(
  settings: DevServerSettings,
  ports: DevServerPorts,
  onSpawn: (process: RunningProcess) => void,
): Promise<RunningProcess> {
  const logFile = join(settings.stateDir, 'log', 'temporal.log');
  const server = await spawnServer({
    command: settings.cli,
    args: devServerArgs(settings, ports),
    cwd: settings.stateDir,
    logFile,
  });
  onSpawn(server);
  const trouble = await untilListens(ports.temporal, server, READY_MS);
  if (trouble !== undefined) {
    throw new Error(
      `the Temporal dev server did not start: ${trouble}\n${lastLines(logFile)}\nSee ${logFile}`,
    );
  }
  return server;
}

function devServerArgs(settings: DevServerSettings, ports: DevServerPorts): string[] {
  const { dynamic, pragmas } = settings.tuning ?? OUR_TUNING;
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.temporal)];
  args.push('--log-level', 'warn', '--namespace', settings.namespace);
  if (ports.temporalUi === undefined) args.push('--headless');
  else args.push('--ui-ip', '127.0.0.1', '--ui-port', String(ports.temporalUi));
  if (settings.durable) {
    args.push('--db-filename', join(settings.stateDir, 'temporal.db'));
    for (const pragma of pragmas) args.push('--sqlite-pragma', pragma);
  }
  for (const name of SEARCH_ATTRIBUTES) args.push('--search-attribute', `${name}=Keyword`);
  const tuning = [...dynamic];
  if (settings.timerMaxShiftMs !== undefined) {
    tuning.push(`history.timerProcessorMaxTimeShift="${settings.timerMaxShiftMs}ms"`);
  }
  for (const value of tuning) args.push('--dynamic-config-value', value);
  return args;
}

/** Waits until a server listens on a port; answers what went wrong, undefined when it listens. */
export async function untilListens(
  port: number,
  server: RunningProcess,
  withinMs: number,
): Promise<string | undefined> {
  let gone: string | undefined;
  void server.exited.then((reason) => {
    gone = reason;
  });
  const until = Date.now() + withinMs;
  while (Date.now() < until) {
    if (gone !== undefined) return gone;
    if (await listens(port)) return undefined;
    await sleep(20);
  }
  return `no answer on port ${port} within ${withinMs / 1000} s`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** What was found or changed in a namespace, for the line of progress. */
export interface NamespaceReport {
  retentionDays: number;
  added: string[];
  /** True when finished histories are kept shorter than the 30 days the operations guide counts on. */
  isRetentionShort: boolean;
}

/**
 * Makes a namespace fit for the workflows: waits until it exists, adds missing search attributes and waits until
 * they are visible; with `setRetention` (our own server) raises the retention to 30 days.
 *
 * @throws Error naming the address, what is missing and the command that adds it
 */
export async function prepareNamespace(
  options: ConnectionOptions,
  namespace: string,
  setRetention: boolean,
): Promise<NamespaceReport> {
  const connection = await open(options);
  try {
    let days = await describeRetention(connection, namespace);
    if (setRetention && days !== RETENTION_DAYS) {
      await call(connection, () =>
        connection.workflowService.updateNamespace({
          namespace,
          config: { workflowExecutionRetentionTtl: { seconds: (RETENTION_DAYS * DAY_S) as never } },
        }),
      );
      days = RETENTION_DAYS;
    }
    const added = await addSearchAttributes(connection, namespace);
    return { retentionDays: days, added, isRetentionShort: days < RETENTION_DAYS };
  } finally {
    await connection.close();
  }
}

/**
 * @internal Makes a namespace where there is none, for the real server by hand; a server that just began to listen is
 * given time to know itself.
 *
 * @throws Error with the server's last answer when it does not within a minute
 */
export async function registerNamespace(options: ConnectionOptions, namespace: string): Promise<void> {
  const connection = await open(options);
  const until = Date.now() + READY_MS;
  try {
    for (;;) {
      try {
        await call(connection, () =>
          connection.workflowService.registerNamespace({
            namespace,
            workflowExecutionRetentionPeriod: { seconds: (RETENTION_DAYS * DAY_S) as never },
          }),
        );
        return;
      } catch (error) {
        if ((error as { code?: number }).code === ALREADY_EXISTS) return;
        if (Date.now() > until) {
          throw new Error(`namespace ${namespace} cannot be made: ${reason(error)}`, { cause: error });
        }
        await sleep(100);
      }
    }
  } finally {
    await connection.close();
  }
}

async function open(options: ConnectionOptions): Promise<Connection> {
  try {
    return await Connection.connect({ connectTimeout: '10s', ...options });
  } catch (error) {
    throw new Error(`Temporal at ${options.address ?? 'its address'} does not answer: ${reason(error)}`, {
      cause: error,
    });
  }
}

function call<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + CALL_MS, work);
}

/** A dev server listens before it has made its namespace, so a missing one is asked for again for a while. */
async function describeRetention(connection: Connection, namespace: string): Promise<number> {
  const until = Date.now() + READY_MS / 4;
  for (;;) {
    try {
      const { config } = await call(connection, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
      return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / DAY_S;
    } catch (error) {
      if (Date.now() > until) {
        throw new Error(
          `namespace ${namespace} cannot be read: ${reason(error)}. Make it with: ` +
            `temporal operator namespace create --namespace ${namespace} --retention ${RETENTION_DAYS}d`,
          { cause: error },
        );
      }
      await sleep(50);
    }
  }
}

async function addSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length === 0) return [];
  try {
    await call(connection, () =>
      connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
      }),
    );
  } catch (error) {
    const names = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    throw new Error(
      `search attributes ${missing.join(', ')} are missing in namespace ${namespace} and cannot be added: ` +
        `${reason(error)}. Let an operator run: temporal operator search-attribute create ${names}`,
      { cause: error },
    );
  }
  const until = Date.now() + VISIBLE_MS;
  while ((await missingAttributes(connection, namespace)).length > 0) {
    if (Date.now() > until) {
      throw new Error(
        `search attributes ${missing.join(', ')} were added but are not visible yet: start again`,
      );
    }
    await sleep(100);
  }
  return missing;
}

async function missingAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await call(connection, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const wrong = SEARCH_ATTRIBUTES.filter((name) => (customAttributes[name] ?? KEYWORD) !== KEYWORD);
  if (wrong.length > 0) {
    throw new Error(
      `search attributes ${wrong.join(', ')} exist with another type than Keyword: use another namespace`,
    );
  }
  return SEARCH_ATTRIBUTES.filter((name) => customAttributes[name] === undefined);
}

function reason(error: unknown): string {
  const { details, message } = error as { details?: string; message: string };
  return details || message;
}
