import { resolve } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import { choosePort } from './ports.js';
import { ADMIN, databaseUrl, openCluster, STOP_POSTGRES } from './postgres.js';
import { Reaper } from './reaper.js';
import {
  checkDatabase,
  DATABASE,
  derivedAppPassword,
  ensureAppRole,
  ensureOwnDatabase,
  masked,
  OWNER,
} from './roles.js';
import { type Stack, StackError, type StackEvent, type StackSettings, type StackStep } from './settings.js';
import { StateFolder } from './stateFolder.js';
import { Supervisor } from './supervisor.js';
import { type NamespaceReport, prepareNamespace, STOP_TEMPORAL, startDevServer } from './temporal.js';
import { findTemporalCli } from './temporalCli.js';

export type { MachineSettings, Stack, StackEvent, StackPorts, StackSettings } from './settings.js';
export { machineSettings, StackError } from './settings.js';

/** A step's result and what its closing line says. */
interface Told<T> {
  result: T;
  told: string;
  warning?: string;
}

export type RunStep = <T>(step: StackStep, doing: string, work: () => Promise<Told<T>>) => Promise<T>;

/** What every step of one start shares. */
interface Start {
  settings: StackSettings;
  durable: boolean;
  folder: StateFolder;
  supervisor: Supervisor;
  run: RunStep;
}

interface Engine {
  connection: ConnectionOptions;
  address: string;
  uiUrl?: string;
}

/**
 * Starts what is not given as an address: Postgres with the database `l2c` and its two roles, and a Temporal dev
 * server with the namespace, retention and search attributes the workflows need. Restarts either on the same port
 * when it dies, and leaves nothing behind when this process is killed.
 *
 * @throws StackError whose message tells the way out; everything started so far is stopped
 */
