// A copy of the sources in which a fault can be planted, built and tried, and which nobody else sees.
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { type Fault, ROOT } from './faults.js';

const run = promisify(execFile);
/** What a copy makes for itself, or may take from here. */
const NOT_COPIED = /^(node_modules|\.git|\.state|\.l2c.*|\.stryker-tmp|reports|coverage)$/;
const OUTPUT_BYTES = 10_000_000;

export interface Tree {
  /** Builds what the tests read of dist/, as it is without a fault. */
  build(): Promise<void>;
  /** Applies the patch; a fault in workflows or migrations is built, all else is run from its source. */
  plant(fault: Fault): Promise<void>;
  /** Everything as it was before the fault. */
  weed(fault: Fault): Promise<void>;
  /** Runs what the titles name, in their files, on the servers of this run. */
  test(faults: readonly Pick<Fault, 'file' | 'title'>[]): Promise<Verdict[]>;
  remove(): void;
}

export interface Verdict {
  readonly title: string;
  readonly status: 'passed' | 'failed';
  readonly why: readonly string[];
}

interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** `git apply` in a folder that no repository above it has a say in. */
export const gitApply = (cwd: string, ...args: string[]): Promise<unknown> =>
  run('git', ['apply', ...args], { cwd, env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(cwd) } });

export function copyTree(): Tree {
  const root = mkdtempSync(join(tmpdir(), 'l2c-teeth-'));
  cpSync(ROOT, root, { recursive: true, filter: (path) => !NOT_COPIED.test(relative(ROOT, path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const [dist, kept] = [join(root, 'dist'), join(root, 'dist.kept')];
  const build = async (): Promise<void> => {
    await run(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root });
  };
  return {
    async build() {
      await build();
      cpSync(dist, kept, { recursive: true });
    },
    async plant({ patch }) {
      await gitApply(root, patch);
      if (isBuilt(patch)) await build();
    },
    async weed({ patch }) {
      await gitApply(root, '--reverse', patch);
      if (!isBuilt(patch)) return;
      rmSync(dist, { recursive: true, force: true });
      cpSync(kept, dist, { recursive: true });
    },
    test: (faults) => tried(root, faults),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The run's servers are made from dist/: its bundle, and the template of every database. */
const isBuilt = (patch: string): boolean =>
  /^\+\+\+ b\/(workflows|db\/migrations)\//m.test(readFileSync(patch, 'utf8'));

async function tried(root: string, faults: readonly Pick<Fault, 'file' | 'title'>[]): Promise<Verdict[]> {
  const results = join(root, 'results.json');
  rmSync(results, { force: true });
  // What is pure needs no server, here as anywhere.
  const isPure = faults.every(({ file }) => file.startsWith('test/domain/'));
  const said = await jest(root, isPure, [
    ...new Set(faults.map(({ file }) => file)),
    '--testNamePattern',
    faults.map(({ title }) => title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'),
    '--runInBand',
    '--forceExit', // A test that failed may leave a connection, which stays open for ten minutes.
    '--json',
    `--outputFile=${results}`,
  ]);
  const verdicts: Verdict[] = [];
  const { testResults } = resultsIn(results, said);
  for (const { name, message, assertionResults } of testResults) {
    const tests = assertionResults.filter(({ status }) => status === 'passed' || status === 'failed');
    // A file that could not be loaded has no test of its own: that is no fault caught.
    if (tests.length === 0) throw new Error(`${relative(root, name)} ran no test: ${message || said}`);
    for (const { fullName, status, failureMessages } of tests) {
      verdicts.push({ title: fullName, status: status as Verdict['status'], why: failureMessages });
    }
  }
  return verdicts;
}

function resultsIn(file: string, said: string): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch (error) {
    throw new Error(`Jest wrote no results: ${said}`, { cause: error });
  }
}

/** What it said on stderr; a failing test is no error here. */
function jest(root: string, isPure: boolean, args: readonly string[]): Promise<string> {
  const { L2C_LONG: _long, L2C_TEST_MET_FILE: _met, JEST_WORKER_ID: _worker, ...env } = process.env;
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      `--import=${new URL('../../scripts/endWithParent.mjs', import.meta.url).href}`,
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...args,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...env, L2C_TEST_NO_BUILD: '1', ...(isPure && { L2C_TEST_NO_STACK: '1' }) },
    },
  );
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-OUTPUT_BYTES);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(said));
  });
}
