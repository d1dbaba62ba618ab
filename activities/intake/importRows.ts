// From the fields of a row to a capture, by the caller's mapping and by the schema of a lead sent alone. What
// cannot be taken is refused with the column's name and the reason; the row after it is read all the same.
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { type InstantFormat, type LeadMapping, MAX_COLUMNS } from '../../contracts/imports.js';
import { NewLead } from '../../contracts/leads.js';
import { isDay } from '../../domain/calendar/days.js';
import { DomainError } from '../../domain/errors.js';
import type { CsvRecord } from './csvRecords.js';
import type { Capture } from './leadRows.js';

export interface RowProblem {
  /** Name of the column, empty where the row as a whole is at fault. */
  readonly column: string;
  readonly reason: string;
}

type Words = Record<string, string>;

/** A row on its way: what the schema of a lead judges, and what only files have. */
interface Draft {
  readonly lead: Words & { source: Words; contact?: Words };
  origin?: string;
  sourceWonOn?: string;
  readonly problems: RowProblem[];
}
type Taker = (fields: readonly string[], draft: Draft) => void;

const lead = Compile(NewLead);
const MAX_ORIGIN_LENGTH = 200;

/** Reads rows under one header. Throws `invalid_field` when the header lacks a column that the mapping names. */
export class RowReader {
  readonly #header: ReadonlyMap<string, number>;
  readonly #takers: Taker[] = [];
  /** The column of the id, where a row that nothing identifies is refused. */
  readonly #known: string | null;
  /** By the pointer of a field of a lead, the column it comes from. */
  readonly #columns = new Map<string, string>();

  constructor(header: readonly string[], mapping: LeadMapping) {
    const names = header.map((name) => name.trim());
    if (names.length > MAX_COLUMNS) {
      throw new DomainError(
        'invalid_field',
        `the file has ${names.length} columns; ${MAX_COLUMNS} are the most`,
      );
    }
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new DomainError('invalid_field', `the file names column "${twice}" twice`);
    this.#header = new Map(names.map((name, i) => [name, i]));
    this.#takers.push(this.#channel(mapping.channel));
    for (const name of ['campaign', 'medium', 'landingPage', 'referrer'] as const) {
      this.#text(mapping[name], `/${name}`, `/source/${name}`, ({ lead }, text) => {
        lead.source[name] = text;
      });
    }
    this.#known = mapping.externalId?.blank === 'refuse' ? mapping.externalId.column : null;
    for (const name of ['externalId', 'interest'] as const) {
      this.#text(mapping[name], `/${name}`, `/${name}`, ({ lead }, text) => {
        lead[name] = text;
      });
    }
    const constants: [string, string][] = [];
    for (const name of ['name', 'email', 'phone', 'company', 'country', 'language'] as const) {
      const rule = mapping.contact?.[name];
      if (rule && 'constant' in rule) constants.push([name, rule.constant]);
      else
        this.#text(rule, `/contact/${name}`, `/contact/${name}`, ({ lead }, text) => {
          lead.contact ??= {};
          lead.contact[name] = text;
        });
    }
    // What is the same for all says nothing of one: it makes no contact by itself.
    this.#takers.push((_fields, { lead }) => {
      if (lead.contact) for (const [name, text] of constants) lead.contact[name] = text;
    });
    this.#instant(mapping.occurredAt, '/occurredAt', ({ lead }, iso) => {
      lead.occurredAt = iso;
    });
    this.#instant(mapping.sourceWonOn, '/sourceWonOn', (draft, iso) => {
      draft.sourceWonOn = iso.slice(0, 10);
    });
  }

  /** The capture of a row, or what is wrong with it. */
  read({ fields }: CsvRecord): Capture | RowProblem[] {
    if (fields.length !== this.#header.size) {
      return [{ column: '', reason: `the row has ${fields.length} fields, the header ${this.#header.size}` }];
    }
    const draft: Draft = { lead: { source: {} } as Draft['lead'], problems: [] };
    for (const take of this.#takers) take(fields, draft);
    if (draft.problems.length > 0) return draft.problems;
    const { externalId, contact } = draft.lead;
    if (this.#known !== null && !externalId && !contact?.email && !contact?.phone) {
      return [
        { column: this.#known, reason: 'empty, and no e-mail or phone by which the row is known again' },
      ];
    }
    const value: unknown = draft.lead;
    if (!lead.Check(value)) return this.#problemsOf(lead.Errors(value));
    const { origin, sourceWonOn } = draft;
    if (origin === undefined && sourceWonOn === undefined) return value;
    return {
      ...value,
      source: { ...value.source, ...(origin !== undefined && { origin }) },
      ...(sourceWonOn !== undefined && { sourceWonOn }),
    };
  }

  #problemsOf(errors: readonly TLocalizedValidationError[]): RowProblem[] {
    const problems = new Map<string, RowProblem>();
    for (const error of errors) {
      const column = this.#columns.get(error.instancePath) ?? '';
      const where = column === '' ? ` (${error.instancePath})` : '';
      if (!problems.has(column)) problems.set(column, { column, reason: `${reasonOf(error)}${where}` });
    }
    return [...problems.values()];
  }

  #index(name: string, pointer: string): number {
    const index = this.#header.get(name.trim());
    if (index !== undefined) return index;
    const known = [...this.#header.keys()].slice(0, 20).join(', ').slice(0, 500);
    throw new DomainError(
      'invalid_field',
      `the file has no column "${name}"; it has ${known}`,
      `/mapping${pointer}`,
    );
  }

  #channel(rule: LeadMapping['channel']): Taker {
    if ('constant' in rule) {
      return (_fields, { lead }) => {
        lead.source.channel = rule.constant;
      };
    }
    const { column, blank = 'unknown', default: fallback } = rule;
    const index = this.#index(column, '/channel/column');
    const values = new Map(Object.entries(rule.values).map(([word, channel]) => [plain(word), channel]));
    return (fields, draft) => {
      const word = fields[index] as string;
      const channel = plain(word) === '' ? blank : (values.get(plain(word)) ?? fallback);
      const reason = channel === undefined ? `${shown(word)} is no word of the mapping` : textProblem(word);
      if (channel === undefined || reason !== undefined) {
        draft.problems.push({ column, reason: reason ?? '' });
        return;
      }
      draft.lead.source.channel = channel;
      // An empty field is not the word "unknown": it has no origin.
      if (plain(word) !== '') draft.origin = word;
    };
  }

  #text(
    rule: { column: string } | { constant: string } | undefined,
    from: string,
    to: string,
    set: (draft: Draft, text: string) => void,
  ): void {
    if (rule === undefined) return;
    if ('constant' in rule) {
      this.#takers.push((_fields, draft) => set(draft, rule.constant));
      return;
    }
    const { column } = rule;
    const index = this.#index(column, `${from}/column`);
    this.#columns.set(to, column);
    this.#takers.push((fields, draft) => {
      const text = (fields[index] as string).trim().replaceAll('\r\n', '\n');
      if (text === '') return;
      if (isReadable(text)) set(draft, text);
      else draft.problems.push({ column, reason: unreadable });
    });
  }

  #instant(
    rule: { column: string; format: InstantFormat } | undefined,
    pointer: string,
    set: (draft: Draft, iso: string) => void,
  ): void {
    if (rule === undefined) return;
    const { column, format } = rule;
    const index = this.#index(column, `${pointer}/column`);
    this.#takers.push((fields, draft) => {
      const text = (fields[index] as string).trim();
      if (text === '') return;
      const iso = instantOf(text, format);
      if (iso !== undefined) set(draft, iso);
      else draft.problems.push({ column, reason: `${shown(text)} is no ${format} that exists` });
    });
  }
}

