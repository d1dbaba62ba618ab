import { execFile, spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.js';
import { identify } from './processes.js';
import { Reaper } from './reaper.js';
import type { MachineSettings } from './settings.js';
import { CACHE_DIR, firstOnPath, isExecutable } from './temporalCli.js';

const run = promisify(execFile);

/** The release whose module is built; docker-compose.yml runs the same one. */
export const SERVER_VERSION = '1.30.4';
const MODULE = 'go.temporal.io/server';
// Ten minutes on two cores that are busy.
const BUILD_MS = 1_800_000;
const TELL_EVERY_MS = 5_000;
const KEPT_LINES = 12;

/** The real server and the tool that makes its schema; the SQL of the schema is inside of the tool. */
export interface RealServerBinaries {
  server: string;
  sqlTool: string;
  from: 'cache' | 'go';
}

export interface BuildSettings extends MachineSettings {
  /** The environment Go is run in: its own variables (GOPROXY, GOFLAGS, HOME …) count. */
  env: Readonly<Record<string, string | undefined>>;
  onProgress?: (detail: string) => void;
  /** Ends a build under way. */
  signal?: AbortSignal;
}

/**
 * Finds the real Temporal server in the cache for downloaded programs, and builds it from its module where Go is at
 * hand.
 *
 * @throws Error that says what to install when there is no Go, or what Go said when it failed
 */
export async function findRealServer(settings: BuildSettings): Promise<RealServerBinaries> {
  const folder = join(settings.cacheDir ?? CACHE_DIR, `temporal-server-${SERVER_VERSION}`);
  const found = { server: join(folder, 'server'), sqlTool: join(folder, 'sql') };
  if (await isWhole(found)) return { ...found, from: 'cache' };
  const go = await firstOnPath('go', settings.searchPath);
  if (go === undefined) {
    throw new Error(
      `the real Temporal server is not in ${folder}, and there is no go on PATH to build it: install Go 1.25 or ` +
        'newer (https://go.dev/dl/) and a way to a module proxy (GOPROXY, HTTPS_PROXY), or put the programs ' +
        `server and sql of ${MODULE} ${SERVER_VERSION} there`,
    );
  }
  await mkdir(dirname(folder), { recursive: true });
  return withLock(`${folder}.lock`, BUILD_MS, async () => {
    if (await isWhole(found)) return { ...found, from: 'cache' }; // Another one was quicker.
    const part = `${folder}.tmp`;
    await rm(part, { recursive: true, force: true });
    await build(go, part, settings);
    const built = { server: join(part, 'server'), sqlTool: join(part, 'sql') };
    if (!(await isWhole(built)))
      throw new Error(`go install ended well but left no such programs in ${part}`);
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
    return { ...found, from: 'go' };
  });
}

async function isWhole({ server, sqlTool }: { server: string; sqlTool: string }): Promise<boolean> {
  return (await isOfVersion(server)) && (await isOfVersion(sqlTool));
}

async function isOfVersion(path: string): Promise<boolean> {
  if (!(await isExecutable(path))) return false;
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 20_000 });
    return stdout.includes(`version ${SERVER_VERSION}`);
  } catch {
    return false; // Does not run on this machine: built anew.
  }
}

/** Each program on its own: they are of one module, and the second finds what the first compiled. */
async function build(go: string, target: string, settings: BuildSettings): Promise<void> {
  for (const program of ['cmd/server', 'cmd/tools/sql']) {
    await install(go, `${MODULE}/${program}@v${SERVER_VERSION}`, target, settings);
  }
}

function install(go: string, what: string, target: string, settings: BuildSettings): Promise<void> {
  const { env, onProgress = () => undefined, signal } = settings;
  const reaper = new Reaper();
  const child = spawn(go, ['install', '-v', what], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // With either of them set Go builds for another machine and refuses GOBIN.
    env: { ...env, GOBIN: target, GOOS: '', GOARCH: '' },
    ...(signal && { signal }),
  });
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity) reaper.watch({ temporal: identity });
  const began = performance.now();
  let compiled = 0;
  let toldAt = began;
  let last: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n').filter((line) => line !== '');
    // Go names a package by its path alone when it begins with it; everything else it says is not one word.
    compiled += lines.filter((line) => /^[\w./~-]+$/.test(line)).length;
    last = [...last, ...lines].slice(-KEPT_LINES);
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    const seconds = Math.round((toldAt - began) / 1000);
    onProgress(`building ${what}: ${compiled} packages in ${seconds} s`);
  });
  onProgress(`building ${what} (minutes, once)`);
  return new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => child.kill('SIGTERM'), BUILD_MS);
    child.once('error', (error) => reject(new Error(`${go} did not run to its end: ${error.message}`)));
    child.once('close', (code, by) => {
      clearTimeout(limit);
      if (code === 0) resolve();
      else reject(new Error(`go install ${what} ${by ?? `ended with ${code}`}:\n${last.join('\n').trim()}`));
    });
  }).finally(() => reaper.dismiss());
}
