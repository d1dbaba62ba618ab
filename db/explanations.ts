// The chain behind an amount, read in one statement: amounts as text, instants as days.

import type {
  ChargeChain,
  CommissionChain,
  InvoiceChain,
  PayoutChain,
  QuotePriceChain,
} from './explanationTypes.js';
import type { Queryable } from './pool.js';
import { ruleTexts } from './ruleTexts.js';

/** Commission lines of a payout that are listed; the rest is in GET /v1/commissions?payout=. */
const MAX_LINES = 200;

/** The steps of a quote line `ql`, the list price with the name of its book. */
const WATERFALL = `(select coalesce(jsonb_agg(s.step || jsonb_build_object('book',
    (select jsonb_build_object('name', b.name, 'revision', split_part(s.step ->> 'source', '@', 2)::int)
      from price_books b where s.step ->> 'source' like 'price_book:%@%'
        and b.id = split_part(substr(s.step ->> 'source', 12), '@', 1))) order by s.n), '[]')
  from jsonb_array_elements(ql.waterfall) with ordinality s(step, n))`;

const quoteChain = (
  quoteId: string,
  revision: string,
): string => `(select jsonb_build_object('id', r.quote_id,
  'revision', r.revision, 'currency', q.currency, 'listMinor', r.list_minor::text,
  'netMinor', r.net_minor::text, 'taxMinor', r.tax_minor::text, 'grossMinor', r.gross_minor::text,
  'discountBps', r.effective_discount_bps, 'status', r.status, 'pins', r.pins,
  'approvals', (select coalesce(jsonb_agg(jsonb_build_object('id', ap.id, 'ruleId', ap.rule_id, 'textCode', ap.text_code,
      'texts', ${ruleTexts('ap')},
      'status', ap.status, 'by', pe.name, 'on', ap.decided_at::date, 'amountMinor', ap.amount_minor::text,
      'reason', ap.reason) order by ap.sequence, ap.id), '[]')
    from approvals ap left join people pe on pe.id = ap.decided_by
    where ap.quote_id = r.quote_id and ap.revision = r.revision))
  from quote_revisions r join quotes q on q.id = r.quote_id
  where r.quote_id = ${quoteId} and r.revision = ${revision})`;

const leadChain = (leadId: string): string => `(select jsonb_build_object('id', le.id, 'channel', le.channel,
  'campaign', le.source ->> 'campaign', 'capturedOn', le.captured_at::date) from leads le where le.id = ${leadId})`;

/** Of an order `o`. */
const DEAL = `jsonb_build_object('order', jsonb_build_object('id', o.id, 'number', o.number,
    'orderedOn', o.ordered_on, 'netMinor', o.net_minor::text),
  'quote', ${quoteChain('o.quote_id', 'o.quote_revision')}, 'lead', ${leadChain('o.lead_id')})`;

/** Of an invoice line `l`, its order line `ol` and their order `o`. */
const LINE = `jsonb_build_object('id', l.id, 'position', l.position, 'quantity', trim_scale(l.quantity)::text,
  'netMinor', l.net_minor::text, 'taxMinor', l.tax_minor::text, 'grossMinor', l.gross_minor::text,
  'creditedMinor', (l.credited_net_minor + l.credited_tax_minor)::text, 'treatment', l.tax_treatment,
  'rateBps', l.tax_rate_bps,
  'orderLine', jsonb_build_object('id', ol.id, 'sku', ol.sku, 'name', ol.name,
    'quantity', trim_scale(ol.quantity)::text, 'netMinor', ol.net_minor::text, 'taxReason', ol.tax_reason),
  'waterfall', (select ${WATERFALL} from quote_lines ql where ql.quote_id = o.quote_id
    and ql.revision = o.quote_revision and ql.position = ol.position))`;

/** Of an allocation `a` and its payment `p`. */
const CASH = `jsonb_build_object('id', a.id, 'cause', a.cause, 'amountMinor', a.amount_minor::text,
  'valueOn', a.value_on, 'payment', jsonb_build_object('id', p.id, 'provider', p.provider,
    'reference', p.reference, 'method', p.method, 'amountMinor', p.amount_minor::text, 'paidOn', p.paid_on))`;