function reasonOf({ keyword, instancePath, params, message }: TLocalizedValidationError): string {
  if (keyword === 'maxLength') return `longer than ${params.limit} characters`;
  if (instancePath === '/contact/country') return 'no country code of two capital letters (ISO 3166-1)';
  if (instancePath === '/contact/language') return 'neither en nor es';
  if (instancePath === '/contact/email') return 'no e-mail address such as ana@example.com';
  return keyword === 'pattern' ? 'a control character stands in it' : message;
}

const plain = (word: string): string => word.trim().toLowerCase();
const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

const unreadable = 'the text is not UTF-8, or holds a NUL character or half a character';
// U+FFFD stands where the bytes were no UTF-8.
const UNREADABLE = /[\0\uFFFD\uD800-\uDFFF]/u;
const isReadable = (text: string): boolean => !UNREADABLE.test(text);

function textProblem(text: string): string | undefined {
  if (text.length > MAX_ORIGIN_LENGTH) return `longer than ${MAX_ORIGIN_LENGTH} characters`;
  return isReadable(text) ? undefined : unreadable;
}

const DATETIME = /^(\d{4}-\d{2}-\d{2})[ T]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const US_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;

/** Reads a text as an instant in UTC, ISO; undefined where there is no such day or time. */
export function instantOf(text: string, format: InstantFormat): string | undefined {
  switch (format) {
    case 'date':
      return isDay(text) ? `${text}T00:00:00Z` : undefined;
    case 'datetime': {
      const [, day, time] = DATETIME.exec(text) ?? [];
      if (day === undefined || time === undefined || !isDay(day)) return undefined;
      return `${day}T${time.length === 5 ? `${time}:00` : time}Z`;
    }
    case 'instant': {
      const [, day] = INSTANT.exec(text) ?? [];
      return day !== undefined && isDay(day) ? new Date(text).toISOString() : undefined;
    }
    case 'us-date': {
      const [, month = '', day = '', year = ''] = US_DATE.exec(text) ?? [];
      const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
      return isDay(iso) ? `${iso}T00:00:00Z` : undefined;
    }
  }
}
