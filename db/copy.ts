// Rows on their way into tables by COPY: many times cheaper than statements where there are thousands.
import { once } from 'node:events';
import { from } from 'pg-copy-streams';
import type { Tx } from './pool.js';
import type { Row, RowSink, Table } from './writes.js';

/** Which tables, what is referred to first, and the columns of each: those its first row names. */
export class CopyOrder {
  readonly #columns = new Map<Table, readonly string[]>();

  constructor(readonly tables: readonly Table[]) {}

  columnsOf(table: Table, row: object): readonly string[] {
    let columns = this.#columns.get(table);
    if (!columns) {
      if (!this.tables.includes(table)) throw new RangeError(`${table} has no place in the order of COPY`);
      columns = Object.keys(row);
      this.#columns.set(table, columns);
    }
    return columns;
  }
}

/** A few rows, written as COPY reads them, on no connection yet. All rows of one table name the same columns. */
export class CopyLines implements RowSink {
  readonly tables: Table[] = [];
  readonly lines: string[] = [];
  readonly #order: CopyOrder;

  constructor(order: CopyOrder) {
    this.#order = order;
  }

  insert<T extends Table>(table: T, ...rows: Row<T>[]): this {
    for (const row of rows as Record<string, unknown>[]) {
      let line = '';
      for (const column of this.#order.columnsOf(table, row)) line += `\t${copyText(row[column])}`;
      this.tables.push(table);
      this.lines.push(line.slice(1));
    }
    return this;
  }
}

/** Lines of many, sent table by table. */
export class CopyRows {
  readonly #lines: Map<Table, string[]>;
  readonly #order: CopyOrder;

  constructor(order: CopyOrder) {
    this.#order = order;
    this.#lines = new Map(order.tables.map((table) => [table, []]));
  }

  add({ tables, lines }: CopyLines): this {
    for (let i = 0; i < lines.length; i++) this.#lines.get(tables[i] as Table)?.push(lines[i] as string);
    return this;
  }

  /** Writes everything inside the caller's transaction. */
  async run(tx: Tx): Promise<void> {
    for (const [table, lines] of this.#lines) {
      if (lines.length === 0) continue;
      const columns = this.#order.columnsOf(table, {});
      await copyInto(tx, `${table} (${columns.join(', ')})`, `${lines.join('\n')}\n`);
    }
  }
}

/** Sends text in COPY's own format into a table. */
export async function copyInto(tx: Tx, target: string, text: string): Promise<void> {
  const stream = tx.query(from(`copy ${target} from stdin`));
  const done = once(stream, 'finish');
  stream.end(text);
  await done;
}

const SPECIAL = /[\\\n\r\t]/g;
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escaped = (text: string): string =>
  text.search(SPECIAL) === -1 ? text : text.replace(SPECIAL, (c) => ESCAPED[c] ?? c);

// Thousands of rows share one instant, and each has several columns of it.
let lastDate: Date | undefined;
let lastText = '';
function dateText(date: Date): string {
  if (date !== lastDate) {
    lastDate = date;
    lastText = date.toISOString();
  }
  return lastText;
}

/** A value as COPY reads it. Objects and arrays are JSON: no column of another array type is written this way. */
function copyText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return escaped(value);
    case 'number':
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value ? 't' : 'f';
    default:
      if (value === null || value === undefined) return '\\N';
      if (value instanceof Date) return dateText(value);
      if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`;
      return escaped(JSON.stringify(value));
  }
}
