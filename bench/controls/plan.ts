// From a recorded golden lead to one that can be written again and again: each transaction as one prepared
// statement, with holes where ids, unique words and numbers stand.
import type { Read } from '../children/statements.js';
import type { Call } from '../golden.js';
import { CALLS } from '../golden.js';
import type { Change, Commit, Recording } from './recording.js';

/** Text and holes in turn: entries at odd places are filled anew for each lead. */
export type Filled = readonly string[];

export interface Statement {
  readonly name: string;
  readonly text: string;
  /** JSON of the rows of each part. */
  readonly params: readonly Filled[];
  /** How many rows each part must meet. */
  readonly expected: readonly number[];
}

/** One statement of a transaction as most programs write it: the rows of one table. */
export interface TableStatement {
  readonly text: string;
  readonly params: readonly Filled[];
  readonly expected: number;
}

export interface Step {
  readonly by: Commit['by'];
  readonly step: string;
  readonly statement: Statement;
  /** The same rows, a statement for each table. */
  readonly tables: readonly TableStatement[];
}

/** A statement that reads; its values are JSON with holes. */
export interface PlannedRead {
  readonly name: string | null;
  readonly text: string;
  readonly values: Filled;
}

export interface PlannedReads {
  readonly api: readonly PlannedRead[];
  /** By the step that read them. */
  readonly steps: readonly (readonly PlannedRead[])[];
}

export interface Plan {
  readonly reads: Readonly<Record<Call, PlannedReads>>;
  readonly calls: Readonly<Record<Call, readonly Step[]>>;
  readonly answers: Readonly<Record<string, Filled>>;
  /** The id of the lead. */
  readonly leadId: Filled;
}

const ID = /\b[a-z]+_[0-9a-hjkmnp-tv-z]{26}\b/g;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const CODE_LENGTH = 6;
const TAG_LENGTH = 8;
const NUMBERED = ['orders', 'invoices'];

/** Six letters for the eight digits of a lead's tag. */
function codeOf(tag: string): string {
  let rest = Number(tag);
  let code = '';
  for (let i = 0; i < CODE_LENGTH; i++, rest = Math.floor(rest / 32))
    code = ALPHABET.charAt(rest % 32) + code;
  return code;
}

/** The tag that stands in an id which `fill` has made. */
export function tagIn(id: string): string {
  let value = 0;
  for (const letter of id.slice(-CODE_LENGTH)) value = value * 32 + ALPHABET.indexOf(letter);
  return String(value).padStart(TAG_LENGTH, '0');
}

/** Fills the holes of a text for the lead with this tag. */
export function fill(text: Filled, tag: string): string {
  const code = codeOf(tag);
  return text.map((part, i) => (i % 2 === 0 ? part : hole(part, tag, code))).join('');
}

function hole(part: string, tag: string, code: string): string {
  if (part === '') return tag;
  return part.startsWith('#') ? `${part.slice(1)}-${tag}` : `${part}${code}`;
}

/** Makes the plan of a recorded lead. */
export function planOf(recording: Recording): Plan {
  const cut = cutter(recording);
  const calls = Object.fromEntries(
    CALLS.map((call) => [
      call,
      recording.calls[call].map((commit): Step => {
        const parts = partsOf(commit, recording);
        const name = `${call}-${commit.by}-${recording.calls[call].indexOf(commit)}`;
        const tables = parts.map(({ sql, params, rows }) => ({
          text: sql((n) => `$${n}`, TAKEN),
          params: params.map(cut),
          expected: rows,
        }));
        return { by: commit.by, step: commit.step, statement: { name, ...asOne(parts, cut) }, tables };
      }),
    ]),
  ) as unknown as Record<Call, Step[]>;
  const answers = Object.entries(recording.answers).map(([name, answer]) => [
    name,
    cut(JSON.stringify(answer)),
  ]);
  const readsOf = (call: Call): PlannedReads => {
    const planned = ({ name, text, values }: Read): PlannedRead => ({ name, text, values: cut(values) });
    const { api, worker } = recording.reads[call];
    const steps = recording.calls[call].filter(({ by }) => by === 'worker');
    const ofStep = (index: number) =>
      worker.filter(({ transaction }) => Math.min(transaction ?? 0, steps.length - 1) === index).map(planned);
    return { api: api.map(planned), steps: steps.map((_, index) => ofStep(index)) };
  };
  const reads = Object.fromEntries(CALLS.map((call) => [call, readsOf(call)])) as Record<Call, PlannedReads>;
  const { id } = recording.answers.capture as { id: string };
  return { reads, calls, answers: Object.fromEntries(answers), leadId: cut(id) };
}

/** Cuts a text at everything that must differ from lead to lead. */
function cutter({ tag, masterIds, calls }: Recording): (text: string) => Filled {
  const master = new Set(masterIds);
  const numbers = Object.values(calls).flatMap((commits) =>
    commits.flatMap(({ changes }) =>
      changes.flatMap(({ table, row }) => (NUMBERED.includes(table) ? [String(row.number)] : [])),
    ),
  );
  const words = [ID.source, `\\b${tag}\\b`, ...new Set(numbers)].join('|');
  return (text) => {
    const parts: string[] = [''];
    let end = 0;
    for (const match of text.matchAll(new RegExp(words, 'g'))) {
      const [word] = match;
      if (master.has(word)) continue;
      parts[parts.length - 1] += text.slice(end, match.index);
      const isNumber = numbers.includes(word);
      parts.push(word === tag ? '' : isNumber ? `#${word}` : word.slice(0, -CODE_LENGTH), '');
      end = match.index + word.length;
    }
    parts[parts.length - 1] += text.slice(end);
    return parts;
  };
}

