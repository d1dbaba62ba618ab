// Money put on invoices by the intake: the rows it makes, and the messages to the leads it touches.
import { derivedId, newId } from '../../db/ids.js';
import type { Posting } from '../../db/ledger.js';
import { type NewAllocation, writeAllocations } from '../../db/payments.js';
import type { Writes } from '../../db/writes.js';
import type { CashAccount, PostingLine } from '../../domain/ledger/accounts.js';
import { postPayment } from '../../domain/ledger/cash.js';
import { postRecovery, postSmallDifference } from '../../domain/ledger/receivables.js';
import { allocate, type Invoice, openOf, recover, tolerate, writeBalances } from '../balances.js';
import type { FactBodies } from './factBodies.js';
import { factRow } from './messages.js';

/** Where one allocation of money on one invoice went. */
export interface Applied {
  readonly allocation: NewAllocation;
  readonly invoice: Invoice;
  readonly recovery: boolean;
  readonly toleratedMinor: bigint;
}

/**
 * Puts money of a payment on one invoice, as its balance stands; the caller writes it. `allocatedBy` is who chose
 * the invoice, null where the payment itself did.
 */
export function apply(
  payment: { id: string; paidOn: string },
  invoice: Invoice,
  amountMinor: bigint,
  policy: Parameters<typeof tolerate>[1],
  allocatedBy: string | null,
): Applied {
  const recovery = openOf(invoice) === 0n;
  const shares = recovery ? recover(invoice, amountMinor) : allocate(invoice, amountMinor);
  const row = {
    id: newId('alloc'),
    payment_id: payment.id,
    invoice_id: invoice.id,
    lead_id: invoice.leadId,
    amount_minor: shares.reduce((sum, share) => sum + share.amountMinor, 0n),
    value_on: payment.paidOn,
    undoes: null,
    cause: recovery ? 'recovery' : allocatedBy === null ? 'payment' : 'by_hand',
    allocated_by: allocatedBy,
  };
  return { allocation: { row, shares }, invoice, recovery, toleratedMinor: tolerate(invoice, policy) };
}

/** Rows of allocations, balances and recovered write-offs. */
export function writeApplied(writes: Writes, applied: readonly Applied[], today: string): void {
  writeAllocations(
    writes,
    applied.map(({ allocation }) => allocation),
  );
  writeBalances(writes, [...new Set(applied.map(({ invoice }) => invoice))]);
  const recovered = applied.filter(({ recovery }) => recovery);
  writes.insert(
    'write_offs',
    ...recovered.map(({ allocation: { row } }) => ({
      id: newId('writeoff'),
      invoice_id: row.invoice_id,
      lead_id: row.lead_id,
      amount_minor: -row.amount_minor,
      written_off_on: today,
      reason: `recovered by ${row.id}`,
    })),
  );
}

/** Money that came: the cash account / receivable, or bad_debt_recovered. */
export function postApplied(applied: readonly Applied[], cashAccount: CashAccount): PostingLine[] {
  return applied.flatMap(({ recovery, invoice, allocation: { row } }) =>
    recovery
      ? postRecovery({ cashAccount, amountMinor: row.amount_minor, taxDueMinor: 0n })
      : postPayment({
          customer: invoice.accountId,
          cashAccount,
          allocatedMinor: row.amount_minor,
          unappliedMinor: 0n,
        }),
  );
}

/** The postings of shortfalls that came with these allocations. */
export function tolerated(applied: readonly Applied[], postedOn: string): Posting[] {
  return applied.map(({ allocation: { row }, invoice, toleratedMinor }) => ({
    businessKey: `small-difference/${row.id}`,
    kind: 'small_difference',
    entityId: invoice.entityId,
    leadId: invoice.leadId,
    postedOn,
    currency: invoice.currency,
    lines: postSmallDifference({ customer: invoice.accountId, amountMinor: toleratedMinor }),
  }));
}

/** One message per lead; returns their ids. */
export function tellLeads<Name extends 'paymentApplied' | 'paymentReversed'>(
  writes: Writes,
  name: Name,
  { messageId, actorId }: { readonly messageId: string; readonly actorId: string },
  applied: readonly { allocation: NewAllocation }[],
  bodyOf: (allocationIds: readonly string[]) => FactBodies[Name],
): string[] {
  const byLead = new Map<string, string[]>();
  for (const { allocation } of applied) {
    const { lead_id, id } = allocation.row;
    byLead.set(lead_id, [...(byLead.get(lead_id) ?? []), id]);
  }
  const facts = [...byLead].map(([leadId, allocationIds], index) => ({
    id: index === 0 ? messageId : derivedId('msg', messageId, leadId),
    leadId,
    name,
    actorId,
    body: bodyOf(allocationIds),
  }));
  writes.insert('messages', ...facts.map((fact) => factRow(fact)));
  return facts.map(({ id }) => id);
}

/** Money on an invoice or on a charge note; the other of the two is null. */
export interface ShownAllocation {
  readonly id: string;
  readonly invoiceId: string | null;
  readonly chargeNoteId: string | null;
  readonly leadId: string;
  readonly amountMinor: bigint;
}

export const shown = ({ row }: NewAllocation): ShownAllocation => ({
  id: row.id,
  invoiceId: row.invoice_id,
  chargeNoteId: null,
  leadId: row.lead_id,
  amountMinor: row.amount_minor,
});
