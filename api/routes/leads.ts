// Leads: captured, read, qualified, handed on, withdrawn.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { captureLead } from '../../activities/intake/leads.js';
import {
  CHANNELS,
  LeadListItem,
  LeadView,
  NewLead,
  OwnerBody,
  QualificationBody,
  QuoteSummary,
  ReasonBody,
  TimelineEntry,
} from '../../contracts/leads.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { amountsToWire } from '../../contracts/reasons.js';
import { closed, ExternalId, Id } from '../../contracts/wire.js';
import {
  actorNames,
  leadById,
  leadItem,
  leadTimeline,
  leadView,
  listLeads,
  type TimelineRow,
} from '../../db/leadViews.js';
import { type Queryable, withTransaction } from '../../db/pool.js';
import { quoteSummary, quotesOfLead } from '../../db/quoteViews.js';
import { type TimelineFact, timelineText } from '../../documents/timelineTexts.js';
import type { Language } from '../../documents/types.js';
import { DomainError } from '../../domain/errors.js';
import { OUTCOMES, STAGES } from '../../domain/leads/stages.js';
import { may } from '../auth/ability.js';
import { actorOf } from '../auth/actor.js';
import { answerDecision, type Decision, pendingResponse } from '../decisions.js';
import { expectedRevision, setEtag } from '../etag.js';
import { idempotencyKey, messageIdFor } from '../idempotency.js';
import { languageOf } from '../language.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['leads'];
const Params = Type.Object({ id: Id('lead') }, closed);
type Params = Static<typeof Params>;
const Query = PageQuery({
  stage: Type.Optional(Type.Enum([...STAGES])),
  outcome: Type.Optional(Type.Enum([...OUTCOMES])),
  owner: Type.Optional(Id('person')),
  channel: Type.Optional(Type.Enum([...CHANNELS])),
  externalId: Type.Optional(ExternalId),
  q: Type.Optional(
    Type.String({ minLength: 2, maxLength: 100, description: 'Part of name, company or e-mail' }),
  ),
});

