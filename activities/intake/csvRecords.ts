// A stream of CSV text as records, each with the line it begins on. The fields are read by csv-parse; what is
// ours is where a record ends. csv-parse loses all that follows a stray quote, and counts CRLF inside quotes
// twice; here such a record is refused alone, and reading goes on with the line after it.
import { parse } from 'csv-parse/sync';

export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

export interface BadRecord {
  readonly line: number;
  readonly reason: string;
}

export const MAX_RECORD_LENGTH = 64 * 1024;
const BATCH = 500;

type Raw = { readonly line: number; readonly text: string };

/** Yields records in batches, bad ones in their place. `text` is what the file holds, in pieces of any length. */
export async function* csvRecords(
  text: AsyncIterable<string | Uint8Array>,
  delimiter: string,
): AsyncGenerator<(CsvRecord | BadRecord)[]> {
  let batch: (Raw | BadRecord)[] = [];
  const splitter = new Splitter(delimiter);
  const decoder = new TextDecoder('utf-8');
  for await (const piece of text) {
    splitter.add(typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }));
    for (let raw = splitter.next(false); raw; raw = splitter.next(false)) {
      batch.push(raw);
      if (batch.length < BATCH) continue;
      yield read(batch, delimiter);
      batch = [];
    }
  }
  splitter.add(decoder.decode());
  for (let raw = splitter.next(true); raw; raw = splitter.next(true)) batch.push(raw);
  if (batch.length > 0) yield read(batch, delimiter);
}

/** Cuts text into records. A record that never ends is given back as its first line alone. */
class Splitter {
  #text = '';
  #from = 0;
  #line = 1;
  /** The rest of a line that was refused before its end had come. */
  #skipping = false;
  readonly #delimiter: string;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  add(text: string): void {
    // The decoder takes a byte order mark away; text that came decoded may still have it.
    const plain =
      this.#line === 1 && this.#from === 0 && this.#text === '' ? text.replace(/^\uFEFF/, '') : text;
    this.#text = this.#text.slice(this.#from) + plain;
    this.#from = 0;
  }

  /** The next record, or undefined while its end has not come; `last` when nothing more will come. */
  next(last: boolean): Raw | BadRecord | undefined {
    while (this.#from < this.#text.length) {
      const lineEnd = this.#text.indexOf('\n', this.#from);
      if (lineEnd === -1 && !last && !this.#skipping && this.#text.length - this.#from <= MAX_RECORD_LENGTH) {
        return undefined;
      }
      const end = lineEnd === -1 ? this.#text.length : lineEnd;
      if (this.#skipping) {
        this.#skipping = lineEnd === -1;
        this.#from = end + 1;
        continue;
      }
      const quote = this.#text.indexOf('"', this.#from);
      const plain = quote === -1 || quote > end;
      const found = plain ? end : this.#endOfQuoted(last);
      if (found === undefined) return undefined;
      const line = this.#line;
      if (typeof found === 'string') return this.#refuse(line, end, found);
      const text = this.#text.slice(this.#from, found).replace(/\r$/, '');
      if (text.length > MAX_RECORD_LENGTH) return this.#refuse(line, end, tooLong);
      this.#line += plain ? 1 : newlines(text) + 1;
      this.#from = found + 1;
      if (text !== '') return { line, text };
    }
    return undefined;
  }

  #refuse(line: number, end: number, reason: string): BadRecord {
    this.#line += 1;
    this.#skipping = end === this.#text.length;
    this.#from = end + 1;
    return { line, reason };
  }

  /** Where a record with quotes ends, why it cannot, or undefined when more text is needed to know. */
  #endOfQuoted(last: boolean): number | string | undefined {
    const text = this.#text;
    const limit = this.#from + MAX_RECORD_LENGTH;
    for (let at = this.#from; ; ) {
      // At the beginning of a field.
      if (text[at] === '"') {
        do at = text.indexOf('"', at + 1) + 1;
        while (at > 0 && text[at] === '"');
        if (at === 0) return last || text.length > limit ? unclosed : undefined;
        if (!last && (at >= text.length || (text[at] === '\r' && at + 1 === text.length))) return undefined;
        if (text[at] === '\r' && text[at + 1] === '\n') at++;
        if (at >= text.length || text[at] === '\n') return at > limit ? unclosed : at;
        if (text[at] !== this.#delimiter) return 'a quoted field goes on after its closing quote';
        if (at > limit) return unclosed;
        at++;
        continue;
      }
      const lineEnd = text.indexOf('\n', at);
      const next = text.indexOf(this.#delimiter, at);
      const end = lineEnd === -1 ? text.length : lineEnd;
      const quote = text.indexOf('"', at);
      if (lineEnd === -1 && !last && text.length <= limit) return undefined;
      if (quote !== -1 && quote < end && (next === -1 || quote < next)) {
        return 'a quote stands in a field that does not begin with one';
      }
      if (next === -1 || next > end) return end;
      at = next + 1;
    }
  }
}

const unclosed = `a quote opens a field and nothing closes it within ${MAX_RECORD_LENGTH} characters`;
const tooLong = `the row has more than ${MAX_RECORD_LENGTH} characters`;
const newlines = (text: string): number => text.split('\n').length - 1;

function read(batch: readonly (Raw | BadRecord)[], delimiter: string): (CsvRecord | BadRecord)[] {
  const raws = batch.filter((raw): raw is Raw => 'text' in raw);
  const rows = parseAll(raws, delimiter);
  let next = 0;
  return batch.map((raw) => {
    if ('reason' in raw) return raw;
    const row = rows[next++];
    return Array.isArray(row)
      ? { line: raw.line, fields: row }
      : { line: raw.line, reason: row ?? 'cannot be read as CSV' };
  });
}

function parseAll(raws: readonly Raw[], delimiter: string): (string[] | string)[] {
  const options = { delimiter, relax_column_count: true, record_delimiter: ['\n', '\r\n'] };
  try {
    const rows = parse(raws.map((raw) => raw.text).join('\n'), options) as string[][];
    if (rows.length === raws.length) return rows;
  } catch {
    // One of them is at fault; which one is found by reading them alone.
  }
  return raws.map(({ text }) => {
    try {
      const [row, more] = parse(text, options) as string[][];
      return row && !more ? row : 'a line break stands where none may be';
    } catch (error) {
      return (error as Error).message.slice(0, 200);
    }
  });
}
