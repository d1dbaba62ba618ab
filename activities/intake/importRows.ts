// From the fields of a row to a capture, by the caller's mapping: the same limits as a lead sent alone. What
// cannot be taken is refused with the column's name and the reason; the row after it is read all the same.
import { type InstantFormat, type LeadMapping, MAX_COLUMNS } from '../../contracts/imports.js';
import { isDay } from '../../domain/calendar/days.js';
import { DomainError } from '../../domain/errors.js';
import type { Channel } from '../../domain/leads/channels.js';
import type { CsvRecord } from './csvRecords.js';
import type { Capture } from './leadRows.js';

export interface RowProblem {
  /** Name of the column, empty where the row as a whole is at fault. */
  readonly column: string;
  readonly reason: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Omit<Capture, 'source' | 'contact'>> & {
  source: Mutable<Capture['source']>;
  contact?: NonNullable<Capture['contact']>;
};
type Taker = (fields: readonly string[], draft: Draft, problems: RowProblem[]) => void;

/** Reads rows under one header. Throws `invalid_field` when the header lacks a column that the mapping names. */
export class RowReader {
  readonly #width: number;
  readonly #takers: Taker[] = [];
  readonly #header: ReadonlyMap<string, number>;

  constructor(header: readonly string[], mapping: LeadMapping) {
    if (header.length > MAX_COLUMNS) {
      throw new DomainError(
        'invalid_field',
        `the file has ${header.length} columns; ${MAX_COLUMNS} are the most`,
      );
    }
    const twice = header.find((name, i) => header.indexOf(name) !== i);
    if (twice !== undefined) throw new DomainError('invalid_field', `the file names column "${twice}" twice`);
    this.#width = header.length;
    this.#header = new Map(header.map((name, i) => [name.trim(), i]));
    this.#takers.push(this.#channel(mapping.channel));
    this.#text(mapping.externalId, 200, '/externalId', (draft, text) => {
      draft.externalId = text;
    });
    this.#instant(mapping.occurredAt, '/occurredAt', (draft, iso) => {
      draft.occurredAt = iso;
    });
    this.#instant(mapping.sourceWonOn, '/sourceWonOn', (draft, iso) => {
      draft.sourceWonOn = iso.slice(0, 10);
    });
    for (const name of ['campaign', 'medium', 'landingPage', 'referrer'] as const) {
      this.#text(
        mapping[name],
        name === 'campaign' || name === 'medium' ? 200 : 2000,
        `/${name}`,
        (draft, text) => {
          draft.source[name] = text;
        },
      );
    }
    this.#text(mapping.interest, 2000, '/interest', (draft, text) => {
      draft.interest = text;
    });
    this.#contact(mapping.contact ?? {});
  }

  /** The capture of a row, or what is wrong with it. */
  read({ fields }: CsvRecord): Capture | RowProblem[] {
    if (fields.length !== this.#width) {
      const reason = `the row has ${fields.length} fields, the header ${this.#width}`;
      return [{ column: '', reason }];
    }
    const draft: Draft = { source: { channel: 'unknown' } };
    const problems: RowProblem[] = [];
    for (const take of this.#takers) take(fields, draft, problems);
    return problems.length > 0 ? problems : draft;
  }

  #column(name: string, pointer: string): number {
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
      return (_fields, draft) => {
        draft.source.channel = rule.constant;
      };
    }
    const { column, blank = 'unknown', default: fallback } = rule;
    const index = this.#column(column, '/channel/column');
    const values = new Map(
      Object.entries(rule.values).map(([word, channel]) => [word.trim().toLowerCase(), channel]),
    );
    return (fields, draft, problems) => {
      const word = fields[index] as string;
      const plain = word.trim().toLowerCase();
      const channel: Channel | undefined = plain === '' ? blank : (values.get(plain) ?? fallback);
      if (channel === undefined) {
        problems.push({ column, reason: `${shown(word)} is no word of the mapping` });
        return;
      }
      draft.source.channel = channel;
      if (plain === '') return; // An empty field is not the word "unknown": it has no origin.
      const problem = textProblem(word, 200);
      if (problem) problems.push({ column, reason: problem });
      else draft.source.origin = word;
    };
  }

  #text(
    rule: { column: string } | { constant: string } | undefined,
    maxLength: number,
    pointer: string,
    set: (draft: Draft, text: string) => void,
    judge?: (text: string) => string | undefined,
  ): void {
    if (rule === undefined) return;
    if ('constant' in rule) {
      const problem = textProblem(rule.constant, maxLength) ?? judge?.(rule.constant);
      if (problem) throw new DomainError('invalid_field', problem, `/mapping${pointer}/constant`);
      this.#takers.push((_fields, draft) => void set(draft, rule.constant));
      return;
    }
    const { column } = rule;
    const index = this.#column(column, `${pointer}/column`);
    this.#takers.push((fields, draft, problems) => {
      const text = (fields[index] as string).trim();
      if (text === '') return;
      const reason = textProblem(text, maxLength) ?? judge?.(text);
      if (reason) problems.push({ column, reason });
      else set(draft, text);
    });
  }

  #instant(
    rule: { column: string; format: InstantFormat } | undefined,
    pointer: string,
    set: (draft: Draft, iso: string) => void,
  ): void {
    if (rule === undefined) return;
    const { column, format } = rule;
    const index = this.#column(column, `${pointer}/column`);
    this.#takers.push((fields, draft, problems) => {
      const text = (fields[index] as string).trim();
      if (text === '') return;
      const iso = instantOf(text, format);
      if (iso === undefined) problems.push({ column, reason: `${shown(text)} is no ${format} that exists` });
      else set(draft, iso);
    });
  }

  #contact(rules: NonNullable<LeadMapping['contact']>): void {
    const put =
      (name: 'name' | 'email' | 'phone' | 'company' | 'country') => (draft: Draft, text: string) => {
        draft.contact = { ...draft.contact, [name]: text };
      };
    this.#text(rules.name, 200, '/contact/name', put('name'));
    this.#text(rules.email, 254, '/contact/email', put('email'), (text) =>
      EMAIL.test(text) ? undefined : `${shown(text)} is no e-mail address`,
    );
    this.#text(rules.phone, 40, '/contact/phone', put('phone'));
    this.#text(rules.company, 300, '/contact/company', put('company'));
    this.#text(rules.country, 2, '/contact/country', put('country'), (text) =>
      /^[A-Z]{2}$/.test(text) ? undefined : `${shown(text)} is no ISO 3166-1 code of two capital letters`,
    );
    this.#text(
      rules.language,
      2,
      '/contact/language',
      (draft, text) => {
        draft.contact = { ...draft.contact, language: text as 'en' | 'es' };
      },
      (text) => (text === 'en' || text === 'es' ? undefined : `${shown(text)} is neither en nor es`),
    );
  }
}

const EMAIL = /^[^\s@"<>(),;:\\[\]]{1,64}@[^\s@"<>(),;:\\[\]]{1,250}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;
const UNPAIRED = /[\uD800-\uDFFF]/u;

function textProblem(text: string, maxLength: number): string | undefined {
  if (text.length > maxLength) return `${text.length} characters; ${maxLength} are the most`;
  if (text.includes('\uFFFD')) return 'the text is not UTF-8';
  if (CONTROL.test(text) || UNPAIRED.test(text))
    return 'a control character or half a character stands in it';
  return undefined;
}

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

const DATE = /^(\d{4}-\d{2}-\d{2})$/;
const DATETIME = /^(\d{4}-\d{2}-\d{2})[ T]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const US_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;

/** Reads a text as an instant in UTC, ISO; undefined where there is no such day or time. */
export function instantOf(text: string, format: InstantFormat): string | undefined {
  switch (format) {
    case 'date':
      return DATE.test(text) && isDay(text) ? `${text}T00:00:00Z` : undefined;
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
