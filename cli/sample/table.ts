// The closing table of the play: what became of the leads, by outcome or stage, and the money.
import Table from 'cli-table3';
import { OUTCOMES, STAGES } from '../../domain/leads/stages.js';
import { formatAmount, parseAmount } from '../../domain/money/amounts.js';
import type { Caller } from '../http.js';
import type { Language } from '../words.js';
import { shownAmount } from './lines.js';
import type { Money } from './stage.js';
import { stateFor, TABLE_WORDS } from './words.js';

const COLUMNS = ['ordered', 'invoiced', 'cash', 'lost', 'commission'] as const;
type Column = (typeof COLUMNS)[number];
type Sums = Record<Column, Map<string, bigint>>;

export interface TableRow {
  readonly state: string;
  readonly leads: number;
  readonly money: Readonly<Record<Column, readonly Money[]>>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** Reads everything through the API and sums it up, a row for each outcome and stage that occurs. */
export async function tableOf(caller: Caller): Promise<TableRow[]> {
  const leads = await all<{ id: string; stage: string; outcome: string | null }>(caller, '/v1/leads');
  const states = new Map(leads.map(({ id, stage, outcome }) => [id, outcome ?? stage]));
  const rows = new Map<string, { leads: number; sums: Sums }>();
  const rowOf = (state: string) => {
    const row = rows.get(state) ?? { leads: 0, sums: noSums() };
    rows.set(state, row);
    return row;
  };
  for (const state of states.values()) rowOf(state).leads += 1;
  const add = (leadId: string, column: Column, { amount, currency }: Money): void => {
    const sums = rowOf(states.get(leadId) ?? '').sums[column];
    sums.set(currency, (sums.get(currency) ?? 0n) + minorOf(amount, currency));
  };
  interface Ordered {
    readonly leadId: string;
    readonly net: Money;
  }
  for (const { leadId, net } of await all<Ordered>(caller, '/v1/orders')) add(leadId, 'ordered', net);
  interface Invoiced {
    readonly leadId: string;
    readonly gross: Money;
    readonly allocated: Money;
    readonly writtenOff: Money;
  }
  for (const invoice of await all<Invoiced>(caller, '/v1/invoices', 'kind=invoice')) {
    add(invoice.leadId, 'invoiced', invoice.gross);
    add(invoice.leadId, 'cash', invoice.allocated);
    add(invoice.leadId, 'lost', invoice.writtenOff);
  }
  interface Earned {
    readonly leadId: string;
    readonly amount: Money;
  }
  for (const { leadId, amount } of await all<Earned>(caller, '/v1/commissions')) {
    add(leadId, 'commission', amount);
  }
  return [...OUTCOMES, ...STAGES].flatMap((state) => {
    const row = rows.get(state);
    return row === undefined ? [] : [{ state, leads: row.leads, money: moneyOf(row.sums) }];
  });
}

/** The table for people. */
export function tableText(rows: readonly TableRow[], language: Language): string {
  const words = TABLE_WORDS[language];
  const table = new Table({
    head: [words.state, words.leads, ...COLUMNS.map((column) => words[column])],
    colAligns: ['left', 'right', ...COLUMNS.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  const cell = (amounts: readonly Money[]): string =>
    amounts.map((money) => shownAmount(money, language)).join('\n');
  for (const { state, leads, money } of rows) {
    table.push([stateFor(state, language), leads, ...COLUMNS.map((column) => cell(money[column]))]);
  }
  const total = totalOf(rows);
  table.push([words.total, total.leads, ...COLUMNS.map((column) => cell(total.money[column]))]);
  return table.toString();
}

function totalOf(rows: readonly TableRow[]): TableRow {
  const sums = noSums();
  for (const { money } of rows) {
    for (const column of COLUMNS) {
      for (const { amount, currency } of money[column]) {
        sums[column].set(currency, (sums[column].get(currency) ?? 0n) + minorOf(amount, currency));
      }
    }
  }
  return { state: 'total', leads: rows.reduce((sum, row) => sum + row.leads, 0), money: moneyOf(sums) };
}

const noSums = (): Sums =>
  Object.fromEntries(COLUMNS.map((column) => [column, new Map<string, bigint>()])) as Sums;

const moneyOf = (sums: Sums): TableRow['money'] =>
  Object.fromEntries(
    COLUMNS.map((column) => [
      column,
      [...sums[column]]
        .filter(([, minor]) => minor !== 0n)
        .sort()
        .map(([currency, minor]) => ({ amount: formatAmount(minor, currency), currency })),
    ]),
  ) as unknown as TableRow['money'];

const minorOf = (amount: string, currency: string): bigint =>
  amount.startsWith('-') ? -parseAmount(amount.slice(1), currency) : parseAmount(amount, currency);

async function all<T>(caller: Caller, path: string, filter = ''): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = null; ; ) {
    const query = ['limit=200', filter, cursor && `cursor=${encodeURIComponent(cursor)}`].filter(Boolean);
    const page: Page<T> = await caller.get(`${path}?${query.join('&')}`);
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = page.next;
  }
}
