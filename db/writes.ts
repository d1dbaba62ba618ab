// The writes of one step as one statement: every table's rows travel as one JSON parameter into one
// data-modifying CTE. One round trip however many rows; the text depends on tables and columns alone, so
// Postgres prepares it once per connection. Rules of such a statement: all parts see the state before it,
// and no row may be written by two parts.
import { createHash } from 'node:crypto';
import { type Queryable, WRITE_CONFLICT } from './pool.js';
import type { Tables } from './tables.js';

export type Table = keyof Tables;
export type Row<T extends Table> = Partial<Tables[T]>;

/**
 * Somebody else changed or made the row first; the caller's transaction rolls back and looks again. Carries the code
 * that `must_meet` raises for a write that met other rows than it named.
 */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict';
  readonly code = WRITE_CONFLICT;
}

/** JSON as jsonb_populate_recordset reads it: whole bigints as text, bytes as hex, instants as ISO text. */
const json = (rows: readonly object[]): string =>
  JSON.stringify(rows, function (this: Record<string, unknown>, key, value: unknown) {
    const raw = this[key];
    if (Buffer.isBuffer(raw)) return `\\x${raw.toString('hex')}`;
    return typeof value === 'bigint' ? value.toString() : value;
  });

/** The next power of four: 1, 4, 16, 64 … */
const limitOver = (count: number): number => 4 ** Math.ceil(Math.log2(count) / 2);

const names = new Map<string, string>();
const nameOf = (text: string): string => {
  let name = names.get(text);
  if (!name) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    names.set(text, name);
  }
  return name;
};

/** Where rows are put, whether they travel as one statement (`Writes`) or by COPY (`CopyRows`). */
export interface RowSink {
  insert<T extends Table>(table: T, ...rows: Row<T>[]): unknown;
}

export class Writes implements RowSink {
  readonly #parts: { text: (n: number) => string; param: string; expect: number; what: string }[] = [];

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Inserts rows that all name the same columns. */
  insert<T extends Table>(table: T, ...rows: Row<T>[]): this {
    const [first] = rows;
    if (!first) return this;
    const columns = Object.keys(first).join(', ');
    this.#parts.push({
      text: (n) =>
        `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $${n})`,
      param: json(rows),
      expect: rows.length,
      what: `insert ${table}`,
    });
    return this;
  }

  /**
   * Sets the other columns of the rows found by `by`. Each row must be found, otherwise the write fails.
   * A `by` column may be one that guards the change, such as a status that must still be as it was read.
   */
  update<T extends Table>(table: T, by: readonly (keyof Tables[T] & string)[], ...rows: Row<T>[]): this {
    const [first] = rows;
    if (!first) return this;
    const columns = Object.keys(first).filter((column) => !by.includes(column as never));
    const set = columns.map((column) => `${column} = v.${column}`).join(', ');
    const where = by.map((column) => `t.${column} = v.${column}`).join(' and ');
    const values = (n: number) => `jsonb_populate_recordset(null::${table}, $${n})`;
    // A function is taken for a hundred rows, and a table of some thousands is then read whole for ten of them. The
    // limit is one of few, so that few statements are prepared.
    const source = (n: number) => `(select * from ${values(n)} limit ${limitOver(rows.length)})`;
    this.#parts.push({
      text: (n) => `update ${table} t set ${set} from ${source(n)} v where ${where}`,
      param: json(rows),
      expect: rows.length,
      what: `update ${table}`,
    });
    return this;
  }

  /** A write with words of its own; `$` in the text stands for its single JSON parameter. */
  statement(what: string, text: string, param: object, expect: number | 'any'): this {
    this.#parts.push({
      text: (n) => text.replaceAll('$', () => `$${n}::jsonb`),
      param: json([param]).slice(1, -1),
      expect: expect === 'any' ? -1 : expect,
      what,
    });
    return this;
  }

  /**
   * Sends everything as one statement, which fails with WRITE_CONFLICT when a part met other rows than it
   * named: Postgres itself refuses, so a commit may be sent with it.
   */
  async run(db: Queryable): Promise<void> {
    if (this.isEmpty) return;
    const parts = this.#parts;
    const ctes = parts.map((part, i) => `w${i} as (${part.text(i + 1)} returning 1)`).join(', ');
    const met = parts.map((_, i) => `(select count(*)::int from w${i})`).join(', ');
    const [expected, names] = [parts.length + 1, parts.length + 2];
    const text = `with ${ctes} select must_meet(array[${met}], $${expected}::int[], $${names}::text[])`;
    await db.query({
      name: nameOf(text),
      text,
      values: [
        ...parts.map(({ param }) => param),
        parts.map(({ expect }) => expect),
        parts.map(({ what }) => what),
      ],
    });
  }
}
