// Customers.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { createAccount, editAccount } from '../../activities/intake/accounts.js';
import { AccountPatch, AccountView, NewAccount } from '../../contracts/accounts.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOfEdit, refusalsOnce } from '../../contracts/problem.js';
import { Country, closed, ExternalId, Id } from '../../contracts/wire.js';
import { accountById, accountView, listAccounts } from '../../db/accounts.js';
import { withTransaction } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { byActor } from '../auth/actor.js';
import { etagOf, expectedRevision, setEtag } from '../etag.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader, ifMatchHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['accounts'];
const Params = Type.Object({ id: Id('account') }, closed);
const Query = PageQuery({
  externalId: Type.Optional(ExternalId),
  country: Type.Optional(Country),
  q: Type.Optional(Type.String({ maxLength: 100, description: 'Part of the legal name' })),
});

export async function accountRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addReads(app, deps);
  addWrites(app, deps);
}

function addReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/accounts',
    {
      config: { permit: ['read', 'accounts'] },
      schema: {
        tags,
        summary: 'Customers by legal name',
        querystring: Query,
        response: { 200: PageOf(AccountView), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('accounts', query);
      const rows = await listAccounts(db, page, query);
      return pageAnswer('accounts', page, rows, accountView, (row) => ({
        value: row.legal_name,
        id: row.id,
      }));
    },
  );

  app.get<{ Params: Static<typeof Params> }>(
    '/v1/accounts/:id',
    {
      config: { permit: ['read', 'accounts'] },
      schema: {
        tags,
        summary: 'One customer',
        params: Params,
        response: { 200: AccountView, ...refusals('not_found') },
      },
    },
    async ({ params }, reply) => {
      const row = await accountById(db, params.id);
      if (row === undefined) throw new DomainError('not_found', `there is no account ${params.id}`);
      setEtag(reply, row.revision);
      return accountView(row);
    },
  );
}

function addWrites(app: FastifyInstance, { db, clock }: RouteDeps): void {
  app.post<{ Body: NewAccount }>(
    '/v1/accounts',
    {
      config: { permit: ['create', 'accounts'] },
      schema: {
        tags,
        summary: 'Add a customer',
        headers: idempotencyHeader,
        body: NewAccount,
        response: { 201: AccountView, ...refusalsOnce('already_exists', 'unknown_reference') },
      },
    },
    async (request, reply) =>
      answerOnce(request, reply, db, async (tx) => {
        const body = await createAccount(tx, byActor(request, clock), request.body);
        return { body, headers: { etag: etagOf(1), location: `/v1/accounts/${body.id}` } };
      }),
  );

  app.patch<{ Params: Static<typeof Params>; Body: AccountPatch }>(
    '/v1/accounts/:id',
    {
      config: { permit: ['edit', 'accounts'] },
      schema: {
        tags,
        summary: 'Change a customer',
        headers: ifMatchHeader,
        params: Params,
        body: AccountPatch,
        response: { 200: AccountView, ...refusalsOfEdit('already_exists', 'unknown_reference') },
      },
    },
    async (request, reply) => {
      const expected = expectedRevision(request);
      const by = byActor(request, clock);
      const view = await withTransaction(db, (tx) =>
        editAccount(tx, by, request.params.id, expected, request.body),
      );
      setEtag(reply, view.revision);
      return view;
    },
  );
}
