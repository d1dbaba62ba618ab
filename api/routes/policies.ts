// The rules in force: read, replaced by a new version, approved.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { approvePlan, putPolicy } from '../../activities/intake/policies.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { POLICY_SCHEMAS } from '../../contracts/policies.js';
import { Kind, PolicyDocument, PolicySummary, PolicyView, Version } from '../../contracts/policyVersions.js';
import { refusals, refusalsOfEdit, refusalsOnce } from '../../contracts/problem.js';
import { closed, ListOf } from '../../contracts/wire.js';
import { currentPolicies, policyVersion, policyView } from '../../db/policyVersions.js';
import { withTransaction } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { POLICY_KINDS } from '../../domain/policies/types.js';
import { mustBeAllowed } from '../auth/ability.js';
import { actorOf, byActor } from '../auth/actor.js';
import { etagOf, expectedRevision, setEtag } from '../etag.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader, ifMatchHeader } from '../openapi.js';
import type { RouteDeps } from '../routes.js';

const tags = ['policies'];
/** What a body may be, kind by kind: for the description alone, since the address says which kind it is. */
const PolicyBodies = Type.Unsafe({
  description: 'The policy, by its kind',
  oneOf: POLICY_KINDS.map((kind) => ({
    ...POLICY_SCHEMAS[kind],
    title: kind,
    examples: [POLICY_EXAMPLES[kind]],
  })),
});
const Params = Type.Object({ kind: Kind }, closed);
const Query = Type.Object({ version: Type.Optional(Version) }, closed);
const VersionParams = Type.Object({ version: Version }, closed);
const Summaries = Type.Object(
  { items: ListOf(PolicySummary, POLICY_KINDS.length, 'The newest version of each kind') },
  closed,
);

export async function policyRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addReads(app, deps);
  addWrites(app, deps);
}

function addReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get(
    '/v1/policies',
    {
      config: { permit: ['read', 'policies'] },
      schema: {
        tags,
        summary: 'The newest version of each kind, without its body',
        response: { 200: Summaries, ...refusals() },
      },
    },
    async () => ({
      items: (await currentPolicies(db)).map((row) => {
        const { body: _, ...summary } = policyView(row);
        return summary;
      }),
    }),
  );

  app.get<{ Params: Static<typeof Params>; Querystring: Static<typeof Query> }>(
    '/v1/policies/:kind',
    {
      config: { permit: ['read', 'policies'] },
      schema: {
        tags,
        summary: 'The newest version of a policy, or the one asked for',
        params: Params,
        querystring: Query,
        response: { 200: PolicyView, ...refusals('not_found') },
      },
    },
    async ({ params, query }, reply) => {
      const row = await policyVersion(db, params.kind, query.version);
      if (row === undefined) {
        const which = query.version === undefined ? '' : ` version ${query.version} of`;
        throw new DomainError('not_found', `there is no${which} ${params.kind} policy`);
      }
      setEtag(reply, row.version);
      return policyView(row);
    },
  );
}

function addWrites(app: FastifyInstance, { db, clock }: RouteDeps): void {
  app.put<{ Params: Static<typeof Params>; Body: Static<typeof PolicyDocument> }>(
    '/v1/policies/:kind',
    {
      config: { permit: ['edit', 'policies'], describedBody: PolicyBodies },
      schema: {
        tags,
        summary: 'Make a new version of a policy',
        description:
          'If-Match names the version it replaces (`"0"` for the first). Running deals keep the version they pinned. ' +
          'The body depends on the kind: one of the shapes below, each with an example that can be sent as it is.',
        headers: ifMatchHeader,
        params: Params,
        body: PolicyDocument,
        response: { 200: PolicyView, ...refusalsOfEdit('unknown_reference') },
      },
    },
    async (request, reply) => {
      const { kind } = request.params;
      mustBeAllowed(actorOf(request), 'edit', 'policies', { kind });
      const expected = expectedRevision(request, 0);
      const by = byActor(request, clock);
      const view = await withTransaction(db, (tx) => putPolicy(tx, by, kind, expected, request.body));
      setEtag(reply, view.version);
      return view;
    },
  );

  app.post<{ Params: Static<typeof VersionParams> }>(
    '/v1/policies/commission/:version/approvals',
    {
      config: { permit: ['approve', 'policies'] },
      schema: {
        tags,
        summary: 'Approve a version of the commission plan',
        description: 'A plan pays by itself only after two people other than its editor approved it.',
        headers: idempotencyHeader,
        params: VersionParams,
        response: { 201: PolicyView, ...refusalsOnce('not_found', 'self_approval', 'already_decided') },
      },
    },
    async (request, reply) => {
      mustBeAllowed(actorOf(request), 'approve', 'policies', { kind: 'commission' });
      return answerOnce(request, reply, db, async (tx) => {
        const body = await approvePlan(tx, byActor(request, clock), request.params.version);
        return { body, headers: { etag: etagOf(body.version) } };
      });
    },
  );
}
