// Reading commission lines, statements and payouts, each view in one statement.
import type { CommissionView, PayoutView, StatementView } from '../contracts/commissions.js';
import { wireMoney } from '../contracts/money.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

interface Page {
  readonly limit: number;
  readonly after: { readonly value: string; readonly id: string } | null;
}

export interface CommissionFilter {
  readonly payee?: string | undefined;
  readonly lead?: string;
  readonly period?: string;
  readonly payout?: string;
}

export type CommissionRow = Omit<
  Tables['commission_lines'],
  'amount_minor' | 'basis_minor' | 'recorded_at'
> & {
  readonly amount_minor: bigint | string;
  readonly basis_minor: bigint | string;
  readonly order_line_id: string;
  readonly payment_id: string;
  readonly payout_id: string | null;
};

const LINES = `select c.*, il.order_line_id, a.payment_id, t.payout_id from commission_lines c
  join invoice_lines il on il.id = c.invoice_line_id join allocations a on a.id = c.allocation_id
  left join payout_items t on t.commission_line_id = c.id`;

// Half open, so that an index on the day serves it.
const IN_PERIOD = (period: string): string =>
  `c.earned_on >= (${period} || '-01')::date and c.earned_on < (${period} || '-01')::date + interval '1 month'`;

/** Commission lines, the newest first, one more than the page holds when there are more. */
export async function listCommissions(
  db: Queryable,
  page: Page,
  filter: CommissionFilter,
): Promise<CommissionRow[]> {
  const { rows } = await db.query<CommissionRow>({
    text: `${LINES} where ($1::text is null or c.id < $1) and ($2::text is null or c.payee_id = $2)
        and ($3::text is null or c.lead_id = $3) and ($4::text is null or ${IN_PERIOD('$4')})
        and ($5::text is null or t.payout_id = $5)
      order by c.id desc limit $6`,
    values: [
      page.after?.id ?? null,
      filter.payee ?? null,
      filter.lead ?? null,
      filter.period ?? null,
      filter.payout ?? null,
      page.limit + 1,
    ],
  });
  return rows;
}

export function commissionView(row: CommissionRow): CommissionView {
  return {
    id: row.id,
    payeeId: row.payee_id,
    component: row.component,
    amount: wireMoney(row.amount_minor, row.currency),
    basis: wireMoney(row.basis_minor, row.currency),
    rateBps: row.rate_bps,
    family: row.family,
    planVersion: row.plan_version,
    earnedOn: row.earned_on,
    sequence: row.sequence,
    corrects: row.corrects,
    leadId: row.lead_id,
    orderId: row.order_id,
    orderLineId: row.order_line_id,
    invoiceId: row.invoice_id,
    invoiceLineId: row.invoice_line_id,
    allocationId: row.allocation_id,
    paymentId: row.payment_id,
    payoutId: row.payout_id,
  };
}

export interface StatementRow {
  readonly balances: {
    readonly currency: string;
    readonly opening: string;
    readonly earned: string;
    readonly reversed: string;
    readonly paid: string;
    readonly carried: string;
  }[];
  readonly lines: CommissionRow[];
}

// A payout counts on the day it was released, in the company's zone: then the ledger owes it no more.
const PAID = `select l.currency, l.amount_minor as minor, (l.released_at at time zone coalesce(
    (select e.zone from legal_entities e order by e.created_at, e.id limit 1), 'UTC'))::date as on_day
  from payout_lines l where l.payee_id = $1 and l.released_at is not null`;

const BALANCES = `with period as (select ($2 || '-01')::date as first,
    (($2 || '-01')::date + interval '1 month')::date as after),
  moves as (select c.currency, c.amount_minor as earned, 0::bigint as paid, c.earned_on as on_day
      from commission_lines c where c.payee_id = $1
    union all select p.currency, 0, p.minor, p.on_day from (${PAID}) p)
  select m.currency, coalesce(sum(m.earned - m.paid) filter (where m.on_day < p.first), 0)::text as opening,
    coalesce(sum(m.earned) filter (where m.on_day >= p.first and m.earned > 0), 0)::text as earned,
    coalesce(-sum(m.earned) filter (where m.on_day >= p.first and m.earned < 0), 0)::text as reversed,
    coalesce(sum(m.paid) filter (where m.on_day >= p.first), 0)::text as paid,
    sum(m.earned - m.paid)::text as carried
  from moves m cross join period p where m.on_day < p.after group by m.currency order by m.currency`;

