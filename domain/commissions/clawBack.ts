// What a return or credit note takes back when it releases cash: that invoice line's latest earnings first,
// at the rate they were booked with (docs/money.md, Commissions). A bounce is mirror.ts: it takes exact lines.
import { divRound } from '../money/rounding.js';
import { basisDue, bookedBasis, keyOf } from './earn.js';
import type { CommissionLine, Credit, EarningEvent } from './types.js';

/** The invoice line after the release: net and gross after credits, paid after the cash has left it. */
export type ReleasedLine = Pick<
  EarningEvent,
  'invoiceLineId' | 'netMinor' | 'grossMinor' | 'paidMinor' | 'earnOn'
>;

/**
 * Returns corrections that bring the basis booked on the line down to what is due after the release. After each of
 * them a line stands with its rate on the basis that is left of it, rounded once, whatever the partition of what was
 * taken; taken back whole, with nothing. Nothing too much: [], so a step that runs again books nothing twice. `booked`
 * is in the order of booking.
 */
export function clawBack(
  released: ReleasedLine,
  booked: readonly CommissionLine[],
  credits: readonly Credit[],
): CommissionLine[] {
  const onLine = booked.filter((line) => line.invoiceLineId === released.invoiceLineId);
  return basisDue(released, credits).flatMap(({ credit, dueMinor }) => {
    const own = onLine.filter(
      (line) => line.payeeId === credit.payeeId && line.component === credit.component,
    );
    return takeBack(bookedBasis(own, credit) - dueMinor, own, released.earnOn);
  });
}

function takeBack(basisMinor: bigint, lines: readonly CommissionLine[], earnOn: string): CommissionLine[] {
  const corrections: CommissionLine[] = [];
  let left = basisMinor;
  const latestFirst = lines.filter((line) => line.sequence === 0).reverse();
  latestFirst.sort((a, b) => (a.earnOn === b.earnOn ? 0 : a.earnOn > b.earnOn ? -1 : 1));
  for (const origin of latestFirst) {
    if (left <= 0n) break;
    const family = lines.filter((line) => keyOf({ ...line, sequence: 0 }) === keyOf(origin));
    const standingMinor = family.reduce((sum, line) => sum + line.basisMinor, 0n);
    if (standingMinor <= 0n) continue;
    const takenMinor = left < standingMinor ? left : standingMinor;
    // To date as well: parts rounded by themselves would take more than was earned in the end.
    const keptMinor = divRound((standingMinor - takenMinor) * BigInt(origin.rateBps), 10_000n);
    const amountMinor = family.reduce((sum, line) => sum + line.amountMinor, 0n) - keptMinor;
    corrections.push({
      ...origin,
      sequence: Math.max(...family.map((line) => line.sequence)) + 1,
      corrects: keyOf(origin),
      basisMinor: -takenMinor,
      amountMinor: -amountMinor,
      earnOn,
    });
    left -= takenMinor;
  }
  return corrections;
}