/** What one table of a transaction is sent; `sql` is told how parameters are called and where its number stands. */
interface Part {
  readonly sql: (param: (n: number) => string, number: string) => string;
  /** JSON; the first are the rows. */
  readonly params: readonly string[];
  readonly rows: number;
}

/** Where a statement of its own finds the number that the one before it took. */
const TAKEN = `(select last_seq from number_series where entity_id = $2::jsonb ->> 'entity'
  and series = $2::jsonb ->> 'name')`;

function partsOf(commit: Commit, recording: Recording): Part[] {
  const merged = merge(commit.changes, recording.keys);
  const series = merged.find(({ table }) => table === 'number_series');
  const parts: Part[] = [];
  let numbered: string | undefined;
  if (series) {
    const { entity_id: entity, series: name, last_issued_on: on } = series.row;
    numbered = JSON.stringify({ entity, name, on });
    const sql: Part['sql'] = (param) => `update number_series set last_seq = last_seq + 1,
      last_issued_on = (${param(1)}::jsonb ->> 'on')::date where entity_id = ${param(1)}::jsonb ->> 'entity'
      and series = ${param(1)}::jsonb ->> 'name' returning last_seq`;
    parts.push({ sql, params: [numbered], rows: 1 });
  }
  const place = ([first]: readonly Change[]): number => recording.order.indexOf(first?.table ?? '');
  const groups = grouped(merged.filter((change) => change !== series)).sort((a, b) => place(a) - place(b));
  for (const changes of groups) {
    const [first] = changes as [Change];
    const isNumbered = numbered !== undefined && first.op === 'INSERT' && NUMBERED.includes(first.table);
    const rows = JSON.stringify(changes.map(({ row }) => row));
    parts.push({
      sql: (param, number) =>
        `${partOf(first, param(1), recording, isNumbered ? number : undefined)} returning 1`,
      params: isNumbered ? [rows, numbered as string] : [rows],
      rows: changes.length,
    });
  }
  return parts;
}

/** One data-modifying statement, as the product's steps send theirs. */
function asOne(parts: readonly Part[], cut: (text: string) => Filled): Omit<Statement, 'name'> {
  const ctes = parts.map(({ sql }, i) => `w${i} as (${sql(() => `$${i + 1}`, '(select last_seq from w0)')})`);
  const counts = parts.map((_, i) => `(select count(*)::int from w${i})`).join(', ');
  return {
    text: `with ${ctes.join(', ')} select array[${counts}] as met`,
    params: parts.map(({ params }) => cut(params[0] as string)),
    expected: parts.map(({ rows }) => rows),
  };
}

/** A row that is made and changed in one transaction is written once. */
function merge(changes: readonly Change[], keys: Recording['keys']): Change[] {
  const rows = new Map<string, Change>();
  for (const change of changes) {
    const key = JSON.stringify([
      change.table,
      ...(keys[change.table] ?? []).map((column) => change.row[column]),
    ]);
    const first = rows.get(key);
    rows.set(key, first ? { ...first, row: change.row } : change);
  }
  return [...rows.values()];
}

function grouped(changes: readonly Change[]): Change[][] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const columns = change.op === 'UPDATE' ? changedColumns(change).join() : '';
    const key = `${change.op} ${change.table} ${columns}`;
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()];
}

const changedColumns = ({ before, row }: Change): string[] =>
  Object.keys(row).filter((column) => JSON.stringify(row[column]) !== JSON.stringify(before?.[column]));

function partOf(change: Change, param: string, recording: Recording, number?: string): string {
  const { table, op, row } = change;
  const generated = recording.generated[table] ?? [];
  const rows = `jsonb_populate_recordset(null::${table}, ${param}) v`;
  if (op === 'INSERT') {
    const columns = Object.keys(row).filter((column) => !generated.includes(column));
    const values = columns.map((column) =>
      number !== undefined && column === 'seq' ? number : `v."${column}"`,
    );
    const named = columns.map((column) => `"${column}"`).join(', ');
    return `insert into ${table} (${named}) select ${values.join(', ')} from ${rows}`;
  }
  const set = changedColumns(change)
    .filter((column) => !generated.includes(column))
    .map((column) => `"${column}" = v."${column}"`);
  // A wait is numbered by Postgres; what is open of a kind and subject there is once.
  const by = table === 'waits' ? ['lead_id', 'kind', 'subject'] : (recording.keys[table] ?? []);
  const where = by.map((column) => `t."${column}" = v."${column}"`);
  if (table === 'waits') where.push('t.ended_at is null');
  return `update ${table} t set ${set.join(', ')} from ${rows} where ${where.join(' and ')}`;
}
