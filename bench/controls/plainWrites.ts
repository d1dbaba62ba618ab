// The rows of a recorded transaction as most programs write them: one prepared `insert … values` or `update … set` for
// each table, with all rows of it, each column a parameter.
import { createHash } from 'node:crypto';
import type { Filled } from './plan.js';
import type { Change, Recording } from './recording.js';
import { keyColumns, NUMBERED, type Rows, writtenColumns } from './rows.js';

/** Stands for the number that the first statement of the transaction took from its series. */
export const TAKEN = 'taken';

export interface PlainStatement {
  /** Of its text: statements that read alike are prepared once. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly (Filled | null | typeof TAKEN)[];
  readonly expected: number;
}

/** A statement for each table; `cut` makes the holes for what differs from lead to lead. */
export function plainWrites(
  { series, groups }: Rows,
  recording: Recording,
  cut: (text: string) => Filled,
): PlainStatement[] {
  const statements = groups.map((changes) => {
    const isNumbered = series !== undefined && NUMBERED.includes(changes[0].table);
    return statementOf(changes, isNumbered, recording, cut);
  });
  return series ? [numberTaken(series, cut), ...statements] : statements;
}

function numberTaken({ row }: Change, cut: (text: string) => Filled): PlainStatement {
  const values = [row.last_issued_on, row.entity_id, row.series].map((value) => cut(String(value)));
  return named(
    `update number_series set last_seq = last_seq + 1, last_issued_on = $1
      where entity_id = $2 and series = $3 returning last_seq`,
    values,
    1,
  );
}

function statementOf(
  changes: readonly [Change, ...Change[]],
  isNumbered: boolean,
  recording: Recording,
  cut: (text: string) => Filled,
): PlainStatement {
  const [first] = changes;
  const { table, op } = first;
  const types = recording.types[table] ?? {};
  const written = writtenColumns(first, recording);
  const keys = op === 'UPDATE' ? keyColumns(first, recording) : [];
  const columns = [...written, ...keys];
  const values = changes.flatMap(({ row }) =>
    columns.map((column) => {
      if (isNumbered && op === 'INSERT' && column === 'seq') return TAKEN;
      const text = textOf(row[column], types[column] ?? '');
      return text === null ? null : cut(text);
    }),
  );
  /** `($1, $2), ($3, $4)`; a list that is no insert's has to say its types. */
  const rows = (cast: (column: string) => string): string =>
    changes
      .map((_, row) => {
        const params = columns.map((column, at) => `$${row * columns.length + at + 1}${cast(column)}`);
        return `(${params.join(', ')})`;
      })
      .join(', ');
  const listed = columns.map((column) => `"${column}"`).join(', ');
  if (op === 'INSERT') {
    return named(`insert into ${table} (${listed}) values ${rows(() => '')}`, values, changes.length);
  }
  const isOpen = table === 'waits' ? ' and t.ended_at is null' : '';
  const pairs = (of: readonly string[], value: (column: string) => string, left = ''): string[] =>
    of.map((column) => `${left}"${column}" = ${value(column)}`);
  if (changes.length === 1) {
    const param = (column: string): string => `$${columns.lastIndexOf(column) + 1}`;
    const set = pairs(written, (column) => `$${written.indexOf(column) + 1}`).join(', ');
    const where = pairs(keys, param, 't.').join(' and ');
    return named(`update ${table} t set ${set} where ${where}${isOpen}`, values, 1);
  }
  const set = pairs(written, (column) => `v."${column}"`).join(', ');
  const where = pairs(keys, (column) => `v."${column}"`, 't.').join(' and ');
  const list = `(values ${rows((column) => `::${types[column] ?? 'text'}`)}) v (${listed})`;
  return named(`update ${table} t set ${set} from ${list} where ${where}${isOpen}`, values, changes.length);
}

function named(text: string, values: PlainStatement['values'], expected: number): PlainStatement {
  return { name: createHash('sha256').update(text).digest('base64url').slice(0, 22), text, values, expected };
}

/** A column's value as Postgres takes it in, from what `to_jsonb` made of it. */
function textOf(value: unknown, type: string): string | null {
  if (value === null || value === undefined) return null;
  if (/^jsonb?$/.test(type)) return JSON.stringify(value);
  return Array.isArray(value) ? arrayText(value) : String(value);
}

const arrayText = (values: readonly unknown[]): string =>
  `{${values
    .map((value) => {
      if (value === null) return 'null';
      return Array.isArray(value) ? arrayText(value) : `"${String(value).replaceAll(/[\\"]/g, '\\$&')}"`;
    })
    .join(',')}}`;
