// Contacts: the people behind the leads, who may ask to be forgotten.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { eraseContact, removeMailFiles } from '../../activities/intake/erasures.js';
import { ErasureBody, ErasureView } from '../../contracts/contacts.js';
import { refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { mailsOfContact } from '../../db/erasures.js';
import type { Db } from '../../db/pool.js';
import { byActor } from '../auth/actor.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import type { RouteDeps } from '../routes.js';

const tags = ['contacts'];
const Params = Type.Object({ id: Id('contact') }, closed);

export async function contactRoutes(
  app: FastifyInstance,
  { db, clock, outboxDir }: RouteDeps,
): Promise<void> {
  app.post<{ Params: Static<typeof Params>; Body: ErasureBody }>(
    '/v1/contacts/:id/erasure',
    {
      config: { permit: ['erase', 'contacts'] },
      schema: {
        tags,
        summary: 'Erase a person',
        description:
          'Takes name, e-mail, phone, company, what was typed about them and the mails to them out of everything, ' +
          'once all their leads are closed. Ledger, audit and the documents tax law demands stay. Said again, it ' +
          'answers the same.',
        headers: idempotencyHeader,
        params: Params,
        body: ErasureBody,
        response: { 200: ErasureView, ...refusalsOnce('not_found', 'wrong_stage') },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const answer = await answerOnce(
        request,
        reply,
        db,
        async (tx) => {
          const { erasedAt, ...erased } = await eraseContact(
            tx,
            byActor(request, clock),
            id,
            request.body.reason,
          );
          const body: ErasureView = {
            ...erased,
            erasedAt: erasedAt.toISOString(),
            leadIds: [...erased.leadIds],
            mailsRemoved: 0,
          };
          return { body };
        },
        200,
      );
      // After the commit: what a crash leaves behind here goes when it is said again.
      return { ...answer, mailsRemoved: outboxDir === undefined ? 0 : await removeMails(db, outboxDir, id) };
    },
  );
}

async function removeMails(db: Db, outboxDir: string, contactId: string): Promise<number> {
  let removed = 0;
  for (const { id, queuedAt } of await mailsOfContact(db, contactId)) {
    removed += await removeMailFiles(outboxDir, { id, queuedAt: queuedAt.getTime() });
  }
  return removed;
}
