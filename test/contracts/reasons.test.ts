import { expect, test } from '@jest/globals';
import { amountsToWire } from '../../contracts/reasons.js';

test.each([
  ['in its own currency', { unappliedMinor: '5500', currency: 'JPY' }, 'EUR', { unapplied: ['5500', 'JPY'] }],
  ['in that of the deal', { openMinor: '1191540', level: 2 }, 'EUR', { open: ['11915.40', 'EUR'], level: 2 }],
  ['a number', { amountMinor: 5 }, 'EUR', { amount: ['0.05', 'EUR'] }],
  ['below zero', { amountMinor: '-5' }, 'EUR', { amount: ['-0.05', 'EUR'] }],
  ['inside a list', { of: [{ openMinor: '1' }] }, 'EUR', { of: [{ open: ['0.01', 'EUR'] }] }],
  [
    'nothing of the kind',
    { key: 'minor', Minor: '1', note: null },
    'EUR',
    { key: 'minor', Minor: '1', note: null },
  ],
  ['no currency at all', { openMinor: '1' }, null, { openMinor: '1' }],
])('an amount in a reason is told as money: %s', (_what, reason, currency, told) => {
  const money = (value: unknown): unknown =>
    Array.isArray(value) && typeof value[0] === 'string'
      ? { amount: value[0], currency: value[1] }
      : Array.isArray(value)
        ? value.map(money)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, money(inner)]))
          : value;
  const expected = money(told) as object;
  const own = 'currency' in reason ? { currency: reason.currency } : {};
  expect(amountsToWire(reason, currency)).toEqual({ ...expected, ...own });
});
