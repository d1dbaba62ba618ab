// Unapplied cash put on invoices and charge notes by a person, who decides what the payer did not say.
import { appendAudit } from '../../db/audit.js';
import { invoicesOfCharges } from '../../db/charges.js';
import { lockInvoices, lockPayments, readInvoices } from '../../db/invoices.js';
import { post } from '../../db/ledger.js';
import { readPayment, type StoredPayment } from '../../db/payments.js';
import { type Tx, withTransaction } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { sumOf } from '../../domain/collections/charges.js';
import { DomainError } from '../../domain/errors.js';
import { postLaterAllocation, postPayerNamed } from '../../domain/ledger/cash.js';
import { postRecovery } from '../../domain/ledger/receivables.js';
import { formatAmount } from '../../domain/money/amounts.js';
import { type Invoice, invoiceOf, openOf, refuseOwnWriteOff, writtenOffOf } from '../balances.js';
import { payable } from '../charges.js';
import {
  type Applied,
  apply,
  type ShownAllocation,
  shown,
  tellLeads,
  tolerated,
  writeApplied,
} from './applied.js';
import {
  applyCharge,
  type Charged,
  chargeAmong,
  orderOf,
  partsFor,
  postChargedLater,
  shownCharge,
  writeCharged,
} from './charged.js';
import { hashOf, wakeRelay } from './messages.js';
import type { IntakeDeps } from './payments.js';

/** Cash a person puts on an invoice's principal, or on a charge note (inside it by the policy's order). */
export type PlacedCash = { readonly amountMinor: bigint } & (
  | { readonly invoiceId: string }
  | { readonly chargeNoteId: string }
);

export interface AllocationInput {
  readonly paymentId: string;
  readonly actorId: string;
  readonly allocations: readonly PlacedCash[];
  /** The same id with the same body is answered with what it did before. */
  readonly messageId: string;
  /** Business instant (epoch ms). */
  readonly at: number;
}

export interface AllocatedPayment {
  readonly paymentId: string;
  readonly allocations: readonly ShownAllocation[];
  readonly unappliedMinor: bigint;
  readonly created: boolean;
}

/** The head of a payment's chain as appendAudit takes it. */
export const chainOf = ({ chain }: StoredPayment) =>
  chain ? { seq: BigInt(chain.seq), hash: Buffer.from(chain.hash, 'hex') } : undefined;

/**
 * Puts unapplied cash of a payment on invoices and charge notes. Refuses `not_found`, `already_reversed`,
 * `currency_mismatch`, `over_allocated` (more than is unapplied, or than an invoice has open), `conflicting_duties`
 * (who recorded the payment, or allocates it, wrote the invoice off), `key_reused`.
 */
export function allocatePayment(
  { db, policies }: IntakeDeps,
  input: AllocationInput,
): Promise<AllocatedPayment> {
  return withTransaction(db, async (tx) => {
    const { paymentId, allocations, actorId, messageId, at } = input;
    const ids = await invoicesOf(tx, allocations);
    await lockInvoices(tx, ids);
    await lockPayments(tx, [paymentId]);
    const payment = await readPayment(tx, paymentId);
    if (!payment) throw new DomainError('not_found', `no payment ${paymentId}`);
    const known = await allocatedBefore(tx, payment, input);
    if (known) return known;
    const invoices = (await readInvoices(tx, ids)).map(invoiceOf);
    const today = dateIn(payment.zone, at);
    checkAll(payment, input, invoices, today);
    const applied: Applied[] = [];
    const charged: Charged[] = [];
    for (const one of allocations) {
      const { invoice } = targetOf(invoices, one) as NonNullable<ReturnType<typeof targetOf>>;
      const policy = await policies.get(tx, 'invoicing', invoice.pins.invoicing);
      if ('invoiceId' in one) applied.push(apply(payment, invoice, one.amountMinor, policy, actorId));
      else {
        const on = chargeAmong(invoices, one.chargeNoteId);
        const parts = partsFor(on.charge, one.amountMinor, orderOf(policy));
        charged.push(applyCharge(payment, on, parts, actorId));
      }
    }
    const writes = new Writes();
    writeApplied(writes, applied, today);
    writeCharged(writes, charged, today);
    const unappliedMinor =
      payment.unappliedMinor - allocations.reduce((sum, one) => sum + one.amountMinor, 0n);
    const account_id = payment.accountId ?? [...applied, ...charged][0]?.invoice.accountId ?? null;
    writes.update('payments', ['id'], { id: paymentId, unapplied_minor: unappliedMinor, account_id });
    writePostings(writes, payment, applied, charged, input, today);
    if (unappliedMinor === 0n) resolveTask(writes, input);
    const told = tellLeads(writes, 'paymentApplied', input, applied, (allocationIds) => ({
      paymentId,
      allocationIds,
    }));
    const placed = [...applied.map(({ allocation }) => shown(allocation)), ...charged.map(shownCharge)];
    const detail = { body: bodyOf(input), allocations: placed.map(({ id }) => id) };
    const change = { action: 'allocatePayment', at: new Date(at), actor: actorId, detail };
    appendAudit(writes, chainOf(payment), { subject: paymentId, key: messageId, ...change });
    await writes.run(tx);
    if (told.length > 0) await wakeRelay(tx);
    return { paymentId, allocations: placed, unappliedMinor, created: true };
  });
}

