// Faults that would cost money, planted one at a time in a copy of the product: each must be caught by the test that
// is named for it. A normal run only looks whether the patches still fit; L2C_LONG=1 plants them.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sampled } from '../support/sampled.js';
import { plantedFaults, ROOT } from './faults.js';
import { copyTree, gitApply, type Tree } from './tree.js';

const FAULTS = plantedFaults();
const isLong = process.env.L2C_LONG === '1';
const MINUTES = 60_000;
/** How a test says that it looked and saw something else than it should; a crash says nothing of the kind. */
const SEEN = /\bexpect\(|Property failed after|in vain until/;

test('the faults are at least a dozen', () => expect(FAULTS.length).toBeGreaterThanOrEqual(12));

afterAll(() =>
  sampled(`planted faults: ${isLong ? FAULTS.length : 'none'} of ${FAULTS.length} planted, all looked up`),
);

describe.each(FAULTS)('the planted fault $name', ({ patch, file, title }) => {
  test('still fits the sources', async () => {
    await expect(gitApply(ROOT, '--check', patch)).resolves.toBeDefined();
  });

  test('has a test that is named for it', () => {
    const written = readFileSync(join(ROOT, file), 'utf8');
    expect([`'${title}'`, `\`${title}\``].some((quoted) => written.includes(quoted))).toBe(true);
  });
});

test('npm run mutation finds the files and the tests of each of its areas', async () => {
  const config = pathToFileURL(join(ROOT, 'stryker.config.mjs')).href;
  const { AREAS } = (await import(config)) as {
    AREAS: Readonly<
      Record<string, { readonly mutate: readonly string[]; readonly tests: readonly string[] }>
    >;
  };
  expect(Object.keys(AREAS)).toEqual(
    'money invoices collections commissions ledger approvals messages'.split(' '),
  );
  for (const { mutate, tests } of Object.values(AREAS).flat()) {
    for (const pattern of [
      ...mutate.map((one) => one.replace('!', '')),
      ...tests.map((one) => `test/${one}`),
    ]) {
      const [name, ending] = [basename(pattern), basename(pattern).replace('*', '')];
      const found = readdirSync(join(ROOT, dirname(pattern))).filter((entry) =>
        name === ending ? entry === name : entry.endsWith(ending),
      );
      expect(found).not.toEqual([]);
    }
  }
});

(isLong ? describe : describe.skip)('in a copy of the product', () => {
  let tree: Tree;
  beforeAll(async () => {
    tree = copyTree();
    await tree.build();
  }, 10 * MINUTES);
  afterAll(() => tree?.remove());

  test(
    'without a fault every test that is named for one passes',
    async () => {
      const verdicts = await tree.test(FAULTS);
      expect(verdicts.filter(({ status }) => status === 'failed')).toEqual([]);
      for (const { title } of FAULTS) {
        expect(verdicts.some((verdict) => verdict.title.includes(title))).toBe(true);
      }
    },
    15 * MINUTES,
  );

  test.each(FAULTS)(
    '$name is caught: $cost',
    async (fault) => {
      try {
        await tree.plant(fault);
        const failed = (await tree.test([fault])).filter(({ status }) => status === 'failed');
        expect(failed.flatMap(({ why }) => why).filter((why) => SEEN.test(why))).not.toEqual([]);
      } finally {
        await tree.weed(fault);
      }
    },
    10 * MINUTES,
  );
});
