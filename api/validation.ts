// From schema to refusal: bodies are taken as they come, queries and params are read as numbers and words,
// and what does not fit is named with its pointer, its value and the limit. Values stay out of the logs.
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { demandOfPattern } from '../contracts/patterns.js';
import { DomainError } from '../domain/errors.js';

export interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

const MAX_PROBLEMS = 20;
const MAX_SHOWN = 60;

/** Fastify's validator compiler for typebox schemas. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const isText = httpPart === 'querystring' || httpPart === 'params' || httpPart === 'headers';
  return (input: unknown) => {
    const value = isText ? readText(schema, input) : input;
    if (validator.Check(value)) return { value };
    const problems = problemsOf(validator.Errors(value), value);
    return { error: invalidInput(problems.map((problem) => within(httpPart, problem))) };
  };
};

/** Pointers into a body stand as they are; those into other parts of a request begin with its name. */
function within(httpPart: string | undefined, { pointer, detail }: FieldProblem): FieldProblem {
  const part = httpPart === 'querystring' ? '/query' : httpPart === 'body' ? '' : `/${httpPart}`;
  return { pointer: `${part}${pointer}`, detail };
}

/** The refusal of one or more fields; the detail is that of the first. */
export function invalidInput(problems: readonly FieldProblem[]): DomainError {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const where = first?.pointer ? `${first.pointer}: ` : '';
  return new DomainError(
    'invalid_field',
    `${where}${first?.detail ?? 'not accepted'}${more}`,
    first?.pointer,
    {
      errors: problems,
    },
  );
}

/** Turns typebox's errors into pointers and sentences; branches of a union count as one error. */
export function problemsOf(errors: readonly TLocalizedValidationError[], input: unknown): FieldProblem[] {
  const problems = new Map<string, FieldProblem>();
  const add = (pointer: string, detail: string): void => {
    if (!problems.has(pointer)) problems.set(pointer, { pointer, detail });
  };
  const unions = errors.filter((error) => error.keyword === 'anyOf').map((error) => error.instancePath);
  for (const error of errors) {
    if (error.keyword === 'boolean' || error.keyword === 'anyOf') continue;
    if (error.keyword === 'additionalProperties') {
      for (const name of error.params.additionalProperties) {
        add(`${error.instancePath}/${escaped(name)}`, 'is not a field of this object');
      }
    } else if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) {
        add(`${error.instancePath}/${escaped(name)}`, 'is required and missing');
      }
    } else if (!(unions.includes(error.instancePath) && isNullBranch(error))) {
      add(error.instancePath, `${shown(at(input, error.instancePath))} ${demandOf(error)}`);
    }
  }
  // A union whose branches said nothing (both were objects of another kind, say) still has to be named.
  for (const pointer of unions) {
    const isNamed = [...problems.keys()].some(
      (known) => known === pointer || known.startsWith(`${pointer}/`),
    );
    if (!isNamed) add(pointer, `${shown(at(input, pointer))} has none of the shapes accepted here`);
  }
  return [...problems.values()].slice(0, MAX_PROBLEMS);
}

const isNullBranch = (error: TLocalizedValidationError): boolean =>
  error.keyword === 'type' && error.params.type === 'null';

const FORMATS: Readonly<Record<string, string>> = {
  date: 'is not a day that exists, written YYYY-MM-DD',
  'date-time': 'is not an instant that exists, written 2026-11-22T09:30:00Z',
  'time-zone': 'is not a time zone such as Europe/Madrid',
};

function demandOf(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case 'type':
      return `is not of type ${[error.params.type].flat().join(' or ')}`;
    case 'minimum':
    case 'exclusiveMinimum':
      return `is too small, the limit is ${error.params.comparison} ${error.params.limit}`;
    case 'maximum':
    case 'exclusiveMaximum':
      return `is too large, the limit is ${error.params.comparison} ${error.params.limit}`;
    case 'maxLength':
      return `is too long, the limit is ${error.params.limit} characters`;
    case 'minLength':
      return `is too short, the least is ${error.params.limit} characters`;
    case 'maxItems':
      return `has too many items, the limit is ${error.params.limit}`;
    case 'minItems':
      return `has too few items, the least is ${error.params.limit}`;
    case 'uniqueItems':
      return 'holds an item twice';
    case 'enum':
      return `is none of ${wordsOf(error.params.allowedValues)}`;
    case 'const':
      return `is not ${JSON.stringify(error.params.allowedValue)}`;
    case 'format':
      return FORMATS[error.params.format] ?? `is not of format ${error.params.format}`;
    case 'pattern':
      return demandOfPattern(String(error.params.pattern)) ?? 'is not written as its description says';
    case 'minProperties':
      return `has too few fields, the least is ${error.params.limit}`;
    case 'maxProperties':
      return `has too many fields, the limit is ${error.params.limit}`;
    default:
      return error.message;
  }
}

function wordsOf(words: readonly unknown[]): string {
  if (words.length <= 20) return words.map(String).join(', ');
  const known = words.includes('EUR') ? 'EUR, USD or GBP' : words.slice(0, 3).map(String).join(', ');
  return `the ${words.length} words accepted here, such as ${known}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)` : text;
}

function at(input: unknown, pointer: string): unknown {
  let value = input;
  for (const part of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
}

const escaped = (name: string): string => name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');

interface ObjectSchema {
  properties?: Record<string, { type?: string; default?: unknown; items?: unknown }>;
}

/**
 * Reads a query's text by the types of its schema. typebox's own conversion makes 1 of `true`, 5 of `5.7` and
 * 0 of an empty word; here only plain whole numbers and the words true and false are read, the rest stays
 * text and is refused.
 */
function readText(schema: TSchema, input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const { properties = {} } = schema as ObjectSchema;
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) read[name] = readWord(properties[name], value);
  return read;
}

function readWord(schema: { type?: string } | undefined, value: unknown): unknown {
  if (schema?.type === 'array') return Array.isArray(value) ? value : [value];
  if (typeof value !== 'string') return value;
  if (schema?.type === 'integer' && /^-?(0|[1-9]\d{0,14})$/.test(value)) return Number(value);
  if (schema?.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
