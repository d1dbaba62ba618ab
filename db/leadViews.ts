// Leads, their waits and their story as people read them: one statement per view.
import type { LeadView, WaitView } from '../contracts/leads.js';
import { reasonText } from '../documents/reasonTexts.js';
import type { Language } from '../documents/types.js';
import type { ScoreReason } from '../domain/leads/score.js';
import type { Queryable } from './pool.js';
import { newestQuotes, quoteSummary, type SummaryJson } from './quoteViews.js';
import type { Tables } from './tables.js';

type LeadRow = Tables['leads'] & { open_waits: WaitJson[]; now_ms: number };
type WholeLeadRow = LeadRow & { contact: LeadView['contact']; quotes: SummaryJson[] | null };

export interface WaitJson {
  readonly leadId: string;
  readonly kind: string;
  readonly subject: string;
  readonly role: string;
  readonly personId: string | null;
  readonly since: number;
  readonly remindAt: number | null;
  readonly until: number;
  readonly level: number;
  readonly onOverdue: string;
}

/** The business instant now, as SQL: the one place in which a read asks the clock. */
export const BUSINESS_NOW = `(select floor(extract(epoch from anchor_at + (clock_timestamp() - real_anchor_at)
  * (86400.0 / seconds_per_day)) * 1000)::float8 from clock_segments order by id desc limit 1)`;

/** One wait `w` as `waitView` takes it. */
export const WAIT_JSON = `jsonb_build_object('leadId', w.lead_id, 'kind', w.kind, 'subject', w.subject, 'role', w.role,
  'personId', w.person_id, 'since', floor(extract(epoch from w.since) * 1000),
  'remindAt', floor(extract(epoch from w.remind_at) * 1000),
  'until', floor(extract(epoch from w.until) * 1000), 'level', w.level, 'onOverdue', w.due_step)`;

const LEAD_COLUMNS = `l.*, ${BUSINESS_NOW} as now_ms, (select coalesce(jsonb_agg(${WAIT_JSON}
  order by coalesce(w.remind_at, w.until), w.id), '[]') from waits w
  where w.lead_id = l.id and w.ended_at is null) as open_waits`;

/** How many of its quotes a lead shows; the others are a list of their own. */
const SHOWN_QUOTES = 50;

/** One lead, with its newest quotes for who may see them. */
export async function leadById(
  db: Queryable,
  id: string,
  withQuotes: boolean,
): Promise<WholeLeadRow | undefined> {
  const { rows } = await db.query<WholeLeadRow>({
    name: 'lead_view',
    text: `select ${LEAD_COLUMNS}, (select jsonb_build_object('name', c.name, 'email', c.email, 'phone', c.phone,
        'company', c.company, 'country', c.country, 'language', c.language) from contacts c
        where c.id = l.contact_id and c.erased_at is null) as contact,
        case when $2::boolean then ${newestQuotes(SHOWN_QUOTES)} end as quotes
      from leads l where l.id = $1`,
    values: [id, withQuotes],
  });
  return rows[0];
}

export interface LeadFilters {
  readonly stage?: string;
  readonly owner?: string;
  readonly channel?: string;
  readonly outcome?: string;
  readonly externalId?: string;
  readonly q?: string;
}

/** Newest first; ids sort by time. */
export async function listLeads(
  db: Queryable,
  page: { limit: number; after: { id: string } | null },
  filters: LeadFilters,
): Promise<LeadRow[]> {
  const { rows } = await db.query<LeadRow>({
    text: `select ${LEAD_COLUMNS} from leads l left join contacts c on c.id = l.contact_id
      where ($2::text is null or l.id < $2) and ($3::text is null or l.stage = $3)
        and ($4::text is null or l.owner_id = $4) and ($5::text is null or l.channel = $5)
        and ($6::text is null or l.outcome = $6) and ($7::text is null or l.external_id = $7)
        and ($8::text is null or c.name ilike $8 or c.company ilike $8 or c.email_key like lower($8))
      order by l.id desc limit $1`,
    values: [
      page.limit + 1,
      page.after?.id ?? null,
      filters.stage ?? null,
      filters.owner ?? null,
      filters.channel ?? null,
      filters.outcome ?? null,
      filters.externalId ?? null,
      filters.q === undefined ? null : `%${filters.q.replaceAll(/[%_\\]/g, '\\$&')}%`,
    ],
  });
  return rows;
}

export interface WaitFilters {
  readonly role?: string;
  readonly person?: string;
  readonly kind?: string;
  readonly overdue?: boolean;
}

