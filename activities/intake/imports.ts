// An import: a file of leads captured as if each had come alone, by COPY, a transaction a chunk. It may be killed
// at any moment and run again: what is there already is found and counted, never written twice.
import { setImmediate as breathe } from 'node:timers/promises';
import { type LeadMapping, MAX_REJECTED } from '../../contracts/imports.js';
import { CopyLines, CopyOrder, CopyRows } from '../../db/copy.js';
import { derivedId, sha256 } from '../../db/ids.js';
import {
  countImported,
  endImport,
  holdImport,
  type ImportCounts,
  INTAKE_LOCK,
  releaseImport,
  startImport,
} from '../../db/imports.js';
import { type Db, type Tx, withTransaction } from '../../db/pool.js';
import { type ClockSegment, instantAt } from '../../domain/calendar/clock.js';
import { DomainError } from '../../domain/errors.js';
import { canonicalJson } from '../../domain/policies/canonical.js';
import { type BadRecord, type CsvRecord, csvRecords } from './csvRecords.js';
import { KnownRows, NOTHING_KNOWN, type PreparedRow } from './importKnown.js';
import { RowReader } from './importRows.js';
import { type Capture, captureKeys, type Known, writeCapture } from './leadRows.js';

/** A capture waits for at most one chunk, so a chunk is a fraction of a second of work. */
const CHUNK = 2_000;
/** So many rows are read before Postgres, or a click of this process, gets its turn: about a millisecond. */
const STRETCH = 20;
/** While rows are judged Postgres is idle and captures wait; their lines stand ready, so it is quick. */
const TURN = 1_000;
const ORDER = new CopyOrder([
  'contacts',
  'leads',
  'waits',
  'touches',
  'audit_heads',
  'audit_entries',
  'messages',
  'import_errors',
]);

