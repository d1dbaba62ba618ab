// Compiles the sources into dist/: TypeScript, the files that are not TypeScript, the workflow bundle. Skipped when
// a hash over all of it says that dist/ is what would come out.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { runStep, stepPrinter } from './steps.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const WAIT_MS = 300_000;
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
// Scripts run from where they are, documentation is not read at run time.
const NOT_COPIED = new Set(['.ts', '.mjs', '.md']);

/**
 * Builds when a source has changed since the last build.
 * @param {{ log?: (event: import('./steps.mjs').StepEvent) => void, root?: string }} options
 * @returns {Promise<boolean>} true when something was built
 */
export async function build({ log = () => undefined, root = ROOT } = {}) {
  // An image for production carries dist/ and no sources.
  if (!existsSync(join(root, 'tsconfig.build.json')) && existsSync(join(root, 'dist'))) return false;
  if (isBuilt(root)) return false;
  return withLock(join(root, '.l2c-build.lock'), WAIT_MS, async () => {
    if (isBuilt(root)) return false;
    const sources = sourceFiles(root);
    const hash = hashOf(root, sources);
    // Removed first: a build that is cut off must not pass for a finished one.
    rmSync(markFile(root), { force: true });
    await runStep(
      log,
      'compile',
      'compiling TypeScript',
      () => compile(root),
      () => 'compiled',
    );
    const assets = copyAssets(root, sources);
    prune(root, sources);
    const bundler = join(root, 'dist', 'worker', 'bundle.js');
    if (existsSync(bundler)) {
      const target = join(root, 'dist', 'workflow-bundle.js');
      // A child process: webpack would keep 66 MB in the server's memory.
      await runStep(
        log,
        'bundle',
        'bundling the workflows',
        () => node(root, [bundler, target]),
        () => {
          if (!existsSync(target)) throw new Error(`${bundler} ended well but wrote no ${target}`);
          return `${Math.round(statSync(target).size / 1024)} KiB`;
        },
      );
    }
    writeFileSync(markFile(root), JSON.stringify({ hash, assets }));
    return true;
  });
}

function markFile(root) {
  return join(root, 'dist', '.build.json');
}

function isBuilt(root) {
  if (!existsSync(markFile(root))) return false;
  return JSON.parse(readFileSync(markFile(root), 'utf8')).hash === hashOf(root, sourceFiles(root));
}

/** The folders and files that tsconfig.build.json compiles, and everything in them. */
function sourceFiles(root) {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  return include
    .flatMap((name) => filesUnder(join(root, name)))
    .map((path) => relative(root, path))
    .sort();
}

function filesUnder(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return [];
  if (entry.isFile()) return [path];
  return readdirSync(path).flatMap((name) => (name === 'node_modules' ? [] : filesUnder(join(path, name))));
}

function hashOf(root, sources) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const name of [...SETTINGS, ...sources]) {
    const path = join(root, name);
    if (existsSync(path)) hash.update(`\0${name}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** A file with an error leaves dist/ as it was: a program that runs from it goes on. */
function compile(root) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const incremental = ['--incremental', '--tsBuildInfoFile', join(root, 'dist', '.tsbuildinfo')];
  return node(root, [tsc, '-p', 'tsconfig.build.json', '--noEmitOnError', ...incremental]);
}

function node(root, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else reject(new Error(`${relative(root, args[0])} ${signal ?? `ended with ${code}`}:\n${text.trim()}`));
    });
  });
}

function copyAssets(root, sources) {
  const assets = sources.filter((name) => !NOT_COPIED.has(extname(name)));
  for (const name of assets) {
    mkdirSync(dirname(join(root, 'dist', name)), { recursive: true });
    copyFileSync(join(root, name), join(root, 'dist', name));
  }
  return assets;
}

/** Removes what an earlier build left of sources that are gone: a stale migration would be run. */
function prune(root, sources) {
  const kept = new Set(sources);
  for (const path of filesUnder(join(root, 'dist'))) {
    const name = relative(join(root, 'dist'), path);
    const source = name.replace(/\.js(\.map)?$/, '.ts');
    const isOurs = !name.includes('/') && name !== 'config.js' && name !== 'config.js.map';
    if (!isOurs && !kept.has(source) && !kept.has(name)) rmSync(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const log = stepPrinter({ json: process.argv.includes('--json') });
  try {
    const built = await build({ log });
    if (!built) log({ step: 'compile', status: 'done', ms: 0, detail: 'dist is up to date' });
  } catch {
    process.exitCode = 1; // The step that failed has said why.
  }
}
