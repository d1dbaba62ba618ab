// Decides who gets which minor unit when an amount is shared: largest remainder, ties to the lowest index.
// The shares always sum to the whole. It does not decide what the weights are.
import { divFloor } from './rounding.js';

/**
 * Shares `totalMinor` by weight, largest remainder first, ties to the lowest index. A negative total is the
 * mirror of the positive one, so a credit takes back exactly what was shared. A weight of 0 gets 0.
 * RangeError for a negative weight, for weights that are all 0, and for no weights at all.
 */
export function shareByWeight(totalMinor: bigint, weights: readonly bigint[]): bigint[] {
  const negative = weights.find((weight) => weight < 0n);
  if (negative !== undefined) throw new RangeError(`weight ${negative} is negative`);
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole === 0n)
    throw new RangeError(`${totalMinor} cannot be shared: all ${weights.length} weights are 0`);
  if (totalMinor < 0n) return shareByWeight(-totalMinor, weights).map((share) => -share);
  return shareExact(
    totalMinor,
    weights.map((weight) => totalMinor * weight),
    whole,
  );
}

/**
 * Rounds exact parts `numerators[i] / denominator` (of any sign) to integers that sum to `totalMinor`:
 * each part is floored, what is missing goes to the largest remainders, ties to the lowest index.
 * RangeError when the total is more than one unit per part away from the floors.
 */
export function shareExact(totalMinor: bigint, numerators: readonly bigint[], denominator: bigint): bigint[] {
  const floors = numerators.map((n) => divFloor(n, denominator));
  const missing = totalMinor - floors.reduce((sum, floor) => sum + floor, 0n);
  if (missing < 0n || missing > BigInt(floors.length)) {
    throw new RangeError(
      `${floors.length} parts do not add up to ${totalMinor}: ${missing} units are missing`,
    );
  }
  const byRemainder = numerators
    .map((n, index) => ({ index, remainder: n - (floors[index] ?? 0n) * denominator }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  const lucky = new Set(byRemainder.slice(0, Number(missing)).map(({ index }) => index));
  return floors.map((floor, index) => (lucky.has(index) ? floor + 1n : floor));
}
