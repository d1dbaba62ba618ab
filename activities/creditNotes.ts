// Credit notes: what an invoice takes back, and where the cash goes that stood on it.
import type { HeldPayment } from '../db/credits.js';
import { lockPaymentsOn } from '../db/credits.js';
import { newId } from '../db/ids.js';
import { lockInvoices, readInvoices } from '../db/invoices.js';
import { post } from '../db/ledger.js';
import { type DocumentNumber, nextNumber } from '../db/numbers.js';
import { type NewAllocation, writeAllocations } from '../db/payments.js';
import type { Tx } from '../db/pool.js';
import { DomainError } from '../domain/errors.js';
import { type CreditDraft, type CreditEffect, effectOfCredit } from '../domain/invoices/credits.js';
import { recogniseToDate } from '../domain/invoices/recognition.js';
import { credit as creditEntry } from '../domain/ledger/accounts.js';
import { postCreditNote } from '../domain/ledger/receivables.js';
import { groupByRate } from '../domain/taxes/document.js';
import { type Invoice, invoiceOf, lineOf, moveOnto, openOf, takeOff, writeBalances } from './balances.js';
import type { DealChange } from './dealChange.js';
import type { DealState } from './progress.js';

export interface CreditOrder {
  readonly invoiceIds: readonly string[];
  /** What is credited of each invoice; a refusal of one refuses all. */
  readonly draftOf: (invoice: Invoice) => CreditDraft;
  readonly reason: string;
  /** Two persons, never one: the database compares them too. */
  readonly createdBy: string;
  readonly approvedBy: string;
}

export interface Credited {
  readonly creditNoteIds: readonly string[];
  /** Cash released to the customer's unapplied cash. */
  readonly releasedMinor: bigint;
  /** True: cash has left the line it was on, to another line of the invoice or to unapplied cash. */
  readonly hasMovedCash: boolean;
}

interface Note {
  readonly id: string;
  readonly invoice: Invoice;
  readonly draft: CreditDraft;
  readonly effect: CreditEffect;
  /** Of the credited net, what was earned revenue; the rest was deferred. */
  readonly revenueMinor: bigint;
}

/**
 * Issues credit notes of this lead's invoices: rows, balances, released cash, postings. The state's order lines
 * are changed in memory (credited, recognised); the caller writes them with its own changes. Refuses
 * `not_found` and what the rules of credits refuse.
 */
export async function creditInvoices<L>(
  deal: DealChange<L>,
  tx: Tx,
  state: DealState,
  order: CreditOrder,
): Promise<Credited> {
  if (order.invoiceIds.length === 0) return { creditNoteIds: [], releasedMinor: 0n, hasMovedCash: false };
  await lockInvoices(tx, order.invoiceIds);
  const payments = await lockPaymentsOn(tx, order.invoiceIds);
  const invoices = (await readInvoices(tx, order.invoiceIds)).map(invoiceOf);
  const foreign = order.invoiceIds.find((id) =>
    invoices.every((one) => one.id !== id || one.leadId !== deal.lead.id),
  );
  if (foreign !== undefined) {
    throw new DomainError('not_found', `lead ${deal.lead.id} has no invoice ${foreign}`, '/invoiceId');
  }
  const notes = invoices.map((invoice) => noteFor(state, invoice, order.draftOf(invoice)));
  writeReleases(deal, state, notes, payments);
  writeBalances(deal.writes, invoices);
  await writeNotes(deal, tx, state, notes, order, payments);
  for (const invoice of invoices) if (openOf(invoice) === 0n) state.openInvoices.delete(invoice.id);
  const releasedMinor = notes.reduce((sum, { effect }) => sum + effect.unappliedMinor, 0n);
  state.keptMinor -= releasedMinor;
  const hasMovedCash = notes.some(({ effect }) => effect.releases.length > 0);
  return { creditNoteIds: notes.map(({ id }) => id), releasedMinor, hasMovedCash };
}

