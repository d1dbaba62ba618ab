// `l2c doctor`: what this machine, its settings and the product that runs on them lack, and how to get it. It changes
// nothing and fetches nothing; what runs is asked, what does not run is looked for.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import pg from 'pg';
import { openEngineClient } from '../activities/intake/engineClient.js';
import { type Config, engineConnection, environment } from '../config.js';
import { pendingMigrations } from '../db/migrate.js';
import { unsafeSettings } from '../db/serverChecks.js';
import { isPortFree } from '../engine/ports.js';
import { findPostgres, serverUser } from '../engine/postgresBinaries.js';
import { checkDatabase } from '../engine/roles.js';
import { machineSettings } from '../engine/stack.js';
import { StateFolder } from '../engine/stateFolder.js';
import { SEARCH_ATTRIBUTES } from '../engine/temporal.js';
import { findTemporalCli } from '../engine/temporalCli.js';
import { openLive, type Seen } from './doctorLive.js';
import { attachedTo, runningApi } from './reach.js';

export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** The numbers of `detail`, by name. */
  readonly figures?: Readonly<Record<string, number>>;
}

type Check = readonly [check: string, look: () => Promise<string | Seen>];

const LEAST_NODE = [20, 20, 2] as const;
const CALL_MS = 5_000;

/** Runs every check and answers all findings; none of them throws. */
export async function examine(config: Config): Promise<Finding[]> {
  // What cannot be reached is found below, by name; here it only means that nothing more is known.
  const running = await attachedTo(config).catch(() => undefined);
  const isRunning = await new StateFolder(config.stateDir).ownership().then(Boolean, () => false);
  const { ownerUrl, appUrl } = config.database;
  const { address } = config.temporal;
  const checks: Check[] = [
    ['node', async () => nodeVersion()],
    ['state folder', () => stateFolder(config.stateDir)],
  ];
  if (ownerUrl === undefined) checks.push(['postgres', postgresBinaries]);
  else
    checks.push(['database', () => checkDatabase(ownerUrl, 'DATABASE_URL').then((v) => `PostgreSQL ${v}`)]);
  if (address === undefined) checks.push(['temporal cli', () => temporalCli(config)]);
  if (isRunning) checks.push(['api', async () => `${await runningApi(config)}, a start runs`]);
  else checks.push(['ports', () => portsFree(config)]);
  const owner = running?.databaseUrl ?? ownerUrl;
  const app = running?.appDatabaseUrl ?? appUrl;
  if (owner !== undefined) checks.push(['migrations', () => migrations(owner, isRunning)]);
  if (app !== undefined) checks.push(['database settings', () => databaseSettings(app)]);
  const connection = running?.engine?.connection ?? (address && engineConnection());
  if (connection) {
    checks.push(['engine', () => engine(connection, config.temporal.namespace)]);
    checks.push(['temporal command', () => temporalCommand(config, connection)]);
  }
  // A product of these settings runs, or may run elsewhere: it is asked how it is.
  const isLive = isRunning || (appUrl !== undefined && address !== undefined);
  const live = isLive && app && connection ? await openLive(config, app, connection) : undefined;
  try {
    return await Promise.all([...checks, ...(live?.checks ?? [])].map(found));
  } finally {
    await live?.close();
  }
}

async function found([check, look]: Check): Promise<Finding> {
  try {
    const seen = await look();
    return { check, ok: true, ...(typeof seen === 'string' ? { detail: seen } : seen) };
  } catch (error) {
    const { message, code, figures } = error as Error & { code?: string; figures?: Seen['figures'] };
    return { check, ok: false, detail: message || code || String(error), ...(figures && { figures }) };
  }
}

/** The verdict in a line: what comes of all findings. */
export function verdictOf(findings: readonly Finding[]): string {
  const ailing = findings.filter(({ ok }) => !ok).map(({ check }) => check);
  if (ailing.length === 0) return `all is well: ${findings.length} checks`;
  return `${ailing.length} of ${findings.length} checks found something: ${ailing.join(', ')}`;
}