export async function startStack(settings: StackSettings): Promise<Stack> {
  const onEvent = settings.onEvent ?? (() => undefined);
  const run = stepRunner(onEvent);
  const folder = new StateFolder(resolve(settings.stateDir));
  await run('state', `claiming ${folder.path}`, async () => {
    const stopped = await folder.claim();
    const rest = stopped.length > 0 ? `, stopped what a killed start had left: ${stopped.join(', ')}` : '';
    return { result: undefined, told: `${folder.path}${rest}` };
  });
  const reaper = new Reaper();
  const supervisor = new Supervisor(folder, reaper, onEvent);
  const start: Start = { settings, durable: settings.durable ?? true, folder, supervisor, run };
  const stop = async () => {
    await supervisor.stop();
    await folder.release();
  };
  try {
    const namespace = settings.namespace ?? 'default';
    // Neither needs the other. Both are waited for, so that a failure never leaves one of them starting.
    const [database, engine] = await bothOrNeither(
      provideDatabase(start),
      settings.withoutEngine ? NO_ENGINE : provideEngine(start, namespace),
    );
    let stopped: Promise<void> | undefined;
    return {
      ...database,
      temporalAddress: engine.address,
      temporalConnection: engine.connection,
      namespace,
      ...(engine.uiUrl === undefined ? {} : { uiUrl: engine.uiUrl }),
      get pids() {
        const { postgres, temporal } = supervisor.children;
        return {
          ...(postgres ? { postgres: postgres.pid } : {}),
          ...(temporal ? { temporal: temporal.pid } : {}),
          ...(reaper.pid === undefined ? {} : { reaper: reaper.pid }),
        };
      },
      stop: () => {
        stopped ??= run('stop', 'stopping the servers', async () => {
          await stop();
          return { result: undefined, told: 'stopped' };
        });
        return stopped;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const NO_ENGINE: Promise<Engine> = Promise.resolve({ connection: {}, address: '' });

async function bothOrNeither<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** Runs steps and tells how each went; a step that fails throws a StackError. */
export function stepRunner(onEvent: (event: StackEvent) => void): RunStep {
  return async (step, doing, work) => {
    const since = performance.now();
    const ms = () => Math.round(performance.now() - since);
    onEvent({ step, status: 'begin', ms: 0, detail: doing });
    try {
      const { result, told, warning } = await work();
      if (warning !== undefined) onEvent({ step, status: 'warning', ms: ms(), detail: warning });
      onEvent({ step, status: 'done', ms: ms(), detail: told });
      return result;
    } catch (error) {
      const { message } = error as Error;
      onEvent({ step, status: 'failed', ms: ms(), detail: message });
      throw error instanceof StackError ? error : new StackError(step, message, { cause: error });
    }
  };
}

type Addresses = Pick<Stack, 'databaseUrl' | 'appDatabaseUrl'>;

async function provideDatabase(start: Start): Promise<Addresses> {
  const { settings, folder, run } = start;
  const secrets = await folder.secrets();
  const external = settings.databaseUrl;
  if (external === undefined) return embeddedDatabase(start, secrets);
  await run('postgres', 'asking the database of DATABASE_URL', async () => {
    const version = await checkDatabase(external, 'DATABASE_URL');
    return { result: undefined, told: `PostgreSQL ${version} of DATABASE_URL` };
  });
  return run('roles', 'looking for the application role', async () => {
    const given = settings.appDatabaseUrl;
    if (given !== undefined) {
      await checkDatabase(given, 'L2C_APP_DATABASE_URL');
      return {
        result: { databaseUrl: external, appDatabaseUrl: given },
        told: 'application role of L2C_APP_DATABASE_URL',
      };
    }
    const derived = derivedAppPassword(external, secrets.appPassword);
    const appPassword = await folder.appPasswordOf(masked(external), derived);
    const appDatabaseUrl = await ensureAppRole(external, appPassword);
    await folder.keepAppPassword(masked(external), appPassword);
    return { result: { databaseUrl: external, appDatabaseUrl }, told: 'application role l2c_app' };
  });
}

async function embeddedDatabase(
  { settings, durable, folder, supervisor, run }: Start,
  { adminPassword, ownerPassword, appPassword }: Awaited<ReturnType<StateFolder['secrets']>>,
): Promise<Addresses> {
  const port = await run('postgres', 'starting PostgreSQL', async () => {
    const cluster = await openCluster({
      stateDir: folder.path,
      ...(settings.searchPath ? { searchPath: settings.searchPath } : {}),
      adminPassword,
      durable,
    });
    const remembered = await folder.ports();
    const chosen = (await choosePort(settings.ports?.postgres, remembered.postgres)).port;
    await supervisor.start('postgres', STOP_POSTGRES, (onSpawn) => cluster.start(chosen, onSpawn));
    await folder.rememberPorts({ postgres: chosen });
    const { version, from } = cluster.binaries;
    const apart = cluster.dataDir.startsWith(folder.path) ? '' : ` ${cluster.dataDir}`;
    const made = `${cluster.isNew ? ', new data folder' : apart && ', data in'}${apart}`;
    return { result: chosen, told: `PostgreSQL ${version} (${from}) on 127.0.0.1:${chosen}${made}` };
  });
  return run('roles', 'looking for database and roles', async () => {
    const admin = (database: string) => databaseUrl({ user: ADMIN, password: adminPassword, port, database });
    await ensureOwnDatabase(admin('postgres'), ownerPassword);
    const appDatabaseUrl = await ensureAppRole(admin(DATABASE), appPassword);
    const owner = databaseUrl({ user: OWNER, password: ownerPassword, port, database: DATABASE });
    return { result: { databaseUrl: owner, appDatabaseUrl }, told: `database ${DATABASE}, roles ready` };
  });
}

async function provideEngine(start: Start, namespace: string): Promise<Engine> {
  const { settings, run } = start;
  const external = settings.temporalAddress ?? settings.temporalConnection?.address;
  if (external === undefined) return embeddedEngine(start, namespace);
  const connection = { ...settings.temporalConnection, address: external };
  await run('namespace', `asking the Temporal server of TEMPORAL_ADDRESS (${external})`, async () => {
    try {
      return toldOf(await prepareNamespace(connection, namespace, false), namespace);
    } catch (error) {
      const rest = 'Correct TEMPORAL_ADDRESS, start that server, or unset it to use one of our own';
      throw new StackError('namespace', `${(error as Error).message}. ${rest}`, { cause: error });
    }
  });
  return { connection, address: external };
}

async function embeddedEngine(start: Start, namespace: string): Promise<Engine> {
  const { settings, durable, folder, supervisor, run } = start;
  const cli = await run('temporal-cli', 'looking for the Temporal CLI', async () => {
    const found = await findTemporalCli(settings);
    return { result: found.path, told: `${found.version} from ${found.rung} (${found.path})` };
  });
  return run('temporal', 'starting the Temporal dev server', async () => {
    const remembered = await folder.ports();
    const temporal = (await choosePort(settings.ports?.temporal, remembered.temporal)).port;
    const ui = durable
      ? (await choosePort(settings.ports?.temporalUi, remembered.temporalUi)).port
      : undefined;
    const ports = { temporal, ...(ui === undefined ? {} : { temporalUi: ui }) };
    const server = {
      cli,
      stateDir: folder.path,
      durable,
      namespace,
      ...(settings.timerMaxShiftMs === undefined ? {} : { timerMaxShiftMs: settings.timerMaxShiftMs }),
      ...(settings.engineTuning && { tuning: settings.engineTuning }),
    };
    const address = `127.0.0.1:${temporal}`;
    let report: NamespaceReport | undefined;
    await supervisor.start('temporal', STOP_TEMPORAL, async (onSpawn) => {
      const running = await startDevServer(server, ports, onSpawn);
      // After every start: an engine in memory comes back without its attributes, and all tasks would stall.
      report = await prepareNamespace({ address }, namespace, true);
      return running;
    });
    await folder.rememberPorts(ports);
    const uiUrl = ui === undefined ? {} : { uiUrl: `http://127.0.0.1:${ui}` };
    const told = `on ${address}${ui === undefined ? '' : `, UI on ${uiUrl.uiUrl}`}, ${days(report?.retentionDays ?? 0)} kept`;
    return { result: { connection: { address }, address, ...uiUrl }, told };
  });
}

const days = (count: number): string => `${count} ${count === 1 ? 'day' : 'days'}`;

function toldOf(
  { retentionDays, added, isRetentionShort }: NamespaceReport,
  namespace: string,
): Told<undefined> {
  const news = added.length > 0 ? `, added ${added.join(', ')}` : '';
  const told = `namespace ${namespace}, ${days(retentionDays)} kept${news}`;
  if (!isRetentionShort) return { result: undefined, told };
  const warning =
    `namespace ${namespace} keeps finished histories ${days(retentionDays)}; 30 are advised: ` +
    `temporal operator namespace update --namespace ${namespace} --retention 30d`;
  return { result: undefined, told, warning };
}
