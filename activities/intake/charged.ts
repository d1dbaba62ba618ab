// Money put on charge notes by the intake, or taken off again: the rows it makes and what it posts. Their leads
// are told nothing: no stage, no wait and no commission follows a charge note.
import { type NewChargeAllocation, type StandingCharge, writeChargeBalances } from '../../db/charges.js';
import { newId } from '../../db/ids.js';
import type { Writes } from '../../db/writes.js';
import { sumOf } from '../../domain/collections/charges.js';
import type { ChargeParts } from '../../domain/collections/types.js';
import type { CashAccount, PostingLine } from '../../domain/ledger/accounts.js';
import { postLaterAllocation, postPayment, postPaymentReversed } from '../../domain/ledger/cash.js';
import { postRecovery } from '../../domain/ledger/receivables.js';
import { DEFAULT_PAYMENT_ORDER, type PaymentOrder, shareOverDebt } from '../../domain/payments/debts.js';
import type { Invoice } from '../balances.js';
import { type Charge, payable, putOn, takeOffCharge } from '../charges.js';
import type { ShownAllocation } from './applied.js';

/** Where money on one charge note went, or came from again. */
export interface Charged {
  readonly row: NewChargeAllocation;
  readonly invoice: Invoice;
  readonly charge: Charge;
  readonly recovery: boolean;
}

/** The order a policy names; the one of the house where it names none. */
export const orderOf = ({ paymentOrder }: { paymentOrder?: PaymentOrder }): PaymentOrder =>
  paymentOrder ?? DEFAULT_PAYMENT_ORDER;

/** The note and its invoice among locked ones. RangeError where it was not locked. */
export function chargeAmong(
  invoices: readonly Invoice[],
  chargeNoteId: string,
): { readonly invoice: Invoice; readonly charge: Charge } {
  for (const invoice of invoices) {
    const charge = invoice.charges.find((one) => one.chargeNoteId === chargeNoteId);
    if (charge) return { invoice, charge };
  }
  throw new RangeError(`the invoice of charge note ${chargeNoteId} was not locked`);
}

/** An amount for one note, shared over its parts in the policy's order. */
export function partsFor(charge: Charge, amountMinor: bigint, order: PaymentOrder): ChargeParts {
  const { charges } = shareOverDebt(amountMinor, { openMinor: 0n, charges: [payable(charge)] }, order);
  const [share] = charges;
  if (share?.amountMinor !== amountMinor) {
    throw new RangeError(
      `${amountMinor} on charge note ${charge.number} that takes ${share?.amountMinor ?? 0n}`,
    );
  }
  return share;
}

/** As `apply`, for one charge note. */
export function applyCharge(
  payment: { readonly id: string; readonly paidOn: string },
  on: { readonly invoice: Invoice; readonly charge: Charge },
  parts: ChargeParts,
  allocatedBy: string | null,
): Charged {
  const recovery = putOn(on.charge, parts);
  const row = {
    id: newId('alloc'),
    payment_id: payment.id,
    charge_note_id: on.charge.chargeNoteId,
    lead_id: on.invoice.leadId,
    fee_minor: parts.feeMinor,
    interest_minor: parts.interestMinor,
    value_on: payment.paidOn,
    undoes: null,
    cause: recovery ? 'recovery' : allocatedBy === null ? 'payment' : 'by_hand',
    allocated_by: allocatedBy,
  };
  return { row, ...on, recovery };
}

/** Takes what stands of a payment on charge notes off again, each by its exact mirror. */
export function takeCharges(
  payment: { readonly id: string },
  invoices: readonly Invoice[],
  standing: readonly StandingCharge[],
  on: string,
): Charged[] {
  return standing.map(({ allocationId, chargeNoteId, feeMinor, interestMinor, recovery }) => {
    const { invoice, charge } = chargeAmong(invoices, chargeNoteId);
    takeOffCharge(charge, { feeMinor, interestMinor }, recovery);
    const row = {
      id: newId('alloc'),
      payment_id: payment.id,
      charge_note_id: chargeNoteId,
      lead_id: invoice.leadId,
      fee_minor: -feeMinor,
      interest_minor: -interestMinor,
      value_on: on,
      undoes: allocationId,
      cause: 'reversal',
    };
    return { row, invoice, charge, recovery };
  });
}

/** Rows of allocations and balances; a recovery leaves the write-off, its reversal goes back on it. */
export function writeCharged(writes: Writes, charged: readonly Charged[], today: string): void {
  writes.insert('charge_allocations', ...charged.map(({ row }) => row));
  writeChargeBalances(writes, [...new Set(charged.map(({ charge }) => charge))]);
  writes.insert(
    'charge_write_offs',
    ...charged
      .filter(({ recovery }) => recovery)
      .map(({ row }) => ({
        id: newId('writeoff'),
        charge_note_id: row.charge_note_id,
        fee_minor: -row.fee_minor,
        interest_minor: -row.interest_minor,
        written_off_on: today,
        reason: row.undoes === null ? `recovered by ${row.id}` : `recovery undone by ${row.id}`,
      })),
  );
}

const amountOf = ({ row }: Charged): bigint =>
  sumOf({ feeMinor: row.fee_minor, interestMinor: row.interest_minor });

/** Money that came: the cash account / receivable, or bad_debt_recovered. */
export function postCharged(charged: readonly Charged[], cashAccount: CashAccount): PostingLine[] {
  return charged.flatMap((one) =>
    one.recovery
      ? postRecovery({ cashAccount, amountMinor: amountOf(one), taxDueMinor: 0n })
      : postPayment({
          customer: one.invoice.accountId,
          cashAccount,
          allocatedMinor: amountOf(one),
          unappliedMinor: 0n,
        }),
  );
}

/** Money that was unapplied until now: unapplied_cash / receivable, or bad_debt_recovered. */
export function postChargedLater(charged: readonly Charged[], customer: string): PostingLine[] {
  return charged.flatMap((one) =>
    one.recovery
      ? postRecovery({ cashAccount: 'cash', amountMinor: amountOf(one), taxDueMinor: 0n }).map((line) =>
          line.account === 'cash' ? { ...line, account: 'unapplied_cash' as const, party: customer } : line,
        )
      : postLaterAllocation({ customer, amountMinor: amountOf(one) }).map((line) =>
          line.account === 'receivable' ? { ...line, party: one.invoice.accountId } : line,
        ),
  );
}

/** Money that bounced: the mirror of what `postCharged` posted. */
export function postChargesBack(taken: readonly Charged[], cashAccount: CashAccount): PostingLine[] {
  return taken.flatMap((one) =>
    one.recovery
      ? postRecovery({ cashAccount, amountMinor: -amountOf(one), taxDueMinor: 0n }).map((line) => ({
          ...line,
          amountMinor: -line.amountMinor,
        }))
      : postPaymentReversed({
          customer: one.invoice.accountId,
          cashAccount,
          allocatedMinor: -amountOf(one),
          unappliedMinor: 0n,
          refundedMinor: 0n,
        }),
  );
}

export const shownCharge = (one: Charged): ShownAllocation => ({
  id: one.row.id,
  invoiceId: null,
  chargeNoteId: one.row.charge_note_id,
  leadId: one.row.lead_id,
  amountMinor: amountOf(one),
});
