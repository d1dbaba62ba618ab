import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  findPostgres,
  isOpenTo,
  OPEN_FOLDER,
  type PostgresBinaries,
  serverUser,
} from './postgresBinaries.js';
import { commandLine, lastLines, type RunningProcess, type StopLadder, spawnServer } from './processes.js';

const run = promisify(execFile);
const READY_MS = 120_000; // Recovery of a large database after a crash reads all of its log.
const LOCK_ATTEMPTS = 20;
const LOCK_PAUSE_MS = 250;
const PATIENT_ATTEMPTS = 4; // Sessions of a killed server notice its death well within this second.

/** The database's own administrator; only this folder uses it, and only over 127.0.0.1 with its password. */
export const ADMIN = 'postgres';

/** SIGINT ends open sessions and writes a checkpoint; SIGQUIT leaves the rest to the recovery. */
export const STOP_POSTGRES: StopLadder = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 3_000],
  ['SIGKILL', 2_000],
];

export interface PostgresSettings {
  stateDir: string;
  searchPath?: string;
  adminPassword: string;
  durable: boolean;
}

/** A data folder that is initialised, and how to start the server on it. */
export interface PostgresCluster {
  binaries: PostgresBinaries;
  dataDir: string;
  /** True when this call made the data folder. */
  isNew: boolean;
  /** Starts on that port, tells the process as soon as there is one, and resolves when it answers. */
  start(port: number, onSpawn: (process: RunningProcess) => void): Promise<RunningProcess>;
}

/**
 * Finds the binaries and makes the data folder when there is none yet.
 *
 * @throws Error with the ways out when there is no usable Postgres, or initdb fails
 */
export async function openCluster(settings: PostgresSettings): Promise<PostgresCluster> {
  const user = await serverUser();
  const { stateDir } = settings;
  // The parents of the data folder must let another user pass; the state folder is ours to open, the rest is not.
  if (user !== undefined) await chmod(stateDir, (await stat(stateDir)).mode | 0o011);
  const base = user === undefined || isOpenTo(stateDir) ? stateDir : await openBase(settings);
  const dataDir = join(base, 'postgres');
  const madeBy = existsSync(join(dataDir, 'PG_VERSION'))
    ? Number(readFileSync(join(dataDir, 'PG_VERSION'), 'utf8'))
    : undefined;
  const binaries = await findPostgres(user, settings.searchPath, madeBy);
  if (madeBy === undefined) await initialise(binaries, dataDir, settings, user);
  const logFile = join(stateDir, 'log', 'postgres.log');
  const spawnOn = (port: number) =>
    spawnServer({
      command: binaries.postgres,
      args: serverArgs(dataDir, port, settings.durable),
      cwd: dataDir,
      logFile,
      ...(user ? { user: { uid: user.uid, gid: user.gid } } : {}),
    });
  const start: PostgresCluster['start'] = async (port, onSpawn) => {
    const url = databaseUrl({ user: ADMIN, password: settings.adminPassword, port, database: 'postgres' });
    for (let attempt = 1; ; attempt += 1) {
      const from = await logSize(logFile);
      const server = await spawnOn(port);
      onSpawn(server);
      const trouble = await untilAnswers(url, server);
      if (trouble === undefined) return server;
      if (!isLeftLocked(logFile, from) || attempt >= LOCK_ATTEMPTS) {
        throw new Error(`Postgres did not start: ${trouble}\n${lastLines(logFile)}\nSee ${logFile}`);
      }
      await sleep(LOCK_PAUSE_MS);
      if (attempt > PATIENT_ATTEMPTS) await removeForeignPidFile(dataDir);
    }
  };
  return { binaries, dataDir, isNew: madeBy === undefined, start };
}

/** The address of a database on this machine. */
export function databaseUrl(to: { user: string; password: string; port: number; database: string }): string {
  return `postgres://${to.user}:${encodeURIComponent(to.password)}@127.0.0.1:${to.port}/${to.database}`;
}

/**
 * The folder outside of a closed home. It is found by the secret of the state folder, not by its path: a checkout
 * that was moved keeps its data, one whose state folder was removed starts anew.
 */
async function openBase({ stateDir, adminPassword }: PostgresSettings): Promise<string> {
  const key = createHash('sha256').update(adminPassword).digest('hex').slice(0, 16);
  const base = join(OPEN_FOLDER, key);
  await mkdir(base, { recursive: true, mode: 0o755 });
  await writeFile(join(base, 'belongs-to'), `${resolve(stateDir)}\n`);
  return base;
}

function serverArgs(dataDir: string, port: number, durable: boolean): string[] {
  const args = ['-D', dataDir, '-h', '127.0.0.1', '-p', String(port), '-k', ''];
  const options = ['max_connections=200', 'timezone=UTC', 'log_timezone=UTC'];
  if (!durable) options.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  for (const option of options) args.push('-c', option);
  return args;
}

async function initialise(
  binaries: PostgresBinaries,
  dataDir: string,
  { adminPassword: password, durable }: PostgresSettings,
  user: { uid: number; gid: number } | undefined,
): Promise<void> {
  // Made beside and renamed when complete: initdb writes PG_VERSION first, so a start cut off would look finished.
  const part = `${dataDir}.new`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true, mode: 0o700 });
  const passwordFile = `${dataDir}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) for (const path of [part, passwordFile]) await chown(path, user.uid, user.gid);
  const args = ['-D', part, '-U', ADMIN, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  args.push('--encoding=UTF8', ...localeArgs(binaries.major), ...(durable ? [] : ['--no-sync']));
  try {
    const as = user === undefined ? {} : { uid: user.uid, gid: user.gid };
    await run(binaries.initdb, args, { cwd: part, timeout: 60_000, env: { LC_ALL: 'C', TZ: 'UTC' }, ...as });
    await rename(part, dataDir);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`initdb failed: ${stderr?.trim() || message}`, { cause: error });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Sorting by code point, upper and lower case of every letter: the same on each machine and version. */
function localeArgs(major: number): string[] {
  if (major >= 17) return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  return [`--locale=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`];
}

async function untilAnswers(url: string, server: RunningProcess): Promise<string | undefined> {
  let gone: string | undefined;
  void server.exited.then((reason) => {
    gone = reason;
  });
  const until = Date.now() + READY_MS;
  let last = '';
  while (Date.now() < until) {
    if (gone !== undefined) return gone;
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined); // A server that dies in between is seen by its exit.
    try {
      await client.connect();
      return undefined;
    } catch (error) {
      last = (error as Error).message;
      if ((error as { code?: string }).code === '28P01') {
        return `${last}: the password in the state folder does not belong to this data`;
      }
      await sleep(20);
    } finally {
      await client.end().catch(() => undefined); // Ending what never connected has nothing to tell.
    }
  }
  return `no answer within ${READY_MS / 1000} s (${last})`;
}

async function logSize(logFile: string): Promise<number> {
  return existsSync(logFile) ? (await stat(logFile)).size : 0;
}

/** After kill -9 sessions of the dead server may live on for a moment and hold its lock file or memory. */
function isLeftLocked(logFile: string, from: number): boolean {
  const said = readFileSync(logFile).subarray(from).toString('utf8');
  return /lock file "postmaster.pid" already exists|pre-existing shared memory block/.test(said);
}

async function removeForeignPidFile(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const command = commandLine(Number(readFileSync(file, 'utf8').split('\n')[0]));
  // A stranger under the old pid would keep us out for ever. No command at all is a dead server not yet gone:
  // its file must stay, for it names the shared memory its last sessions still write to.
  if (command !== '' && !command.includes(dataDir)) await rm(file, { force: true });
}
