// A payment that bounced or was charged back: everything that stands of it is undone in one transaction, and
// the leads it touches are told, whatever became of them meanwhile.
import { appendAudit } from '../../db/audit.js';
import { readStandingCharges, type StandingCharge } from '../../db/charges.js';
import { newId } from '../../db/ids.js';
import { lockInvoices, lockPayments, readInvoices } from '../../db/invoices.js';
import { post } from '../../db/ledger.js';
import {
  invoicesOfPayment,
  type NewAllocation,
  readPayment,
  type StoredPayment,
  writeAllocations,
} from '../../db/payments.js';
import { type Tx, withTransaction } from '../../db/pool.js';
import { WriteConflict, Writes } from '../../db/writes.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { sumOf } from '../../domain/collections/charges.js';
import { DomainError } from '../../domain/errors.js';
import { postBankCharge, postPaymentReversed } from '../../domain/ledger/cash.js';
import { postRecovery, postSmallDifference } from '../../domain/ledger/receivables.js';
import { reversePayment as mirrorsOf } from '../../domain/payments/allocation.js';
import { cashAccountOf, type PaymentMethod } from '../../domain/payments/cashAccount.js';
import { endTolerance, type Invoice, invoiceOf, takeOff, writeBalances } from '../balances.js';
import { chainOf } from './allocations.js';
import { tellLeads } from './applied.js';
import { type Charged, postChargesBack, takeCharges, writeCharged } from './charged.js';
import { wakeRelay } from './messages.js';
import type { IntakeDeps } from './payments.js';

export interface ReversalInput {
  readonly paymentId: string;
  readonly actorId: string;
  readonly reference: string;
  readonly reversedOn: string;
  readonly reason: string;
  readonly bankChargeMinor: bigint;
  readonly messageId: string;
  /** Business instant (epoch ms). */
  readonly at: number;
}

export interface ReversedPayment {
  readonly reversalId: string;
  readonly paymentId: string;
  readonly leadIds: readonly string[];
  /** False when the same reversal was recorded before. */
  readonly created: boolean;
}

interface Taken {
  readonly allocation: NewAllocation;
  readonly invoice: Invoice;
  readonly recovery: boolean;
  /** The small difference that came with the allocation and goes with it. */
  readonly toleratedMinor: bigint;
}

/**
 * Reverses a payment on the day it bounced. Refuses `not_found`, `already_reversed` (under another reference)
 * and `invalid_field` for a day before the value date or after today.
 */
export function reversePayment(
  { db }: Pick<IntakeDeps, 'db'>,
  input: ReversalInput,
): Promise<ReversedPayment> {
  return withTransaction(db, async (tx) => {
    const ids = await invoicesOfPayment(tx, input.paymentId);
    await lockInvoices(tx, ids);
    await lockPayments(tx, [input.paymentId]);
    const payment = await readPayment(tx, input.paymentId);
    if (!payment) throw new DomainError('not_found', `no payment ${input.paymentId}`);
    if (payment.reversed) return reversedBefore(tx, input);
    // Allocated to one more invoice while the locks were waited for: again, with all of them.
    if ((await invoicesOfPayment(tx, input.paymentId)).length !== ids.length) {
      throw new WriteConflict(`payment ${input.paymentId} was allocated meanwhile`);
    }
    checkDay(payment, input);
    const invoices = (await readInvoices(tx, ids)).map(invoiceOf);
    return store(tx, payment, invoices, input);
  });
}

function checkDay(payment: StoredPayment, { reversedOn, at, bankChargeMinor }: ReversalInput): void {
  const today = dateIn(payment.zone, at);
  if (reversedOn < payment.paidOn || reversedOn > today) {
    const detail = `reversed on ${reversedOn}, must lie between ${payment.paidOn} and ${today}`;
    throw new DomainError('invalid_field', detail, '/reversedOn');
  }
  if (bankChargeMinor >= 0n) return;
  throw new DomainError('invalid_field', `a bank charge of ${bankChargeMinor} is below 0`, '/bankCharge');
}

