// Reading invoices, each view in one statement. Ids sort by time, so the newest comes first by its id.
import type { InvoiceSummary, InvoiceView } from '../contracts/invoices.js';
import { wireMoney } from '../contracts/money.js';
import { invoiceStatus } from '../domain/invoices/balance.js';
import { ALLOCATION, type AllocationJson, allocationView } from './paymentViews.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export const STATUS_FILTERS = ['open', 'overdue', 'paid', 'credited', 'written_off'] as const;

export interface InvoiceFilter {
  readonly lead?: string;
  readonly account?: string;
  readonly order?: string;
  readonly kind?: string;
  readonly number?: string;
  readonly status?: (typeof STATUS_FILTERS)[number];
}

interface Page {
  readonly limit: number;
  readonly after: { readonly id: string } | null;
}

export type InvoiceListRow = Tables['invoices'] & { readonly overdue: boolean };

/** Overdue by the calendar of the entity; `$1` is the business instant (epoch ms). */
const OVERDUE = `(i.open_minor > 0 and i.due_on < (to_timestamp($1::float8 / 1000) at time zone
  (select e.zone from legal_entities e where e.id = i.entity_id))::date)`;

// The words of domain/invoices/balance.ts, as conditions an index on what is open can serve.
const IN_STATUS = `case $7 when 'open' then i.open_minor > 0 when 'overdue' then ${OVERDUE}
  when 'paid' then i.kind = 'invoice' and i.open_minor = 0 and i.written_off_minor = 0
    and i.credited_minor < i.gross_minor
  when 'credited' then i.kind = 'invoice' and i.open_minor = 0 and i.written_off_minor = 0
    and i.credited_minor > 0 and i.credited_minor = i.gross_minor
  when 'written_off' then i.kind = 'invoice' and i.open_minor = 0 and i.written_off_minor > 0 end`;

/** Invoices and credit notes, the newest first, one more than the page holds when there are more. */
export async function listInvoices(
  db: Queryable,
  page: Page,
  filter: InvoiceFilter,
  atMs: number,
): Promise<InvoiceListRow[]> {
  const { rows } = await db.query<InvoiceListRow>({
    text: `select i.*, ${OVERDUE} as overdue from invoices i where ($2::text is null or i.id < $2)
        and ($3::text is null or i.lead_id = $3) and ($4::text is null or i.account_id = $4)
        and ($5::text is null or i.order_id = $5) and ($6::text is null or i.kind = $6)
        and ($7::text is null or ${IN_STATUS}) and ($8::text is null or i.number = $8)
      order by i.id desc limit $9`,
    values: [
      atMs,
      page.after?.id ?? null,
      filter.lead ?? null,
      filter.account ?? null,
      filter.order ?? null,
      filter.kind ?? null,
      filter.status ?? null,
      filter.number ?? null,
      page.limit + 1,
    ],
  });
  return rows;
}

export function invoiceSummary(row: InvoiceListRow): InvoiceSummary {
  const money = (minor: bigint) => wireMoney(minor, row.currency);
  return {
    id: row.id,
    kind: row.kind as InvoiceSummary['kind'],
    number: row.number,
    leadId: row.lead_id,
    orderId: row.order_id,
    deliveryId: row.delivery_id,
    creditsId: row.credits_id,
    accountId: row.account_id,
    entityId: row.entity_id,
    issuedOn: row.issued_on,
    taxPointOn: row.tax_point_on,
    dueOn: row.due_on,
    net: money(row.net_minor),
    tax: money(row.tax_minor),
    gross: money(row.gross_minor),
    allocated: money(row.allocated_minor),
    credited: money(row.credited_minor),
    smallDifference: money(row.small_difference_minor),
    writtenOff: money(row.written_off_minor),
    open: money(row.open_minor),
    status: row.kind === 'credit_note' ? null : statusOf(row),
    overdue: row.overdue,
    dunningLevel: row.dunning_level,
  };
}

function statusOf(row: InvoiceListRow): InvoiceSummary['status'] {
  return invoiceStatus({
    grossMinor: row.gross_minor,
    allocatedMinor: row.allocated_minor,
    creditedMinor: row.credited_minor,
    toleratedMinor: row.small_difference_minor,
    writtenOffMinor: row.written_off_minor,
    openMinor: row.open_minor,
  });
}

