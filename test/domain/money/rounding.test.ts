import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addRatio,
  divCeil,
  divFloor,
  divRound,
  lessBps,
  multiplyRatio,
  ratio,
  roundRatio,
  subtractRatio,
} from '../../../domain/money/rounding.js';
import { shareByWeight, shareExact } from '../../../domain/money/shares.js';

const integer = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 12n });
const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

describe('one rounding, half away from zero', () => {
  test.each([
    [1n, 2n, 1n],
    [-1n, 2n, -1n],
    [1n, -2n, -1n],
    [-1n, -2n, 1n],
    [3n, 2n, 2n],
    [5n, 2n, 3n],
    [-5n, 2n, -3n],
    [149n, 100n, 1n],
    [150n, 100n, 2n],
    [-149n, 100n, -1n],
    [-150n, 100n, -2n],
    [0n, 7n, 0n],
    [10n, 3n, 3n],
    [11n, 3n, 4n],
  ])('%s / %s rounds to %s', (n, d, rounded) => {
    expect(divRound(n, d)).toBe(rounded);
  });

  test('a rounded quotient is never more than half a unit away, and a tie lies farther from zero', () => {
    fc.assert(
      fc.property(integer, positive, (n, d) => {
        const off = 2n * (divRound(n, d) * d - n);
        expect(off <= d && off >= -d).toBe(true);
        if (off === d) expect(n > 0n).toBe(true);
        if (off === -d) expect(n < 0n).toBe(true);
      }),
    );
  });

  test.each([
    [7n, 2n, 3n, 4n],
    [-7n, 2n, -4n, -3n],
    [6n, 2n, 3n, 3n],
    [-6n, 2n, -3n, -3n],
    [0n, 2n, 0n, 0n],
  ])('%s / %s lies between floor %s and ceiling %s', (n, d, floor, ceiling) => {
    expect(divFloor(n, d)).toBe(floor);
    expect(divCeil(n, d)).toBe(ceiling);
  });

  test('a division by zero is a bug and names the value', () => {
    expect(() => divRound(5n, 0n)).toThrow(new RangeError('division of 5 by 0'));
    expect(() => ratio(5n, 0n)).toThrow(new RangeError('fraction 5/0'));
    expect(() => divFloor(5n, -1n)).toThrow(new RangeError('divisor -1 is not positive'));
    expect(() => divFloor(5n, 0n)).toThrow(new RangeError('divisor 0 is not positive'));
  });
});

describe('exact fractions', () => {
  test('are reduced and keep the sign above', () => {
    expect(ratio(6n, -4n)).toEqual({ n: -3n, d: 2n });
    expect(ratio(0n, -9n)).toEqual({ n: 0n, d: 1n });
    expect(ratio(0n, 9n)).toEqual({ n: 0n, d: 1n });
  });

  test('add, subtract and multiply without losing anything', () => {
    fc.assert(
      fc.property(integer, positive, integer, positive, (a, b, c, d) => {
        const left = ratio(a, b);
        const right = ratio(c, d);
        expect(subtractRatio(addRatio(left, right), right)).toEqual(left);
        const product = multiplyRatio(left, right);
        expect(product.n * b * d).toBe(a * c * product.d);
      }),
    );
  });

  test('15 % off 33.33 is 28.3305, rounded once', () => {
    const net = lessBps(ratio(3333n), 1500);
    expect(net).toEqual({ n: 56661n, d: 20n });
    expect(roundRatio(net)).toBe(2833n);
  });
});

describe('shares by largest remainder', () => {
  test.each([
    ['an even split', 9n, [1n, 1n, 1n], [3n, 3n, 3n]],
    ['a tie goes to the lowest index', 100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    ['two units left go to the two lowest', 101n, [1n, 1n, 1n], [34n, 34n, 33n]],
    ['the largest remainder wins over the lower index', 10n, [1n, 2n], [3n, 7n]],
    ['the largest remainder wins over the larger weight', 10n, [13n, 12n], [5n, 5n]],
    ['a weight of 0 gets nothing', 5n, [0n, 1n, 0n, 1n], [0n, 3n, 0n, 2n]],
    ['nothing to share', 0n, [1n, 2n], [0n, 0n]],
    ['a negative total mirrors the positive one', -100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
  ])('%s', (_name, total, weights, shares) => {
    expect(shareByWeight(total, weights)).toEqual(shares);
  });

  test.each([
    ['weights that are all 0', [0n, 0n], /all 2 weights are 0/],
    ['no weights', [], /all 0 weights are 0/],
    ['a negative weight', [3n, -1n], /weight -1 is negative/],
  ])('%s are refused', (_name, weights, message) => {
    expect(() => shareByWeight(10n, weights)).toThrow(message);
  });

  test('always sum to the whole, and none is a full unit away from its exact part', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(integer, weights, (total, parts) => {
        const whole = sum(parts);
        fc.pre(whole > 0n);
        const shares = shareByWeight(total, parts);
        expect(sum(shares)).toBe(total);
        for (const [index, share] of shares.entries()) {
          const off = share * whole - total * (parts[index] ?? 0n);
          expect(off < whole && off > -whole).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('parts that cannot add up to the whole are a bug', () => {
    expect(shareExact(1n, [15n, -5n], 10n)).toEqual([2n, -1n]);
    expect(shareExact(4n, [15n, 15n], 10n)).toEqual([2n, 2n]);
    expect(() => shareExact(5n, [15n, 15n], 10n)).toThrow(RangeError);
    expect(() => shareExact(9n, [10n, 10n], 10n)).toThrow('2 parts do not add up to 9: 7 units are missing');
    expect(() => shareExact(1n, [10n, 10n], 10n)).toThrow(RangeError);
  });
});
