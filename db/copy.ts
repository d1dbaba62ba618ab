// Rows on their way into tables by COPY: many times cheaper than statements where there are thousands.
import { once } from 'node:events';
import { from } from 'pg-copy-streams';
import type { Tx } from './pool.js';
import type { Row, RowSink, Table } from './writes.js';

interface Waiting {
  readonly columns: readonly string[];
  text: string;
  count: number;
}

/** Collects rows; `run` sends them table by table, in the order given: what is referred to goes first. */
export class CopyRows implements RowSink {
  readonly #tables = new Map<Table, Waiting>();
  readonly #order: readonly Table[];

  constructor(order: readonly Table[]) {
    this.#order = order;
  }

  /** All rows of one table name the same columns. */
  insert<T extends Table>(table: T, ...rows: Row<T>[]): this {
    for (const row of rows as Record<string, unknown>[]) {
      let waiting = this.#tables.get(table);
      if (!waiting) {
        if (!this.#order.includes(table)) throw new RangeError(`${table} has no place in the order of COPY`);
        waiting = { columns: Object.keys(row), text: '', count: 0 };
        this.#tables.set(table, waiting);
      }
      let line = '';
      for (const column of waiting.columns) line += `${line === '' ? '' : '\t'}${copyText(row[column])}`;
      waiting.text += `${line}\n`;
      waiting.count++;
    }
    return this;
  }

  /** Rows by table, as the text that COPY reads. */
  texts(): { table: Table; columns: readonly string[]; text: string; count: number }[] {
    return this.#order.flatMap((table) => {
      const waiting = this.#tables.get(table);
      return waiting ? [{ table, ...waiting }] : [];
    });
  }

  /** Writes everything inside the caller's transaction. */
  async run(tx: Tx): Promise<void> {
    for (const { table, columns, text } of this.texts()) {
      await copyInto(tx, `${table} (${columns.join(', ')})`, text);
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
      if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`;
      if (value instanceof Date) return value.toISOString();
      return escaped(JSON.stringify(value));
  }
}