/** What a payee earned, lost and was paid in a month, and a page of the lines of it. */
export async function readStatement(
  db: Queryable,
  page: Page,
  { payee, period }: { readonly payee: string; readonly period: string },
): Promise<StatementRow> {
  const { rows } = await db.query<StatementRow>({
    name: 'statement',
    text: `select (select coalesce(jsonb_agg(to_jsonb(b)), '[]') from (${BALANCES}) b) as balances,
      (select coalesce(jsonb_agg(to_jsonb(l) || jsonb_build_object('amount_minor', l.amount_minor::text,
          'basis_minor', l.basis_minor::text) order by l.earned_on, l.id), '[]')
        from (${LINES} where c.payee_id = $1 and ${IN_PERIOD('$2')}
          and ($3::text is null or (c.earned_on, c.id) > ($3::date, $4))
          order by c.earned_on, c.id limit $5) l) as lines`,
    values: [payee, period, page.after?.value ?? null, page.after?.id ?? null, page.limit + 1],
  });
  return rows[0] as StatementRow;
}

export function balanceView(row: StatementRow['balances'][number]): StatementView['balances'][number] {
  const money = (minor: string) => wireMoney(minor, row.currency);
  return {
    currency: row.currency,
    opening: money(row.opening),
    earned: money(row.earned),
    reversed: money(row.reversed),
    paid: money(row.paid),
    carried: money(row.carried),
  };
}

export interface PayoutFilter {
  readonly payee?: string | undefined;
  readonly lead?: string;
  readonly period?: string;
  readonly mode?: string;
}

export type PayoutRow = Tables['payouts'] & {
  readonly lines: {
    readonly payeeId: string;
    readonly currency: string;
    readonly earned: string;
    readonly paid: string;
    readonly releasedBy: string | null;
    readonly releasedAt: string | null;
    readonly confirmedAt: string | null;
  }[];
};

/** `$1` is the one payee whose lines are shown, null for all. */
const PAYOUT_LINES = `(select coalesce(jsonb_agg(jsonb_build_object('payeeId', l.payee_id,
    'currency', l.currency, 'earned', l.earned_minor::text, 'paid', l.amount_minor::text,
    'releasedBy', l.released_by, 'releasedAt', l.released_at, 'confirmedAt', l.confirmed_at)
    order by l.payee_id, l.currency), '[]')
  from payout_lines l where l.payout_id = p.id and ($1::text is null or l.payee_id = $1)) as lines`;

/** Payouts, the newest first, one more than the page holds when there are more. */
export async function listPayouts(db: Queryable, page: Page, filter: PayoutFilter): Promise<PayoutRow[]> {
  const { rows } = await db.query<PayoutRow>({
    text: `select p.*, ${PAYOUT_LINES} from payouts p where ($2::text is null or p.id < $2)
        and ($1::text is null or exists (select from payout_lines l where l.payout_id = p.id and l.payee_id = $1))
        and ($3::text is null or p.period = $3) and ($4::text is null or p.mode = $4)
        and ($5::text is null or p.id = any(array(select o.id from payouts o where o.lead_id = $5
          union select t.payout_id from commission_lines c join payout_items t on t.commission_line_id = c.id
            where c.lead_id = $5)))
      order by p.id desc limit $6`,
    values: [
      filter.payee ?? null,
      page.after?.id ?? null,
      filter.period ?? null,
      filter.mode ?? null,
      filter.lead ?? null,
      page.limit + 1,
    ],
  });
  return rows;
}

/** One payout; with `payee` only that payee's lines of it. */
export async function payoutById(db: Queryable, id: string, payee?: string): Promise<PayoutRow | undefined> {
  const { rows } = await db.query<PayoutRow>({
    name: 'payout_by_id',
    text: `select p.*, ${PAYOUT_LINES} from payouts p where p.id = $2`,
    values: [payee ?? null, id],
  });
  return rows[0];
}

const iso = (instant: string | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

export function payoutView(row: PayoutRow): PayoutView {
  return {
    id: row.id,
    mode: row.mode as PayoutView['mode'],
    period: row.period,
    run: row.run,
    leadId: row.lead_id,
    status: row.status as PayoutView['status'],
    planVersion: row.plan_version,
    calculatedBy: row.calculated_by,
    calculatedAt: row.calculated_at.toISOString(),
    confirmedAt: row.confirmed_at?.toISOString() ?? null,
    lines: row.lines.map(({ payeeId, currency, earned, paid, releasedBy, releasedAt, confirmedAt }) => ({
      payeeId,
      earned: wireMoney(earned, currency),
      paid: wireMoney(paid, currency),
      releasedBy,
      releasedAt: iso(releasedAt),
      confirmedAt: iso(confirmedAt),
    })),
  };
}
