// What a bounced payment takes back: of each commission line exactly what still stands of it, at its own
// split and rate, also after it was paid out. It computes nothing anew, so nothing can be a cent off.
import { keyOf } from './earn.js';
import type { CommissionLine } from './types.js';

/**
 * Returns the corrections that bring every given line (with its own earlier corrections among `lines`) to
 * zero, dated `earnOn` (the day of the bounce). Give it every line made from the reversed allocations.
 * What stands at zero already is left alone: the mirror of a mirrored payment is [].
 */
export function mirror(lines: readonly CommissionLine[], earnOn: string): CommissionLine[] {
  return [...byOrigin(lines).values()].flatMap((family) => {
    const origin = family.find((line) => line.sequence === 0);
    if (origin === undefined) {
      throw new RangeError(`${family.map(keyOf).join(', ')} corrects a line that was not given`);
    }
    const basisMinor = family.reduce((sum, line) => sum + line.basisMinor, 0n);
    const amountMinor = family.reduce((sum, line) => sum + line.amountMinor, 0n);
    if (basisMinor === 0n && amountMinor === 0n) return [];
    return [
      {
        ...origin,
        sequence: Math.max(...family.map((line) => line.sequence)) + 1,
        corrects: keyOf(origin),
        basisMinor: -basisMinor,
        amountMinor: -amountMinor,
        earnOn,
      },
    ];
  });
}

function byOrigin(lines: readonly CommissionLine[]): Map<string, CommissionLine[]> {
  const families = new Map<string, CommissionLine[]>();
  for (const line of lines) {
    const key = keyOf({ ...line, sequence: 0 });
    families.set(key, [...(families.get(key) ?? []), line]);
  }
  return families;
}