function noteFor({ order }: DealState, invoice: Invoice, draft: CreditDraft): Note {
  const effect = effectOfCredit(invoice.lines, draft, invoice.standing);
  for (const { lineId, netMinor, taxMinor } of draft.lines) {
    const line = lineOf(invoice, lineId);
    line.creditedNetMinor += netMinor;
    line.creditedTaxMinor += taxMinor;
    const orderLine = order.lines.find((one) => one.lineId === line.orderLineId);
    if (orderLine) orderLine.creditedMinor += netMinor;
  }
  for (const { lineId, amountMinor, toLines } of effect.releases) {
    takeOff(invoice, [{ lineId, amountMinor }], false);
    moveOnto(invoice, toLines);
  }
  return { id: newId('inv'), invoice, draft, effect, revenueMinor: revenueOf(order, draft) };
}

/** Invoiced before delivery, the earned part is what recognition to date falls by; otherwise all of it. */
function revenueOf(order: DealState['order'], draft: CreditDraft): bigint {
  if (order.billOn !== 'order') return draft.netMinor;
  const changes = recogniseToDate(
    order.lines.map((line) => ({ ...line, heldMinor: line.invoicedMinor - line.creditedMinor })),
  );
  for (const { lineId, toDateMinor } of changes) {
    const line = order.lines.find((one) => one.lineId === lineId);
    if (line) line.recognisedMinor = toDateMinor;
  }
  return changes.reduce((sum, change) => sum - change.changeMinor, 0n);
}

/** Released cash as rows: one that undoes per allocation, one for what moved to other lines of the invoice. */
function writeReleases<L>(
  deal: DealChange<L>,
  state: DealState,
  notes: readonly Note[],
  payments: readonly HeldPayment[],
): void {
  const rows: NewAllocation[] = [];
  for (const { invoice, effect } of notes) {
    for (const allocationId of new Set(effect.releases.map((release) => release.allocationId))) {
      const releases = effect.releases.filter((release) => release.allocationId === allocationId);
      const common = {
        payment_id: releases[0]?.paymentId as string,
        invoice_id: invoice.id,
        lead_id: invoice.leadId,
        value_on: state.today,
        cause: 'credit',
      };
      const off = releases.map(({ lineId, amountMinor }) => ({ lineId, amountMinor: -amountMinor }));
      rows.push({
        row: { ...common, id: newId('alloc'), amount_minor: total(off), undoes: allocationId },
        shares: off,
      });
      const onto = merged(releases.flatMap(({ toLines }) => toLines));
      if (onto.length === 0) continue;
      rows.push({
        row: { ...common, id: newId('alloc'), amount_minor: total(onto), undoes: null },
        shares: onto,
      });
    }
  }
  writeAllocations(deal.writes, rows);
  const released = payments
    .map((payment) => ({ ...payment, releasedMinor: releasedOf(payment, notes) }))
    .filter(({ releasedMinor }) => releasedMinor > 0n);
  deal.writes.update(
    'payments',
    ['id'],
    ...released.map(({ id, unappliedMinor, releasedMinor }) => ({
      id,
      unapplied_minor: unappliedMinor + releasedMinor,
    })),
  );
}

const total = (shares: readonly { amountMinor: bigint }[]): bigint =>
  shares.reduce((sum, share) => sum + share.amountMinor, 0n);

function merged(
  shares: readonly { lineId: string; amountMinor: bigint }[],
): { lineId: string; amountMinor: bigint }[] {
  const byLine = new Map<string, bigint>();
  for (const { lineId, amountMinor } of shares) byLine.set(lineId, (byLine.get(lineId) ?? 0n) + amountMinor);
  return [...byLine].map(([lineId, amountMinor]) => ({ lineId, amountMinor }));
}

const releasedOf = ({ id }: HeldPayment, notes: readonly Note[]): bigint =>
  notes
    .flatMap(({ effect }) => effect.releases)
    .filter((release) => release.paymentId === id)
    .reduce((sum, release) => sum + release.unappliedMinor, 0n);

