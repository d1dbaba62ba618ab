// What the steps of invoices lock and read.
import { CHARGES, type ChargeJson } from './charges.js';
import type { Tx } from './pool.js';
import { DEAL } from './progress.js';

/** Everything an invoice of an order needs beside the order: who is sold to, tax classes, deliveries to bill. */
export const TO_INVOICE = `jsonb_build_object('deal', ${DEAL},
  'customer', (select jsonb_build_object('country', a.country, 'segment', a.segment, 'entityCountry', e.country)
    from orders o join accounts a on a.id = o.account_id join legal_entities e on e.id = o.entity_id
    where o.lead_id = $1),
  'classes', (select coalesce(jsonb_object_agg(l.id, jsonb_build_object(
      'taxClass', coalesce(q.tax_class, p.tax_class), 'supply', coalesce(q.supply, p.supply))), '{}')
    from orders o join order_lines l on l.order_id = o.id join products p on p.id = l.product_id
    left join lateral (select * from quote_lines ql where ql.quote_id = o.quote_id
      and ql.revision = o.quote_revision and ql.position = l.position limit 1) q on true
    where o.lead_id = $1),
  'deliveries', (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'deliveredOn', d.delivered_on,
      'lines', (select jsonb_agg(jsonb_build_object('lineId', dl.order_line_id,
        'quantityMicro', (dl.quantity * 1000000)::bigint::text)) from delivery_lines dl
        where dl.delivery_id = d.id))), '[]')
    from deliveries d join orders o on o.id = d.order_id
    where o.lead_id = $1 and d.status = 'applied' and d.invoice_id is null))`;

/** Locks invoices in the one order everybody uses; what is read of them is read by a later statement. */
export async function lockInvoices(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.query({
    name: 'lock_invoices',
    text: 'select id from invoices where id = any($1) order by id for no key update',
    values: [ids],
  });
}

/** Locks payments after invoices: a credit note gives unapplied cash back to them. */
export async function lockPayments(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.query({
    name: 'lock_payments',
    text: 'select id from payments where id = any($1) order by id for no key update',
    values: [ids],
  });
}

export interface StoredLine {
  readonly lineId: string;
  readonly lineNo: number;
  readonly orderLineId: string;
  readonly quantity: string;
  readonly treatment: string;
  readonly rateBps: number;
  readonly netMinor: string;
  readonly taxMinor: string;
  readonly grossMinor: string;
  readonly creditedNetMinor: string;
  readonly creditedTaxMinor: string;
  readonly allocatedMinor: string;
  readonly toleratedMinor: string;
  readonly writtenOffMinor: string;
}

/** The lines of one invoice `i`, amounts as text. */
export const INVOICE_LINES = `(select jsonb_agg(jsonb_build_object('lineId', l.id, 'lineNo', l.position,
    'orderLineId', l.order_line_id, 'quantity', l.quantity::text, 'treatment', l.tax_treatment,
    'rateBps', l.tax_rate_bps, 'netMinor', l.net_minor::text, 'taxMinor', l.tax_minor::text,
    'grossMinor', l.gross_minor::text, 'creditedNetMinor', l.credited_net_minor::text,
    'creditedTaxMinor', l.credited_tax_minor::text, 'allocatedMinor', l.allocated_minor::text,
    'toleratedMinor', l.tolerated_minor::text, 'writtenOffMinor', l.written_off_minor::text)
    order by l.position) from invoice_lines l where l.invoice_id = i.id)`;

export interface InvoiceRow {
  readonly id: string;
  readonly number: string;
  readonly leadId: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly entityId: string;
  readonly currency: string;
  readonly dueOn: string;
  readonly taxPointOn: string;
  readonly grossMinor: string;
  readonly allocatedMinor: string;
  readonly creditedMinor: string;
  readonly smallDifferenceMinor: string;
  readonly writtenOffMinor: string;
  readonly openMinor: string;
  readonly level: number;
  readonly pins: { dunning?: number; invoicing?: number };
  /** Who decided to write it off; nobody where its dunning plan did. */
  readonly writtenOffBy: readonly string[];
  readonly lines: readonly StoredLine[];
  readonly charges: readonly ChargeJson[];
  /** What stands of each allocation line, oldest first. */
  readonly standing: readonly {
    allocationId: string;
    paymentId: string;
    lineId: string;
    amountMinor: string;
  }[];
}

export const INVOICE = `jsonb_build_object('id', i.id, 'number', i.number, 'leadId', i.lead_id,
  'orderId', i.order_id, 'accountId', i.account_id, 'entityId', i.entity_id, 'currency', i.currency,
  'dueOn', i.due_on, 'taxPointOn', i.tax_point_on, 'grossMinor', i.gross_minor::text,
  'allocatedMinor', i.allocated_minor::text, 'creditedMinor', i.credited_minor::text,
  'smallDifferenceMinor', i.small_difference_minor::text, 'writtenOffMinor', i.written_off_minor::text,
  'openMinor', i.open_minor::text, 'level', i.dunning_level, 'pins', i.pins,
  'writtenOffBy', (select coalesce(jsonb_agg(w.decided_by), '[]') from (
      select decided_by from write_offs where invoice_id = i.id
      union select o.decided_by from charge_notes n join charge_write_offs o on o.charge_note_id = n.id
        where n.invoice_id = i.id) w where w.decided_by is not null),
  'lines', ${INVOICE_LINES}, 'charges', ${CHARGES})`;

// Rows that undo count with the allocation they undo: what is left of it is what stands.
const STANDING = `(select coalesce(jsonb_agg(jsonb_build_object('allocationId', s.id, 'paymentId', s.payment_id,
    'lineId', s.invoice_line_id, 'amountMinor', s.minor::text) order by s.recorded_at, s.id), '[]') from (
      select r.id, r.payment_id, r.recorded_at, al.invoice_line_id, sum(al.amount_minor) as minor
      from allocations r
      cross join lateral (select r.id union all select u.id from allocations u where u.undoes = r.id) a
      join allocation_lines al on al.allocation_id = a.id
      where r.invoice_id = i.id and r.undoes is null group by r.id, al.invoice_line_id
      having sum(al.amount_minor) > 0) s)`;

/** Invoices as they stand under their locks, by id. */
export async function readInvoices(tx: Tx, ids: readonly string[]): Promise<InvoiceRow[]> {
  const { rows } = await tx.query<{ invoice: InvoiceRow }>({
    name: 'read_invoices',
    text: `select ${INVOICE} || jsonb_build_object('standing', ${STANDING}) as invoice
      from invoices i where i.id = any($1) and i.kind = 'invoice' order by i.id`,
    values: [ids],
  });
  return rows.map((row) => row.invoice);
}
