// Legal entities that sell and invoice.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { createEntity } from '../../activities/intake/entities.js';
import { EntityView, NewEntity } from '../../contracts/catalogue.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { entityById, entityView, listEntities } from '../../db/entities.js';
import { DomainError } from '../../domain/errors.js';
import { byActor } from '../auth/actor.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['entities'];
const Params = Type.Object({ id: Id('entity') }, closed);
const Query = PageQuery({});

export async function entityRoutes(app: FastifyInstance, { db, clock }: RouteDeps): Promise<void> {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/entities',
    {
      config: { permit: ['read', 'entities'] },
      schema: {
        tags,
        summary: 'Legal entities by name',
        querystring: Query,
        response: { 200: PageOf(EntityView), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('entities', query);
      const rows = await listEntities(db, page);
      return pageAnswer('entities', page, rows, entityView, (row) => ({ value: row.name, id: row.id }));
    },
  );

  app.get<{ Params: Static<typeof Params> }>(
    '/v1/entities/:id',
    {
      config: { permit: ['read', 'entities'] },
      schema: {
        tags,
        summary: 'One legal entity',
        params: Params,
        response: { 200: EntityView, ...refusals('not_found') },
      },
    },
    async ({ params }) => {
      const row = await entityById(db, params.id);
      if (row === undefined) throw new DomainError('not_found', `there is no entity ${params.id}`);
      return entityView(row);
    },
  );

  app.post<{ Body: NewEntity }>(
    '/v1/entities',
    {
      config: { permit: ['create', 'entities'] },
      schema: {
        tags,
        summary: 'Register the legal entity that sells; there is one',
        headers: idempotencyHeader,
        body: NewEntity,
        response: { 201: EntityView, ...refusalsOnce('one_entity_only') },
      },
    },
    async (request, reply) =>
      answerOnce(request, reply, db, async (tx) => {
        const body = await createEntity(tx, byActor(request, clock), request.body);
        return { body, headers: { location: `/v1/entities/${body.id}` } };
      }),
  );
}