export async function listWaits(
  db: Queryable,
  page: { limit: number; after: { value: string; id: string } | null },
  filters: WaitFilters,
): Promise<{ id: string; wait: WaitJson; now_ms: number }[]> {
  const { rows } = await db.query<{ id: string; wait: WaitJson; now_ms: number }>({
    text: `select w.id::text as id, ${WAIT_JSON} as wait, n.ms as now_ms from waits w,
        (select ${BUSINESS_NOW} as ms) n
      where w.ended_at is null and ($2::timestamptz is null or (w.until, w.id) > ($2, $3::bigint))
        and ($4::text is null or w.role = $4) and ($5::text is null or w.person_id = $5)
        and ($6::text is null or w.kind = $6)
        and ($7::boolean is null or (extract(epoch from w.until) * 1000 <= n.ms) = $7)
      order by w.until, w.id limit $1`,
    values: [
      page.limit + 1,
      page.after?.value ?? null,
      page.after?.id ?? null,
      filters.role ?? null,
      filters.person ?? null,
      filters.kind ?? null,
      filters.overdue ?? null,
    ],
  });
  return rows;
}

export interface TimelineRow {
  readonly seq: bigint;
  readonly entry: string;
  /** What somebody typed: it stands in the message only, because an entry of the chain is never erased. */
  readonly reason: string | null;
  readonly currency: string | null;
}

export async function leadTimeline(
  db: Queryable,
  leadId: string,
  page: { limit: number; after: { value: string } | null },
): Promise<TimelineRow[]> {
  const { rows } = await db.query<TimelineRow>({
    name: 'lead_timeline',
    // Only the reasons that everybody who sees the lead may see: a write-off's and an approval's are not among them.
    text: `select e.seq, e.entry, m.body ->> 'reason' as reason,
        (select o.currency from orders o where o.lead_id = $1 order by o.id desc limit 1) as currency
      from audit_entries e left join messages m on m.id = e.key
        and e.action in ('qualifyLead', 'reassignLead', 'withdrawLead')
      where e.subject = $1 and e.seq > $2 order by e.seq limit $3`,
    values: [leadId, page.after?.value ?? '0', page.limit + 1],
  });
  return rows;
}

/** Names of the people who acted on a lead, by id; of our own colleagues only, never of a system person. */
export async function actorNames(db: Queryable, leadId: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ id: string; name: string }>({
    name: 'timeline_actors',
    text: `select id, name from people where not system and id in
      (select entry::jsonb->>'actor' from audit_entries where subject = $1)`,
    values: [leadId],
  });
  return new Map(rows.map(({ id, name }) => [id, name]));
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
const isoMs = (ms: number): string => new Date(ms).toISOString();

export function waitView(wait: WaitJson, nowMs: number): WaitView {
  const { role, personId, since, remindAt, until, ...rest } = wait;
  return {
    ...rest,
    who: { role, personId },
    since: isoMs(since),
    remindAt: remindAt === null ? null : isoMs(remindAt),
    until: isoMs(until),
    overdue: until <= nowMs,
  };
}

export function leadView(
  row: WholeLeadRow,
  shown: { readonly contact: boolean; readonly language: Language },
): LeadView {
  return {
    ...leadItem(row),
    contact: shown.contact ? row.contact : null,
    quotes: row.quotes?.map(quoteSummary) ?? null,
    needs: row.needs as LeadView['needs'],
    scoreReasons: (row.score_reasons as ScoreReason[]).map(({ rule, points, textCode, texts }) => ({
      rule,
      points,
      textCode,
      text: reasonText(textCode, texts, shown.language),
    })),
  };
}

export function leadItem(row: LeadRow): Omit<LeadView, 'needs' | 'scoreReasons' | 'contact' | 'quotes'> {
  return {
    id: row.id,
    revision: row.revision,
    stage: row.stage as LeadView['stage'],
    stageSince: row.stage_since.toISOString(),
    outcome: row.outcome as LeadView['outcome'],
    outcomeReason: row.outcome_reason,
    channel: row.channel as LeadView['channel'],
    source: row.source as LeadView['source'],
    interest: row.interest,
    externalId: row.external_id,
    score: row.score,
    grade: row.grade,
    owner: row.owner_id,
    firstContactBy: row.first_contact_by,
    accountId: row.account_id,
    suggestedAccountId: row.suggested_account_id,
    contactId: row.contact_id,
    previousLeadId: row.previous_lead_id,
    capturedAt: row.captured_at.toISOString(),
    occurredAt: iso(row.occurred_at),
    sourceWonOn: row.source_won_on,
    closedAt: iso(row.closed_at),
    reopened: row.reopened,
    waitingFor: row.open_waits.map((wait) => waitView(wait, row.now_ms)),
  };
}
