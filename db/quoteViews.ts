// Quotes and approvals as people read them.
import type { QuoteSummary } from '../contracts/leads.js';
import type { ApprovalView, QuoteView } from '../contracts/quotes.js';
import { reasonText } from '../documents/reasonTexts.js';
import type { Language } from '../documents/types.js';
import { formatAmount } from '../domain/money/amounts.js';
import type { NamedTerms, RuleTexts } from '../domain/policies/types.js';
import { splitDocuments, taxDocument } from '../domain/taxes/document.js';
import type { Treatment } from '../domain/taxes/treatment.js';
import type { Queryable } from './pool.js';
import { type QuoteJson, quoteJson } from './quotes.js';
import { ruleTexts } from './ruleTexts.js';
import type { Tables } from './tables.js';

interface StoredQuote extends QuoteJson {
  readonly leadId: string;
  readonly reason: string | null;
  readonly approvalRows: ApprovalJsonRow[];
}

interface ApprovalJsonRow {
  readonly id: string;
  readonly lead_id: string;
  readonly quote_id: string;
  readonly revision: number;
  readonly sequence: number;
  readonly rule_id: string;
  readonly text_code: string;
  readonly texts: RuleTexts | null;
  readonly approver_id: string | null;
  readonly requested_by: string;
  readonly status: string;
  readonly amount_minor: string;
  readonly currency: string;
  readonly level: number;
  readonly decided_by: string | null;
  readonly acting_for: string | null;
  readonly decided_at: string | null;
  readonly reason: string | null;
}

/** Of approval `a`, with the sentence of its rule where the company has one of its own. */
const APPROVAL_JSON = `to_jsonb(a) || jsonb_build_object('amount_minor', a.amount_minor::text,
  'texts', ${ruleTexts('a')})`;

/** One revision of a quote, the newest where none is named. */
export async function storedQuote(
  db: Queryable,
  id: string,
  revision: number | null,
): Promise<StoredQuote | null> {
  const { rows } = await db.query<{ quote: StoredQuote | null }>({
    name: 'quote_view',
    // The revision is found once, and apart: asked for in each part, Postgres planned this anew at every call.
    text: `select ${quoteJson('$1', 'w.revision', `'[]'::jsonb`)} || jsonb_build_object(
        'leadId', (select lead_id from quotes where id = $1),
        'reason', (select r.reason from quote_revisions r where r.quote_id = $1 and r.revision = w.revision),
        'approvalRows', (select coalesce(jsonb_agg(${APPROVAL_JSON} order by a.sequence, a.id), '[]')
          from approvals a where a.quote_id = $1 and a.revision = w.revision)) as quote
      from (select coalesce($2::int, max(n.revision)) as revision from quote_revisions n
        where n.quote_id = $1 offset 0) w`,
    values: [id, revision],
  });
  const quote = rows[0]?.quote ?? null;
  return quote?.revision ? quote : null;
}

export interface SummaryJson {
  readonly id: string;
  readonly revision: number;
  readonly status: string;
  readonly currency: string;
  readonly netMinor: string;
  readonly grossMinor: string;
  readonly validUntil: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
}

/** `q` and `r`: the quotes of one lead by their newest revision, the newest quote first. */
const summariesOf = (leadId: string, rest: string): string => `select q.id, jsonb_build_object('id', q.id,
    'revision', r.revision, 'status', r.status, 'currency', q.currency, 'netMinor', r.net_minor::text,
    'grossMinor', r.gross_minor::text, 'validUntil', r.valid_until, 'createdBy', q.created_by,
    'createdAt', floor(extract(epoch from q.created_at) * 1000)) as summary
  from quotes q join lateral (select * from quote_revisions n where n.quote_id = q.id
    order by n.revision desc limit 1) r on true
  where q.lead_id = ${leadId} ${rest}`;

/** The newest quotes of the lead `l` as one value, for `quoteSummary`. */
export const newestQuotes = (
  limit: number,
): string => `(select coalesce(jsonb_agg(n.summary order by n.id desc), '[]')
  from (${summariesOf('l.id', `order by q.id desc limit ${limit}`)}) n)`;

/** The quotes of a lead; one more than the page where there are more. */
export async function quotesOfLead(
  db: Queryable,
  leadId: string,
  page: { readonly limit: number; readonly after: { readonly id: string } | null },
): Promise<SummaryJson[]> {
  const { rows } = await db.query<{ summary: SummaryJson }>({
    name: 'quotes_of_lead',
    text: summariesOf('$1', 'and ($2::text is null or q.id < $2) order by q.id desc limit $3'),
    values: [leadId, page.after?.id ?? null, page.limit + 1],
  });
  return rows.map(({ summary }) => summary);
}

export function quoteSummary({ netMinor, grossMinor, createdAt, ...row }: SummaryJson): QuoteSummary {
  const { currency } = row;
  const money = (minor: string) => ({ amount: formatAmount(BigInt(minor), currency), currency });
  return {
    id: row.id,
    revision: row.revision,
    status: row.status as QuoteSummary['status'],
    net: money(netMinor),
    gross: money(grossMinor),
    validUntil: row.validUntil,
    createdBy: row.createdBy,
    createdAt: new Date(createdAt).toISOString(),
  };
}

