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
import { postRecovery } from '../../domain/ledger/receivables.js';
import { formatAmount } from '../../domain/money/amounts.js';
import { exponentOf } from '../../domain/money/currencies.js';
import { cashAccountOf, type PaymentMethod } from '../../domain/payments/cashAccount.js';
import { matchPayment, type OpenInvoice, type PaymentMatch } from '../../domain/payments/matching.js';
import { entityMissing } from '../../domain/policies/missing.js';
import { type Invoice, invoiceOf, openOf, writtenOffOf } from '../balances.js';
import { apply, type ShownAllocation, shown, tellLeads, tolerated, writeApplied } from './applied.js';
import { hashOf, wakeRelay } from './messages.js';

export interface IntakeDeps {
  /** A transaction of the caller's is joined. */
  readonly db: DbOrTx;
  readonly policies: PolicyStore;
}

export interface PaymentInput {
  readonly actorId: string;
  /** Whoever names the reference: a payment provider, a bank, or `manual`. */
  readonly provider: string;
  readonly reference: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Value date. */
  readonly paidOn: string;
  readonly method: PaymentMethod;
  readonly invoiceNumber?: string;
  readonly remittance?: string;
  readonly payer?: string;
  readonly accountId?: string;
  /** Id of the message of the first lead touched; further ones get ids derived from it. */
  readonly messageId: string;
  /** Business instant (epoch ms). */
  readonly at: number;
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
  const match = await matched(tx, input, candidates, invoices);
  const [first] = match.allocations.map(({ invoiceId }) => invoiceFor(invoices, invoiceId));
  const entity = first ? { id: first.entityId, zone: door.zones[first.entityId] ?? 'UTC' } : door.entity;
  if (!entity) throw entityMissing();
  const today = dateIn(entity.zone, input.at);
  const founded = dateIn(entity.zone, door.foundedMs);
  if (input.paidOn < founded || input.paidOn > today) {
    const detail = `paid on ${input.paidOn}, must lie between ${founded} (the first day) and ${today} (today)`;
    throw new DomainError('invalid_field', detail, '/paidOn');
  }
  const paymentId = newId('pay');
  const accountId = candidates.accountId ?? first?.accountId ?? null;
  const policy = await policies.get(tx, 'invoicing', door.invoicing);
  const applied = match.allocations.map(({ invoiceId, amountMinor }) => {
    const invoice = invoiceFor(invoices, invoiceId);
    return apply({ id: paymentId, paidOn: input.paidOn }, invoice, amountMinor, 'payment', policy);
  });
  const writes = new Writes().insert('payments', {
    ...rowOf(input, bodyHash),
    id: paymentId,
    account_id: accountId,
    entity_id: entity.id,
    unapplied_minor: match.unappliedMinor,
  });
  writeApplied(writes, applied, today);
  const cashAccount = cashAccountOf(input.method);
  const party = accountId ?? paymentId;
  const lines = [
    ...applied.flatMap((one) =>
      one.recovery
        ? postRecovery({ cashAccount, amountMinor: one.allocation.row.amount_minor, taxDueMinor: 0n })
        : postPayment({
            customer: one.invoice.accountId,
            cashAccount,
            allocatedMinor: one.allocation.row.amount_minor,
            unappliedMinor: 0n,
          }),
    ),
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
  if (match.task) writeTask(writes, input, paymentId, match);
  const messageIds = tellLeads(writes, 'paymentApplied', input, applied, { paymentId });
  const detail = { allocations: applied.map(({ allocation }) => allocation.row.id), task: match.task };
  const change = { action: 'recordPayment', at: new Date(input.at), actor: input.actorId, detail };
  appendAudit(writes, undefined, { subject: paymentId, key: input.messageId, ...change });
  await writes.run(tx);
  if (messageIds.length > 0) await wakeRelay(tx);
  return {
    paymentId,
    allocations: applied.map(({ allocation }) => shown(allocation)),
    unappliedMinor: match.unappliedMinor,
    task: match.task,
    messageIds,
    created: true,
  };
}

async function matched(
  tx: Tx,
  input: PaymentInput,
  candidates: Candidates,
  invoices: readonly Invoice[],
): Promise<PaymentMatch> {
  const { amountMinor, currency } = input;
  const payment = {
    amountMinor,
    currency,
    invoiceNumber: candidates.number,
    accountId: candidates.accountId,
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
  };
}

function writeTask(writes: Writes, input: PaymentInput, paymentId: string, match: PaymentMatch): void {
  const proposals = match.proposals.map((shares) =>
    shares.map(({ invoiceId, amountMinor }) => ({ invoiceId, amountMinor: amountMinor.toString() })),
  );
  writes.insert('tasks', {
    id: newId('task'),
    kind: `payment_${match.task}`,
    lead_id: null,
    subject: paymentId,
    role: 'finance',
    reason: { unappliedMinor: match.unappliedMinor.toString(), currency: input.currency, proposals },
    created_at: new Date(input.at),
  });
}

function rowOf(input: PaymentInput, body_hash: Buffer) {
  return {
    provider: input.provider,
    reference: input.reference,
    body_hash,
    amount_minor: input.amountMinor,
    currency: input.currency,
    paid_on: input.paidOn,
    method: input.method,
    invoice_number: input.invoiceNumber ?? null,
    payer: input.payer ?? null,
    remittance: input.remittance ?? null,
    recorded_by: input.actorId,
    received_at: new Date(input.at),
  };
}

function bodyHashOf(input: PaymentInput): Buffer {
  const { provider, reference, currency, paidOn, method, invoiceNumber, remittance, payer, accountId } =
    input;
  const amount = input.amountMinor.toString();
  const named = { invoiceNumber, remittance, payer, accountId };
  return hashOf({ provider, reference, amount, currency, paidOn, method, ...named });
}

async function knownPayment(
  tx: Tx,
  known: { id: string; bodyHash: string },
  bodyHash: Buffer,
  { provider, reference }: PaymentInput,
): Promise<RecordedPayment> {
  if (known.bodyHash !== bodyHash.toString('hex')) {
    const detail = `${provider} ${reference} stands for another payment`;
    throw new DomainError('reference_reused', detail, '/reference');
  }
  const { rows } = await tx.query<Omit<RecordedPayment, 'paymentId' | 'created'>>({
    name: 'known_payment',
    text: `select unapplied_minor as "unappliedMinor",
        (select substr(t.kind, 9) from tasks t where t.subject = p.id and t.kind like 'payment\\_%'
          order by t.created_at limit 1) as task,
        (select coalesce(array_agg(m.id), '{}') from messages m
          where m.name = 'paymentApplied' and m.lead_id in (select a.lead_id from allocations a
            where a.payment_id = p.id) and m.body ->> 'paymentId' = p.id) as "messageIds"
      from payments p where p.id = $1`,
    values: [known.id],
  });
  const { rows: allocations } = await tx.query<RecordedPayment['allocations'][number]>({
    name: 'known_allocations',
    text: `select id, invoice_id as "invoiceId", lead_id as "leadId", amount_minor as "amountMinor"
      from allocations where payment_id = $1 and cause in ('payment', 'recovery') order by id`,
    values: [known.id],
  });
  if (!rows[0]) throw new RangeError(`no payment ${known.id}`);
  return { ...rows[0], paymentId: known.id, allocations, created: false };
}

function invoiceFor(invoices: readonly Invoice[], id: string): Invoice {
  const invoice = invoices.find((one) => one.id === id);
  if (!invoice) throw new RangeError(`invoice ${id} was not locked`);
  return invoice;
}
