// Brings node_modules to what package-lock.json says. Imports nothing but Node: it runs before there is anything.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from './lock.mjs';

const LEAST_NODE = [20, 20, 2];
const WAIT_MS = 600_000;

/**
 * What of the lock file is not in node_modules, as readable lines; empty when all is there.
 * @param {string} root folder of package-lock.json
 */
export function missingPackages(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const there = readPackages(join(root, 'node_modules', '.package-lock.json'));
  const tolerated = new Set(toleratedPackages(root));
  const lines = [];
  for (const [path, entry] of Object.entries(wanted ?? {})) {
    if (path === '' || entry.link) continue;
    const found = there?.[path]?.version;
    if (found === entry.version || tolerated.has(path)) continue;
    // What npm leaves out on purpose is not missing: another platform's binary, a part of a wasm build.
    if (found === undefined && entry.optional && !(entry.os && fitsPlatform(entry))) continue;
    lines.push(`${path.replace(/^.*node_modules\//, '')} ${entry.version}${found ? ` (is ${found})` : ''}`);
  }
  return lines;
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

function fitsPlatform({ os, cpu, libc }) {
  const fits = (list, value) =>
    !list || (list.some((one) => one.startsWith('!')) ? !list.includes(`!${value}`) : list.includes(value));
  if (!fits(os, process.platform) || !fits(cpu, process.arch)) return false;
  return !libc || fits(libc, process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl');
}

function noteFile(root) {
  return join(root, 'node_modules', '.l2c-install.json');
}

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Optional packages that npm itself left out with this lock file: asking again would not bring them. */
function toleratedPackages(root) {
  if (!existsSync(noteFile(root))) return [];
  const note = JSON.parse(readFileSync(noteFile(root), 'utf8'));
  return note.lock === lockHash(root) ? note.leftOut : [];
}

/**
 * Installs when something is missing. Two starts at once install once.
 * @param {{ root: string, output?: (text: string) => void }} options
 * @returns {Promise<string>} what was done, in words
 */
export async function install({ root, output = () => undefined }) {
  checkNode();
  if (!existsSync(join(root, 'package-lock.json'))) return 'no package-lock.json here, nothing to compare';
  if (missingPackages(root).length === 0) return 'dependencies are as locked';
  const folder = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false });
  if (folder?.isSymbolicLink()) {
    const target = realpathSync(join(root, 'node_modules'));
    throw new Error(
      `node_modules is a link to ${target}, which lacks ${summary(missingPackages(root))}: install there (npm ci in ` +
        `${dirname(target)}) or remove the link`,
    );
  }
  return withLock(join(root, '.l2c-install.lock'), WAIT_MS, async () => {
    const missing = missingPackages(root);
    if (missing.length === 0) return 'another start has installed the dependencies';
    await npmCi(root, output);
    const still = Object.entries(readPackages(join(root, 'package-lock.json')));
    const there = readPackages(join(root, 'node_modules', '.package-lock.json')) ?? {};
    const leftOut = still.filter(([path, entry]) => entry.optional && !there[path]).map(([path]) => path);
    writeFileSync(noteFile(root), JSON.stringify({ lock: lockHash(root), leftOut }));
    const lacking = missingPackages(root);
    if (lacking.length > 0)
      throw new Error(`npm ended well, but these are still missing: ${summary(lacking)}`);
    return `${Object.keys(there).length} packages installed`;
  });
}

function checkNode() {
  const version = process.versions.node.split('.').map(Number);
  const order =
    LEAST_NODE.map((least, at) => version[at] - least).find((difference) => difference !== 0) ?? 0;
  if (order < 0)
    throw new Error(
      `Node ${process.versions.node} is too old: install Node ${LEAST_NODE.join('.')} or later`,
    );
}

function summary(lines) {
  return lines.length <= 3
    ? lines.join(', ')
    : `${lines.slice(0, 3).join(', ')} and ${lines.length - 3} more`;
}

async function npmCi(root, output) {
  // Dev and optional packages are asked for by name: NODE_ENV=production or an .npmrc would leave them out.
  const all = ['--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const first = await npm(root, ['ci', ...all], output);
  if (first.code === 0) return;
  // EUSAGE: npm of this version reads the lock file as incomplete. The versions are pinned all the same.
  const second = /\bEUSAGE\b/.test(first.text)
    ? await npm(root, ['install', '--no-save', ...all], output)
    : first;
  if (second.code !== 0) {
    const errors = second.text.split('\n').filter((line) => /npm (error|ERR!)/.test(line));
    throw new Error(
      `npm could not install the dependencies:\n${errors.slice(0, 12).join('\n') || second.text.slice(-800)}\n` +
        'Ways out: check the way to the registry (npm ping; npm config get registry, proxy), free disk space, run npm ci',
    );
  }
}

/** npm by the Node that runs us: its own launcher may start another Node, or not be on PATH at all. */
function npmCommand() {
  const fromNpm = process.env.npm_execpath;
  if (fromNpm && /npm-cli\.c?js$/.test(fromNpm)) return [process.execPath, fromNpm];
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return existsSync(beside) ? [process.execPath, beside] : ['npm'];
}

function npm(root, args, output) {
  const [command, ...first] = npmCommand();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        output(chunk);
      });
    }
    const forward = () => child.kill('SIGTERM');
    process.once('SIGTERM', forward).once('SIGINT', forward);
    child.once('error', (error) => reject(new Error(`npm does not run: ${error.message}`, { cause: error })));
    child.once('close', (code, signal) => {
      process.off('SIGTERM', forward).off('SIGINT', forward);
      if (signal) reject(new Error(`npm was stopped by ${signal}`));
      else resolve({ code, text });
    });
  });
}
