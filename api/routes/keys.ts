// API keys: one's own, or anybody's for an admin. The token is shown in the first answer and never again.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { createKey, invite, redeem, revokeKey } from '../../activities/intake/keys.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { InvitationOnce, KeyOnce, KeyView, NewKey, PersonId, Redemption } from '../../contracts/people.js';
import { refusals, refusalsOnce, refusalsWithBody } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { type KeyRow, keyById, keyView, listKeys } from '../../db/keys.js';
import { type Queryable, withTransaction } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { may, mustBeAllowed } from '../auth/ability.js';
import { type Actor, actorOf, byActor } from '../auth/actor.js';
import { SCOPES, scopeBeyond } from '../auth/scopes.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['keys'];
const Params = Type.Object({ id: Id('key') }, closed);
const Query = PageQuery({ personId: Type.Optional(PersonId) });

export async function keyRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addReads(app, deps);
  addWrites(app, deps);
  addInvitations(app, deps);
}

function addReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/keys',
    {
      config: { permit: ['read', 'keys'] },
      schema: {
        tags,
        summary: 'Keys, oldest first: all for who may see them, else one’s own',
        querystring: Query,
        response: { 200: PageOf(KeyView), ...refusals() },
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const page = pageRequest('keys', request.query);
      const seesAll = may(actor, 'read', 'keys', { personId: '' });
      const personId = request.query.personId ?? (seesAll ? null : actor.personId);
      if (personId !== null) mustBeAllowed(actor, 'read', 'keys', { personId });
      const rows = await listKeys(db, page, personId);
      return pageAnswer('keys', page, rows, keyView, (row) => ({ value: row.id, id: row.id }));
    },
  );

  app.get<{ Params: Static<typeof Params> }>(
    '/v1/keys/:id',
    {
      config: { permit: ['read', 'keys'] },
      schema: {
        tags,
        summary: 'One key, without its token',
        params: Params,
        response: { 200: KeyView, ...refusals('not_found') },
      },
    },
    async (request) => keyView(await keyFor(db, actorOf(request), 'read', request.params.id)),
  );
}

/** Who may not act on a key is not told whether there is one. */
async function keyFor(db: Queryable, actor: Actor, action: 'read' | 'revoke', id: string): Promise<KeyRow> {
  const key = await keyById(db, id);
  if (key === undefined || !may(actor, action, 'keys', { personId: key.person_id })) {
    throw new DomainError('not_found', `there is no key ${id}`);
  }
  return key;
}

function addWrites(app: FastifyInstance, { db, clock, signIns }: RouteDeps): void {
  app.post<{ Body: Static<typeof NewKey> }>(
    '/v1/keys',
    {
      config: { permit: ['create', 'keys'] },
      schema: {
        tags,
        summary: 'Make a key',
        description:
          'Without `personId` it is one’s own; for a machine (role `integration` alone) an admin makes it, and ' +
          'before the first lead for everybody. Other people redeem an invitation. No key makes one with wider ' +
          'scopes than its own. A repeated request gets the same key with `token: null`.',
        headers: idempotencyHeader,
        body: NewKey,
        response: { 201: KeyOnce, ...refusalsOnce('unknown_reference') },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { personId = actor.personId, label, scopes, expiresAt } = request.body;
      mustBeAllowed(actor, 'create', 'keys', { personId });
      mustBeHeld(actor, scopes);
      const wish = { personId, label, scopes, ...(expiresAt && { expiresAt: new Date(expiresAt) }) };
      return answerOnce(request, reply, db, async (tx) => {
        const body = await createKey(tx, byActor(request, clock), wish);
        return {
          body,
          headers: { location: `/v1/keys/${body.id}`, 'cache-control': 'no-store' },
          remember: { ...body, token: null },
        };
      });
    },
  );

  app.delete<{ Params: Static<typeof Params> }>(
    '/v1/keys/:id',
    {
      config: { permit: ['revoke', 'keys'] },
      schema: {
        tags,
        summary: 'Revoke a key; one that was revoked before stays as it was',
        description: 'Felt at once here and within five seconds by every other process.',
        params: Params,
        response: { 200: KeyView, ...refusals('not_found') },
      },
    },
    async (request) => {
      const key = await keyFor(db, actorOf(request), 'revoke', request.params.id);
      const view = await withTransaction(db, (tx) => revokeKey(tx, byActor(request, clock), key.id));
      signIns.forget(key.person_id);
      return view;
    },
  );
}

/** Nobody is signed in to redeem: the token says who it is, once. */
function addInvitations(app: FastifyInstance, { db, clock }: RouteDeps): void {
  app.post<{ Params: { id: string } }>(
    '/v1/people/:id/invitation',
    {
      config: { permit: ['create', 'keys'] },
      schema: {
        tags,
        summary: 'Invite a person who has no key: the token makes one, once, within three days',
        headers: idempotencyHeader,
        params: Type.Object({ id: PersonId }, closed),
        response: { 201: InvitationOnce, ...refusalsOnce('unknown_reference', 'already_exists') },
      },
    },
    async (request, reply) => {
      const { id: personId } = request.params;
      mustBeAllowed(actorOf(request), 'create', 'keys', { personId });
      return answerOnce(request, reply, db, async (tx) => {
        const body = await invite(tx, byActor(request, clock), personId);
        return { body, headers: { 'cache-control': 'no-store' }, remember: { ...body, token: null } };
      });
    },
  );

  app.post<{ Body: Static<typeof Redemption> }>(
    '/v1/invitations/redemption',
    {
      config: { permit: 'invited' },
      schema: {
        tags,
        summary: 'Redeem an invitation for one’s first key',
        security: [],
        body: Redemption,
        response: { 201: KeyOnce, ...refusalsWithBody() },
      },
    },
    async (request, reply) => {
      const { token, label } = request.body;
      const body = await withTransaction(db, (tx) => redeem(tx, new Date(clock.now()), token, label));
      return reply
        .code(201)
        .headers({ location: `/v1/keys/${body.id}`, 'cache-control': 'no-store' })
        .send(body);
    },
  );
}

function mustBeHeld(actor: Actor, scopes: readonly string[]): void {
  const unknown = scopes.findIndex((scope) => !SCOPES.includes(scope));
  if (unknown >= 0) {
    const detail = `${scopes[unknown]} is none of read, write, admin, <resource>:read, <resource>:write`;
    throw new DomainError('invalid_field', detail, `/scopes/${unknown}`);
  }
  const beyond = scopeBeyond(scopes, actor.scopes);
  if (beyond === undefined) return;
  const detail = `scope ${beyond} is more than this sign-in holds (${actor.scopes.join(', ')})`;
  throw new DomainError('forbidden', detail, `/scopes/${scopes.indexOf(beyond)}`);
}
