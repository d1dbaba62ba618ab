// The intake of a payment: matched, allocated and posted in one transaction, because it belongs to no single
// lead; each lead it touches gets a message. It locks invoices and never a lead.
import { appendAudit } from '../../db/audit.js';
import { newId } from '../../db/ids.js';
import { post } from '../../db/ledger.js';
import {
  type AtTheDoor,
  accountOfPayer,
  type Candidates,
  lockCandidates,
  lockReference,
  readDoor,
  readProposals,
} from '../../db/payments.js';
import type { PolicyStore } from '../../db/policies.js';
import { type DbOrTx, type Tx, withTransaction } from '../../db/pool.js';
import { WriteConflict, Writes } from '../../db/writes.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';
import { postPayment } from '../../domain/ledger/cash.js';
import { formatAmount } from '../../domain/money/amounts.js';
import { exponentOf } from '../../domain/money/currencies.js';
import { cashAccountOf } from '../../domain/payments/cashAccount.js';
import type { ChargeShare, PaymentOrder } from '../../domain/payments/debts.js';
import {
  type InvoiceShare,
  type MatchTask,
  matchPayment,
  type OpenInvoice,
  type PaymentMatch,
  type Share,
} from '../../domain/payments/matching.js';
import { entityMissing } from '../../domain/policies/missing.js';
import type { TaskKind } from '../../domain/tasks.js';
import { type Invoice, invoiceOf, openOf, refuseOwnWriteOff, writtenOffOf } from '../balances.js';
import { payable } from '../charges.js';
import {
  type Applied,
  apply,
  postApplied,
  type ShownAllocation,
  shown,
  tellLeads,
  tolerated,
  writeApplied,
} from './applied.js';
import { applyCharge, chargeAmong, orderOf, postCharged, shownCharge, writeCharged } from './charged.js';
import { knownPayment } from './knownPayments.js';
import { wakeRelay } from './messages.js';
import { bodyHashOf, type PaymentInput, rowOf } from './paymentRow.js';

export interface IntakeDeps {
  /** A transaction of the caller's is joined. */
  readonly db: DbOrTx;
  readonly policies: PolicyStore;
}

export interface RecordedPayment {
  readonly paymentId: string;
  readonly allocations: readonly ShownAllocation[];
  readonly unappliedMinor: bigint;
  /** Why finance looks at it; null when nothing is left to decide. */
  readonly task: string | null;
  readonly messageIds: readonly string[];
  /** False when the same payment was recorded before. */
  readonly created: boolean;
}

/**
 * Records a payment. The same reference with the same body is the payment that is there; with another body
 * `reference_reused`. Refuses `invalid_field` for an unknown currency or account, an amount of nothing, and a
 * value date after today. An unknown invoice number is no refusal: the money has come, finance gets a task.
 * `conflicting_duties` where the sender wrote the invoice off: it is recorded by somebody else, because money on a
 * written-off invoice is a recovery and never unapplied (docs/money.md, Payments).
 */
export async function recordPayment(deps: IntakeDeps, input: PaymentInput): Promise<RecordedPayment> {
  checkFields(input);
  return withTransaction(deps.db, async (tx) => {
    await lockReference(tx, input.provider, input.reference);
    const number = input.invoiceNumber?.replaceAll(/\s/g, '').toUpperCase() ?? null;
    const named = input.accountId ?? null;
    const accountId =
      named ?? (number === null && input.payer ? await accountOfPayer(tx, input.payer) : null);
    const { currency, amountMinor } = input;
    const candidates = { number, accountId, currency, amountMinor };
    const ids = number === null && accountId === null ? [] : await lockCandidates(tx, candidates);
    const door = await readDoor(tx, input.provider, input.reference, ids, named);
    const bodyHash = bodyHashOf(input);
    if (door.known) return knownPayment(tx, door.known, bodyHash, input);
    if (!door.knownAccount) throw new DomainError('invalid_field', `no account ${named}`, '/accountId');
    return store(deps, tx, input, { door, candidates, bodyHash });
  });
}

