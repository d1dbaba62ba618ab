// `npm run mutation [-- area …]`: the mutation score of one area after another (stryker.config.mjs), each held to its
// own limit, and the table of them all. By hand: it takes about half an hour on two cores.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AREAS, AT_LEAST } from '../stryker.config.mjs';

const ROOT = join(fileURLToPath(import.meta.url), '..', '..');
const asked = process.argv.slice(2);
const unknown = asked.find((area) => !(area in AREAS));
if (unknown !== undefined) {
  console.error(`there is no area "${unknown}"; there are ${Object.keys(AREAS).join(', ')}`);
  process.exit(2);
}

const rows = {};
for (const area of asked.length > 0 ? asked : Object.keys(AREAS)) {
  const since = performance.now();
  const counts = { killed: 0, timeout: 0, survived: 0, noCoverage: 0 };
  for (const index of AREAS[area].keys()) await addGroup(counts, `${area}/${index}`);
  rows[area] = { ...counts, score: scoreOf(counts), minutes: minutesSince(since) };
}
console.table(rows);
for (const [area, { score }] of Object.entries(rows)) {
  if (score >= AT_LEAST) continue;
  console.error(`${area}: ${score} % of its mutants are noticed, at least ${AT_LEAST} % should be`);
  process.exitCode = 1;
}

async function addGroup(counts, group) {
  const report = join(ROOT, 'reports', 'mutation', `${group.replace('/', '-')}.json`);
  rmSync(report, { force: true });
  await stryker(group);
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  const named = { Killed: 'killed', Timeout: 'timeout', Survived: 'survived', NoCoverage: 'noCoverage' };
  for (const { status } of Object.values(files).flatMap(({ mutants }) => mutants))
    if (status in named) counts[named[status]]++;
}

function stryker(group) {
  const bin = join(ROOT, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  // Nothing is started: a thousand mutants must not be a thousand databases.
  const env = { ...process.env, L2C_MUTATION_GROUP: group, L2C_TEST_NO_STACK: '1' };
  const child = spawn(process.execPath, [bin, 'run'], { cwd: ROOT, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`stryker ended with ${code}`))));
  });
}

function scoreOf({ killed, timeout, survived, noCoverage }) {
  const all = killed + timeout + survived + noCoverage;
  return Number(((100 * (killed + timeout)) / all).toFixed(2));
}

function minutesSince(since) {
  return Number(((performance.now() - since) / 60_000).toFixed(1));
}
