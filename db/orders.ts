// Reading orders, each view in one statement. Ids sort by time, so the newest order comes first by its id.

import { wireMoney } from '../contracts/money.js';
import type { Delivery, OrderSummary, OrderView } from '../contracts/orders.js';
import { BUSINESS_NOW, WAIT_JSON, type WaitJson, waitView } from './leadViews.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export interface OrderFilter {
  readonly lead?: string;
  readonly account?: string;
  readonly status?: string;
}

interface Page {
  readonly limit: number;
  readonly after: { readonly id: string } | null;
}

export type OrderRow = Tables['orders'];

/** Orders, the newest first, one more than the page holds when there are more. */
export async function listOrders(db: Queryable, page: Page, filter: OrderFilter): Promise<OrderRow[]> {
  const { rows } = await db.query<OrderRow>({
    text: `select * from orders o where ($1::text is null or o.id < $1)
        and ($2::text is null or o.lead_id = $2) and ($3::text is null or o.account_id = $3)
        and ($4::text is null or o.status = $4)
      order by o.id desc limit $5`,
    values: [
      page.after?.id ?? null,
      filter.lead ?? null,
      filter.account ?? null,
      filter.status ?? null,
      page.limit + 1,
    ],
  });
  return rows;
}

export function orderSummary(row: OrderRow): OrderSummary {
  const money = (minor: bigint) => wireMoney(minor, row.currency);
  return {
    id: row.id,
    number: row.number,
    leadId: row.lead_id,
    quoteId: row.quote_id,
    quoteRevision: row.quote_revision,
    accountId: row.account_id,
    entityId: row.entity_id,
    status: row.status as OrderSummary['status'],
    net: money(row.net_minor),
    tax: money(row.tax_minor),
    gross: money(row.gross_minor),
    billOn: row.bill_on as OrderSummary['billOn'],
    orderedOn: row.ordered_on,
    deliverBy: row.deliver_by,
  };
}

const LINES = `(select jsonb_agg(jsonb_build_object('id', l.id, 'position', l.position,
    'productId', l.product_id, 'sku', l.sku, 'name', l.name, 'family', l.family, 'unit', l.unit,
    'chargedOn', l.charged_on, 'ordered', trim_scale(l.quantity)::text, 'delivered', trim_scale(l.delivered)::text,
    'billed', trim_scale(l.billed)::text, 'net', l.net_minor::text, 'invoiced', l.invoiced_minor::text,
    'taxTreatment', l.tax_treatment, 'taxRateBps', l.tax_rate_bps) order by l.position)
  from order_lines l where l.order_id = o.id)`;

/** One delivery `d` of an order. */
const DELIVERY = `jsonb_build_object('id', d.id, 'key', d.key, 'status', d.status,
  'deliveredAt', d.delivered_at, 'deliveredOn', d.delivered_on, 'proof', d.proof,
  'recordedBy', d.recorded_by, 'invoiceId', d.invoice_id,
  'lines', (select jsonb_agg(jsonb_build_object('orderLineId', dl.order_line_id,
      'quantity', trim_scale(dl.quantity)::text) order by l.position)
    from delivery_lines dl join order_lines l on l.id = dl.order_line_id where dl.delivery_id = d.id))`;

const INVOICES = `(select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'kind', i.kind,
    'number', i.number, 'gross', i.gross_minor::text, 'open', i.open_minor::text, 'dueOn', i.due_on)
    order by i.id), '[]') from invoices i where i.order_id = o.id)`;

const WAITS = `(select coalesce(jsonb_agg(${WAIT_JSON} order by w.until, w.id), '[]') from waits w
  where w.lead_id = o.lead_id and w.ended_at is null)`;

interface Parts {
  lines: (Omit<OrderView['lines'][number], 'net' | 'invoiced'> & { net: string; invoiced: string })[];
  deliveries: Delivery[];
  invoices: (Omit<OrderView['invoices'][number], 'gross' | 'open'> & { gross: string; open: string })[];
  waits: WaitJson[];
  now_ms: number;
}

/** One order with everything that hangs on it; undefined where there is none. */
export async function orderById(db: Queryable, id: string): Promise<OrderView | undefined> {
  const { rows } = await db.query<OrderRow & Parts>({
    name: 'order_by_id',
    text: `select o.*, ${LINES} as lines, (select coalesce(jsonb_agg(${DELIVERY} order by d.delivered_at, d.id),
        '[]') from deliveries d where d.order_id = o.id) as deliveries, ${INVOICES} as invoices, ${WAITS} as waits,
        ${BUSINESS_NOW} as now_ms
      from orders o where o.id = $1`,
    values: [id],
  });
  return rows[0] && orderView(rows[0]);
}

function orderView(row: OrderRow & Parts): OrderView {
  const money = (minor: bigint | string) => wireMoney(minor, row.currency);
  return {
    ...orderSummary(row),
    acceptedBy:
      row.accepted_by_name === null ? null : { name: row.accepted_by_name, email: row.accepted_by_email },
    purchaseOrder: row.purchase_order,
    terms: row.terms as OrderView['terms'],
    orderedAt: row.ordered_at.toISOString(),
    cancelledAt: row.cancelled_at?.toISOString() ?? null,
    cancelReason: row.cancel_reason,
    lines: row.lines.map((line) => ({ ...line, net: money(line.net), invoiced: money(line.invoiced) })),
    deliveries: row.deliveries.map(instants),
    invoices: row.invoices.map((one) => ({ ...one, gross: money(one.gross), open: money(one.open) })),
    waits: row.waits.map((wait) => waitView(wait, row.now_ms)),
  };
}

const iso = (instant: string): string => new Date(instant).toISOString();
const instants = (delivery: Delivery): Delivery => ({ ...delivery, deliveredAt: iso(delivery.deliveredAt) });

/** A delivery and the message by which its lead hears of it. */
export async function deliveryById(
  db: Queryable,
  id: string,
): Promise<{ delivery: Delivery; messageId: string } | undefined> {
  const { rows } = await db.query<{ delivery: Delivery; messageId: string }>({
    name: 'delivery_by_id',
    text: `select ${DELIVERY} as delivery, m.id as "messageId"
      from deliveries d join orders o on o.id = d.order_id
      join messages m on m.lead_id = o.lead_id and m.name = 'deliveryRecorded' and m.body ->> 'deliveryId' = d.id
      where d.id = $1`,
    values: [id],
  });
  return rows[0] && { ...rows[0], delivery: instants(rows[0].delivery) };
}
