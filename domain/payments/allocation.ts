// Decides how money lands on an invoice: shared over its lines by open gross, a small shortfall tolerated,
// and what a bounce takes back. It does not decide which invoice a payment is for.
import { DomainError } from '../errors.js';
import type { InvoiceBalance } from '../invoices/balance.js';
import { shareByWeight } from '../money/shares.js';

export interface OpenLine {
  readonly lineId: string;
  readonly openMinor: bigint;
}

export interface LineShare {
  readonly lineId: string;
  readonly amountMinor: bigint;
}

export interface Allocation {
  /** Shares of more than 0, in the order of the lines. */
  readonly shares: readonly LineShare[];
  readonly allocatedMinor: bigint;
  /** What the lines could not take. */
  readonly restMinor: bigint;
}

/**
 * Shares an amount over an invoice's lines by open gross, never more than the invoice has open: a line of
 * negative gross takes nothing and lowers what the others can take together (docs/money.md, Payments).
 */
export function allocateByOpenGross(amountMinor: bigint, lines: readonly OpenLine[]): Allocation {
  if (amountMinor < 0n) throw new RangeError(`allocation of ${amountMinor}`);
  const open = lines.filter(({ openMinor }) => openMinor > 0n);
  const openMinor = lines.reduce((sum, line) => sum + line.openMinor, 0n);
  const allocatedMinor = amountMinor < openMinor ? amountMinor : openMinor;
  if (allocatedMinor <= 0n) return { shares: [], allocatedMinor: 0n, restMinor: amountMinor };
  const amounts = shareByWeight(
    allocatedMinor,
    open.map((line) => line.openMinor),
  );
  const shares = open
    .map(({ lineId }, index) => ({ lineId, amountMinor: amounts[index] ?? 0n }))
    .filter((share) => share.amountMinor > 0n);
  return { shares, allocatedMinor, restMinor: amountMinor - allocatedMinor };
}

/** Which shortfall is written to small_differences instead of dunned: the lower of a share and an amount. */
export interface DifferenceTolerance {
  readonly shareBps: number;
  readonly maxMinor: bigint;
}

/**
 * What is tolerated of the amount still open after a payment: all of it when it is, together with what was tolerated
 * before, within `shareBps` of the invoice's gross and within `maxMinor`; nothing otherwise.
 */
export function toleratedDifference(
  {
    openMinor,
    toleratedMinor,
    grossMinor,
  }: Pick<InvoiceBalance, 'openMinor' | 'toleratedMinor' | 'grossMinor'>,
  { shareBps, maxMinor }: DifferenceTolerance,
): bigint {
  const wholeMinor = openMinor + toleratedMinor;
  const withinShare = wholeMinor * 10_000n <= grossMinor * BigInt(shareBps);
  return openMinor > 0n && withinShare && wholeMinor <= maxMinor ? openMinor : 0n;
}

/** An allocation line as it stands: its amount less what was released or reversed before. */
export interface AllocationLine {
  readonly allocationId: string;
  readonly invoiceId: string;
  readonly lineId: string;
  readonly amountMinor: bigint;
}

export interface PaymentToReverse {
  readonly amountMinor: bigint;
  readonly alreadyReversed: boolean;
  readonly allocations: readonly AllocationLine[];
  readonly unappliedMinor: bigint;
  /** What still stands of it on charge notes. */
  readonly chargedMinor: bigint;
  /** What left as a refund; it becomes a receivable on a charge note, and a task. */
  readonly refundedMinor: bigint;
}

export interface Reversal {
  /** Mirrors with negative amounts, one per allocation line that still stands. */
  readonly mirrors: readonly AllocationLine[];
  readonly allocatedMinor: bigint;
  readonly unappliedMinor: bigint;
  readonly refundedMinor: bigint;
}

/** The exact mirror of what still stands of a payment. Refuses `already_reversed`. */
export function reversePayment(payment: PaymentToReverse): Reversal {
  if (payment.alreadyReversed) throw new DomainError('already_reversed', 'the payment was reversed before');
  const { unappliedMinor, chargedMinor, refundedMinor } = payment;
  const standing = payment.allocations.filter(({ amountMinor }) => amountMinor !== 0n);
  const allocatedMinor = standing.reduce((sum, line) => sum + line.amountMinor, 0n);
  if (allocatedMinor + chargedMinor + unappliedMinor + refundedMinor !== payment.amountMinor) {
    const parts =
      `${allocatedMinor} allocated, ${chargedMinor} on charge notes, ` +
      `${unappliedMinor} unapplied, ${refundedMinor} refunded`;
    throw new RangeError(`payment of ${payment.amountMinor} stands with ${parts}`);
  }
  const mirrors = standing.map((line) => ({ ...line, amountMinor: -line.amountMinor }));
  return { mirrors, allocatedMinor, unappliedMinor, refundedMinor };
}
