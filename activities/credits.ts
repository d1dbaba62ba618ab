// Taking back: one invoice by a credit note that two persons made, or a whole order.
import type { Approved, InvoiceCredit, OrderCancellation } from '../contracts/decisions.js';
import { TO_CREDIT } from '../db/credits.js';
import type { Tx } from '../db/pool.js';
import { lockTask } from '../db/tasks.js';
import { DomainError } from '../domain/errors.js';
import { creditNote, creditWhole } from '../domain/invoices/credits.js';
import { MESSAGES, maySend } from '../domain/messages.js';
import { formatMicro } from '../domain/money/amounts.js';
import type { Role } from '../domain/people/people.js';
import { refuseToxic } from '../domain/people/toxicPairs.js';
import { type Credited, creditInvoices } from './creditNotes.js';
import type { DealChange } from './dealChange.js';
import { endSettled } from './payments.js';
import { type DealJson, type DealState, exact, moveOn, stateOf } from './progress.js';
import { makeStep, type StepDeps } from './step.js';

interface ToCredit {
  deal: DealJson;
  invoiceIds: string[];
  /** Usable ones of who asked for it. */
  requesterRoles: Role[];
  openDeliveries: { id: string; status: string; lines: unknown[] }[];
}

export function makeCreditSteps(deps: StepDeps) {
  return {
    creditInvoice: makeStep<ToCredit>(deps, { name: 'creditInvoice', load: TO_CREDIT, judge: creditInvoice }),
    cancelOrder: makeStep<ToCredit>(deps, { name: 'cancelOrder', load: TO_CREDIT, judge: cancelOrder }),
  };
}

async function creditInvoice(deal: DealChange<ToCredit>, tx: Tx) {
  const { invoiceId, lines, reason, requestedBy, taskId, note } = deal.body as InvoiceCredit;
  mustBeAnother(deal, invoiceId, requestedBy);
  if (taskId !== undefined) await approveRequest(deal, tx, invoiceId, { requestedBy, taskId, ...said(note) });
  const state = stateOf(deal);
  const asked = lines?.map((line) => ({ lineId: line.invoiceLineId, netMinor: BigInt(line.netMinor) }));
  const credited = await creditInvoices(deal, tx, state, {
    invoiceIds: [invoiceId],
    draftOf: (invoice) => (asked ? creditNote(invoice.lines, asked) : creditWhole(invoice.lines)),
    reason,
    createdBy: requestedBy,
    approvedBy: deal.actor.id,
  });
  writeOrderLines(deal, state);
  endSettled(deal, state);
  follow(deal, state, credited);
  deal.detail = { invoiceId, creditNotes: credited.creditNoteIds, requestedBy };
  moveOn(deal, state);
  return { result: 'applied' as const, made: credited.creditNoteIds[0] as string };
}

const said = (note: string | undefined): { note?: string } => (note === undefined ? {} : { note });

/** A credit note is made by two persons: who asked for it is not who approves it. */
function mustBeAnother({ actor, today: on }: DealChange<ToCredit>, recordId: string, askedBy: string): void {
  refuseToxic(
    { act: 'approveCreditNote', personId: actor.id, recordId, on },
    [{ act: 'createCreditNote', personId: askedBy, recordId, on }],
    `${askedBy} asked for the credit note and may not approve it`,
  );
}

/** Cancelling what is invoiced credits it: who may credit an invoice is then one of the two (creditInvoice's roles). */
function oneIsOfFinance({ own, actor }: DealChange<ToCredit>, orderId: string, askedBy: string): void {
  if (own.invoiceIds.length === 0) return;
  if (maySend(actor.roles, 'creditInvoice') || maySend(own.requesterRoles, 'creditInvoice')) return;
  const roles = MESSAGES.creditInvoice.roles.join(', ');
  const detail = `${own.invoiceIds.length} invoices of ${orderId} would be credited by ${askedBy} and ${actor.id}`;
  throw new DomainError('conflicting_duties', `${detail}: one of the two needs the role ${roles}`);
}

/** The request is resolved by the step that fulfils it: whoever approves it again meets a resolved one. */
async function approveRequest(
  deal: DealChange<ToCredit>,
  tx: Tx,
  subject: string,
  { taskId, requestedBy, note }: Approved,
): Promise<void> {
  const task = await lockTask(tx, taskId);
  const reason = task?.reason as Partial<Approved> | undefined;
  if (task?.subject !== subject || reason?.requestedBy !== requestedBy) {
    throw new DomainError('content_changed', `${taskId} is no request of ${requestedBy} for ${subject}`);
  }
  if (task.status === 'resolved') throw new DomainError('already_decided', `${taskId} was resolved`);
  deal.writes.update('tasks', ['id'], {
    id: taskId,
    status: 'resolved',
    resolved_at: deal.at,
    resolved_by: deal.actor.id,
    resolution: note === undefined ? 'approved' : `approved: ${note}`,
  });
}

