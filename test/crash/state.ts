// What a database holds, so that two runs of one story can be compared: every row of every table, without what no
// two runs share, which is ids and instants. In place of an id stands what its row holds, so that an allocation on
// another invoice is seen.
import { createHash } from 'node:crypto';
import type pg from 'pg';

/** Columns that count how often something was tried, or hold what is made anew in each run. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  messages: ['attempts', 'claimed_until'],
};
/** How fast the business lives, and what the schema is: nothing a story does. */
const NOT_COMPARED = new Set(['clock_segments', 'pgmigrations']);

const ID = /\b([a-z]+)_[0-9a-hjkmnp-tv-z]{26}\b/g;
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const INSTANT = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?/g;
const EPOCH_MS = /\b1[5-9]\d{11}(\.\d+)?\b/g;
const HASH = /\b[0-9a-f]{64}\b/g;

/** Id of a row → what stands for it. */
type Labels = ReadonlyMap<string, string>;
const NO_LABELS: Labels = new Map();

const plain = (value: unknown, labels: Labels): unknown => {
  if (typeof value === 'string') return plainText(value, labels);
  if (Array.isArray(value)) return value.map((inner) => plain(inner, labels));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner, labels)]));
};

const plainText = (text: string, labels: Labels): string =>
  text
    .replace(ID, (id, kind: string) => labels.get(id) ?? kind)
    .replace(UUID, 'uuid')
    .replace(HASH, 'hash')
    .replace(INSTANT, 'instant')
    .replace(EPOCH_MS, 'ms');

export interface State {
  /** Rows per table. */
  readonly counts: Readonly<Record<string, number>>;
  /** Sorted, one line a row. */
  readonly rows: Readonly<Record<string, readonly string[]>>;
}

/** Reads all tables of `public`. */
export async function stateOf(db: pg.Pool): Promise<State> {
  const { rows: columns } = await db.query<{ table: string; name: string; type: string; isSerial: boolean }>(
    `select c.table_name as table, c.column_name as name, c.data_type as type,
        (c.is_identity = 'YES' or c.column_default like 'nextval%') as "isSerial"
      from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where c.table_schema = 'public' and t.table_type = 'BASE TABLE' order by 1, c.ordinal_position`,
  );
  const held = new Map<string, unknown[]>();
  const labels = new Map<string, string>();
  for (const table of new Set(columns.map((column) => column.table))) {
    if (NOT_COMPARED.has(table)) continue;
    const compared = columns.filter(
      ({ table: of, name, type, isSerial }) =>
        of === table && !isSerial && type !== 'bytea' && !LEFT_OUT[table]?.includes(name),
    );
    // Of an instant is kept whether it is there.
    const list = compared.map(({ name, type }) =>
      type.startsWith('timestamp') ? `"${name}" is not null as "${name}"` : `"${name}"`,
    );
    const { rows: found } = await db.query<Record<string, unknown>>(
      `select ${list.join(', ')} from ${table}`,
    );
    const values = found.map((row) => JSON.parse(jsonOf(row)) as { id?: unknown });
    held.set(table, values);
    for (const row of values) if (typeof row.id === 'string') labels.set(row.id, labelOf(row.id, row));
  }
  const counts: Record<string, number> = {};
  const rows: Record<string, string[]> = {};
  for (const [table, values] of held) {
    counts[table] = values.length;
    rows[table] = values.map((row) => JSON.stringify(plain(row, labels))).sort();
  }
  return { counts, rows };
}

function labelOf(id: string, row: unknown): string {
  const content = JSON.stringify(plain(row, NO_LABELS));
  return `${id.split('_')[0]}~${createHash('sha256').update(content).digest('hex').slice(0, 8)}`;
}

const jsonOf = (row: unknown): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

/** Where a disturbed run ended otherwise than the undisturbed one: at most six lines a table. */
export function differences(undisturbed: State, disturbed: State): string[] {
  return Object.keys(undisturbed.rows).flatMap((table) => {
    const [was, is] = [undisturbed.rows[table] ?? [], disturbed.rows[table] ?? []];
    const missing = without(was, is).map((row) => `${table} lacks ${row}`);
    const extra = without(is, was).map((row) => `${table} has besides ${row}`);
    return [...missing, ...extra].slice(0, 6);
  });
}

/** What is in the first list and not in the second, as often as it is there too often. */
function without(some: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return some.filter((row) => {
    const times = left.get(row) ?? 0;
    left.set(row, times - 1);
    return times <= 0;
  });
}