function checkAll(
  payment: StoredPayment,
  { allocations, actorId }: AllocationInput,
  invoices: readonly Invoice[],
  today: string,
): void {
  if (payment.reversed) throw new DomainError('already_reversed', `payment ${payment.id} was reversed`);
  if (allocations.length === 0) throw new DomainError('invalid_field', 'nothing to allocate', '/allocations');
  let left = payment.unappliedMinor;
  const seen = new Set<string>();
  const payers = new Set<string>();
  for (const [index, placed] of allocations.entries()) {
    const { amountMinor } = placed;
    const at = `/allocations/${index}`;
    const field = 'invoiceId' in placed ? 'invoiceId' : 'chargeNoteId';
    const id = idOf(placed);
    const found = targetOf(invoices, placed);
    if (!found || seen.has(id)) {
      const what = field === 'invoiceId' ? 'invoice' : 'charge note';
      const why = found ? `${id} is named twice` : `no ${what} ${id}`;
      throw new DomainError('invalid_field', why, `${at}/${field}`);
    }
    seen.add(id);
    const { invoice, open } = found;
    const recorded = { act: 'recordPayment', personId: payment.recordedBy } as const;
    for (const done of [recorded, { act: 'allocatePayment', personId: actorId } as const]) {
      refuseOwnWriteOff(invoice, done, today, `${at}/${field}`);
    }
    if (payment.accountId === null && payers.add(invoice.accountId).size > 1) {
      // The first customer an unknown payer's cash is put on is who paid it, with all that is left of it.
      const detail = `${id} is of another customer than the lines before it; who paid is not known yet`;
      throw new DomainError('invalid_field', detail, `${at}/${field}`);
    }
    if (invoice.currency !== payment.currency) {
      const detail = `a payment in ${payment.currency} on ${id} in ${invoice.currency}`;
      throw new DomainError('currency_mismatch', detail, `${at}/${field}`);
    }
    const most = open < left ? open : left;
    if (amountMinor <= 0n || amountMinor > most) {
      const [asked, limit] = [amountMinor, most].map((minor) => formatAmount(minor, payment.currency));
      const detail = `${asked} ${payment.currency} asked, more than 0 and at most ${limit} can be allocated`;
      throw new DomainError('over_allocated', detail, `${at}/amount`);
    }
    left -= amountMinor;
  }
}

const idOf = (placed: PlacedCash): string => ('invoiceId' in placed ? placed.invoiceId : placed.chargeNoteId);

/** What an allocation is put on, and the most it takes; on what was written off money is a recovery. */
function targetOf(
  invoices: readonly Invoice[],
  placed: PlacedCash,
): { readonly invoice: Invoice; readonly open: bigint } | undefined {
  if ('invoiceId' in placed) {
    const invoice = invoices.find(({ id }) => id === placed.invoiceId);
    return invoice && { invoice, open: openOf(invoice) > 0n ? openOf(invoice) : writtenOffOf(invoice) };
  }
  for (const invoice of invoices) {
    const charge = invoice.charges.find(({ chargeNoteId }) => chargeNoteId === placed.chargeNoteId);
    if (charge) return { invoice, open: sumOf(payable(charge)) };
  }
  return undefined;
}