function nodeVersion(): string {
  const have = process.versions.node.split('.').map(Number);
  const at = LEAST_NODE.findIndex((part, index) => part !== have[index]);
  if (at >= 0 && (have[at] ?? 0) < (LEAST_NODE[at] ?? 0)) {
    throw new Error(
      `Node ${process.versions.node} is older than ${LEAST_NODE.join('.')}: get one at https://nodejs.org`,
    );
  }
  return `Node ${process.versions.node}`;
}

async function stateFolder(stateDir: string): Promise<string> {
  const owned = await new StateFolder(stateDir).ownership();
  for (let folder = stateDir; ; folder = dirname(folder)) {
    try {
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      if (owned) return `${stateDir}, process ${owned.owner.pid} runs in it`;
      return folder === stateDir ? stateDir : `${stateDir} will be made`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && folder !== dirname(folder)) continue;
      throw new Error(
        `${folder} cannot be written to by this user: give it the right, or set L2C_STATE_DIR to another folder`,
        { cause: error },
      );
    }
  }
}

async function postgresBinaries(): Promise<string> {
  const { searchPath } = machineSettings(environment());
  const { version, from } = await findPostgres(await serverUser(), searchPath);
  return `PostgreSQL ${version} (${from})`;
}

async function temporalCli(config: Config): Promise<string> {
  const machine = machineSettings(environment());
  const { cliPath } = config.temporal;
  const asked = { ...machine, ...(cliPath !== undefined && { temporalCli: cliPath }) };
  const { version, rung, path } = await findTemporalCli(asked, false);
  return `${version} from ${rung} (${path})`;
}

/** What an operator types before `workflow show …`: program, address and namespace of the engine that runs. */
async function temporalCommand(config: Config, { address }: ConnectionOptions): Promise<string> {
  const { namespace, cliPath, address: external } = config.temporal;
  const machine = machineSettings(environment());
  const asked = { ...machine, ...(cliPath !== undefined && { temporalCli: cliPath }) };
  const found = await findTemporalCli(asked, false).catch(() => undefined);
  if (!found && !external) throw new Error('no Temporal CLI on this machine; a start fetches one');
  return `${found?.path ?? 'temporal'} --address ${address} --namespace ${namespace}`;
}

async function portsFree({ ports, observe }: Config): Promise<string> {
  const named = { ...ports, 'worker metrics': observe.workerPort, 'api metrics': observe.apiPort };
  const asked = Object.entries(named).filter((entry): entry is [string, number] => (entry[1] ?? 0) > 0);
  const taken: string[] = [];
  for (const [name, port] of asked) if (!(await isPortFree(port))) taken.push(`${port} (${name})`);
  if (taken.length > 0) {
    throw new Error(`taken on 127.0.0.1: ${taken.join(', ')}. Stop what listens there or set another port`);
  }
  const free = asked.map(([, port]) => port).join(', ');
  return asked.length === 0 ? 'free ones are chosen' : `${free} ${asked.length === 1 ? 'is' : 'are'} free`;
}

/** Before a start they are no fault: the start runs them. Beside one that runs they are. */
async function migrations(url: string, isRunning: boolean): Promise<string> {
  const pending = await withClient(url, pendingMigrations);
  if (pending.length > 0 && isRunning) {
    throw new Error(`not run: ${pending.join(', ')}. Run npx l2c db migrate, or stop and start the product`);
  }
  if (pending.length > 0) return `${pending.length} to run: the next start does`;
  return 'schema is up to date';
}

async function databaseSettings(url: string): Promise<string> {
  const reasons = await withClient(url, unsafeSettings);
  if (reasons.length > 0) throw new Error(reasons.join('; '));
  return 'commits are on disk when answered, the application is no superuser';
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CALL_MS });
  client.on('error', () => undefined); // The query under way fails with the same reason.
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function engine(options: ConnectionOptions, namespace: string): Promise<string> {
  const { client, close } = openEngineClient(options, namespace, []);
  try {
    const { customAttributes } = await client.connection.withDeadline(Date.now() + CALL_MS, () =>
      client.connection.operatorService.listSearchAttributes({ namespace }),
    );
    const missing = SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] === undefined);
    if (missing.length > 0) {
      const names = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
      throw new Error(
        `namespace ${namespace} lacks search attributes: temporal operator search-attribute create ${names}`,
      );
    }
    return `namespace ${namespace} knows the search attributes`;
  } finally {
    await close();
  }
}
