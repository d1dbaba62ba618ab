import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { atOnce, payoutOf } from '../../../domain/commissions/payouts.js';

const ALL = { maxRecoverBps: 10_000 };

const MONTHLY = { minimumMinor: 2_000n, maxRecoverBps: 5_000 };

describe('what a payee is paid', () => {
  test.each([
    ['earned, nothing carried', 5_000n, 0n, MONTHLY, 5_000n],
    ['exactly the minimum', 2_000n, 0n, MONTHLY, 2_000n],
    ['a cent below the minimum is carried', 1_999n, 0n, MONTHLY, 0n],
    ['what was carried lifts it over the minimum', 1_999n, 1n, MONTHLY, 2_000n],
    ['a debt below half of what is earned goes whole', 10_000n, -4_000n, MONTHLY, 6_000n],
    ['a debt above half takes half', 10_000n, -9_000n, MONTHLY, 5_000n],
    ['taken back and nothing earned', -3_000n, 0n, MONTHLY, 0n],
    ['a debt on a debt', -3_000n, -1_000n, MONTHLY, 0n],
    ['at once a debt is recovered up to the cap', 10_000n, -9_000n, atOnce({ maxRecoverBps: 5_000 }), 5_000n],
    ['at once a debt is recovered whole where the cap is all of it', 10_000n, -9_000n, atOnce(ALL), 1_000n],
    ['at once never below nothing', 10_000n, -11_000n, atOnce(ALL), 0n],
    ['at once a cent is paid', 1n, 0n, atOnce(ALL), 1n],
  ])('%s', (_case, earned, carried, rule, paid) => {
    expect(payoutOf(earned, carried, rule)).toBe(paid);
  });

  test('is never below nothing and never more than is owed, and what is left is carried', () => {
    const amount = fc.bigInt({ min: -1_000_000n, max: 1_000_000n });
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 12 }), (earnings) => {
        let [carried, paid, earned] = [0n, 0n, 0n];
        for (const earnedMinor of earnings) {
          const amountMinor = payoutOf(earnedMinor, carried, atOnce(ALL));
          expect(amountMinor).toBeGreaterThanOrEqual(0n);
          carried += earnedMinor - amountMinor;
          paid += amountMinor;
          earned += earnedMinor;
          expect(carried).toBe(earned - paid);
          expect(carried).toBeLessThanOrEqual(0n);
        }
      }),
    );
  });
});