/** The invoices to lock: those named, and those of the charge notes named. */
async function invoicesOf(tx: Tx, allocations: readonly PlacedCash[]): Promise<string[]> {
  const named = allocations.flatMap((one) => ('invoiceId' in one ? [one.invoiceId] : []));
  const notes = allocations.flatMap((one) => ('invoiceId' in one ? [] : [one.chargeNoteId]));
  if (notes.length === 0) return named;
  return [...new Set([...named, ...(await invoicesOfCharges(tx, notes)).values()])];
}

function writePostings(
  writes: Writes,
  payment: StoredPayment,
  applied: readonly Applied[],
  charged: readonly Charged[],
  { messageId }: AllocationInput,
  postedOn: string,
): void {
  const [first] = [...applied, ...charged];
  const customer = payment.accountId ?? (first as Applied | Charged).invoice.accountId;
  const named = payment.accountId
    ? []
    : postPayerNamed(payment.id, { customer, amountMinor: payment.unappliedMinor });
  const lines = applied.flatMap(({ allocation: { row }, invoice, recovery }) =>
    // The cash left the customer's balance for the invoice; what was written off is income again.
    recovery
      ? postRecovery({ cashAccount: 'cash', amountMinor: row.amount_minor, taxDueMinor: 0n }).map((line) =>
          line.account === 'cash' ? { ...line, account: 'unapplied_cash' as const, party: customer } : line,
        )
      : postLaterAllocation({ customer, amountMinor: row.amount_minor }).map((line) =>
          line.account === 'receivable' ? { ...line, party: invoice.accountId } : line,
        ),
  );
  const common = { entityId: payment.entityId, leadId: null, postedOn, currency: payment.currency };
  post(
    writes,
    {
      ...common,
      businessKey: `allocation/${payment.id}/${messageId}`,
      kind: 'allocation',
      lines: [...named, ...lines, ...postChargedLater(charged, customer)],
    },
    ...tolerated(applied, postedOn),
  );
}

function resolveTask(writes: Writes, { paymentId, actorId, at }: AllocationInput): void {
  writes.statement(
    'task of the payment',
    `update tasks set status = 'resolved', resolved_at = ($ ->> 'at')::timestamptz,
      resolved_by = $ ->> 'actorId', resolution = 'allocated'
      where subject = $ ->> 'paymentId' and status = 'open' and kind like 'payment\\_%'`,
    { paymentId, actorId, at: new Date(at) },
    'any',
  );
}

const bodyOf = ({ allocations }: AllocationInput): string =>
  hashOf(allocations.map((one) => [idOf(one), one.amountMinor.toString()])).toString('hex');

async function allocatedBefore(
  tx: Tx,
  payment: StoredPayment,
  input: AllocationInput,
): Promise<AllocatedPayment | undefined> {
  const { rows } = await tx.query<{ entry: string }>({
    name: 'audit_of_key',
    text: 'select entry from audit_entries where subject = $1 and key = $2',
    values: [payment.id, input.messageId],
  });
  if (!rows[0]) return undefined;
  const { detail } = JSON.parse(rows[0].entry) as { detail: { body: string; allocations: string[] } };
  if (detail.body !== bodyOf(input)) {
    throw new DomainError('key_reused', `${input.messageId} stands for other allocations of ${payment.id}`);
  }
  const { rows: allocations } = await tx.query<AllocatedPayment['allocations'][number]>(
    `select id, invoice_id as "invoiceId", null as "chargeNoteId", lead_id as "leadId",
        amount_minor as "amountMinor" from allocations where id = any($1)
      union all
      select id, null, charge_note_id, lead_id, amount_minor from charge_allocations where id = any($1)
      order by id`,
    [detail.allocations],
  );
  return { paymentId: payment.id, allocations, unappliedMinor: payment.unappliedMinor, created: false };
}