const COMMISSION = `select jsonb_build_object('id', c.id, 'payeeId', c.payee_id, 'payee', pe.name,
    'component', c.component, 'currency', c.currency, 'amountMinor', c.amount_minor::text,
    'basisMinor', c.basis_minor::text, 'rateBps', c.rate_bps, 'family', c.family,
    'planVersion', c.plan_version, 'earnedOn', c.earned_on, 'sequence', c.sequence, 'corrects', c.corrects,
    'basisToDateMinor', (select sum(b.basis_minor)::text from commission_lines b
      where b.invoice_line_id = c.invoice_line_id and b.payee_id = c.payee_id and b.component = c.component
        and b.lead_id = c.lead_id and b.id <= c.id),
    'payoutId', (select t.payout_id from payout_items t where t.commission_line_id = c.id),
    'shareBps', cr.share_bps, 'roles', coalesce(to_jsonb(cr.roles), '[]'),
    'reports', (select coalesce(jsonb_agg(r.name order by r.name), '[]') from people r
      where r.id = any(cr.report_ids)),
    'lineCashMinor', (select coalesce(sum(al.amount_minor), 0)::text from allocation_lines al
      where al.allocation_id = a.id and al.invoice_line_id = l.id),
    'cash', ${CASH}, 'invoice', jsonb_build_object('id', i.id, 'number', i.number, 'issuedOn', i.issued_on),
    'line', ${LINE}, 'deal', ${DEAL}) as chain
  from commission_lines c join people pe on pe.id = c.payee_id
  join allocations a on a.id = c.allocation_id join payments p on p.id = a.payment_id
  join invoices i on i.id = c.invoice_id join invoice_lines l on l.id = c.invoice_line_id
  join order_lines ol on ol.id = l.order_line_id join orders o on o.id = c.order_id
  left join commission_credits cr on cr.order_id = c.order_id and cr.payee_id = c.payee_id
    and cr.component = c.component
  where c.id = $1`;

const INVOICE = `select jsonb_build_object('id', i.id, 'kind', i.kind, 'number', i.number,
    'currency', i.currency, 'issuedOn', i.issued_on, 'netMinor', i.net_minor::text,
    'taxMinor', i.tax_minor::text, 'grossMinor', i.gross_minor::text, 'openMinor', i.open_minor::text,
    'creditsId', i.credits_id, 'reason', i.reason,
    'lines', (select jsonb_agg(${LINE} order by l.position) from invoice_lines l
      join order_lines ol on ol.id = l.order_line_id where l.invoice_id = i.id),
    'cash', (select coalesce(jsonb_agg(${CASH} order by a.recorded_at, a.id), '[]') from allocations a
      join payments p on p.id = a.payment_id where a.invoice_id = i.id),
    'creditNotes', (select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'number', n.number,
        'grossMinor', n.gross_minor::text) order by n.id), '[]')
      from invoices n where n.order_id = i.order_id and n.credits_id = i.id),
    'writeOffs', (select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'amountMinor', w.amount_minor::text,
        'reason', w.reason) order by w.id), '[]') from write_offs w where w.invoice_id = i.id),
    'chargeNotes', (select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'number', n.number,
        'amountMinor', n.total_minor::text, 'openMinor', n.open_minor::text) order by n.seq), '[]')
      from charge_notes n where n.invoice_id = i.id),
    'deal', ${DEAL}) as chain
  from invoices i join orders o on o.id = i.order_id where i.id = $1`;

