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
  mustBeShallow(text);
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

/** Counts brackets outside strings, without recursion: a bomb is refused before it is parsed. */
function mustBeShallow(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      depth++;
      if (depth > MAX_DEPTH) {
        throw new DomainError(
          'malformed_body',
          `the body is nested deeper than ${MAX_DEPTH} levels (at character ${i})`,
        );
      }
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
}

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