async function store(
  tx: Tx,
  payment: StoredPayment,
  invoices: readonly Invoice[],
  input: ReversalInput,
): Promise<ReversedPayment> {
  const { paymentId, actorId, reversedOn, at } = input;
  const reversalId = newId('reversal');
  const standing = await readStandingCharges(tx, paymentId);
  const { taken, unappliedMinor } = await takeAll(tx, payment, invoices, standing, input);
  const charges = takeCharges(payment, invoices, standing, reversedOn);
  const writes = new Writes()
    .insert('payment_reversals', {
      id: reversalId,
      payment_id: paymentId,
      reference: input.reference,
      reversed_on: reversedOn,
      reason: input.reason,
      bank_charge_minor: input.bankChargeMinor,
      recorded_by: actorId,
    })
    .update('payments', ['id'], { id: paymentId, unapplied_minor: 0n, reversed_at: new Date(at) });
  writeAllocations(
    writes,
    taken.map(({ allocation }) => allocation),
  );
  writeBalances(writes, [...new Set(taken.map(({ invoice }) => invoice))]);
  writeRecoveredBack(writes, taken, reversedOn);
  writeCharged(writes, charges, reversedOn);
  writePostings(writes, payment, { taken, charges, unappliedMinor }, input, reversalId);
  const told = tellLeads(writes, 'paymentReversed', input, taken, (allocationIds) => ({
    paymentId,
    reversalId,
    allocationIds,
  }));
  const rows = [...taken.map(({ allocation }) => allocation.row), ...charges.map(({ row }) => row)];
  const detail = { reversalId, allocations: rows.map(({ id }) => id) };
  const change = { action: 'reversePayment', at: new Date(at), actor: actorId, detail };
  appendAudit(writes, chainOf(payment), { subject: paymentId, key: input.messageId, ...change });
  await writes.run(tx);
  if (told.length > 0) await wakeRelay(tx);
  const leadIds = [...new Set(taken.map(({ allocation }) => allocation.row.lead_id))];
  return { reversalId, paymentId, leadIds, created: true };
}

/** Takes every standing allocation off its invoice, exactly as it stands, one mirror row each. */
async function takeAll(
  tx: Tx,
  payment: StoredPayment,
  invoices: readonly Invoice[],
  charges: readonly StandingCharge[],
  { reversedOn }: ReversalInput,
): Promise<{ taken: Taken[]; unappliedMinor: bigint }> {
  const standing = invoices.flatMap((invoice) =>
    invoice.standing
      .filter((line) => line.paymentId === payment.id)
      .map((line) => ({ ...line, invoiceId: invoice.id })),
  );
  const { mirrors, unappliedMinor } = mirrorsOf({
    amountMinor: payment.amountMinor,
    alreadyReversed: payment.reversed,
    allocations: standing,
    unappliedMinor: payment.unappliedMinor,
    chargedMinor: charges.reduce((sum, charge) => sum + sumOf(charge), 0n),
    refundedMinor: 0n,
  });
  const ids = [...new Set(mirrors.map(({ allocationId }) => allocationId))];
  const known = await originsOf(tx, ids);
  const taken = ids.map((undoes): Taken => {
    const lines = mirrors.filter(({ allocationId }) => allocationId === undoes);
    const invoice = invoices.find(({ id }) => id === lines[0]?.invoiceId) as Invoice;
    const { recovery, toleratedMinor } = known.get(undoes) as Origin;
    const shares = lines.map(({ lineId, amountMinor }) => ({ lineId, amountMinor }));
    const back = shares.map(({ lineId, amountMinor }) => ({ lineId, amountMinor: -amountMinor }));
    takeOff(invoice, back, recovery);
    if (toleratedMinor > 0n) endTolerance(invoice, toleratedMinor);
    const row = {
      id: newId('alloc'),
      payment_id: payment.id,
      invoice_id: invoice.id,
      lead_id: invoice.leadId,
      amount_minor: shares.reduce((sum, share) => sum + share.amountMinor, 0n),
      value_on: reversedOn,
      undoes,
      cause: 'reversal',
    };
    return { allocation: { row, shares }, invoice, recovery, toleratedMinor };
  });
  return { taken, unappliedMinor };
}

interface Origin {
  readonly id: string;
  readonly recovery: boolean;
  readonly toleratedMinor: bigint;
}