const CHARGE = `select jsonb_build_object('id', n.id, 'number', n.number, 'currency', n.currency,
    'issuedOn', n.issued_on, 'level', n.level, 'totalMinor', n.total_minor::text,
    'openMinor', n.open_minor::text, 'dunning', (n.pins ->> 'dunning')::int,
    'letter', jsonb_build_object('id', t.id, 'decidedOn', t.decided_on),
    'invoice', jsonb_build_object('id', i.id, 'number', i.number, 'issuedOn', i.issued_on, 'dueOn', i.due_on,
      'grossMinor', i.gross_minor::text),
    'lines', (select jsonb_agg(jsonb_build_object('kind', l.kind, 'amountMinor', l.amount_minor::text,
        'periods', l.periods) order by l.position) from charge_note_lines l where l.charge_note_id = n.id),
    'cash', (select coalesce(jsonb_agg(${CASH} order by a.recorded_at, a.id), '[]') from charge_allocations a
      join payments p on p.id = a.payment_id where a.charge_note_id = n.id),
    'waivers', (select coalesce(jsonb_agg(jsonb_build_object('id', w.id,
        'amountMinor', (w.fee_minor + w.interest_minor)::text, 'reason', w.reason, 'by', pe.name,
        'on', w.waived_on) order by w.id), '[]')
      from charge_waivers w join people pe on pe.id = w.decided_by where w.charge_note_id = n.id),
    'writeOffs', (select coalesce(jsonb_agg(jsonb_build_object('id', w.id,
        'amountMinor', (w.fee_minor + w.interest_minor)::text, 'reason', w.reason) order by w.id), '[]')
      from charge_write_offs w where w.charge_note_id = n.id),
    'deal', ${DEAL}) as chain
  from charge_notes n join reminder_letters t on t.id = n.letter_id join invoices i on i.id = n.invoice_id
  join orders o on o.id = i.order_id where n.id = $1`;

const PAYOUT = `select jsonb_build_object('id', p.id, 'mode', p.mode, 'period', p.period, 'run', p.run,
    'planVersion', p.plan_version,
    'lines', (select coalesce(jsonb_agg(jsonb_build_object('payeeId', l.payee_id, 'payee', pe.name,
        'currency', l.currency, 'earnedMinor', l.earned_minor::text, 'paidMinor', l.amount_minor::text,
        'releasedBy', re.name, 'releasedOn', l.released_at::date) order by pe.name, l.currency), '[]')
      from payout_lines l join people pe on pe.id = l.payee_id left join people re on re.id = l.released_by
      where l.payout_id = p.id and ($2::text is null or l.payee_id = $2)),
    'commissions', (select coalesce(jsonb_agg(to_jsonb(s) order by s.payee, s.id), '[]') from (
        select c.id, pe.name as payee, c.currency, c.amount_minor::text as "amountMinor",
          c.basis_minor::text as "basisMinor", c.rate_bps as "rateBps", i.number as "invoiceNumber",
          c.plan_version as "planVersion"
        from payout_items t join commission_lines c on c.id = t.commission_line_id
        join people pe on pe.id = c.payee_id join invoices i on i.id = c.invoice_id
        where t.payout_id = p.id and ($2::text is null or c.payee_id = $2)
        order by c.id limit ${MAX_LINES}) s)) as chain
  from payouts p where p.id = $1`;

const QUOTE = `select jsonb_build_object('quote', ${quoteChain('v.quote_id', 'v.revision')},
    'lead', ${leadChain('v.lead_id')},
    'lines', (select coalesce(jsonb_agg(jsonb_build_object('position', ql.position, 'sku', ql.sku,
        'name', ql.name, 'quantity', trim_scale(ql.quantity)::text, 'netMinor', ql.net_minor::text,
        'taxMinor', ql.tax_minor::text, 'treatment', ql.tax_treatment, 'rateBps', ql.tax_rate_bps,
        'waterfall', ${WATERFALL}) order by ql.position), '[]')
      from quote_lines ql where ql.quote_id = v.quote_id and ql.revision = v.revision)) as chain
  from quote_revisions v where v.quote_id = $1 and ($2::int is null or v.revision = $2)
  order by v.revision desc limit 1`;

const read =
  <T>(name: string, text: string) =>
  async (db: Queryable, ...values: (string | number | null)[]): Promise<T | undefined> => {
    const { rows } = await db.query<{ chain: T }>({ name, text, values });
    return rows[0]?.chain;
  };

export const commissionChain = read<CommissionChain>('chain_of_commission', COMMISSION);
export const chargeChain = read<ChargeChain>('chain_of_charge', CHARGE);
export const invoiceChain = read<InvoiceChain>('chain_of_invoice', INVOICE);
/** Second value: the one payee whose lines are told, null for all. */
export const payoutChain = read<PayoutChain>('chain_of_payout', PAYOUT);
/** Second value: the revision, null for the newest. */
export const quotePriceChain = read<QuotePriceChain>('chain_of_quote', QUOTE);