async function writeNotes<L>(
  deal: DealChange<L>,
  tx: Tx,
  state: DealState,
  notes: readonly Note[],
  { reason, createdBy, approvedBy }: CreditOrder,
  payments: readonly HeldPayment[],
): Promise<void> {
  const { entityId } = state.order;
  const { series } = await deal.policy('invoicing');
  await deal.policy('notifications'); // Missing, it refuses before a number is taken: a refusal commits its answer.
  const numbered: (Note & DocumentNumber)[] = [];
  for (const note of notes) {
    numbered.push({
      ...note,
      ...(await nextNumber(tx, entityId, 'credit_note', state.today, series.creditNote)),
    });
  }
  deal.writes.insert(
    'invoices',
    ...numbered.map(({ id, invoice, draft, number, seq, issuedOn }) => ({
      id,
      kind: 'credit_note',
      entity_id: entityId,
      series: 'credit_note',
      seq,
      number,
      lead_id: deal.lead.id,
      order_id: state.order.id,
      credits_id: invoice.id,
      account_id: invoice.accountId,
      currency: invoice.currency,
      issued_on: issuedOn,
      issued_at: deal.at,
      tax_point_on: invoice.taxPointOn,
      due_on: issuedOn,
      net_minor: draft.netMinor,
      tax_minor: draft.taxMinor,
      gross_minor: draft.grossMinor,
      created_by: createdBy,
      approved_by: approvedBy,
      reason,
      pins: invoice.pins,
    })),
  );
  writeNoteLines(deal, notes);
  post(deal.writes, ...numbered.map((note) => postingOf(deal, note, note.issuedOn, payments)));
  for (const { id } of notes) await deal.mail('invoice', id);
}

function writeNoteLines<L>(deal: DealChange<L>, notes: readonly Note[]): void {
  deal.writes.insert(
    'invoice_lines',
    ...notes.flatMap(({ id, invoice, draft }) =>
      draft.lines.map((line, index) => {
        const credited = lineOf(invoice, line.lineId);
        return {
          id: newId('iline'),
          invoice_id: id,
          position: index + 1,
          order_line_id: credited.orderLineId,
          // A price reduction takes back money and no goods.
          quantity: line.netMinor === credited.netMinor ? credited.quantity : '0',
          net_minor: line.netMinor,
          tax_minor: line.taxMinor,
          gross_minor: line.grossMinor,
          tax_treatment: line.treatment,
          tax_rate_bps: line.rateBps,
        };
      }),
    ),
  );
  deal.writes.insert(
    'invoice_taxes',
    ...notes.flatMap(({ id, draft }) =>
      groupByRate(draft.lines).map((members) => ({
        invoice_id: id,
        treatment: members[0]?.line.treatment as string,
        rate_bps: members[0]?.line.rateBps as number,
        base_minor: members.reduce((sum, { line }) => sum + line.netMinor, 0n),
        tax_minor: members.reduce((sum, { line }) => sum + line.taxMinor, 0n),
      })),
    ),
  );
}

function postingOf<L>(deal: DealChange<L>, note: Note, postedOn: string, payments: readonly HeldPayment[]) {
  const { id, invoice, draft, effect, revenueMinor } = note;
  const customer = invoice.accountId;
  const posted = postCreditNote({
    customer,
    revenueMinor,
    deferredMinor: draft.netMinor - revenueMinor,
    taxMinor: draft.taxMinor,
    openMinor: effect.openMinor,
    unappliedMinor: effect.unappliedMinor,
  });
  // Released cash belongs to whoever paid it, who need not be the invoice's customer.
  const released = payments.flatMap((payment) => {
    const amountMinor = releasedOf(payment, [note]);
    return amountMinor > 0n
      ? [creditEntry('unapplied_cash', amountMinor, payment.accountId ?? payment.id)]
      : [];
  });
  return {
    businessKey: `credit-note/${id}`,
    kind: 'credit_note',
    entityId: invoice.entityId,
    leadId: deal.lead.id,
    postedOn,
    currency: invoice.currency,
    lines: [...posted.filter(({ account }) => account !== 'unapplied_cash'), ...released],
  };
}
