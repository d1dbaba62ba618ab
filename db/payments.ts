// What the intake of payments locks and reads, and the rows an allocation makes.

import type { LineShare } from '../domain/payments/allocation.js';
import type { OpenCharge } from '../domain/payments/debts.js';
import type { OpenInvoice } from '../domain/payments/matching.js';
import { INVOICE, type InvoiceRow } from './invoices.js';
import type { Tx } from './pool.js';
import type { Tables } from './tables.js';
import type { Writes } from './writes.js';

type OpenChargeJson = Omit<OpenCharge, 'feeMinor' | 'interestMinor'> & {
  readonly feeMinor: string;
  readonly interestMinor: string;
};

/** More alternatives than this help nobody. */
const MAX_PROPOSALS = 20;

/** First lock of the intake: one payment of a provider's reference at a time. */
export async function lockReference(tx: Tx, provider: string, reference: string): Promise<void> {
  await tx.query({
    name: 'lock_reference',
    text: `select pg_advisory_xact_lock(hashtextextended('payment/' || $1 || '/' || $2, 0))`,
    values: [provider, reference],
  });
}

/**
 * Locks the invoices this money could be posted to by itself: the one named, by its own number or that of a
 * charge note; or the payer's whose principal, whole debt or one charge note is that amount.
 */
export async function lockCandidates(
  tx: Tx,
  { number, accountId, currency, amountMinor }: Candidates,
): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    number === null
      ? {
          name: 'lock_invoices_of_amount',
          text: `select id from invoices where account_id = $1 and currency = $2
              and (open_minor = $3 or id = any(array(
                select n.invoice_id from charge_notes n join invoices d on d.id = n.invoice_id
                where n.account_id = $1 and n.currency = $2 and n.open_minor > 0 group by n.invoice_id, d.open_minor
                having d.open_minor + sum(n.open_minor) = $3 or bool_or(n.open_minor = $3))))
            order by id limit 3 for no key update`,
          values: [accountId, currency, amountMinor],
        }
      : {
          name: 'lock_invoice_named',
          text: `select id from invoices where kind = 'invoice' and (number = $1
              or id = any(array(select n.invoice_id from charge_notes n where n.number = $1)))
            order by id for no key update`,
          values: [number],
        },
  );
  return rows.map((row) => row.id);
}

export interface Candidates {
  readonly number: string | null;
  readonly accountId: string | null;
  readonly currency: string;
  readonly amountMinor: bigint;
}

export interface AtTheDoor {
  readonly known: { id: string; bodyHash: string } | null;
  readonly entity: { id: string; zone: string } | null;
  /** Business instant from which the company exists. */
  readonly foundedMs: number;
  readonly zones: Record<string, string>;
  readonly invoicing: number;
  readonly knownAccount: boolean;
  readonly invoices: Omit<InvoiceRow, 'standing'>[];
}

export async function readDoor(
  tx: Tx,
  provider: string,
  reference: string,
  ids: readonly string[],
  accountId: string | null,
): Promise<AtTheDoor> {
  const { rows } = await tx.query<AtTheDoor>({
    name: 'payment_at_the_door',
    text: `select
      (select jsonb_build_object('id', p.id, 'bodyHash', encode(p.body_hash, 'hex')) from payments p
        where p.provider = $1 and p.reference = $2) as known,
      (select jsonb_build_object('id', e.id, 'zone', e.zone) from legal_entities e
        order by e.created_at, e.id limit 1) as entity,
      (select floor(extract(epoch from min(e.created_at)) * 1000)::float8 from legal_entities e) as "foundedMs",
      (select jsonb_object_agg(e.id, e.zone) from legal_entities e) as zones,
      (select max(version) from policies where kind = 'invoicing') as invoicing,
      ($4::text is null or exists (select from accounts a where a.id = $4)) as "knownAccount",
      (select coalesce(jsonb_agg(${INVOICE} order by i.id), '[]') from invoices i where i.id = any($3)) as invoices`,
    values: [provider, reference, ids, accountId],
  });
  return rows[0] as AtTheDoor;
}

/**
 * Debts offered to a person as alternatives: the payer's, or those of which the principal or a charge note is
 * exactly this amount.
 */
