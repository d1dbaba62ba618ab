// What operations watch in Postgres: work that is not told, not answered, overdue or stuck, and the money that is
// open. Counts and sums only; no row of a customer leaves. Each is one statement over partial indexes that hold
// what is open, never over what a company has ever done (test/db/observations.test.ts reads the plans).
import { BUSINESS_NOW } from './leadViews.js';
import type { Queryable } from './pool.js';

/** One figure; `label` is a kind, a stage, a reason or a currency. */
export interface Figure<What extends string = string> {
  readonly what: What;
  readonly label: string;
  readonly value: number;
  /** Of counted rows the age of the oldest in real seconds; of amounts the part that is overdue. */
  readonly beyond: number;
}

export type WorkFigure = 'untold' | 'unanswered' | 'parked' | 'overdue' | 'task' | 'lead' | 'clock';
export type MoneyFigure = 'receivable' | 'charge' | 'unapplied' | 'payable';

const age = (column: string): string =>
  `greatest(0, coalesce(extract(epoch from clock_timestamp() - min(${column})), 0))::float8`;
const untold = (kind: 'fact' | 'decision'): string =>
  `select 'untold', '${kind}', count(*)::float8, ${age('recorded_at')} from messages
    where told_at is null and kind = '${kind}' and not bulk and parked_for is null`;
/** An import may take as long as it takes: nobody waits for one row of it. */
const UNTOLD_OF_IMPORTS = `select 'untold', 'import', count(*)::float8, 0::float8 from messages
    where told_at is null and kind = 'fact' and bulk and parked_for is null`;

// A decision that is parked as stuck stays untold for hours on purpose: it is counted as parked.
export const WORK = `with n as (select ${BUSINESS_NOW} as ms,
    (select seconds_per_day from clock_segments order by id desc limit 1) as seconds_per_day)
  select w.what, w.label, w.value, w.beyond from (
    ${untold('fact')} union all ${untold('decision')} union all ${UNTOLD_OF_IMPORTS}
    union all select 'unanswered', 'all', count(*)::float8, ${age('told_at')} from messages
      where told_at is not null and answer is null and parked_for is null
    union all select 'parked', parked_for, count(*)::float8, ${age('recorded_at')} from messages
      where answer is null and parked_for is not null group by parked_for
    union all select 'overdue', kind, count(*)::float8,
        greatest(0, max(n.ms / 1000 - extract(epoch from until)) * max(n.seconds_per_day) / 86400)::float8
      from waits, n where ended_at is null and until <= to_timestamp(n.ms / 1000) group by kind
    union all select 'task', kind, count(*)::float8, 0 from tasks where status = 'open' group by kind
    union all select 'lead', stage, count(*)::float8, 0 from leads where stage <> 'closed' group by stage
    union all select 'clock', 'database', (extract(epoch from clock_timestamp()) * 1000)::float8, 0
  ) as w (what, label, value, beyond)`;

/** Invoices and charge notes are overdue by the calendar of their entity, as the API says it. */
const open = (what: 'receivable' | 'charge', table: 'invoices' | 'charge_notes'): string =>
  `select '${what}', currency, sum(open_minor)::float8, coalesce(sum(open_minor) filter
      (where due_on < (to_timestamp(n.ms / 1000) at time zone e.zone)::date), 0)::float8
    from ${table} i join legal_entities e on e.id = i.entity_id cross join n
    where open_minor > 0 group by currency`;

export const MONEY = `with n as (select ${BUSINESS_NOW} as ms)
  select m.what, m.label, m.value, m.beyond from (
    ${open('receivable', 'invoices')} union all ${open('charge', 'charge_notes')}
    union all select 'unapplied', currency, sum(unapplied_minor)::float8, 0 from payments
      where unapplied_minor > 0 group by currency
    union all select 'payable', currency, -sum(amount_minor)::float8, 0 from ledger_entries
      where account = 'commission_payable' group by currency
  ) as m (what, label, value, beyond)`;

/** Work that waits for somebody or something; `clock` is the server's own time, epoch milliseconds. */
export async function workFigures(db: Queryable): Promise<Figure<WorkFigure>[]> {
  const { rows } = await db.query<Figure<WorkFigure>>({ name: 'watch_work', text: WORK });
  return rows;
}

/** Money that is open, in minor units of the currency in `label`. */
export async function moneyFigures(db: Queryable): Promise<Figure<MoneyFigure>[]> {
  const { rows } = await db.query<Figure<MoneyFigure>>({ name: 'watch_money', text: MONEY });
  return rows;
}
