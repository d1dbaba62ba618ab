import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { choosePort } from './ports.js';
import { ADMIN, databaseUrl, openCluster, STOP_POSTGRES } from './postgres.js';
import { lastLines, type RunningProcess, spawnServer } from './processes.js';
import { type BuildSettings, findRealServer, SERVER_VERSION } from './realServerBinaries.js';
import {
  dynamicConfig,
  NAMESPACE_REFRESH_MS,
  SERVICES,
  type ServicePorts,
  SHARDS,
  SQL_PLUGIN,
  STORE,
  serverConfig,
  VISIBILITY,
} from './realServerConfig.js';
import { Reaper } from './reaper.js';
import type { OnStackEvent } from './settings.js';
import { type RunStep, stepRunner } from './stack.js';
import { StateFolder } from './stateFolder.js';
import { Supervisor } from './supervisor.js';
import { prepareNamespace, registerNamespace, STOP_TEMPORAL, untilListens } from './temporal.js';

const run = promisify(execFile);
const ROLE = 'temporal';
const READY_MS = 60_000;
const SCHEMA_MS = 60_000;

export interface RealServerSettings extends Omit<BuildSettings, 'onProgress'> {
  /** Folder for data, logs and configuration; open to the user Postgres runs as. */
  stateDir: string;
  /** Made when missing; `default` when left out. */
  namespace?: string;
  /** Longest rounding of engine timers in milliseconds; the server's own is 1,000. */
  timerMaxShiftMs?: number;
  /** Where the engine finds its database, told the database's own port: a way between the two. */
  databasePort?: (port: number) => Promise<number>;
  onEvent?: OnStackEvent;
}

/** A real Temporal server with a Postgres of its own. */
export interface RealServer {
  address: string;
  namespace: string;
  /** Processes that live now: the engine and its database. */
  readonly pids: { temporal: number; postgres: number };
  /** Stops both and waits until they are gone. */
  stop(): Promise<void>;
}

interface Start {
  settings: RealServerSettings;
  folder: StateFolder;
  supervisor: Supervisor;
  step: RunStep;
}

interface Database {
  port: number;
  user: string;
  password: string;
}

/**
 * Starts the real Temporal server on a Postgres of its own: builds it first where the cache does not have it, makes
 * databases, schema, namespace and search attributes. Nothing of it runs on when this process is killed.
 *
 * @throws StackError whose message tells the way out; everything started so far is stopped
 */
export async function startRealServer(settings: RealServerSettings): Promise<RealServer> {
  const onEvent = settings.onEvent ?? (() => undefined);
  const step = stepRunner(onEvent);
  const binaries = await step('real-server', 'looking for the real Temporal server', async () => {
    const onProgress = (detail: string) => onEvent({ step: 'real-server', status: 'begin', ms: 0, detail });
    const found = await findRealServer({ ...settings, onProgress });
    return { result: found, told: `Temporal server ${SERVER_VERSION} from ${found.from} (${found.server})` };
  });
  const folder = new StateFolder(settings.stateDir);
  await folder.claim();
  const supervisor = new Supervisor(folder, new Reaper(), onEvent);
  const stop = async () => {
    await supervisor.stop();
    await folder.release();
  };
  const start: Start = { settings, folder, supervisor, step };
  const namespace = settings.namespace ?? 'default';
  try {
    const database = await startDatabase(start);
    await makeSchema(start, binaries.sqlTool, database);
    const port = (await settings.databasePort?.(database.port)) ?? database.port;
    const address = await startServer(start, binaries.server, { ...database, port }, namespace);
    return {
      address,
      namespace,
      get pids() {
        const { temporal, postgres } = supervisor.children;
        if (!temporal || !postgres) throw new Error('the real server is not running');
        return { temporal: temporal.pid, postgres: postgres.pid };
      },
      stop: () =>
        step('stop', 'stopping the real server', async () => ({ result: await stop(), told: 'stopped' })),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startDatabase({ settings, folder, supervisor, step }: Start): Promise<Database> {
  return step('postgres', 'starting its PostgreSQL', async () => {
    const { adminPassword } = await folder.secrets();
    const { searchPath } = settings;
    const cluster = await openCluster({
      stateDir: folder.path,
      adminPassword,
      durable: true,
      ...(searchPath ? { searchPath } : {}),
    });
    const { port } = await choosePort(undefined);
    await supervisor.start('postgres', STOP_POSTGRES, (onSpawn) => cluster.start(port, onSpawn));
    const database = { port, user: ROLE, password: randomBytes(24).toString('base64url') };
    await makeDatabases(
      databaseUrl({ user: ADMIN, password: adminPassword, port, database: 'postgres' }),
      database,
    );
    return { result: database, told: `PostgreSQL ${cluster.binaries.version} on 127.0.0.1:${port}` };
  });
}

/** As in docker-compose.yml the engine is no superuser: it owns its two databases and nothing else. */
async function makeDatabases(adminUrl: string, { user, password }: Database): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`create role ${user} login password ${pg.escapeLiteral(password)}`);
    for (const name of [STORE, VISIBILITY]) await admin.query(`create database ${name} owner ${user}`);
  } finally {
    await admin.end();
  }
}

