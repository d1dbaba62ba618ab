// The order of the test files: those that take longest first, so that none of them is left alone at the end. Jest
// knows how long they took only where they ran before, and in a fresh clone goes by their size. Of a shard, and with
// --onlyFailures, every file is run.
import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files above twenty seconds, the longest first. */
const LONGEST = [
  'simulator/simulator',
  'scenarios/firstStart',
  'cli/funnel',
  'crash/crash',
  'scenarios/protocol/broken',
  'bench/bench',
  'scenarios/readme',
  'scenarios/outages',
  'replay/replay',
  'cli/commands',
  'workflows/encrypted',
  'scenarios/rolling/rolling',
  'network/cutAfter',
  'engine/stack',
  'scenarios/protocol/loss',
  'workflows/races',
  'house/imports',
  'network/pool',
  'scenarios/payday',
  'workflows/weight',
  'scenarios/protocol/relay',
  'scenarios/protocol/forged',
].map((name) => `test/${name}.test.ts`);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const gone = LONGEST.filter((file) => !existsSync(join(ROOT, file)));
if (gone.length > 0) throw new Error(`test/support/longestFirst.mjs names what is gone: ${gone.join(', ')}`);

export default class LongestFirst {
  sort(tests) {
    const ranked = tests.map((test) => ({ test, rank: rankOf(test), bytes: statSync(test.path).size }));
    return ranked.sort((a, b) => a.rank - b.rank || b.bytes - a.bytes).map(({ test }) => test);
  }

  shard(tests, { shardIndex, shardCount }) {
    const sorted = [...tests].sort((a, b) => a.path.localeCompare(b.path));
    return sorted.filter((_, index) => index % shardCount === shardIndex - 1);
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}

function rankOf({ path }) {
  const rank = LONGEST.indexOf(relative(ROOT, path));
  return rank === -1 ? LONGEST.length : rank;
}