export async function readProposals(
  tx: Tx,
  { accountId, currency, amountMinor }: Candidates,
): Promise<OpenInvoice[]> {
  const { rows } = await tx.query<Omit<OpenInvoice, 'charges'> & { charges: OpenChargeJson[] }>({
    name: 'invoices_to_propose',
    text: `with owing as (
        select i.id from invoices i where i.open_minor > 0 and i.currency = $2
          and (i.account_id = $1 or ($1::text is null and i.open_minor = $3))
        union
        select n.invoice_id from charge_notes n where n.open_minor > 0 and n.currency = $2
          and (n.account_id = $1 or ($1::text is null and n.open_minor = $3)))
      select i.id as "invoiceId", i.number, i.account_id as "accountId", i.currency, i.due_on as "dueOn",
        i.open_minor as "openMinor",
        (select coalesce(jsonb_agg(jsonb_build_object('chargeNoteId', n.id, 'number', n.number, 'dueOn', n.due_on,
            'feeMinor', (n.fee_minor - n.allocated_fee_minor - n.waived_fee_minor
              - n.written_off_fee_minor)::text,
            'interestMinor', (n.interest_minor - n.allocated_interest_minor - n.waived_interest_minor
              - n.written_off_interest_minor)::text)), '[]')
          from charge_notes n where n.invoice_id = i.id and n.open_minor > 0) as charges
      from owing o join invoices i on i.id = o.id order by i.due_on, i.id limit ${MAX_PROPOSALS}`,
    values: [accountId, currency, amountMinor],
  });
  return rows.map((row) => ({
    ...row,
    charges: row.charges.map(({ feeMinor, interestMinor, ...note }) => ({
      ...note,
      feeMinor: BigInt(feeMinor),
      interestMinor: BigInt(interestMinor),
    })),
  }));
}

/** The one customer a payer's name stands for; null when nobody or several have it as an alias. */
export async function accountOfPayer(tx: Tx, payer: string): Promise<string | null> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'account_of_payer',
    text: 'select id from accounts where payer_aliases @> array[$1] limit 2',
    values: [payer],
  });
  return rows.length === 1 ? (rows[0]?.id ?? null) : null;
}

export interface NewAllocation {
  readonly row: Pick<
    Tables['allocations'],
    'id' | 'payment_id' | 'invoice_id' | 'lead_id' | 'amount_minor' | 'value_on' | 'undoes' | 'cause'
  > &
    Partial<Pick<Tables['allocations'], 'allocated_by'>>;
  /** Signed as the row. */
  readonly shares: readonly LineShare[];
}

export function writeAllocations(writes: Writes, allocations: readonly NewAllocation[]): void {
  writes.insert('allocations', ...allocations.map(({ row }) => row));
  writes.insert(
    'allocation_lines',
    ...allocations.flatMap(({ row, shares }) =>
      shares.map(({ lineId, amountMinor }) => ({
        allocation_id: row.id,
        invoice_line_id: lineId,
        amount_minor: amountMinor,
      })),
    ),
  );
}

export interface StoredPayment {
  readonly id: string;
  readonly amountMinor: bigint;
  readonly unappliedMinor: bigint;
  readonly currency: string;
  readonly method: string;
  readonly provider: string;
  readonly paidOn: string;
  readonly accountId: string | null;
  readonly entityId: string;
  readonly zone: string;
  readonly reversed: boolean;
  readonly recordedBy: string;
  readonly chain: { seq: string; hash: string } | null;
}

/** A payment under its lock, with the head of its audit chain. */
export async function readPayment(tx: Tx, paymentId: string): Promise<StoredPayment | undefined> {
  const { rows } = await tx.query<StoredPayment>({
    name: 'read_payment',
    text: `select p.id, p.amount_minor as "amountMinor", p.unapplied_minor as "unappliedMinor", p.currency,
        p.method, p.provider, p.paid_on as "paidOn", p.account_id as "accountId", p.entity_id as "entityId",
        e.zone, p.reversed_at is not null as reversed, p.recorded_by as "recordedBy",
        (select jsonb_build_object('seq', h.seq::text, 'hash', encode(h.hash, 'hex')) from audit_heads h
          where h.subject = p.id) as chain
      from payments p join legal_entities e on e.id = p.entity_id where p.id = $1`,
    values: [paymentId],
  });
  return rows[0];
}

/** The invoices a payment was ever put on, itself or on their charge notes, in the order in which they are locked. */
export async function invoicesOfPayment(tx: Tx, paymentId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'invoices_of_payment',
    text: `select invoice_id as id from allocations where payment_id = $1
      union
      select n.invoice_id from charge_allocations a join charge_notes n on n.id = a.charge_note_id
        where a.payment_id = $1 order by 1`,
    values: [paymentId],
  });
  return rows.map(({ id }) => id);
}