export function quoteView(
  quote: StoredQuote,
  approvalsNeeded: QuoteView['approvalsNeeded'],
  language: Language,
): QuoteView {
  const { revision } = quote;
  if (!revision) throw new RangeError('a quote without a revision has no view');
  const { currency } = revision;
  const money = (minor: string | bigint) => ({ amount: formatAmount(BigInt(minor), currency), currency });
  return {
    id: revision.quoteId,
    leadId: quote.leadId,
    accountId: revision.accountId,
    revision: revision.revision,
    newest: quote.newest,
    status: revision.status as QuoteView['status'],
    currency,
    discountBps: revision.discountBps,
    effectiveDiscountBps: revision.effectiveDiscountBps,
    lines: quote.lines.map((line) => ({
      position: line.position,
      sku: line.sku,
      name: line.name,
      family: line.family,
      quantity: plain(line.quantity),
      unitPrice: plain(line.unitPrice),
      discountBps: line.discountBps,
      list: money(line.listMinor),
      net: money(line.netMinor),
      tax: money(line.taxMinor),
      gross: money(BigInt(line.netMinor) + BigInt(line.taxMinor)),
      treatment: line.treatment,
      taxRateBps: line.rateBps,
      waterfall: (line.waterfall as Waterfall).map(({ step, source, bps, amountMinor, runningMinor }) => ({
        step,
        source,
        bps,
        amount: money(amountMinor),
        running: money(runningMinor),
      })),
    })),
    list: money(revision.listMinor),
    net: money(revision.netMinor),
    tax: money(revision.taxMinor),
    gross: money(revision.grossMinor),
    taxes: taxesOf(quote).map((group) => ({
      treatment: group.treatment,
      rateBps: group.rateBps,
      base: money(group.netMinor),
      tax: money(group.taxMinor),
    })),
    terms: revision.terms as NamedTerms,
    validDays: revision.validDays,
    validUntil: revision.validUntil,
    requestedDeliveryOn: revision.requestedDeliveryOn,
    pins: revision.pins,
    createdBy: revision.createdBy,
    submittedBy: revision.submittedBy,
    reason: quote.reason,
    approvals: quote.approvalRows.map((row) => approvalView(row, language)),
    approvalsNeeded,
  };
}

type Waterfall = {
  step: string;
  source: string;
  bps: number | null;
  amountMinor: string;
  runningMinor: string;
}[];

function taxesOf(quote: StoredQuote) {
  const lines = quote.lines.map((line) => ({
    lineNo: line.position,
    treatment: line.treatment as Treatment,
    rateBps: line.rateBps,
    netMinor: BigInt(line.netMinor),
  }));
  return splitDocuments(lines).flatMap((document) => taxDocument(document).groups);
}

/** `numeric(18,6)` comes with all its zeros. */
const plain = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

export function approvalView(row: ApprovalJsonRow, language: Language): ApprovalView {
  return {
    id: row.id,
    leadId: row.lead_id,
    quoteId: row.quote_id,
    revision: row.revision,
    sequence: row.sequence,
    ruleId: row.rule_id,
    textCode: row.text_code,
    text: reasonText(row.text_code, row.texts, language),
    approver: row.approver_id,
    requestedBy: row.requested_by,
    status: row.status as ApprovalView['status'],
    total: { amount: formatAmount(BigInt(row.amount_minor), row.currency), currency: row.currency },
    level: row.level,
    decidedBy: row.decided_by,
    actingFor: row.acting_for,
    decidedAt: row.decided_at === null ? null : new Date(row.decided_at).toISOString(),
    reason: row.reason,
  };
}

export async function approvalById(db: Queryable, id: string): Promise<ApprovalJsonRow | undefined> {
  const { rows } = await db.query<{ row: ApprovalJsonRow }>({
    name: 'approval_by_id',
    text: `select ${APPROVAL_JSON} as row from approvals a where a.id = $1`,
    values: [id],
  });
  return rows[0]?.row;
}

export async function listApprovals(
  db: Queryable,
  page: { limit: number; after: { id: string } | null },
  filters: { readonly status?: string; readonly approver?: string; readonly leadId?: string },
): Promise<ApprovalJsonRow[]> {
  const { rows } = await db.query<{ row: ApprovalJsonRow }>({
    text: `select ${APPROVAL_JSON} as row from approvals a where ($2::text is null or a.id < $2)
      and ($3::text is null or a.status = $3) and ($4::text is null or a.approver_id = $4)
      and ($5::text is null or a.lead_id = $5) order by a.id desc limit $1`,
    values: [
      page.limit + 1,
      page.after?.id ?? null,
      filters.status ?? null,
      filters.approver ?? null,
      filters.leadId ?? null,
    ],
  });
  return rows.map(({ row }) => row);
}

/** Lead of a quote, for the decisions about it. */
export async function leadOfQuote(db: Queryable, quoteId: string): Promise<string | undefined> {
  const { rows } = await db.query<Pick<Tables['quotes'], 'lead_id'>>({
    name: 'lead_of_quote',
    text: 'select lead_id from quotes where id = $1',
    values: [quoteId],
  });
  return rows[0]?.lead_id;
}
