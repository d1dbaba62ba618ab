// What a request may consist of before anybody looks at its meaning: UTF-8, JSON of bounded depth, no NUL and
// no half characters (Postgres stores neither, and would answer with an error that is not the caller's).
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.js';

export const BODY_LIMIT_BYTES = 1024 * 1024;
/** Deeper than any body of ours; recursive code further in stays far from the end of the stack. */
export const MAX_DEPTH = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });
// With the u flag a pair of surrogates is one character, so this finds only the lonely ones.
const UNSTORABLE = /[\0\uD800-\uDFFF]/u;

/** Replaces Fastify's JSON parser by one that refuses what cannot be stored or read safely. */
export function addJsonParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Reads a JSON body. `malformed_body` says what is wrong and where; an empty body is undefined. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const text = decode(body);
  mustBeWellMade(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DomainError(
      'malformed_body',
      `the body is not JSON: ${(error as Error).message.slice(0, 200)}`,
    );
  }
  mustBeStorable(value, '');
  return value;
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new DomainError('malformed_body', 'the body is not valid UTF-8');
  }
}

/** An object or a list that is open at some place of the text. */
interface Level {
  /** Names seen so far; null in a list. */
  readonly names: Set<string> | null;
  /** The name, or the index, the text is at. */
  at: string | number;
}

/**
 * Walks the text without recursion, so a bomb is refused before it is parsed. Refuses more than MAX_DEPTH levels,
 * and a field named twice: `JSON.parse` would take the last one in silence.
 */
function mustBeWellMade(text: string): void {
  const levels: Level[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const end = endOfString(text, i);
      const level = levels.at(-1);
      if (level?.names && isName(text, end)) takeName(levels, level.names, text.slice(i, end));
      i = end - 1;
    } else if (c === OPEN_OBJECT || c === OPEN_LIST) {
      if (levels.length === MAX_DEPTH) {
        const detail = `the body is nested deeper than ${MAX_DEPTH} levels (at character ${i})`;
        throw new DomainError('malformed_body', detail, pointerOf(levels));
      }
      levels.push(c === OPEN_OBJECT ? { names: new Set(), at: '' } : { names: null, at: 0 });
    } else if (c === CLOSE_OBJECT || c === CLOSE_LIST) levels.pop();
    else if (c === COMMA) {
      const level = levels.at(-1);
      if (level && typeof level.at === 'number') level.at += 1;
    }
  }
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Index behind the closing quote of the string that begins at `start`; the end of the text where there is none. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return Math.min(i + 1, text.length);
}

/** Tells whether a string that ended at `end` is a name: a colon follows. */
function isName(text: string, end: number): boolean {
  let i = end;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i++;
  return text.charCodeAt(i) === COLON;
}

function takeName(levels: readonly Level[], names: Set<string>, quoted: string): void {
  const level = levels.at(-1) as Level;
  level.at = nameIn(quoted);
  if (names.has(level.at)) {
    const pointer = pointerOf(levels);
    throw new DomainError('invalid_field', `${pointer} stands twice in the body`, pointer);
  }
  names.add(level.at);
}

/** A name with its escapes read, since two spellings are one name; what cannot be read is refused when parsed. */
function nameIn(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}

const MAX_POINTER = 500;
const pointerOf = (levels: readonly Level[]): string =>
  levels
    .map(({ at }) => `/${String(at).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .slice(0, MAX_POINTER);

/** Refuses NUL, lonely surrogates and names that reach an object's prototype. Depth is bounded by the parser. */
function mustBeStorable(value: unknown, pointer: string): void {
  if (typeof value === 'string') {
    if (UNSTORABLE.test(value)) {
      throw new DomainError(
        'invalid_field',
        `${pointer || 'the body'} holds a NUL character or half of a surrogate pair`,
        pointer,
      );
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (UNSTORABLE.test(name) || name === '__proto__') {
      throw new DomainError(
        'invalid_field',
        `${pointer || 'the body'} has a field name that is not accepted`,
        pointer,
      );
    }
    mustBeStorable(inner, `${pointer}/${name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

/** Refuses NUL in headers, query and params, decoded or not. */
export function mustBePlain(request: FastifyRequest): void {
  const parts = { headers: request.headers, query: request.query, params: request.params };
  for (const [part, words] of Object.entries(parts)) {
    for (const [name, value] of Object.entries((words ?? {}) as Record<string, unknown>)) {
      if ([name, value].flat().some((word) => typeof word === 'string' && UNSTORABLE.test(word))) {
        throw new DomainError(
          'invalid_field',
          `a NUL character stands in the ${part}`,
          `/${part}/${name.replaceAll('\0', '').slice(0, 100)}`,
        );
      }
    }
  }
}
