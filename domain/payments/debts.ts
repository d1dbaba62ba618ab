// Decides in which order money settles the parts of one debt: an invoice's principal, and the interest and
// fees of its charge notes. It does not decide which debt a payment is for.
import type { ChargeParts } from '../collections/types.js';

/** `principal_first`: principal, interest, fees; `legal`: fees, interest, principal (docs/money.md, Payments). */
export const PAYMENT_ORDERS = ['principal_first', 'legal'] as const;
export type PaymentOrder = (typeof PAYMENT_ORDERS)[number];
/** Where the policy names none. */
export const DEFAULT_PAYMENT_ORDER: PaymentOrder = 'principal_first';

type Part = 'principal' | 'interest' | 'fee';
const ORDER: Readonly<Record<PaymentOrder, readonly Part[]>> = {
  principal_first: ['principal', 'interest', 'fee'],
  legal: ['fee', 'interest', 'principal'],
};

/** A charge note with what money can still be put on, nothing of a settled one. */
export interface OpenCharge extends ChargeParts {
  readonly chargeNoteId: string;
  readonly number: string;
  readonly dueOn: string;
}

export interface ChargeShare extends ChargeParts {
  readonly chargeNoteId: string;
  /** Both parts together. */
  readonly amountMinor: bigint;
}

export interface DebtShare {
  readonly principalMinor: bigint;
  /** Shares of more than 0, the oldest note first. */
  readonly charges: readonly ChargeShare[];
}

/**
 * Shares an amount over a debt in the order of the policy; a part begins when the one before is settled on
 * every note, and inside a part the oldest note comes first, then the lowest number. Never more than is open.
 */
export function shareOverDebt(
  amountMinor: bigint,
  debt: { readonly openMinor: bigint; readonly charges: readonly OpenCharge[] },
  order: PaymentOrder,
): DebtShare {
  if (amountMinor < 0n) throw new RangeError(`${amountMinor} to share over a debt`);
  const notes = oldestFirst(debt.charges);
  const got = new Map(notes.map(({ chargeNoteId }) => [chargeNoteId, { feeMinor: 0n, interestMinor: 0n }]));
  let restMinor = amountMinor;
  let principalMinor = 0n;
  const take = (openMinor: bigint): bigint => {
    const taken = restMinor < openMinor ? restMinor : openMinor;
    restMinor -= taken;
    return taken;
  };
  for (const part of ORDER[order]) {
    if (part === 'principal') principalMinor = take(debt.openMinor);
    else {
      const key = part === 'fee' ? 'feeMinor' : 'interestMinor';
      for (const note of notes) {
        const share = got.get(note.chargeNoteId);
        if (share) share[key] = take(note[key]);
      }
    }
  }
  const charges = [...got]
    .map(([chargeNoteId, share]) => ({
      chargeNoteId,
      ...share,
      amountMinor: share.feeMinor + share.interestMinor,
    }))
    .filter((share) => share.amountMinor > 0n);
  return { principalMinor, charges };
}

const oldestFirst = (charges: readonly OpenCharge[]): OpenCharge[] =>
  [...charges].sort((a, b) => compare(a.dueOn, b.dueOn) || compareNumbers(a.number, b.number));

/** Shorter first, so that INV-9 comes before INV-10 within one series. */
export const compareNumbers = (a: string, b: string): number => a.length - b.length || compare(a, b);

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