export async function leadRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const { db } = deps;

  const view = async (request: FastifyRequest, id: string, from: Queryable = db): Promise<LeadView> => {
    const actor = actorOf(request);
    const row = await leadById(from, id, may(actor, 'read', 'quotes'));
    if (!row) throw new DomainError('not_found', `there is no lead ${id}`);
    return leadView(row, { contact: may(actor, 'read', 'contacts'), language: languageOf(request) });
  };
  const mustExist = async (id: string): Promise<void> => {
    const { rowCount } = await db.query({
      name: 'lead_exists',
      text: 'select from leads where id = $1',
      values: [id],
    });
    if (rowCount === 0) throw new DomainError('not_found', `there is no lead ${id}`);
  };

  app.post<{ Body: NewLead }>(
    '/v1/leads',
    {
      config: { permit: ['leadCaptured', 'leads'], isCapture: true },
      schema: {
        tags,
        summary: 'Capture a lead',
        description: '201 for a new lead, 200 for one that is known and has a touch more',
        headers: idempotencyHeader,
        body: NewLead,
        response: { 200: LeadView, 201: LeadView, ...refusalsOnce() },
      },
    },
    async (request, reply) => {
      const { personId } = actorOf(request);
      const messageId = messageIdFor(personId, idempotencyKey(request));
      const capture = request.body;
      // Read before the commit: a lead that is stored and cannot be read just now would be answered like a refusal.
      const { leadId, created, shown } = await deps.captures.run(() =>
        withTransaction(db, async (tx) => {
          const captured = await captureLead(tx, {
            capture,
            actorId: personId,
            messageId,
            nowMs: Date.now(),
          });
          return { ...captured, shown: await view(request, captured.leadId, tx) };
        }),
      );
      reply.code(created ? 201 : 200).header('location', `/v1/leads/${leadId}`);
      return shown;
    },
  );

  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/leads',
    {
      config: { permit: ['read', 'leads'] },
      schema: {
        tags,
        summary: 'Leads, the newest first',
        querystring: Query,
        response: { 200: PageOf(LeadListItem), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('leads', query);
      const rows = await listLeads(db, page, query);
      return pageAnswer('leads', page, rows, leadItem, ({ id }) => ({ value: '', id }));
    },
  );

  app.get<{ Params: Params }>(
    '/v1/leads/:id',
    {
      config: { permit: ['read', 'leads'] },
      schema: {
        tags,
        summary: 'One lead with what it waits for',
        params: Params,
        response: { 200: LeadView, ...refusals('not_found') },
      },
    },
    async (request, reply) => {
      const lead = await view(request, request.params.id);
      setEtag(reply, lead.revision);
      return lead;
    },
  );

  const QuotesQuery = PageQuery({});
  app.get<{ Params: Params; Querystring: Static<typeof QuotesQuery> }>(
    '/v1/leads/:id/quotes',
    {
      config: { permit: ['read', 'quotes'] },
      schema: {
        tags,
        summary: 'The quotes of a lead, the newest first',
        params: Params,
        querystring: QuotesQuery,
        response: { 200: PageOf(QuoteSummary), ...refusals('not_found') },
      },
    },
    async ({ params, query }) => {
      await mustExist(params.id);
      const page = pageRequest('quotes', query);
      const rows = await quotesOfLead(db, params.id, page);
      return pageAnswer('quotes', page, rows, quoteSummary, ({ id }) => ({ value: '', id }));
    },
  );

  const TimelineQuery = PageQuery({});
  app.get<{ Params: Params; Querystring: Static<typeof TimelineQuery> }>(
    '/v1/leads/:id/timeline',
    {
      config: { permit: ['read', 'leads'] },
      schema: {
        tags,
        summary: 'Everything that happened to a lead, in order',
        params: Params,
        querystring: TimelineQuery,
        response: { 200: PageOf(TimelineEntry), ...refusals('not_found') },
      },
    },
    async (request) => {
      const { params, query } = request;
      await mustExist(params.id);
      const page = pageRequest('timeline', query);
      const rows = await leadTimeline(db, params.id, page);
      const told = timelineTeller(await actorNames(db, params.id), languageOf(request));
      return pageAnswer(
        'timeline',
        page,
        rows,
        (row) => told(timelineEntry(row)),
        ({ seq }) => ({
          value: seq.toString(),
          id: '',
        }),
      );
    },
  );

  const decision = <Body extends object>(
    path: string,
    method: 'POST' | 'PUT',
    name: Decision['name'] & ('qualifyLead' | 'withdrawLead' | 'reassignLead'),
    summary: string,
    body: Parameters<typeof Type.Optional>[0],
    /** Whether it is an edit of what the caller read, and says in If-Match which revision that was. */
    isEdit = false,
  ) =>
    app.route<{ Params: Params; Body: Body }>({
      method,
      url: path,
      config: { permit: [name, 'leads'] },
      schema: {
        tags,
        summary,
        headers: idempotencyHeader,
        params: Params,
        body,
        response: {
          200: LeadView,
          ...pendingResponse,
          ...refusalsOnce(
            'not_found',
            'lead_closed',
            'wrong_stage',
            'not_configured',
            'already_decided',
            'stale_revision',
            'unknown_reference',
            'expired',
            ...(isEdit ? (['precondition_required', 'stale_version'] as const) : []),
          ),
        },
      },
      handler: async (request, reply) => {
        const leadId = request.params.id;
        const seen = isEdit ? { revision: expectedRevision(request) } : {};
        await mustExist(leadId);
        const body = { ...(request.body as object), ...seen };
        return answerDecision(request, reply, deps, { name, leadId, body }, async () => {
          const lead = await view(request, leadId);
          setEtag(reply, lead.revision);
          return lead;
        });
      },
    });
  decision(
    '/v1/leads/:id/qualification',
    'POST',
    'qualifyLead',
    'Qualify, nurture or disqualify',
    QualificationBody,
  );
  decision('/v1/leads/:id/withdrawal', 'POST', 'withdrawLead', 'Give a lead up', ReasonBody);
  decision('/v1/leads/:id/owner', 'PUT', 'reassignLead', 'Hand a lead to another rep', OwnerBody, true);
}

/** Adds to an entry what it says to a person. */
const timelineTeller =
  (names: ReadonlyMap<string, string>, language: Language) =>
  <Entry extends object>(entry: Entry) => {
    const fact = entry as unknown as Omit<TimelineFact, 'actorName'> & { readonly actor: string | null };
    const actorName = (fact.actor !== null && names.get(fact.actor)) || null;
    return { ...entry, text: timelineText({ ...fact, actorName }, language) };
  };

function timelineEntry({ seq, entry, reason, currency }: TimelineRow) {
  const { at, action, actor, revision, from, to, detail } = JSON.parse(entry) as Record<string, never>;
  return {
    seq: Number(seq),
    at,
    action,
    actor: actor ?? null,
    revision: revision ?? null,
    from: from ?? null,
    to: to ?? null,
    reason,
    detail: amountsToWire(detail ?? null, currency),
  };
}