function makeSchema({ folder, step }: Start, sqlTool: string, { port, user, password }: Database) {
  return step('schema', "making the engine's schema", async () => {
    for (const [database, schema] of [
      [STORE, 'temporal'],
      [VISIBILITY, 'visibility'],
    ] as const) {
      const env = {
        SQL_PLUGIN,
        SQL_HOST: '127.0.0.1',
        SQL_PORT: String(port),
        SQL_USER: user,
        SQL_PASSWORD: password,
        SQL_DATABASE: database,
      };
      for (const args of [
        ['setup-schema', '-v', '0.0'],
        ['update-schema', '--schema-name', `postgresql/v12/${schema}`],
      ]) {
        await runTool(sqlTool, args, { cwd: folder.path, env });
      }
    }
    return { result: undefined, told: `schema of ${STORE} and ${VISIBILITY}` };
  });
}

async function runTool(
  path: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<void> {
  try {
    await run(path, args, { ...options, timeout: SCHEMA_MS });
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string } & Error;
    const said = `${stdout}${stderr}`.trim().split('\n').slice(-4).join('\n');
    throw new Error(`${path} ${args.join(' ')} failed: ${said || message}`, { cause: error });
  }
}

function startServer(
  { settings, folder, supervisor, step }: Start,
  command: string,
  postgres: Database,
  namespace: string,
): Promise<string> {
  return step('temporal', 'starting the real Temporal server', async () => {
    const ports = await choosePorts();
    const [configFile, dynamicFile] = ['temporal.yaml', 'dynamic.yaml'].map((name) =>
      join(folder.path, name),
    ) as [string, string];
    await writeFile(dynamicFile, dynamicConfig(settings.timerMaxShiftMs));
    await writeFile(configFile, serverConfig({ ports, postgres, dynamicFile }), { mode: 0o600 });
    await chmod(configFile, 0o600); // A file that was there before keeps its mode otherwise.
    const address = `127.0.0.1:${ports.frontend.grpc}`;
    const logFile = join(folder.path, 'log', 'temporal.log');
    await supervisor.start('temporal', STOP_TEMPORAL, async (onSpawn) => {
      const args = ['--config-file', configFile, '--allow-no-auth', 'start'];
      const server = await spawnServer({ command, args, cwd: folder.path, logFile });
      onSpawn(server);
      await untilServes(server, ports.frontend.grpc, logFile);
      await registerNamespace({ address }, namespace);
      return server;
    });
    await prepareNamespace({ address }, namespace, true);
    // Each service has a cache of its own: history may know of the attributes later than the frontend we asked.
    await sleep(NAMESPACE_REFRESH_MS + 500);
    const told = `on ${address}, ${SHARDS} shards, namespace ${namespace}`;
    return { result: address, told };
  });
}

async function untilServes(server: RunningProcess, port: number, logFile: string): Promise<void> {
  const trouble = await untilListens(port, server, READY_MS);
  if (trouble === undefined) return;
  throw new Error(`the Temporal server did not start: ${trouble}\n${lastLines(logFile)}\nSee ${logFile}`);
}

async function choosePorts(): Promise<ServicePorts> {
  const chosen = new Set<number>();
  while (chosen.size < 2 * SERVICES.length) chosen.add((await choosePort(undefined)).port);
  const ports = [...chosen];
  const next = () => ports.pop() as number;
  return Object.fromEntries(
    SERVICES.map((name) => [name, { grpc: next(), membership: next() }]),
  ) as ServicePorts;
}
