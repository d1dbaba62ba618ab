// What is waited for, and what became of a message: the two places operations look first.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { WaitView } from '../../contracts/leads.js';
import { MessageView } from '../../contracts/messages.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { listWaits, waitView } from '../../db/leadViews.js';
import { messageById, messageView } from '../../db/messages.js';
import { DomainError } from '../../domain/errors.js';
import { ROLES } from '../../domain/people/people.js';
import { WAIT_KINDS } from '../../domain/waits.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const Params = Type.Object({ id: Id('msg') }, closed);
const Query = PageQuery({
  overdue: Type.Optional(Type.Boolean({ description: 'Past its time, or not' })),
  role: Type.Optional(Type.Enum([...ROLES, 'customer', 'engine'])),
  person: Type.Optional(Id('person')),
  kind: Type.Optional(Type.Enum([...WAIT_KINDS])),
});

export async function waitRoutes(app: FastifyInstance, { db }: RouteDeps): Promise<void> {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/waits',
    {
      config: { permit: ['read', 'waits'] },
      schema: {
        tags: ['waits'],
        summary: 'Open waits: who owes what until when; the earliest first',
        querystring: Query,
        response: { 200: PageOf(WaitView), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('waits', query);
      const rows = await listWaits(db, page, query);
      return pageAnswer(
        'waits',
        page,
        rows,
        (row) => waitView(row.wait, row.now_ms),
        ({ wait, id }) => ({ value: new Date(wait.until).toISOString(), id }),
      );
    },
  );

  app.get<{ Params: Static<typeof Params> }>(
    '/v1/messages/:id',
    {
      config: { permit: ['read', 'messages'] },
      schema: {
        tags: ['messages'],
        summary: 'A message and its answer',
        params: Params,
        response: { 200: MessageView, ...refusals('not_found') },
      },
    },
    async ({ params }) => {
      const row = await messageById(db, params.id);
      if (!row) throw new DomainError('not_found', `there is no message ${params.id}`);
      return messageView(row);
    },
  );
}
