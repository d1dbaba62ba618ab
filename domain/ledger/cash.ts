// Decides the postings of money that arrives, is allocated, bounces or leaves again (docs/money.md, Ledger). It does
// not decide to which invoice money belongs. All amounts are minor units of one currency.
import { atLeastZero, balanced, type CashAccount, credit, debit, type PostingLine } from './accounts.js';

export interface PaymentPosting {
  readonly customer: string;
  /** Where the money came in. */
  readonly cashAccount: CashAccount;
  readonly allocatedMinor: bigint;
  readonly unappliedMinor: bigint;
}

/** Payment received: cash / receivable (allocated), unapplied_cash (the rest). */
export function postPayment(payment: PaymentPosting): PostingLine[] {
  const { customer, cashAccount, allocatedMinor, unappliedMinor } = payment;
  atLeastZero({ allocatedMinor, unappliedMinor });
  return balanced('payment', [
    debit(cashAccount, allocatedMinor + unappliedMinor),
    credit('receivable', allocatedMinor, customer),
    credit('unapplied_cash', unappliedMinor, customer),
  ]);
}

export interface CustomerAmount {
  readonly customer: string;
  readonly amountMinor: bigint;
}

/** Unapplied cash put on an invoice later: unapplied_cash / receivable. */
export function postLaterAllocation({ customer, amountMinor }: CustomerAmount): PostingLine[] {
  atLeastZero({ amountMinor });
  return balanced('later allocation', [
    debit('unapplied_cash', amountMinor, customer),
    credit('receivable', amountMinor, customer),
  ]);
}

/** Who sent unapplied cash becomes known: it moves from the payment's own name to the customer's. */
export function postPayerNamed(from: string, { customer, amountMinor }: CustomerAmount): PostingLine[] {
  atLeastZero({ amountMinor });
  return balanced('payer named', [
    debit('unapplied_cash', amountMinor, from),
    credit('unapplied_cash', amountMinor, customer),
  ]);
}

export interface ReversalPosting extends PaymentPosting {
  /** What had left as a refund: owed again, on a charge note. */
  readonly refundedMinor: bigint;
}

/** Payment bounced or charged back: receivable, unapplied_cash / the account it came in on. */
export function postPaymentReversed(reversal: ReversalPosting): PostingLine[] {
  const { customer, cashAccount, allocatedMinor, unappliedMinor, refundedMinor } = reversal;
  atLeastZero({ allocatedMinor, unappliedMinor, refundedMinor });
  return balanced('payment reversed', [
    debit('receivable', allocatedMinor + refundedMinor, customer),
    debit('unapplied_cash', unappliedMinor, customer),
    credit(cashAccount, allocatedMinor + unappliedMinor + refundedMinor),
  ]);
}

/** What the bank takes for a bounce: bank_charges / cash. */
export function postBankCharge({ amountMinor }: { readonly amountMinor: bigint }): PostingLine[] {
  atLeastZero({ amountMinor });
  return balanced('bank charge', [debit('bank_charges', amountMinor), credit('cash', amountMinor)]);
}
