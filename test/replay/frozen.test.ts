// The histories of a release are what ran under it: once the next version is made, nobody writes them again, not even
// to make a change replay.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { HISTORIES, PRESENT } from '../support/histories.js';

/** One line for each release that is out, as `hashOf` says; the failing test names the next. */
const FROZEN: Readonly<Record<string, string>> = {
  'v0.1.0': 'e6614012965658f90b487d0908b97efc2d7ad4f8c8c7e4af78c15721b30c8f59',
};

/** Of the names of all files and what they hold, in the order of the names. */
function hashOf(release: string): string {
  const folder = join(HISTORIES, release);
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) {
    const content = readFileSync(join(folder, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

test('the histories of every release that is out are those it was made with', () => {
  const out = readdirSync(HISTORIES).filter((release) => release !== PRESENT);
  expect(Object.fromEntries(out.map((release) => [release, hashOf(release)]))).toEqual(FROZEN);
});
