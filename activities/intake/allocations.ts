// Unapplied cash put on invoices by a person, who decides what the payer did not say.
import { appendAudit } from '../../db/audit.js';
import { lockInvoices, lockPayments, readInvoices } from '../../db/invoices.js';
import { post } from '../../db/ledger.js';
import { readPayment, type StoredPayment } from '../../db/payments.js';
import { type Tx, withTransaction } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';
import { postLaterAllocation, postPayerNamed } from '../../domain/ledger/cash.js';
import { postRecovery } from '../../domain/ledger/receivables.js';
import { formatAmount } from '../../domain/money/amounts.js';
import { type Invoice, invoiceOf, openOf, writtenOffOf } from '../balances.js';
import {
  type Applied,
  apply,
  type ShownAllocation,
  shown,
  tellLeads,
  tolerated,
  writeApplied,
} from './applied.js';
import { hashOf, wakeRelay } from './messages.js';
import type { IntakeDeps } from './payments.js';

export interface AllocationInput {
  readonly paymentId: string;
  readonly actorId: string;
  readonly allocations: readonly { readonly invoiceId: string; readonly amountMinor: bigint }[];
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
 * Puts unapplied cash of a payment on invoices. Refuses `not_found`, `already_reversed`, `currency_mismatch`,
 * `over_allocated` (more than is unapplied, or than an invoice has open), `key_reused`.
 */
export function allocatePayment(
  { db, policies }: IntakeDeps,
  input: AllocationInput,
): Promise<AllocatedPayment> {
  return withTransaction(db, async (tx) => {
    const { paymentId, allocations, actorId, messageId, at } = input;
    const ids = allocations.map(({ invoiceId }) => invoiceId);
    await lockInvoices(tx, ids);
    await lockPayments(tx, [paymentId]);
    const payment = await readPayment(tx, paymentId);
    if (!payment) throw new DomainError('not_found', `no payment ${paymentId}`);
    const known = await allocatedBefore(tx, payment, input);
    if (known) return known;
    const invoices = (await readInvoices(tx, ids)).map(invoiceOf);
    checkAll(payment, input, invoices);
    const { rows } = await tx.query<{ version: number }>(
      `select max(version) as version from policies where kind = 'invoicing'`,
    );
    const policy = await policies.get(tx, 'invoicing', rows[0]?.version);
    const applied = allocations.map(({ invoiceId, amountMinor }) =>
      apply(payment, invoices.find(({ id }) => id === invoiceId) as Invoice, amountMinor, 'by_hand', policy),
    );
    const today = dateIn(payment.zone, at);
    const writes = new Writes();
    writeApplied(writes, applied, today);
    const unappliedMinor =
      payment.unappliedMinor - allocations.reduce((sum, one) => sum + one.amountMinor, 0n);
    const account_id = payment.accountId ?? applied[0]?.invoice.accountId ?? null;
    writes.update('payments', ['id'], { id: paymentId, unapplied_minor: unappliedMinor, account_id });
    writePostings(writes, payment, applied, input, today);
    if (unappliedMinor === 0n) resolveTask(writes, input);
    tellLeads(writes, 'paymentApplied', input, applied, { paymentId });
    const detail = { body: bodyOf(input), allocations: applied.map(({ allocation }) => allocation.row.id) };
    const change = { action: 'allocatePayment', at: new Date(at), actor: actorId, detail };
    appendAudit(writes, chainOf(payment), { subject: paymentId, key: messageId, ...change });
    await writes.run(tx);
    await wakeRelay(tx);
    return {
      paymentId,
      allocations: applied.map(({ allocation }) => shown(allocation)),
      unappliedMinor,
      created: true,
    };
  });
}

function checkAll(
  payment: StoredPayment,
  { allocations }: AllocationInput,
  invoices: readonly Invoice[],
): void {
  if (payment.reversed) throw new DomainError('already_reversed', `payment ${payment.id} was reversed`);
  if (allocations.length === 0) throw new DomainError('invalid_field', 'nothing to allocate', '/allocations');
  let left = payment.unappliedMinor;
  const seen = new Set<string>();
  for (const [index, { invoiceId, amountMinor }] of allocations.entries()) {
    const at = `/allocations/${index}`;
    const invoice = invoices.find(({ id }) => id === invoiceId);
    if (!invoice || seen.has(invoiceId)) {
      const why = invoice ? `${invoiceId} is named twice` : `no invoice ${invoiceId}`;
      throw new DomainError('invalid_field', why, `${at}/invoiceId`);
    }
    seen.add(invoiceId);
    if (invoice.currency !== payment.currency) {
      const detail = `a payment in ${payment.currency} on an invoice in ${invoice.currency}`;
      throw new DomainError('currency_mismatch', detail, `${at}/invoiceId`);
    }
    const open = openOf(invoice) > 0n ? openOf(invoice) : writtenOffOf(invoice);
    const most = open < left ? open : left;
    if (amountMinor <= 0n || amountMinor > most) {
      const [asked, limit] = [amountMinor, most].map((minor) => formatAmount(minor, payment.currency));
      const detail = `${asked} ${payment.currency} asked, more than 0 and at most ${limit} can be allocated`;
      throw new DomainError('over_allocated', detail, `${at}/amount`);
    }
    left -= amountMinor;
  }
}

function writePostings(
  writes: Writes,
  payment: StoredPayment,
  applied: readonly Applied[],
  { messageId }: AllocationInput,
  postedOn: string,
): void {
  const customer = payment.accountId ?? (applied[0] as Applied).invoice.accountId;
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
      lines: [...named, ...lines],
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
  hashOf(allocations.map((one) => [one.invoiceId, one.amountMinor.toString()])).toString('hex');

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
    `select id, invoice_id as "invoiceId", lead_id as "leadId", amount_minor as "amountMinor"
      from allocations where id = any($1) order by id`,
    [detail.allocations],
  );
  return { paymentId: payment.id, allocations, unappliedMinor: payment.unappliedMinor, created: false };
}
