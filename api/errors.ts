// Every way a request can fail, as problem+json. A refusal of ours keeps its code; what Fastify and Postgres
// throw is translated here, in one place; what nobody foresaw is `internal`, logged with its cause.
import { types } from 'node:util';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_BASE } from '../contracts/problem.js';
import { isDatabaseAway } from '../db/pool.js';
import { problemTitle } from '../documents/problemTitles.js';
import type { Language } from '../documents/types.js';
import { DomainError, ERRORS, type ErrorCode } from '../domain/errors.js';
import { refusalOfConstraint } from './constraints.js';
import { acceptedLanguage } from './language.js';
import type { FieldProblem } from './validation.js';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly errors?: readonly FieldProblem[];
  readonly requestId?: string;
  readonly [extra: string]: unknown;
}

/** Seconds after which to try again, for the codes where waiting helps. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = {
  unavailable: 2,
  key_in_use: 1,
  too_many_requests: 5,
};

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_body',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_body',
  FST_ERR_BAD_URL: 'invalid_field',
  FST_ERR_MAX_PARAM_LENGTH: 'invalid_field',
  FST_ERR_VALIDATION: 'invalid_field',
};

/** SQLSTATEs of a value Postgres cannot read or hold: the caller's, where a schema let it through. */
const UNREADABLE = new Set(['22003', '22007', '22008', '22021', '22P02', '22P05']);

/** Turns whatever was thrown into a refusal; undefined for what is a fault of ours. */
export function refusalOf(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  // Network errors may come from another realm (no `instanceof`); Fastify's are not made by `Error` itself.
  if (!(types.isNativeError(error) || error instanceof Error)) return undefined;
  const code = FASTIFY_CODES[(error as FastifyError).code ?? ''];
  if (code !== undefined) return new DomainError(code, detailOf(code, error));
  const refused = refusalOfConstraint(error);
  if (refused !== undefined) return refused;
  if (UNREADABLE.has((error as { code?: string }).code ?? '')) {
    return new DomainError('invalid_field', `a value cannot be read: ${error.message.slice(0, 200)}`);
  }
  if (isDatabaseAway(error)) {
    return new DomainError(
      'unavailable',
      'the database is away or busy; repeat the request, a POST under its Idempotency-Key',
    );
  }
  return undefined;
}

function detailOf(code: ErrorCode, error: Error): string {
  if (code === 'body_too_large')
    return 'the body is larger than this call takes (1 MiB unless it says otherwise)';
  if (code === 'unsupported_media_type') return 'send the body as application/json with that content type';
  return error.message.slice(0, 500);
}

/**
 * The body of a refusal, its title in the language given. `extra.retryAfter` becomes a header; the rest of `extra`
 * stands in the body.
 */
export function problemOf(error: DomainError, requestId?: string, language: Language = 'en'): Problem {
  const { retryAfter: _, errors, ...extra } = error.extra ?? {};
  const fields = (errors as readonly FieldProblem[] | undefined) ?? fieldsOf(error);
  return {
    type: `${PROBLEM_TYPE_BASE}${error.code}`,
    title: problemTitle(error.code, language),
    status: error.status,
    detail: error.detail.slice(0, 2000),
    code: error.code,
    ...extra,
    ...(fields.length > 0 && { errors: fields }),
    ...(requestId !== undefined && { requestId }),
  };
}

const fieldsOf = ({ pointer, detail }: DomainError): FieldProblem[] =>
  pointer === undefined ? [] : [{ pointer, detail }];

/** Fastify's error handler. Nothing answers 500 without a log line that holds the cause. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal =
    refusalOf(error) ?? new DomainError('internal', 'this is logged; name the requestId when you ask');
  // Who is told when to come back was refused on purpose, and in thousands: their stacks would cost more than they.
  const isShed = refusal.extra?.retryAfter !== undefined;
  if (refusal.status >= 500 && !isShed)
    request.log.error({ err: error, code: refusal.code }, 'request failed');
  // Pointers only: a refused value may be a name or an address.
  // Neither detail nor pointer: an unknown field is named by whoever sent it.
  else request.log.debug({ code: refusal.code }, 'refused');
  return sendProblem(reply, refusal, request.id);
}

export function sendProblem(reply: FastifyReply, refusal: DomainError, requestId: string): FastifyReply {
  const wait = (refusal.extra?.retryAfter as number | undefined) ?? RETRY_AFTER[refusal.code];
  if (wait !== undefined) reply.header('retry-after', String(wait));
  if (refusal.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  return reply
    .code(refusal.status)
    .header('content-type', `${PROBLEM_MEDIA_TYPE}; charset=utf-8`)
    .send(JSON.stringify(problemOf(refusal, requestId, acceptedLanguage(reply.request))));
}

/** A whole HTTP response for a connection whose request could not even be parsed. */
export function rawProblem(error: Error & { code?: string }): string {
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_body';
  const refusal = new DomainError(code, `the request is not readable HTTP (${error.code ?? 'unknown'})`);
  const body = JSON.stringify(problemOf(refusal));
  const { status, title } = ERRORS[code];
  return [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
