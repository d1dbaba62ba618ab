// Approvals: what waits for whom, and the decision of the person who was asked.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { ApprovalView, DecisionBody } from '../../contracts/quotes.js';
import { closed, Id } from '../../contracts/wire.js';
import { approvalById, approvalView, listApprovals } from '../../db/quoteViews.js';
import { APPROVAL_STATUSES } from '../../domain/approvals/types.js';
import { DomainError } from '../../domain/errors.js';
import { answerDecision, pendingResponse } from '../decisions.js';
import { languageOf } from '../language.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['approvals'];
const Params = Type.Object({ id: Id('appr') }, closed);
const Query = PageQuery({
  status: Type.Optional(Type.Enum([...APPROVAL_STATUSES])),
  approver: Type.Optional(Id('person')),
  leadId: Type.Optional(Id('lead')),
});

export async function approvalRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const { db } = deps;
  const found = async (id: string) => {
    const row = await approvalById(db, id);
    if (!row) throw new DomainError('not_found', `there is no approval ${id}`);
    return row;
  };

  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/approvals',
    {
      config: { permit: ['read', 'approvals'] },
      schema: {
        tags,
        summary: 'Approvals, the newest first; `status=open` is what waits',
        querystring: Query,
        response: { 200: PageOf(ApprovalView), ...refusals() },
      },
    },
    async (request) => {
      const { query } = request;
      const language = languageOf(request);
      const page = pageRequest('approvals', query);
      const rows = await listApprovals(db, page, query);
      return pageAnswer(
        'approvals',
        page,
        rows,
        (row) => approvalView(row, language),
        ({ id }) => ({ value: '', id }),
      );
    },
  );

  app.get<{ Params: Static<typeof Params> }>(
    '/v1/approvals/:id',
    {
      config: { permit: ['read', 'approvals'] },
      schema: {
        tags,
        summary: 'One approval',
        params: Params,
        response: { 200: ApprovalView, ...refusals('not_found') },
      },
    },
    async (request) => approvalView(await found(request.params.id), languageOf(request)),
  );

  app.post<{ Params: Static<typeof Params>; Body: Static<typeof DecisionBody> }>(
    '/v1/approvals/:id/decision',
    {
      config: { permit: ['decideApproval', 'approvals'] },
      schema: {
        tags,
        summary: 'Approve or reject what you were asked for',
        headers: idempotencyHeader,
        params: Params,
        body: DecisionBody,
        response: {
          200: ApprovalView,
          ...pendingResponse,
          ...refusalsOnce(
            'not_found',
            'lead_closed',
            'wrong_stage',
            'not_configured',
            'stale_revision',
            'content_changed',
            'already_decided',
            'self_approval',
            'limit_exceeded',
            'expired',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const approval = await found(id);
      const body = { ...request.body, approvalId: id, quoteId: approval.quote_id };
      const decision = { name: 'decideApproval' as const, leadId: approval.lead_id, body };
      try {
        return await answerDecision(request, reply, deps, decision, async () =>
          approvalView(await found(id), languageOf(request)),
        );
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'already_decided') throw error;
        throw new DomainError(error.code, howDecided(await found(id)), error.pointer, error.extra);
      }
    },
  );
}

function howDecided(approval: {
  id: string;
  status: string;
  decided_by: string | null;
  decided_at: string | null;
}) {
  const { id, status, decided_by: by, decided_at: at } = approval;
  if (by === null || at === null) return `approval ${id} is ${status}: its revision is over`;
  return `${by} ${status} approval ${id} at ${new Date(at).toISOString()}`;
}
