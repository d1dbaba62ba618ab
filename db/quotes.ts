// Quotes as steps and drafting read them. Money and quantities travel as text: JSON numbers lose digits.
import { PEOPLE, type PersonJson } from './leads.js';

export interface RevisionJson {
  readonly quoteId: string;
  readonly revision: number;
  readonly status: string;
  readonly currency: string;
  readonly entityId: string;
  readonly accountId: string;
  readonly contentHash: string;
  readonly priceBookId: string;
  readonly discountBps: number;
  readonly effectiveDiscountBps: number;
  readonly maxLineDiscountBps: number;
  readonly listMinor: string;
  readonly netMinor: string;
  readonly taxMinor: string;
  readonly grossMinor: string;
  readonly terms: unknown;
  readonly validDays: number;
  readonly validUntil: string | null;
  readonly requestedDeliveryOn: string | null;
  readonly pins: Record<string, number>;
  readonly createdBy: string;
  readonly submittedBy: string | null;
}

export interface LineJson {
  readonly position: number;
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  readonly family: string;
  readonly unit: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly discountBps: number;
  readonly listMinor: string;
  readonly netMinor: string;
  readonly taxMinor: string;
  readonly treatment: string;
  readonly rateBps: number;
  readonly taxReason: string;
  readonly exemption: string | null;
  readonly taxClass: string;
  readonly supply: string;
  readonly chargedOn: string;
  readonly waterfall: unknown;
  readonly cost: string | null;
  readonly leadDays: number;
}

export interface AccountJson {
  readonly id: string;
  readonly legalName: string;
  readonly country: string;
  readonly vatId: string | null;
}

export interface ApprovalJson {
  readonly id: string;
  readonly sequence: number;
  readonly ruleId: string;
  readonly approverId: string | null;
  readonly requestedBy: string;
  readonly status: 'waiting' | 'open' | 'approved' | 'rejected' | 'void';
  readonly level: number;
  readonly contentHash: string;
}

export interface QuoteJson {
  readonly revision: RevisionJson | null;
  readonly newest: number;
  readonly lines: LineJson[];
  readonly account: AccountJson;
  readonly approvals: ApprovalJson[];
  readonly people: PersonJson[];
}

/** The revision named by two SQL expressions, with lines, customer and approvals, as QuoteJson. */
export const quoteJson = (quoteId: string, revision: string, people = PEOPLE): string => `(select
  jsonb_build_object('newest', (select max(n.revision) from quote_revisions n where n.quote_id = q.id),
  'revision', (select jsonb_build_object('quoteId', r.quote_id, 'revision', r.revision, 'status', r.status,
    'currency', q.currency, 'entityId', q.entity_id, 'accountId', q.account_id,
    'contentHash', encode(r.content_hash, 'hex'), 'priceBookId', r.price_book_id, 'discountBps', r.discount_bps,
    'effectiveDiscountBps', r.effective_discount_bps, 'maxLineDiscountBps', r.max_line_discount_bps,
    'listMinor', r.list_minor::text, 'netMinor', r.net_minor::text, 'taxMinor', r.tax_minor::text,
    'grossMinor', r.gross_minor::text, 'terms', r.terms, 'validDays', r.valid_days, 'validUntil', r.valid_until,
    'requestedDeliveryOn', r.requested_delivery_on, 'pins', r.pins, 'createdBy', r.created_by,
    'submittedBy', r.submitted_by)
    from quote_revisions r where r.quote_id = q.id and r.revision = ${revision}),
  'lines', (select coalesce(jsonb_agg(jsonb_build_object('position', l.position, 'productId', l.product_id,
    'sku', l.sku, 'name', l.name, 'family', l.family, 'unit', p.unit, 'quantity', l.quantity::text,
    'unitPrice', l.unit_price::text, 'discountBps', l.discount_bps, 'listMinor', l.list_minor::text,
    'netMinor', l.net_minor::text, 'taxMinor', l.tax_minor::text, 'treatment', l.tax_treatment,
    'rateBps', l.tax_rate_bps, 'taxReason', l.tax_reason, 'exemption', l.tax_exemption, 'taxClass', l.tax_class,
    'supply', l.supply, 'chargedOn', l.charged_on, 'waterfall', l.waterfall, 'cost', p.cost::text,
    'leadDays', p.lead_days) order by l.position), '[]')
    from quote_lines l join products p on p.id = l.product_id
    where l.quote_id = q.id and l.revision = ${revision}),
  'account', (select jsonb_build_object('id', a.id, 'legalName', a.legal_name, 'country', a.country,
    'vatId', a.vat_id) from accounts a where a.id = q.account_id),
  'approvals', (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'sequence', a.sequence,
    'ruleId', a.rule_id, 'approverId', a.approver_id, 'requestedBy', a.requested_by, 'status', a.status,
    'level', a.level, 'contentHash', encode(a.content_hash, 'hex')) order by a.sequence, a.id), '[]')
    from approvals a where a.quote_id = q.id and a.revision = ${revision}),
  'people', ${people})
  from quotes q where q.id = ${quoteId})`;

const BODY = '(select m.body from messages m where m.id = $2)';

/** The quote a decision names in its body. */
export const QUOTE_OF_MESSAGE = `${quoteJson(`${BODY} ->> 'quoteId'`, `(${BODY} ->> 'revision')::int`)}`;

/** The lead's live quote, for the deal's own steps. */
export const LIVE_QUOTE = `(select ${quoteJson('v.quote_id', 'v.revision')}
  from quote_revisions v where v.lead_id = $1 and v.status in ('submitted', 'offered') limit 1)`;
