// What a funnel brought, by channel, and whether its wins are those of the files.
import Table from 'cli-table3';
import type { LeadMapping } from '../../contracts/imports.js';
import type { Queryable } from '../../db/pool.js';
import { formatAmount } from '../../domain/money/amounts.js';
import type { Funnel } from './files.js';

/** One word of the file; `origin` is empty where the file has none, which is not the word `unknown`. */
export interface ChannelRow {
  readonly channel: string;
  readonly origin: string;
  readonly leads: number;
  readonly won: number;
  /** Of the files alone: leads of this origin that stand among the closed deals. */
  readonly wonInFiles: number;
  readonly revenueMinor: bigint;
  readonly cashMinor: bigint;
  readonly commissionMinor: bigint;
  /** Middle of the days from first contact to the day it was won, by the dates of the files; null without wins. */
  readonly medianDays: number | null;
}

const BY_ORIGIN = `with l as (
    select id, channel, coalesce(trim(source ->> 'origin'), '') as origin, outcome,
      source_won_on - (occurred_at at time zone 'UTC')::date as days
    from leads),
  invoiced as (select lead_id, sum(case when kind = 'invoice' then net_minor else -net_minor end) as amount
    from invoices group by lead_id),
  received as (select lead_id, sum(amount_minor) as amount from allocations group by lead_id),
  earned as (select lead_id, sum(amount_minor) as amount from commission_lines group by lead_id)
  select l.channel, l.origin, count(*)::int as leads, (count(*) filter (where l.outcome = 'won'))::int as won,
    coalesce(sum(i.amount), 0)::text as revenue, coalesce(sum(r.amount), 0)::text as cash,
    coalesce(sum(e.amount), 0)::text as commission,
    percentile_cont(0.5) within group (order by l.days) filter (where l.outcome = 'won') as median
  from l left join invoiced i on i.lead_id = l.id left join received r on r.lead_id = l.id
    left join earned e on e.lead_id = l.id
  group by l.channel, l.origin order by won desc, leads desc, l.channel, l.origin`;

export async function reportOf(db: Queryable, funnel: Funnel): Promise<ChannelRow[]> {
  const inFiles = new Map<string, number>();
  for (const { leadId } of funnel.deals) {
    const origin = funnel.origins.get(leadId) ?? '';
    inFiles.set(origin, (inFiles.get(origin) ?? 0) + 1);
  }
  const { rows } = await db.query<{
    channel: string;
    origin: string;
    leads: number;
    won: number;
    revenue: string;
    cash: string;
    commission: string;
    median: number | null;
  }>(BY_ORIGIN);
  return rows.map((row) => ({
    channel: row.channel,
    origin: row.origin,
    leads: row.leads,
    won: row.won,
    wonInFiles: inFiles.get(row.origin) ?? 0,
    revenueMinor: BigInt(row.revenue),
    cashMinor: BigInt(row.cash),
    commissionMinor: BigInt(row.commission),
    medianDays: row.median,
  }));
}

/** Where database and files differ, a sentence each: leads and wins by every word of the file. */
export function differences(rows: readonly ChannelRow[], funnel: Funnel, mapping: LeadMapping): string[] {
  const found: string[] = [];
  const leads = new Map<string, number>();
  for (const origin of funnel.origins.values()) leads.set(origin, (leads.get(origin) ?? 0) + 1);
  for (const row of rows) {
    const name = row.origin === '' ? 'without an origin' : `of origin ${row.origin}`;
    if (row.leads !== (leads.get(row.origin) ?? 0)) {
      found.push(`${row.leads} leads ${name}, ${leads.get(row.origin) ?? 0} in the file`);
    }
    if (row.won !== row.wonInFiles) found.push(`${row.won} won ${name}, ${row.wonInFiles} in the files`);
    const channel = 'values' in mapping.channel ? mapping.channel.values[row.origin] : undefined;
    if (row.origin !== '' && channel !== row.channel) found.push(`leads ${name} have channel ${row.channel}`);
  }
  for (const [origin, count] of leads) {
    if (!rows.some((row) => row.origin === origin))
      found.push(`no lead of origin "${origin}", ${count} in the file`);
  }
  return found;
}

/** The table a person reads, with a line of totals. */
export function reportTable(rows: readonly ChannelRow[], currency: string): string {
  const table = new Table({
    head: [
      'channel',
      'origin',
      'leads',
      'won',
      'conversion',
      'days',
      `revenue ${currency}`,
      'cash',
      'commission',
    ],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  const sum = (pick: (row: ChannelRow) => bigint): bigint =>
    rows.reduce((total, row) => total + pick(row), 0n);
  const count = (pick: (row: ChannelRow) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  const total = {
    channel: 'all',
    origin: ' ',
    leads: count((row) => row.leads),
    won: count((row) => row.won),
    revenueMinor: sum((row) => row.revenueMinor),
    cashMinor: sum((row) => row.cashMinor),
    commissionMinor: sum((row) => row.commissionMinor),
    medianDays: null,
  };
  for (const row of [...rows, total]) {
    const amount = (minor: bigint): string => formatAmount(minor, currency);
    table.push([
      row.channel,
      row.origin === '' ? '(blank)' : row.origin,
      row.leads,
      row.won,
      row.leads === 0 ? '' : `${((100 * row.won) / row.leads).toFixed(1)} %`,
      row.medianDays ?? '',
      amount(row.revenueMinor),
      amount(row.cashMinor),
      amount(row.commissionMinor),
    ]);
  }
  return table.toString();
}
