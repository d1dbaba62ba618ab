// Quotes: drafted and revised as plain work, submitted, accepted and declined as decisions.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { type Drafted, draftQuote, reviseQuote } from '../../activities/intake/quotes.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { AcceptanceBody, DeclineBody, DraftBody, QuoteView, SubmissionBody } from '../../contracts/quotes.js';
import { closed, Id } from '../../contracts/wire.js';
import type { Tx } from '../../db/pool.js';
import { leadOfQuote, quoteView, storedQuote } from '../../db/quoteViews.js';
import { reasonText } from '../../documents/reasonTexts.js';
import type { Language } from '../../documents/types.js';
import { DomainError } from '../../domain/errors.js';
import { actorOf } from '../auth/actor.js';
import { answerDecision, pendingResponse } from '../decisions.js';
import { answerOnce } from '../idempotency.js';
import { languageOf } from '../language.js';
import { idempotencyHeader } from '../openapi.js';
import type { RouteDeps } from '../routes.js';

const tags = ['quotes'];
const LeadParams = Type.Object({ id: Id('lead') }, closed);
const Params = Type.Object({ id: Id('quote') }, closed);
type Params = Static<typeof Params>;
const Query = Type.Object(
  { revision: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })) },
  closed,
);

const DRAFT_REFUSALS = [
  'not_found',
  'lead_closed',
  'not_configured',
  'unknown_sku',
  'no_price',
  'not_discountable',
  'tax_undetermined',
  'currency_mismatch',
  'limit_exceeded',
] as const;

export async function quoteRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const { db, policies } = deps;

  const drafted = async (
    tx: Tx,
    { quoteId, revision, approvalsNeeded }: Drafted,
    language: Language,
  ): Promise<QuoteView> => {
    const stored = await storedQuote(tx, quoteId, revision);
    if (!stored) throw new RangeError(`${quoteId}/${revision} was drafted and is not there`);
    const needed = approvalsNeeded.map(({ sequence, ruleId, textCode, texts, approverId }) => ({
      sequence,
      ruleId,
      textCode,
      text: reasonText(textCode, texts, language),
      approver: approverId,
    }));
    return quoteView(stored, needed, language);
  };
  const view = async (id: string, revision: number | null, language: Language): Promise<QuoteView> => {
    const stored = await storedQuote(db, id, revision);
    if (!stored) {
      const which = revision ? ` revision ${revision}` : '';
      throw new DomainError(
        'not_found',
        `there is no quote ${id}${which}`,
        revision ? '/query/revision' : undefined,
      );
    }
    return quoteView(stored, [], language);
  };

  app.post<{ Params: Static<typeof LeadParams>; Body: DraftBody }>(
    '/v1/leads/:id/quotes',
    {
      config: { permit: ['create', 'quotes'] },
      schema: {
        tags,
        summary: 'Draft a quote: priced, taxed, with the approvals it would need',
        headers: idempotencyHeader,
        params: LeadParams,
        body: DraftBody,
        response: { 201: QuoteView, ...refusalsOnce(...DRAFT_REFUSALS) },
      },
    },
    async (request, reply) =>
      answerOnce(request, reply, db, async (tx) => {
        const { personId: actorId } = actorOf(request);
        const input = { draft: request.body, actorId, nowMs: Date.now(), leadId: request.params.id };
        const body = await drafted(tx, await draftQuote(policies, tx, input), languageOf(request));
        return { body, headers: { location: `/v1/quotes/${body.id}` } };
      }),
  );

  app.post<{ Params: Params; Body: DraftBody }>(
    '/v1/quotes/:id/revisions',
    {
      config: { permit: ['edit', 'quotes'] },
      schema: {
        tags,
        summary: 'Draft the next revision of a quote',
        headers: idempotencyHeader,
        params: Params,
        body: DraftBody,
        response: { 201: QuoteView, ...refusalsOnce(...DRAFT_REFUSALS) },
      },
    },
    async (request, reply) =>
      answerOnce(request, reply, db, async (tx) => {
        const { personId: actorId } = actorOf(request);
        const input = { draft: request.body, actorId, nowMs: Date.now(), quoteId: request.params.id };
        const body = await drafted(tx, await reviseQuote(policies, tx, input), languageOf(request));
        return { body, headers: { location: `/v1/quotes/${body.id}?revision=${body.revision}` } };
      }),
  );

  app.get<{ Params: Params; Querystring: Static<typeof Query> }>(
    '/v1/quotes/:id',
    {
      config: { permit: ['read', 'quotes'] },
      schema: {
        tags,
        summary: 'A quote: its newest revision, or the one named',
        params: Params,
        querystring: Query,
        response: { 200: QuoteView, ...refusals('not_found') },
      },
    },
    async (request) => view(request.params.id, request.query.revision ?? null, languageOf(request)),
  );

  const decision = (
    path: string,
    name: 'submitQuote' | 'acceptQuote' | 'declineQuote',
    summary: string,
    body: typeof SubmissionBody | typeof AcceptanceBody | typeof DeclineBody,
  ) =>
    app.post<{ Params: Params; Body: { revision: number } }>(
      `/v1/quotes/:id/${path}`,
      {
        config: { permit: [name, 'quotes'] },
        schema: {
          tags,
          summary,
          headers: idempotencyHeader,
          params: Params,
          body,
          response: {
            200: QuoteView,
            ...pendingResponse,
            ...refusalsOnce(
              'not_found',
              'lead_closed',
              'wrong_stage',
              'not_configured',
              'stale_revision',
              'content_changed',
              'already_decided',
              'expired',
            ),
          },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const leadId = await leadOfQuote(db, id);
        if (leadId === undefined) throw new DomainError('not_found', `there is no quote ${id}`);
        const { revision } = request.body;
        const decided = { name, leadId, body: { ...request.body, quoteId: id } };
        return answerDecision(request, reply, deps, decided, ({ made }) => {
          if (made) reply.header('location', `/v1/orders/${made}`);
          return view(id, revision, languageOf(request));
        });
      },
    );
  decision(
    'submission',
    'submitQuote',
    'Submit a revision for approval, or offer it at once',
    SubmissionBody,
  );
  decision(
    'acceptance',
    'acceptQuote',
    'Record the customer’s acceptance: the order is made',
    AcceptanceBody,
  );
  decision('decline', 'declineQuote', 'Record that the customer declined', DeclineBody);
}
