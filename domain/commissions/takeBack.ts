// What a credit note that releases cash takes back of commission: of that invoice line the latest earnings
// first, at their own rate. A bounce is mirror.ts; what cash earns is earn.ts.
import { divRound } from '../money/rounding.js';
import { basisToDate, keyOf } from './earn.js';
import type { CommissionLine, EarningEvent } from './types.js';

/**
 * Returns corrections that bring the basis booked on each invoice line down to its basis to date (net and
 * gross after credits, cash after releases), payee by payee, latest line first. `shares` are each payee's due
 * basis, as earn.ts splits it. What stands afterwards is the rate on the basis that stands, rounded once.
 * `booked` comes oldest first, corrections included.
 */
export function takeBack(
  line: Pick<EarningEvent, 'invoiceLineId' | 'netMinor' | 'grossMinor' | 'paidMinor' | 'earnOn'>,
  booked: readonly CommissionLine[],
  dueOf: (basisMinor: bigint) => readonly { payeeId: string; component: string; basisMinor: bigint }[],
): CommissionLine[] {
  const onLine = booked.filter((one) => one.invoiceLineId === line.invoiceLineId);
  return dueOf(basisToDate(line)).flatMap(({ payeeId, component, basisMinor }) => {
    const mine = onLine.filter((one) => one.payeeId === payeeId && one.component === component);
    const bookedMinor = mine.reduce((sum, one) => sum + one.basisMinor, 0n);
    return correct(mine, bookedMinor - basisMinor, line.earnOn);
  });
}

function correct(mine: readonly CommissionLine[], excessMinor: bigint, earnOn: string): CommissionLine[] {
  const corrections: CommissionLine[] = [];
  let left = excessMinor;
  for (const origin of mine.filter((line) => line.sequence === 0).reverse()) {
    if (left <= 0n) break;
    const family = mine.filter((line) => keyOf({ ...line, sequence: 0 }) === keyOf(origin));
    const basisMinor = family.reduce((sum, line) => sum + line.basisMinor, 0n);
    const amountMinor = family.reduce((sum, line) => sum + line.amountMinor, 0n);
    const taken = basisMinor < left ? basisMinor : left;
    if (taken <= 0n) continue;
    left -= taken;
    const standing = divRound((basisMinor - taken) * BigInt(origin.rateBps), 10_000n);
    corrections.push({
      ...origin,
      sequence: Math.max(...family.map((line) => line.sequence)) + 1,
      corrects: keyOf(origin),
      basisMinor: -taken,
      amountMinor: standing - amountMinor,
      earnOn,
    });
  }
  return corrections;
}