export interface LeadImport {
  readonly db: Db;
  readonly actorId: string;
  readonly importId: string;
  /** What the file holds, in pieces of any length. */
  readonly rows: AsyncIterable<string | Uint8Array>;
  readonly mapping: LeadMapping;
  /** Counts and refuses the same, and writes no lead. */
  readonly dryRun: boolean;
  /** Real time at which the leads came in. */
  readonly nowMs: number;
  /** Stops it between two chunks. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (counts: ImportCounts) => void;
}

/**
 * Imports a file of leads. Rows that cannot be taken are stored in `import_errors` with line, column and reason;
 * a row whose externalId is known, or whose person has an open lead (a touch is added to it), is a duplicate.
 *
 * @throws DomainError `invalid_field` for a header without a mapped column, `limit_exceeded` for too many bad rows,
 *   `key_in_use` when this import runs already; the record says `failed` and why, except for the last
 */
export async function importLeads(input: LeadImport): Promise<ImportCounts> {
  const { db, importId } = input;
  const holder = await db.connect();
  try {
    if (!(await holdImport(holder, importId))) {
      throw new DomainError('key_in_use', `import ${importId} is running`);
    }
    try {
      await startImport(db, { ...input, id: importId });
      const counts = await run(input);
      await endImport(db, importId, null);
      return counts;
    } catch (error) {
      const failure = error instanceof DomainError ? error.detail : (error as Error).message;
      // The database may be what failed; then nobody holds the import, which says the same.
      await endImport(db, importId, failure.slice(0, 1000)).catch(() => undefined);
      throw error;
    } finally {
      await releaseImport(holder, importId).catch(() => undefined);
    }
  } finally {
    holder.release();
  }
}

/** Reads the header alone. Throws `invalid_field` for what `importLeads` would refuse the whole file for. */
export async function checkImport(rows: LeadImport['rows'], mapping: LeadMapping): Promise<void> {
  for await (const [header] of csvRecords(rows, mapping.delimiter ?? ',')) {
    if (header) return void readerOf(header, mapping);
  }
  throw new DomainError('invalid_field', EMPTY);
}

const EMPTY = 'the file is empty: not even a header line';

function readerOf(header: CsvRecord | BadRecord, mapping: LeadMapping): RowReader {
  if ('reason' in header) throw new DomainError('invalid_field', `the header line: ${header.reason}`);
  return new RowReader(header.fields, mapping);
}

interface Chunk {
  readonly rows: PreparedRow[];
  readonly refused: { readonly line: number; readonly column: string; readonly reason: string }[];
  read: number;
}

async function run(input: LeadImport): Promise<ImportCounts> {
  const { db, dryRun, signal, onProgress } = input;
  const at = new Date(instantAt(await clockOf(db), input.nowMs));
  // A dry run remembers all rows before, because none of them is in the database.
  const remembered = dryRun ? new KnownRows() : undefined;
  let total: ImportCounts = { read: 0, created: 0, duplicates: 0, rejected: 0 };
  const chunks = prepare(input, at)[Symbol.asyncIterator]();
  let next = chunks.next();
  for (;;) {
    const { value: chunk, done } = await next;
    if (done) return total;
    signal?.throwIfAborted();
    next = chunks.next(); // The next chunk is read while Postgres writes this one.
    next.catch(() => undefined);
    const counts = await withTransaction(db, (tx) => write(tx, input, chunk, remembered ?? new KnownRows()));
    total = added(total, counts);
    onProgress?.(total);
    if (total.rejected > MAX_REJECTED) {
      const detail = `more than ${MAX_REJECTED} rows were refused; is this the mapping of this file?`;
      throw new DomainError('limit_exceeded', detail);
    }
  }
}

/** Reads the file ahead of the database: everything about a row that depends on nothing but the row. */
async function* prepare(input: LeadImport, at: Date): AsyncGenerator<Chunk> {
  const { rows, mapping, actorId } = input;
  let reader: RowReader | undefined;
  let chunk: Chunk = { rows: [], refused: [], read: 0 };
  const repeats = new Map<string, number>();
  for await (const records of csvRecords(rows, mapping.delimiter ?? ',')) {
    for (const record of records) {
      if (!reader) {
        reader = readerOf(record, mapping);
        continue;
      }
      chunk.read++;
      if (chunk.read % STRETCH === 0) await breathe(); // Or Postgres would wait for the whole next chunk.
      const { line } = record;
      const capture = 'reason' in record ? [{ column: '', reason: record.reason }] : reader.read(record);
      if (Array.isArray(capture)) chunk.refused.push(...capture.map((problem) => ({ line, ...problem })));
      else chunk.rows.push(prepared({ line, capture, at, actorId }, repeats));
    }
    if (chunk.read < CHUNK) continue;
    yield chunk;
    chunk = { rows: [], refused: [], read: 0 };
  }
  if (!reader) throw new DomainError('invalid_field', EMPTY);
  if (chunk.read > 0) yield chunk;
}

/**
 * The id of a row's message is the same whenever the row is imported: by its externalId, or by its content and how
 * often the file held the same before, so that two people who left the same few words stay two leads.
 */
function prepared(
  row: { readonly line: number; readonly capture: Capture; readonly at: Date; readonly actorId: string },
  repeats: Map<string, number>,
): PreparedRow {
  const { capture } = row;
  const captureHash = sha256(canonicalJson(capture)).toString('hex');
  const keys = captureKeys(capture);
  let identity = ['import', 'external', capture.externalId ?? ''];
  if (capture.externalId === undefined) {
    const nth = (repeats.get(captureHash) ?? 0) + 1;
    repeats.set(captureHash, nth);
    identity = ['import', 'row', captureHash, String(nth)];
  }
  const write = { ...row, isBulk: true, keys, captureHash, messageId: derivedId('msg', ...identity) };
  const rows = new CopyLines(ORDER);
  return { ...write, alone: { rows, written: writeCapture(rows, { ...write, known: NOTHING_KNOWN }) } };
}

async function write(
  tx: Tx,
  { importId, dryRun }: LeadImport,
  { rows, refused, read }: Chunk,
  known: KnownRows,
): Promise<ImportCounts> {
  // The pool's own limits are those of a click.
  await tx.query(`set local statement_timeout = '60s'; set local lock_timeout = '30s'`);
  if (!dryRun) await tx.query(`select pg_advisory_xact_lock(${INTAKE_LOCK})`);
  await known.load(tx, rows);
  const writes = new CopyRows(ORDER);
  let created = 0;
  for (const [i, row] of rows.entries()) {
    if (i % TURN === TURN - 1) await breathe();
    const before = known.find(row);
    if (!before) continue;
    const { rows: lines, written } = before === NOTHING_KNOWN ? row.alone : again(row, before);
    if (!dryRun) writes.add(lines);
    known.learn(row, before, written);
    if (written.created) created++;
  }
  for (const { line, column, reason } of refused) {
    const row = { import_id: importId, line, column_name: column, reason };
    writes.add(new CopyLines(ORDER).insert('import_errors', row));
  }
  await writes.run(tx);
  const rejected = read - rows.length;
  const counts = { read, created, duplicates: rows.length - created, rejected };
  await countImported(tx, importId, counts);
  return counts;
}

function again(row: PreparedRow, known: Known): PreparedRow['alone'] {
  const rows = new CopyLines(ORDER);
  return { rows, written: writeCapture(rows, { ...row, known }) };
}

const added = (a: ImportCounts, b: ImportCounts): ImportCounts => ({
  read: a.read + b.read,
  created: a.created + b.created,
  duplicates: a.duplicates + b.duplicates,
  rejected: a.rejected + b.rejected,
});

async function clockOf(db: Db): Promise<ClockSegment> {
  const { rows } =
    await db.query<ClockSegment>(`select floor(extract(epoch from anchor_at) * 1000)::float8 as "anchorMs",
      floor(extract(epoch from real_anchor_at) * 1000)::float8 as "realAnchorMs", seconds_per_day as "secondsPerDay"
    from clock_segments order by id desc limit 1`);
  if (!rows[0]) throw new RangeError('the business clock has no segment yet');
  return rows[0];
}