function checkFields({ amountMinor, currency }: PaymentInput): void {
  exponentOf(currency, '/amount/currency');
  if (amountMinor > 0n) return;
  const detail = `${formatAmount(amountMinor, currency)} ${currency} were paid, must be above 0`;
  throw new DomainError('invalid_field', detail, '/amount/amount');
}

interface Matching {
  readonly door: AtTheDoor;
  readonly candidates: Candidates;
  readonly bodyHash: Buffer;
}

async function store(
  { policies }: IntakeDeps,
  tx: Tx,
  input: PaymentInput,
  { door, candidates, bodyHash }: Matching,
): Promise<RecordedPayment> {
  const invoices = door.invoices.map(invoiceOf);
  // In which order a debt is paid: by its own rules; money nobody named a debt for, by those of today.
  const policy = await policies.get(tx, 'invoicing', invoices[0]?.pins.invoicing ?? door.invoicing);
  const match = await matched(tx, input, candidates, invoices, orderOf(policy));
  const [first] = match.allocations.map((share) => invoiceOfShare(invoices, share));
  const entity = first ? { id: first.entityId, zone: door.zones[first.entityId] ?? 'UTC' } : door.entity;
  if (!entity) throw entityMissing();
  const today = dateIn(entity.zone, input.at);
  const founded = dateIn(entity.zone, door.foundedMs);
  if (input.paidOn < founded || input.paidOn > today) {
    const detail = `paid on ${input.paidOn}, must lie between ${founded} (the first day) and ${today} (today)`;
    throw new DomainError('invalid_field', detail, '/paidOn');
  }
  for (const share of match.allocations) {
    const records = { act: 'recordPayment', personId: input.actorId } as const;
    refuseOwnWriteOff(invoiceOfShare(invoices, share), records, today, '/invoiceNumber');
  }
  const paymentId = newId('pay');
  const accountId = candidates.accountId ?? first?.accountId ?? payerOf(invoices);
  const payment = { id: paymentId, paidOn: input.paidOn };
  const applied: Applied[] = [];
  for (const { invoiceId, amountMinor } of match.allocations.filter(isOfInvoice)) {
    const invoice = invoiceFor(invoices, invoiceId);
    const tolerance = await policies.get(tx, 'invoicing', invoice.pins.invoicing);
    applied.push(apply(payment, invoice, amountMinor, tolerance, null));
  }
  const charged = match.allocations
    .filter(isOfCharge)
    .map((share) => applyCharge(payment, chargeAmong(invoices, share.chargeNoteId), share, null));
  const writes = new Writes().insert('payments', {
    ...rowOf(input, bodyHash),
    id: paymentId,
    account_id: accountId,
    entity_id: entity.id,
    unapplied_minor: match.unappliedMinor,
  });
  writeApplied(writes, applied, today);
  writeCharged(writes, charged, today);
  const cashAccount = cashAccountOf(input.method);
  const party = accountId ?? paymentId;
  const lines = [
    ...postApplied(applied, cashAccount),
    ...postCharged(charged, cashAccount),
    ...postPayment({
      customer: party,
      cashAccount,
      allocatedMinor: 0n,
      unappliedMinor: match.unappliedMinor,
    }),
  ];
  const common = {
    entityId: entity.id,
    leadId: first?.leadId ?? null,
    postedOn: today,
    currency: input.currency,
  };
  post(
    writes,
    { ...common, businessKey: `payment/${paymentId}`, kind: 'payment', lines },
    ...tolerated(applied, today),
  );
  if (match.task) writeTask(writes, input, paymentId, match, match.task);
  const messageIds = tellLeads(writes, 'paymentApplied', input, applied, (allocationIds) => ({
    paymentId,
    allocationIds,
  }));
  const allocations = [...applied.map(({ allocation }) => shown(allocation)), ...charged.map(shownCharge)];
  const detail = { allocations: allocations.map(({ id }) => id), task: match.task };
  const change = { action: 'recordPayment', at: new Date(input.at), actor: input.actorId, detail };
  appendAudit(writes, undefined, { subject: paymentId, key: input.messageId, ...change });
  await writes.run(tx);
  if (messageIds.length > 0) await wakeRelay(tx);
  return {
    paymentId,
    allocations,
    unappliedMinor: match.unappliedMinor,
    task: match.task,
    messageIds,
    created: true,
  };
}

