import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ERRORS } from '../../domain/errors.js';

const sourcesOf = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

const spoken = (code: string, text: string): boolean => new RegExp(`\\b${code}\\b`).test(text);

// That each is met by a test over HTTP is asked at the end of a whole run, of the answers themselves: globalTeardown.
test('every refusal is given by the product', () => {
  const product = ['domain', 'activities', 'api', 'db'].map(sourcesOf).join('\n');
  const table = readFileSync('domain/errors.ts', 'utf8');
  const codes = Object.keys(ERRORS);
  expect(codes.filter((code) => !spoken(code, product.replace(table, '')))).toEqual([]);
  expect(spoken('never_refused', product)).toBe(false);
});
