// POSTs that may be sent again: the answer is stored in the transaction that made it, under person and key.
// A run that is killed leaves neither effect nor row, so nothing has to time out; a request that comes while
// the first one runs is told to come back. Only what was done is remembered: a refusal changed nothing and is
// judged anew. Decisions do not come here, their message row is the memory (`messageIdFor`).
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rememberAnswer, takeKey } from '../db/idempotency.js';
import { derivedId, newId } from '../db/ids.js';
import { type Db, type Tx, withTransaction } from '../db/pool.js';
import { DomainError } from '../domain/errors.js';
import { canonicalJson } from '../domain/policies/canonical.js';
import { actorOf } from './auth/actor.js';

export interface Done<Body extends object> {
  readonly body: Body;
  /** Instead of the status of the call, for an answer that says it was done before. */
  readonly status?: number;
  /** Headers of the answer, repeated with it (ETag, Location). */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is stored and repeated instead of `body`, for an answer that holds a secret. */
  readonly remember?: Body;
}

/** The Idempotency-Key of a request, or undefined. `invalid_field` unless 1 to 200 visible ASCII characters. */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const text = Array.isArray(header) ? header.join(',') : header;
  if (!/^[\x21-\x7e]{1,200}$/.test(text)) {
    throw new DomainError(
      'invalid_field',
      `Idempotency-Key has ${text.length} characters; it takes 1 to 200 visible ASCII characters`,
      '/headers/idempotency-key',
    );
  }
  return text;
}

/**
 * The id of the message a request writes: the same for the same person and Idempotency-Key, so that a
 * repeated request finds its row; a new one without a key.
 */
export function messageIdFor(personId: string, key: string | undefined): string {
  return key === undefined ? newId('msg') : derivedId('msg', personId, key);
}

/** SHA-256 over what a request asks for: its method and address, and its body in canonical form. */
export function requestHash(request: FastifyRequest): Buffer {
  const asked = canonicalJson({ url: request.url, body: request.body ?? null });
  return createHash('sha256').update(`${request.method} ${asked}`).digest();
}

/**
 * Runs `work` in one transaction and sends its answer with `status` (201). With an Idempotency-Key the answer
 * is repeated to the same person, key and body (`Idempotent-Replay: true`); another body is `key_reused`, a
 * request beside a running one `key_in_use` with Retry-After.
 */
export async function answerOnce<Body extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  db: Db,
  work: (tx: Tx) => Promise<Done<Body>>,
  status = 201,
): Promise<Body> {
  const key = idempotencyKey(request);
  const { done, isReplay } = await withTransaction(db, async (tx) =>
    key === undefined
      ? { done: await work(tx), isReplay: false }
      : await underKey(request, tx, key, work, status),
  );
  // Only now, after the commit: a reply must not carry the headers of what was rolled back.
  reply.code(done.status ?? status).headers(done.headers ?? {});
  if (isReplay) reply.header('idempotent-replay', 'true');
  return done.body;
}

async function underKey<Body extends object>(
  request: FastifyRequest,
  tx: Tx,
  key: string,
  work: (tx: Tx) => Promise<Done<Body>>,
  status: number,
): Promise<{ done: Done<Body>; isReplay: boolean }> {
  const { personId } = actorOf(request);
  const bodyHash = requestHash(request);
  const taken = await takeKey(tx, personId, key);
  if (taken === 'busy') {
    throw new DomainError('key_in_use', `a request with Idempotency-Key ${key} is running`);
  }
  if (taken !== 'free') {
    if (!taken.bodyHash.equals(bodyHash)) {
      throw new DomainError('key_reused', `Idempotency-Key ${key} was used with another address or body`);
    }
    return { done: taken.answer as Done<Body>, isReplay: true };
  }
  const done = await work(tx);
  const said = done.status ?? status;
  const answer = { body: done.remember ?? done.body, headers: done.headers ?? {}, status: said };
  const route = `${request.method} ${request.routeOptions.url ?? ''}`.slice(0, 200);
  await rememberAnswer(tx, { personId, key, route, bodyHash, status: said, answer });
  return { done, isReplay: false };
}