const LINES = `(select jsonb_agg(jsonb_build_object('id', l.id, 'position', l.position,
    'orderLineId', l.order_line_id, 'sku', ol.sku, 'name', ol.name,
    'quantity', trim_scale(l.quantity)::text, 'taxTreatment', l.tax_treatment, 'taxRateBps', l.tax_rate_bps,
    'net', l.net_minor::text, 'tax', l.tax_minor::text, 'gross', l.gross_minor::text,
    'credited', (l.credited_net_minor + l.credited_tax_minor)::text, 'allocated', l.allocated_minor::text,
    'tolerated', l.tolerated_minor::text, 'writtenOff', l.written_off_minor::text,
    'open', case i.kind when 'credit_note' then '0' else (l.gross_minor - l.credited_net_minor
      - l.credited_tax_minor - l.allocated_minor - l.tolerated_minor - l.written_off_minor)::text end)
    order by l.position)
  from invoice_lines l join order_lines ol on ol.id = l.order_line_id where l.invoice_id = i.id)`;

const PARTS = `${LINES} as lines,
  (select coalesce(jsonb_agg(jsonb_build_object('treatment', t.treatment, 'rateBps', t.rate_bps,
      'base', t.base_minor::text, 'tax', t.tax_minor::text) order by t.treatment, t.rate_bps), '[]')
    from invoice_taxes t where t.invoice_id = i.id) as taxes,
  (select coalesce(jsonb_agg(${ALLOCATION} order by a.recorded_at, a.id), '[]') from allocations a
    where a.invoice_id = i.id) as allocations,
  (select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'number', n.number, 'issuedOn', n.issued_on,
      'gross', n.gross_minor::text, 'reason', n.reason) order by n.id), '[]')
    from invoices n where n.order_id = i.order_id and n.credits_id = i.id) as "creditNotes",
  (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'number', c.number, 'issuedOn', c.issued_on,
      'total', c.total_minor::text, 'open', c.open_minor::text) order by c.seq), '[]')
    from charge_notes c where c.invoice_id = i.id) as "chargeNotes",
  (select coalesce(jsonb_agg(jsonb_build_object('level', r.level, 'letterId', r.letter_id,
      'decidedOn', r.decided_on, 'open', r.open_minor::text) order by r.decided_at), '[]')
    from reminders r where r.invoice_id = i.id) as reminders,
  (select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'amount', w.amount_minor::text,
      'writtenOffOn', w.written_off_on, 'reason', w.reason, 'decidedBy', w.decided_by) order by w.id), '[]')
    from write_offs w where w.invoice_id = i.id) as "writeOffs"`;

type AsText<T, K extends keyof T> = Omit<T, K> & Readonly<Record<K, string>>;
type ViewLine = InvoiceView['lines'][number];
const LINE_AMOUNTS = [
  'net',
  'tax',
  'gross',
  'credited',
  'allocated',
  'tolerated',
  'writtenOff',
  'open',
] as const;

interface Parts {
  lines: AsText<ViewLine, (typeof LINE_AMOUNTS)[number]>[];
  taxes: AsText<InvoiceView['taxes'][number], 'base' | 'tax'>[];
  allocations: AllocationJson[];
  creditNotes: AsText<InvoiceView['creditNotes'][number], 'gross'>[];
  chargeNotes: AsText<InvoiceView['chargeNotes'][number], 'total' | 'open'>[];
  reminders: AsText<InvoiceView['reminders'][number], 'open'>[];
  writeOffs: AsText<InvoiceView['writeOffs'][number], 'amount'>[];
}

/** One invoice with everything that stands on it; undefined where there is none. */
export async function invoiceById(db: Queryable, id: string, atMs: number): Promise<InvoiceView | undefined> {
  const { rows } = await db.query<InvoiceListRow & Parts>({
    name: 'invoice_by_id',
    text: `select i.*, ${OVERDUE} as overdue, ${PARTS} from invoices i where i.id = $2`,
    values: [atMs, id],
  });
  return rows[0] && invoiceView(rows[0]);
}

function invoiceView(row: InvoiceListRow & Parts): InvoiceView {
  const money = (minor: string) => wireMoney(minor, row.currency);
  return {
    ...invoiceSummary(row),
    issuedAt: row.issued_at.toISOString(),
    reason: row.reason,
    createdBy: row.created_by,
    approvedBy: row.approved_by,
    lines: row.lines.map((line) => {
      const amounts = LINE_AMOUNTS.map((name) => [name, money(line[name])]);
      return { ...line, ...(Object.fromEntries(amounts) as Pick<ViewLine, (typeof LINE_AMOUNTS)[number]>) };
    }),
    taxes: row.taxes.map((one) => ({ ...one, base: money(one.base), tax: money(one.tax) })),
    allocations: row.allocations.map((one) => allocationView(one, row.currency)),
    creditNotes: row.creditNotes.map((one) => ({ ...one, gross: money(one.gross) })),
    chargeNotes: row.chargeNotes.map((one) => ({ ...one, total: money(one.total), open: money(one.open) })),
    reminders: row.reminders.map((one) => ({ ...one, open: money(one.open) })),
    writeOffs: row.writeOffs.map((one) => ({ ...one, amount: money(one.amount) })),
  };
}