async function cancelOrder(deal: DealChange<ToCredit>, tx: Tx): Promise<void> {
  const { orderId, reason, requestedBy, taskId, note } = deal.body as OrderCancellation;
  const state = stateOf(deal);
  const { order } = state;
  if (order.id !== orderId) {
    throw new DomainError('not_found', `lead ${deal.lead.id} has no order ${orderId}`, '/orderId');
  }
  if (order.status === 'cancelled') throw new DomainError('already_decided', `order ${orderId} is cancelled`);
  if (requestedBy !== undefined && taskId !== undefined) {
    mustBeAnother(deal, orderId, requestedBy);
    oneIsOfFinance(deal, orderId, requestedBy);
    await approveRequest(deal, tx, orderId, { requestedBy, taskId, ...said(note) });
  } else if (deal.own.invoiceIds.length > 0) {
    // Otherwise one person would credit whole invoices by cancelling what they stand on.
    const detail = `${deal.own.invoiceIds.length} invoices of ${orderId} would be credited, which takes two persons`;
    throw new DomainError('conflicting_duties', `${detail}: ask for it by a cancellation request`);
  }
  const credited = await creditInvoices(deal, tx, state, {
    invoiceIds: deal.own.invoiceIds,
    draftOf: (invoice) => creditWhole(invoice.lines),
    reason,
    createdBy: requestedBy ?? deal.actor.id, // With no invoice there is no credit note.
    approvedBy: deal.actor.id,
  });
  voidDeliveries(deal, state);
  order.status = 'cancelled';
  order.cancelReason = reason;
  deal.writes.update('orders', ['id'], {
    id: orderId,
    status: 'cancelled',
    cancelled_at: deal.at,
    cancel_reason: reason,
  });
  writeOrderLines(deal, state);
  deal.end('delivery', undefined, 'void').end('invoicing', undefined, 'void');
  endSettled(deal, state, 'void');
  follow(deal, state, credited);
  deal.detail = { orderId, creditNotes: credited.creditNoteIds, ...(requestedBy && { requestedBy }) };
  // A credit note goes out as the invoice it corrects did; with none, nothing else would tell the customer.
  if (credited.creditNoteIds.length === 0) await deal.mail('order', orderId);
  moveOn(deal, state);
}

/** Deliveries nobody was invoiced for are not invoiced any more; what they delivered has to come back. */
function voidDeliveries(deal: DealChange<ToCredit>, state: DealState): void {
  const open = deal.own.openDeliveries;
  deal.writes.update('deliveries', ['id'], ...open.map(({ id }) => ({ id, status: 'refused' })));
  const arrived = open.filter(({ status }) => status === 'applied');
  // What the customer has already got without an invoice is somebody's to fetch or to charge for.
  if (arrived.length > 0)
    deal.task('return_due', state.order.id, 'fulfilment', { deliveries: arrived.map(({ id }) => id) });
  for (const { lines } of arrived) {
    for (const { lineId, quantityMicro } of exact<{ lineId: string; quantityMicro: bigint }[]>(lines)) {
      const line = state.order.lines.find((one) => one.lineId === lineId);
      if (line) line.deliveredMicro -= quantityMicro;
    }
  }
  state.uninvoiced.clear();
}

function writeOrderLines(deal: DealChange<ToCredit>, { order }: DealState): void {
  const rows = order.lines.map((line) => ({
    id: line.lineId,
    delivered: formatMicro(line.deliveredMicro),
    recognised_minor: line.recognisedMinor,
  }));
  deal.writes.update('order_lines', ['id'], ...rows);
}

/**
 * Cash that left its line takes the commission of that line back, and earns where it went. What became unapplied waits
 * for finance: refunds leave from unapplied cash.
 */
function follow(
  deal: DealChange<ToCredit>,
  state: DealState,
  { releasedMinor, hasMovedCash }: Credited,
): void {
  if (hasMovedCash) deal.begin('earning', { until: deal.atMs });
  if (releasedMinor === 0n) return;
  const reason = { amountMinor: releasedMinor.toString(), currency: state.order.currency };
  deal.task('refund_due', state.order.id, 'finance', reason);
}
