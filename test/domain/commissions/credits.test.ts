import { describe, expect, test } from '@jest/globals';
import { beneficiariesOf, creditsFor } from '../../../domain/commissions/credits.js';
import type { Credit } from '../../../domain/commissions/types.js';
import type { CommissionPolicy } from '../../../domain/policies/types.js';
import { person } from '../people/sample.js';
import { policy, staff } from './plan.js';

const shares = (list: readonly Credit[]): string[] =>
  list.map((credit) => `${credit.payeeId} ${credit.component} ${credit.shareBps}`);

describe('who is credited', () => {
  test.each<[string, { rep: string | null; sdr: string | null }, CommissionPolicy, string[]]>([
    [
      'rep and sdr, and their manager once',
      { rep: 'rep', sdr: 'sdr' },
      policy,
      ['rep direct 8000', 'sdr direct 2000', 'lead override1 10000'],
    ],
    [
      'one person in both roles has one share',
      { rep: 'rep', sdr: 'rep' },
      policy,
      ['rep direct 10000', 'lead override1 10000'],
    ],
    [
      'the share of nobody goes to the rep',
      { rep: 'rep', sdr: null },
      policy,
      ['rep direct 10000', 'lead override1 10000'],
    ],
    [
      'a manager who sells has the direct share; the override goes up',
      { rep: 'lead', sdr: 'sdr' },
      policy,
      ['lead direct 8000', 'sdr direct 2000', 'head override1 8000', 'lead override1 2000'],
    ],
    [
      'two levels',
      { rep: 'rep', sdr: null },
      {
        ...policy,
        overrides: [
          { level: 1, rateBps: 100 },
          { level: 2, rateBps: 50 },
        ],
      },
      ['rep direct 10000', 'lead override1 10000', 'head override2 10000'],
    ],
    ['a level nobody holds', { rep: 'head', sdr: null }, policy, ['head direct 10000']],
    ['no overrides', { rep: 'rep', sdr: null }, { ...policy, overrides: [] }, ['rep direct 10000']],
  ])('%s', (_what, deal, terms, expected) => {
    expect(shares(creditsFor(deal, terms, staff))).toEqual(expected);
  });

  test('a manager who left has no override', () => {
    const without = new Map([...staff, ['lead', person('lead', { active: false, managerId: 'head' })]]);
    expect(shares(creditsFor({ rep: 'rep', sdr: null }, policy, without))).toEqual(['rep direct 10000']);
  });

  test('those with direct credit profit from the quote, managers do not', () => {
    expect(beneficiariesOf({ rep: 'rep', sdr: 'sdr' }, policy)).toEqual(['rep', 'sdr']);
    expect(beneficiariesOf({ rep: 'rep', sdr: null }, policy)).toEqual(['rep']);
  });

  test('a deal without a rep and splits that do not sum to the whole are bugs', () => {
    expect(() => creditsFor({ rep: null, sdr: 'sdr' }, policy, staff)).toThrow(RangeError);
    const short = { ...policy, splits: [{ role: 'rep' as const, shareBps: 9_999 }] };
    expect(() => creditsFor({ rep: 'rep', sdr: null }, short, staff)).toThrow('9999');
  });
});
