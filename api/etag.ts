// Optimistic edits: an answer carries its revision as ETag, an edit says in If-Match which one it saw.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../domain/errors.js';

export const etagOf = (revision: number): string => `"${revision}"`;

export function setEtag(reply: FastifyReply, revision: number): void {
  reply.header('etag', etagOf(revision));
}

/**
 * The revision an edit is based on, from If-Match (`"3"`). `precondition_required` without the header;
 * `least` is 0 where a first version is made under the same address.
 * `*` would overwrite what the caller never saw and is refused like any other value that is no ETag of ours.
 */
export function expectedRevision(request: FastifyRequest, least: 0 | 1 = 1): number {
  const header = request.headers['if-match'];
  if (header === undefined) {
    throw new DomainError('precondition_required', 'send If-Match with the ETag of the version you read');
  }
  const found = /^"(0|[1-9]\d{0,9})"$/.exec(header.trim());
  if (found === null || Number(found[1]) < least) {
    throw new DomainError(
      'invalid_field',
      `If-Match ${JSON.stringify(header.slice(0, 40))} is not one ETag such as "3"`,
      '/headers/if-match',
    );
  }
  return Number(found[1]);
}
