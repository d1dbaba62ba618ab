import { describe, expect, test } from '@jest/globals';
import { castOf, STORIES } from '../../cli/sample/cast.js';
import { PRODUCTS, pricesIn } from '../../cli/sample/catalogue.js';
import { SAMPLE_SEED } from '../../cli/sample/chance.js';
import { HANDLES, PEOPLE } from '../../cli/sample/people.js';
import { sampleRules } from '../../cli/sample/rules.js';
import { tableText } from '../../cli/sample/table.js';
import { checkPolicy } from '../../contracts/policies.js';
import type { PolicyKind } from '../../domain/policies/types.js';

describe('the sample company', () => {
  const ids = Object.fromEntries(
    HANDLES.map((handle) => [handle, `person_${handle.padEnd(26, '0').replaceAll(/[ilou]/g, '1')}`]),
  ) as Record<(typeof HANDLES)[number], string>;

  test.each(Object.entries(sampleRules(ids)))('has a sound %s policy', (kind, body) => {
    expect(checkPolicy(kind as PolicyKind, body)).toMatchObject({ ok: true });
  });

  test('has nine people, two in finance and two in compensation, and sells twelve products', () => {
    const inRole = (role: string) =>
      PEOPLE.filter(({ roles }) => (roles as readonly string[]).includes(role));
    expect(PEOPLE).toHaveLength(9);
    expect(inRole('finance')).toHaveLength(2);
    expect(inRole('compensation')).toHaveLength(2);
    expect(PRODUCTS).toHaveLength(12);
    expect(pricesIn('EUR', SAMPLE_SEED)).toEqual(pricesIn('EUR', SAMPLE_SEED));
  });

  test('has forty leads, the same ones each time, of whom no two are one person', () => {
    const cast = castOf(SAMPLE_SEED);
    expect(castOf(SAMPLE_SEED)).toEqual(cast);
    expect(castOf(SAMPLE_SEED + 1)).not.toEqual(cast);
    expect(cast).toHaveLength(40);
    expect(new Set(cast.map(({ email }) => email)).size).toBe(40);
    expect(new Set(cast.map(({ story }) => story))).toEqual(new Set(STORIES));
  });

  test('is summed up per currency, in the reader’s way of writing numbers', () => {
    const eur = (amount: string) => [{ amount, currency: 'EUR' }];
    const money = { ordered: eur('1234.50'), invoiced: [], cash: eur('1493.75'), lost: [], commission: [] };
    const text = tableText([{ state: 'won', leads: 2, money }], 'es');
    expect(text).toContain('ganado');
    expect(text.match(/1\.?493,75 EUR/g)).toHaveLength(2); // Its row and the sum.
  });
});
