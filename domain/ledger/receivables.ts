// Decides the postings of invoices, credit notes, charge notes, write-offs (docs/money.md, Ledger). It does not
// decide amounts: they come from the documents. All amounts are minor units of one currency.
import { atLeastZero, balanced, type CashAccount, credit, debit, type PostingLine } from './accounts.js';

export interface InvoicePosting {
  readonly customer: string;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
}

/** Invoice for what was delivered: receivable / revenue, tax_payable. */
export function postDeliveredInvoice({ customer, netMinor, taxMinor }: InvoicePosting): PostingLine[] {
  return balanced('invoice on delivery', [
    debit('receivable', netMinor + taxMinor, customer),
    credit('revenue', netMinor),
    credit('tax_payable', taxMinor),
  ]);
}

/** Invoice before delivery: receivable / deferred_revenue, tax_payable. */
export function postInvoiceOnOrder({ customer, netMinor, taxMinor }: InvoicePosting): PostingLine[] {
  return balanced('invoice on order', [
    debit('receivable', netMinor + taxMinor, customer),
    credit('deferred_revenue', netMinor),
    credit('tax_payable', taxMinor),
  ]);
}

/** What was invoiced before is now delivered: deferred_revenue / revenue. */
export function postRevenueEarned({ netMinor }: { readonly netMinor: bigint }): PostingLine[] {
  atLeastZero({ netMinor });
  return balanced('revenue earned', [debit('deferred_revenue', netMinor), credit('revenue', netMinor)]);
}

export interface CreditNotePosting {
  readonly customer: string;
  /** The credited net, by where the invoice still holds it. */
  readonly revenueMinor: bigint;
  readonly deferredMinor: bigint;
  readonly taxMinor: bigint;
  /** Part that lowers the receivable, and part that becomes unapplied cash. */
  readonly openMinor: bigint;
  readonly unappliedMinor: bigint;
}

/** Credit note: what the invoice posted and still holds / receivable (open part), unapplied_cash. */
export function postCreditNote(note: CreditNotePosting): PostingLine[] {
  atLeastZero({ unappliedMinor: note.unappliedMinor });
  return balanced('credit note', [
    debit('revenue', note.revenueMinor),
    debit('deferred_revenue', note.deferredMinor),
    debit('tax_payable', note.taxMinor),
    credit('receivable', note.openMinor, note.customer),
    credit('unapplied_cash', note.unappliedMinor, note.customer),
  ]);
}

export interface WriteOffPosting {
  readonly customer: string;
  readonly grossMinor: bigint;
  /** Tax the authority gives back; 0 without tax relief. */
  readonly taxReliefMinor: bigint;
}

/** Write-off: bad_debt / receivable; with tax relief tax_payable / bad_debt. */
export function postWriteOff({ customer, grossMinor, taxReliefMinor }: WriteOffPosting): PostingLine[] {
  atLeastZero({ grossMinor, taxReliefMinor, 'gross less relief': grossMinor - taxReliefMinor });
  return balanced('write-off', [
    debit('bad_debt', grossMinor),
    credit('receivable', grossMinor, customer),
    debit('tax_payable', taxReliefMinor),
    credit('bad_debt', taxReliefMinor),
  ]);
}

export interface RecoveryPosting {
  readonly cashAccount: CashAccount;
  readonly amountMinor: bigint;
  /** Tax due again on what came in; 0 where the write-off had no tax relief. */
  readonly taxDueMinor: bigint;
}

/** Money on a written-off invoice: cash / bad_debt_recovered, tax_payable. */
export function postRecovery({ cashAccount, amountMinor, taxDueMinor }: RecoveryPosting): PostingLine[] {
  atLeastZero({ amountMinor, taxDueMinor, 'amount less tax': amountMinor - taxDueMinor });
  return balanced('recovery', [
    debit(cashAccount, amountMinor),
    credit('bad_debt_recovered', amountMinor - taxDueMinor),
    credit('tax_payable', taxDueMinor),
  ]);
}

/** A tolerated shortfall: small_differences / receivable. */
export function postSmallDifference(difference: {
  readonly customer: string;
  readonly amountMinor: bigint;
}): PostingLine[] {
  const { customer, amountMinor } = difference;
  atLeastZero({ amountMinor });
  return balanced('small difference', [
    debit('small_differences', amountMinor),
    credit('receivable', amountMinor, customer),
  ]);
}

export interface ChargePosting {
  readonly customer: string;
  readonly feeMinor: bigint;
  readonly interestMinor: bigint;
}

/** Charge note of reminder fees and late interest: receivable / fee_income, interest_income. */
export function postChargeNote({ customer, feeMinor, interestMinor }: ChargePosting): PostingLine[] {
  atLeastZero({ feeMinor, interestMinor });
  return balanced('charge note', [
    debit('receivable', feeMinor + interestMinor, customer),
    credit('fee_income', feeMinor),
    credit('interest_income', interestMinor),
  ]);
}

/** A charge waived: the mirror of its charge note. */
export function postChargeWaived({ customer, feeMinor, interestMinor }: ChargePosting): PostingLine[] {
  atLeastZero({ feeMinor, interestMinor });
  return balanced('charge waived', [
    debit('fee_income', feeMinor),
    debit('interest_income', interestMinor),
    credit('receivable', feeMinor + interestMinor, customer),
  ]);
}
