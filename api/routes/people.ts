// People: who they are, what they may do and release, who stands in, and what happens when they leave.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { deactivatePerson } from '../../activities/intake/leavers.js';
import type { By } from '../../activities/intake/masterData.js';
import {
  createPerson,
  editPerson,
  setDelegations,
  setLimits,
  setRoles,
} from '../../activities/intake/people.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import {
  DeactivationBody,
  DelegationsBody,
  LimitsBody,
  NewPerson,
  PersonPatch,
  PersonView,
  RolesBody,
} from '../../contracts/people.js';
import { refusals, refusalsOfEdit, refusalsOnce } from '../../contracts/problem.js';
import { closed, ExternalId, Id } from '../../contracts/wire.js';
import { listPeople, personById, personView } from '../../db/people.js';
import { type Tx, withTransaction } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { ROLES, type Role } from '../../domain/people/people.js';
import { mustBeAllowed } from '../auth/ability.js';
import { actorOf, byActor } from '../auth/actor.js';
import { etagOf, expectedRevision, setEtag } from '../etag.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader, ifMatchHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['people'];
const Params = Type.Object({ id: Id('person') }, closed);
type Params = Static<typeof Params>;
const Query = PageQuery({
  active: Type.Optional(Type.Boolean()),
  role: Type.Optional(Type.Enum([...ROLES])),
  externalId: Type.Optional(ExternalId),
  q: Type.Optional(Type.String({ maxLength: 100, description: 'Part of name or e-mail' })),
});

export async function peopleRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addReads(app, deps);
  addWrites(app, deps);
  addRights(app, deps);
}

function addReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/people',
    {
      config: { permit: ['read', 'people'] },
      schema: {
        tags,
        summary: 'People by name',
        querystring: Query,
        response: { 200: PageOf(PersonView), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('people', query);
      const rows = await listPeople(db, page, query);
      return pageAnswer('people', page, rows, personView, (row) => ({ value: row.name, id: row.id }));
    },
  );

  app.get<{ Params: Params }>(
    '/v1/people/:id',
    {
      config: { permit: ['read', 'people'] },
      schema: {
        tags,
        summary: 'One person',
        params: Params,
        response: { 200: PersonView, ...refusals('not_found') },
      },
    },
    async ({ params }, reply) => {
      const row = await personById(db, params.id);
      if (row === undefined) throw new DomainError('not_found', `there is no person ${params.id}`);
      setEtag(reply, row.revision);
      return personView(row);
    },
  );
}

type Edit = (tx: Tx, by: By, expected: number) => Promise<PersonView>;

/** Runs one edit of a person in a transaction; who is signed in as that person is judged anew afterwards. */
async function edited(
  { db, clock, signIns }: RouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  edit: Edit,
): Promise<PersonView> {
  const expected = expectedRevision(request);
  const by = byActor(request, clock);
  const view = await withTransaction(db, (tx) => edit(tx, by, expected));
  signIns.forget(view.id);
  setEtag(reply, view.revision);
  return view;
}

function addWrites(app: FastifyInstance, deps: RouteDeps): void {
  const { db, clock } = deps;
  app.post<{ Body: NewPerson }>(
    '/v1/people',
    {
      config: { permit: ['create', 'people'] },
      schema: {
        tags,
        summary: 'Add a person',
        description:
          'Roles given here are usable from the next day (UTC) on; at once while the company has no lead yet.',
        headers: idempotencyHeader,
        body: NewPerson,
        response: { 201: PersonView, ...refusalsOnce('already_exists', 'unknown_reference') },
      },
    },
    async (request, reply) =>
      answerOnce(request, reply, db, async (tx) => {
        const body = await createPerson(tx, byActor(request, clock), request.body);
        return { body, headers: { etag: etagOf(1), location: `/v1/people/${body.id}` } };
      }),
  );

  app.patch<{ Params: Params; Body: PersonPatch }>(
    '/v1/people/:id',
    {
      config: { permit: ['edit', 'people'] },
      schema: {
        tags,
        summary: 'Change a person',
        headers: ifMatchHeader,
        params: Params,
        body: PersonPatch,
        response: { 200: PersonView, ...refusalsOfEdit('already_exists', 'unknown_reference', 'expired') },
      },
    },
    (request, reply) =>
      edited(deps, request, reply, (tx, by, expected) =>
        editPerson(tx, by, request.params.id, expected, request.body),
      ),
  );

  app.post<{ Params: Params; Body: Static<typeof DeactivationBody> }>(
    '/v1/people/:id/deactivation',
    {
      config: { permit: ['edit', 'people'] },
      schema: {
        tags,
        summary: 'A person leaves',
        description:
          'Keys stop working at once. In the same transaction open waits and tasks go to the delegate, else the ' +
          'manager, else an admin; leads to the first of these who sells; approvals to the first who may decide ' +
          'them, or to the admin as a task.',
        headers: ifMatchHeader,
        params: Params,
        body: DeactivationBody,
        response: { 200: PersonView, ...refusalsOfEdit('expired', 'limit_exceeded') },
      },
    },
    (request, reply) =>
      edited(deps, request, reply, (tx, by, expected) => {
        const leftOn = request.body.leftOn ?? by.at.toISOString().slice(0, 10);
        return deactivatePerson(tx, deps.policies, by, { id: request.params.id, expected, leftOn });
      }),
  );
}

function addRights(app: FastifyInstance, deps: RouteDeps): void {
  app.put<{ Params: Params; Body: { roles: Role[] } }>(
    '/v1/people/:id/roles',
    {
      config: { permit: ['edit', 'people'] },
      schema: {
        tags,
        summary: 'Set the roles of a person',
        description: 'A new role is usable from the next day (UTC) on. Nobody changes their own.',
        headers: ifMatchHeader,
        params: Params,
        body: RolesBody,
        response: { 200: PersonView, ...refusalsOfEdit('expired', 'limit_exceeded') },
      },
    },
    (request, reply) =>
      edited(deps, request, reply, (tx, by, expected) =>
        setRoles(tx, by, request.params.id, expected, request.body.roles),
      ),
  );

  app.put<{ Params: Params; Body: Static<typeof LimitsBody> }>(
    '/v1/people/:id/limits',
    {
      config: { permit: ['edit', 'people'] },
      schema: {
        tags,
        summary: 'Set what a person may release',
        headers: ifMatchHeader,
        params: Params,
        body: LimitsBody,
        response: { 200: PersonView, ...refusalsOfEdit('expired') },
      },
    },
    (request, reply) =>
      edited(deps, request, reply, (tx, by, expected) =>
        setLimits(tx, by, request.params.id, expected, request.body.limits),
      ),
  );

  app.put<{ Params: Params; Body: Static<typeof DelegationsBody> }>(
    '/v1/people/:id/delegations',
    {
      config: { permit: ['delegate', 'people'] },
      schema: {
        tags,
        summary: 'Set who stands in for a person: one’s own, or anybody’s for an admin',
        headers: ifMatchHeader,
        params: Params,
        body: DelegationsBody,
        response: { 200: PersonView, ...refusalsOfEdit('expired', 'unknown_reference') },
      },
    },
    (request, reply) => {
      mustBeAllowed(actorOf(request), 'delegate', 'people', { personId: request.params.id });
      return edited(deps, request, reply, (tx, by, expected) =>
        setDelegations(tx, by, request.params.id, expected, request.body.delegations),
      );
    },
  );
}
