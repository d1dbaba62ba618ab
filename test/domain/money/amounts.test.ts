import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  checkBps,
  formatAmount,
  formatMicro,
  parseAmount,
  parseMicro,
  percentOf,
} from '../../../domain/money/amounts.js';
import { CURRENCY_EXPONENTS, exponentOf } from '../../../domain/money/currencies.js';

describe('currencies', () => {
  test.each([
    ['EUR', 2],
    ['USD', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['BHD', 3],
    ['KWD', 3],
    ['CLF', 4],
  ])('%s has %i decimals', (code, exponent) => {
    expect(exponentOf(code)).toBe(exponent);
  });

  test.each(['', 'eur', 'EURO', 'DEM', 'BGN', 'ANG', 'HRK', 'XXX', 'XTS', 'XAU', '€'])(
    '%j is not an active currency',
    (code) => {
      expect(() => exponentOf(code, '/currency')).toThrow(/not an active ISO 4217/);
    },
  );

  test('every code has three capital letters and stands once', () => {
    expect(CURRENCY_EXPONENTS.size).toBe(17 + 138 + 7 + 2);
    for (const code of CURRENCY_EXPONENTS.keys()) expect(code).toMatch(/^[A-Z]{3}$/);
  });
});

describe('amounts as text', () => {
  test.each([
    ['1234.50', 'EUR', 123450n, '1234.50'],
    ['1234.5', 'EUR', 123450n, '1234.50'],
    ['1234', 'EUR', 123400n, '1234.00'],
    ['0', 'EUR', 0n, '0.00'],
    ['0.01', 'EUR', 1n, '0.01'],
    ['1500', 'JPY', 1500n, '1500'],
    ['1.234', 'KWD', 1234n, '1.234'],
    ['999999999999999.99', 'EUR', 99999999999999999n, '999999999999999.99'],
    ['900000000000000.0001', 'CLF', 9000000000000000001n, '900000000000000.0001'],
  ])('%s %s is %s minor units', (text, currency, minor, written) => {
    expect(parseAmount(text, currency)).toBe(minor);
    expect(formatAmount(minor, currency)).toBe(written);
  });

  test.each([
    ['1e3', 'EUR', /plain decimal/],
    ['', 'EUR', /plain decimal/],
    [' 1', 'EUR', /plain decimal/],
    ['1 ', 'EUR', /plain decimal/],
    ['1\n', 'EUR', /plain decimal/],
    ['1,50', 'EUR', /plain decimal/],
    ['+1', 'EUR', /plain decimal/],
    ['01', 'EUR', /plain decimal/],
    ['.5', 'EUR', /plain decimal/],
    ['5.', 'EUR', /plain decimal/],
    ['0x10', 'EUR', /plain decimal/],
    ['NaN', 'EUR', /plain decimal/],
    ['１', 'EUR', /plain decimal/],
    ['1\u0000', 'EUR', /plain decimal/],
    ['1.234', 'EUR', /has 3 decimals, the limit is 2/],
    ['1.5', 'JPY', /has 1 decimals, the limit is 0/],
    ['1000000000000000', 'EUR', /has 16 integer digits, the limit is 15/],
    ['999999999999999', 'CLF', /too large/],
    ['-1', 'EUR', /is negative, the limit is 0/],
    ['1', 'XYZ', /"XYZ" is not an active/],
  ])('%j %s is refused', (text, currency, message) => {
    expect(() => parseAmount(text, currency, { pointer: '/amount' })).toThrow(message);
  });

  test('a refusal names the field', () => {
    expect(() => parseAmount('1e3', 'EUR', { pointer: '/amount/amount' })).toThrow(
      expect.objectContaining({ code: 'invalid_field', pointer: '/amount/amount' }),
    );
  });

  test('what was written is read back, in every currency', () => {
    const currency = fc.constantFrom(...CURRENCY_EXPONENTS.keys());
    const minor = fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n });
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        expect(parseAmount(formatAmount(amount, code), code, { allowNegative: true })).toBe(amount);
      }),
    );
  });
});

describe('unit prices and quantities', () => {
  test.each([
    ['1.5', 1500000n, '1.5'],
    ['0.000001', 1n, '0.000001'],
    ['10', 10000000n, '10'],
    ['100.10', 100100000n, '100.1'],
    ['0', 0n, '0'],
    ['999999999999.999999', 999999999999999999n, '999999999999.999999'],
  ])('%s is %s millionths', (text, micro, written) => {
    expect(parseMicro(text)).toBe(micro);
    expect(formatMicro(micro)).toBe(written);
  });

  test.each([
    ['0.0000001', /has 7 decimals, the limit is 6/],
    ['1000000000000', /has 13 integer digits, the limit is 12/],
    ['1e3', /plain decimal/],
    ['', /plain decimal/],
    ['1 000', /plain decimal/],
    ['-1', /negative/],
  ])('%j is refused', (text, message) => {
    expect(() => parseMicro(text)).toThrow(message);
  });

  test('what was written is read back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), (micro) => {
        expect(parseMicro(formatMicro(micro))).toBe(micro);
      }),
    );
  });
});

describe('basis points', () => {
  test.each([
    [3015n, 1000, 302n],
    [2010n, 1000, 201n],
    [1005n, 1000, 101n],
    [-1005n, 1000, -101n],
    [1004n, 1000, 100n],
    [100n, 0, 0n],
  ])('of %s, %i bps are %s', (base, bps, amount) => {
    expect(percentOf(base, bps)).toBe(amount);
  });

  test.each([-1, 10_001, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%p is refused', (bps) => {
    expect(() => checkBps(bps, '/discountBps')).toThrow(/not an integer from 0 to 10000/);
  });

  test.each([0, 10_000])('%i is accepted', (bps) => {
    expect(checkBps(bps)).toBe(bps);
  });
});