/**
 * Whose the invoices are that were named, where it is one customer: what is paid on a settled invoice is the money of
 * whom it was issued to, until somebody says otherwise. Invoices of two entities may have one number.
 */
function payerOf(invoices: readonly Invoice[]): string | null {
  const [only = null, second] = new Set(invoices.map(({ accountId }) => accountId));
  return second === undefined ? only : null;
}

async function matched(
  tx: Tx,
  input: PaymentInput,
  candidates: Candidates,
  invoices: readonly Invoice[],
  order: PaymentOrder,
): Promise<PaymentMatch> {
  const { amountMinor, currency } = input;
  const payment = {
    amountMinor,
    currency,
    invoiceNumber: candidates.number,
    accountId: candidates.accountId,
    order,
  };
  const locked = invoices.map(asOpen);
  const match = matchPayment(payment, locked);
  if (match.task === null || match.task === 'overpaid') return match;
  const others = await readProposals(tx, candidates);
  const unlocked = others.filter((one) => !locked.some(({ invoiceId }) => invoiceId === one.invoiceId));
  const wider = matchPayment(payment, [...locked, ...unlocked]);
  // An invoice that came to fit between the lock and now: look again, with it locked.
  if (wider.allocations.length > 0) throw new WriteConflict('another invoice fits the payment now');
  return wider;
}

/** On a written-off invoice the write-off is what money can still be put on: a recovery. */
function asOpen(invoice: Invoice): OpenInvoice {
  const openMinor = openOf(invoice);
  const { id, number, accountId, currency, dueOn } = invoice;
  return {
    invoiceId: id,
    number,
    accountId,
    currency,
    dueOn,
    openMinor: openMinor > 0n ? openMinor : writtenOffOf(invoice),
    charges: invoice.charges.map(payable),
  };
}

const kindOf = (doubt: MatchTask): TaskKind => `payment_${doubt}`;

function writeTask(
  writes: Writes,
  input: PaymentInput,
  paymentId: string,
  match: PaymentMatch,
  doubt: MatchTask,
): void {
  const proposals = match.proposals.map((shares) =>
    shares.map((share) => {
      const amountMinor = share.amountMinor.toString();
      return isOfInvoice(share)
        ? { invoiceId: share.invoiceId, amountMinor }
        : { chargeNoteId: share.chargeNoteId, amountMinor };
    }),
  );
  writes.insert('tasks', {
    id: newId('task'),
    kind: kindOf(doubt),
    lead_id: null,
    subject: paymentId,
    role: 'finance',
    reason: { unappliedMinor: match.unappliedMinor.toString(), currency: input.currency, proposals },
    created_at: new Date(input.at),
  });
}

const isOfInvoice = (share: Share): share is InvoiceShare => 'invoiceId' in share;
const isOfCharge = (share: Share): share is ChargeShare => !isOfInvoice(share);

const invoiceOfShare = (invoices: readonly Invoice[], share: Share): Invoice =>
  isOfInvoice(share)
    ? invoiceFor(invoices, share.invoiceId)
    : chargeAmong(invoices, share.chargeNoteId).invoice;

function invoiceFor(invoices: readonly Invoice[], id: string): Invoice {
  const invoice = invoices.find((one) => one.id === id);
  if (!invoice) throw new RangeError(`invoice ${id} was not locked`);
  return invoice;
}