async function originsOf(tx: Tx, ids: readonly string[]): Promise<Map<string, Origin>> {
  const { rows } = await tx.query<Origin>({
    name: 'origins_of_allocations',
    text: `select a.id, a.cause = 'recovery' as recovery,
        (select coalesce(sum(e.amount_minor), 0)::bigint from ledger_transactions t
          join ledger_entries e on e.transaction_id = t.id and e.account = 'small_differences'
          where t.business_key = 'small-difference/' || a.id) as "toleratedMinor"
      from allocations a where a.id = any($1)`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, row]));
}

function writeRecoveredBack(writes: Writes, taken: readonly Taken[], on: string): void {
  writes.insert(
    'write_offs',
    ...taken
      .filter(({ recovery }) => recovery)
      .map(({ allocation: { row } }) => ({
        id: newId('writeoff'),
        invoice_id: row.invoice_id,
        lead_id: row.lead_id,
        amount_minor: -row.amount_minor,
        written_off_on: on,
        reason: `recovery undone by ${row.id}`,
      })),
  );
}

function writePostings(
  writes: Writes,
  payment: StoredPayment,
  back: {
    readonly taken: readonly Taken[];
    readonly charges: readonly Charged[];
    readonly unappliedMinor: bigint;
  },
  { reversedOn, bankChargeMinor }: ReversalInput,
  reversalId: string,
): void {
  const { taken, charges, unappliedMinor } = back;
  const cashAccount = cashAccountOf(payment.method as PaymentMethod);
  const lines = taken.flatMap(({ allocation: { row }, invoice, recovery }) =>
    recovery
      ? postRecovery({ cashAccount, amountMinor: -row.amount_minor, taxDueMinor: 0n }).map((line) => ({
          ...line,
          amountMinor: -line.amountMinor,
        }))
      : postPaymentReversed({
          customer: invoice.accountId,
          cashAccount,
          allocatedMinor: -row.amount_minor,
          unappliedMinor: 0n,
          refundedMinor: 0n,
        }),
  );
  const rest = postPaymentReversed({
    customer: payment.accountId ?? payment.id,
    cashAccount,
    allocatedMinor: 0n,
    unappliedMinor,
    refundedMinor: 0n,
  });
  const { entityId, currency } = payment;
  const leadId = [...taken, ...charges][0]?.invoice.leadId ?? null;
  const common = { entityId, currency, leadId, postedOn: reversedOn };
  post(
    writes,
    {
      ...common,
      businessKey: `payment-reversal/${reversalId}`,
      kind: 'payment_reversed',
      lines: [...lines, ...postChargesBack(charges, cashAccount), ...rest],
    },
    {
      ...common,
      businessKey: `bank-charge/${reversalId}`,
      kind: 'bank_charge',
      lines: postBankCharge({ amountMinor: bankChargeMinor }),
    },
    ...taken.map(({ allocation: { row }, invoice, toleratedMinor }) => ({
      ...common,
      businessKey: `small-difference/${row.undoes}/reversed`,
      kind: 'small_difference_reversed',
      lines: postSmallDifference({ customer: invoice.accountId, amountMinor: toleratedMinor }).map((line) => {
        return { ...line, amountMinor: -line.amountMinor };
      }),
    })),
  );
}

async function reversedBefore(
  tx: Tx,
  { paymentId, reference, ...input }: ReversalInput,
): Promise<ReversedPayment> {
  const { rows } = await tx.query<{ id: string; same: boolean; leads: string[] }>(
    `select r.id, r.reference = $2 and r.reversed_on = $3 and r.bank_charge_minor = $4 as same,
        (select coalesce(array_agg(distinct a.lead_id), '{}') from allocations a
          where a.payment_id = r.payment_id and a.cause = 'reversal') as leads
      from payment_reversals r where r.payment_id = $1`,
    [paymentId, reference, input.reversedOn, input.bankChargeMinor],
  );
  const [row] = rows;
  if (!row?.same) throw new DomainError('already_reversed', `payment ${paymentId} was reversed before`);
  return { reversalId: row.id, paymentId, leadIds: row.leads, created: false };
}
