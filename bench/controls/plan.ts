// From a recorded golden lead to one that can be written again and again: each transaction as prepared statements, one
// for all of it (K0) and one for each table (K1), with holes where ids, unique words and numbers stand.
import type { Read } from '../children/statements.js';
import type { Call } from '../golden.js';
import { CALLS } from '../golden.js';
import { plainReads } from './plainReads.js';
import { type PlainStatement, plainWrites } from './plainWrites.js';
import type { Change, Commit, Recording } from './recording.js';
import { keyColumns, NUMBERED, type Rows, rowsOf, writtenColumns } from './rows.js';

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

export interface Step {
  readonly by: Commit['by'];
  readonly step: string;
  readonly statement: Statement;
  /** The same rows, a statement for each table. */
  readonly tables: readonly PlainStatement[];
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

/** Fills the holes of texts for the lead with this tag. */
export function filling(tag: string): (text: Filled) => string {
  const code = codeOf(tag);
  return (text) => {
    if (text.length === 1) return text[0] as string;
    return text.map((part, i) => (i % 2 === 0 ? part : hole(part, tag, code))).join('');
  };
}

/** Fills the holes of one text. */
export const fill = (text: Filled, tag: string): string => filling(tag)(text);

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
        const rows = rowsOf(commit, recording);
        const name = `${call}-${commit.by}-${recording.calls[call].indexOf(commit)}`;
        const statement = { name, ...asOne(partsOf(rows, recording), cut) };
        return { by: commit.by, step: commit.step, statement, tables: plainWrites(rows, recording, cut) };
      }),
    ]),
  ) as unknown as Record<Call, Step[]>;
  const answers = Object.entries(recording.answers).map(([name, answer]) => [
    name,
    cut(JSON.stringify(answer)),
  ]);
  const { id } = recording.answers.capture as { id: string };
  const filled = new Set<string>();
  const planned = (reads: readonly Read[]): PlannedRead[] =>
    plainReads(reads, recording.belongings, filled, id).map(({ name, text, values }) => ({
      name,
      text,
      values: cut(values),
    }));
  const readsOf = (call: Call): PlannedReads => {
    const { api, worker } = recording.reads[call];
    const steps = recording.calls[call].filter(({ by }) => by === 'worker');
    const ofStep = (index: number) =>
      worker.filter(({ transaction }) => Math.min(transaction ?? 0, steps.length - 1) === index);
    const found = { api: planned(api), steps: [] as PlannedRead[][] };
    let index = 0;
    for (const { by, changes } of recording.calls[call]) {
      if (by === 'worker') found.steps.push(planned(ofStep(index++)));
      for (const { table } of changes) filled.add(table);
    }
    return found;
  };
  const reads = Object.fromEntries(CALLS.map((call) => [call, readsOf(call)])) as Record<Call, PlannedReads>;
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

/** What one table of a transaction is sent; `sql` is told what its rows are called. */
interface Part {
  readonly sql: (rows: string) => string;
  /** JSON. */
  readonly param: string;
  readonly rows: number;
}

function partsOf({ series, groups }: Rows, recording: Recording): Part[] {
  const parts = groups.map((changes): Part => {
    const isNumbered = series !== undefined && NUMBERED.includes(changes[0].table);
    return {
      sql: (rows) => `${partOf(changes[0], rows, recording, isNumbered)} returning 1`,
      param: JSON.stringify(changes.map(({ row }) => row)),
      rows: changes.length,
    };
  });
  if (series === undefined) return parts;
  const { entity_id: entity, series: name, last_issued_on: on } = series.row;
  const taken: Part = {
    sql: (rows) => `update number_series set last_seq = last_seq + 1,
      last_issued_on = (${rows}::jsonb ->> 'on')::date where entity_id = ${rows}::jsonb ->> 'entity'
      and series = ${rows}::jsonb ->> 'name' returning last_seq`,
    param: JSON.stringify({ entity, name, on }),
    rows: 1,
  };
  return [taken, ...parts];
}

/** One data-modifying statement, as the product's steps send theirs. */
function asOne(parts: readonly Part[], cut: (text: string) => Filled): Omit<Statement, 'name'> {
  const ctes = parts.map(({ sql }, i) => `w${i} as (${sql(`$${i + 1}`)})`);
  const counts = parts.map((_, i) => `(select count(*)::int from w${i})`).join(', ');
  return {
    text: `with ${ctes.join(', ')} select array[${counts}] as met`,
    params: parts.map(({ param }) => cut(param)),
    expected: parts.map(({ rows }) => rows),
  };
}

function partOf(change: Change, param: string, recording: Recording, isNumbered: boolean): string {
  const { table, op } = change;
  const rows = `jsonb_populate_recordset(null::${table}, ${param}) v`;
  const columns = writtenColumns(change, recording);
  if (op === 'INSERT') {
    const values = columns.map((column) =>
      isNumbered && column === 'seq' ? '(select last_seq from w0)' : `v."${column}"`,
    );
    const named = columns.map((column) => `"${column}"`).join(', ');
    return `insert into ${table} (${named}) select ${values.join(', ')} from ${rows}`;
  }
  const set = columns.map((column) => `"${column}" = v."${column}"`);
  const where = keyColumns(change, recording).map((column) => `t."${column}" = v."${column}"`);
  if (table === 'waits') where.push('t.ended_at is null');
  return `update ${table} t set ${set.join(', ')} from ${rows} where ${where.join(' and ')}`;
}
