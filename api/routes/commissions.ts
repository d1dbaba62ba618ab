// Commission: what was earned and why, statements, payouts. A payee sees their own and nobody else's.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { openPayoutRun } from '../../activities/intake/payoutRuns.js';
import { startWorkflow } from '../../activities/intake/telling.js';
import {
  CommissionView,
  NewPayoutRun,
  PAYOUT_MODES,
  PayoutView,
  Period,
  Release,
  StatementView,
} from '../../contracts/commissions.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import {
  balanceView,
  commissionView,
  listCommissions,
  listPayouts,
  payoutById,
  payoutView,
  readStatement,
} from '../../db/commissionViews.js';
import type { Queryable } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { may, mustBeAllowed } from '../auth/ability.js';
import { type Actor, actorOf } from '../auth/actor.js';
import { answerDecision, pendingResponse } from '../decisions.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['commissions'];
/** Real time to wait for the engine to take a new run; without it the first release starts the run. */
const START_WITHIN_MS = 3_000;
const Params = Type.Object({ id: Id('payout') }, closed);
type Params = Static<typeof Params>;
const Query = PageQuery({
  payee: Type.Optional(Id('person')),
  lead: Type.Optional(Id('lead')),
  period: Type.Optional(Period),
  payout: Type.Optional(Id('payout')),
});
const StatementQuery = PageQuery({
  payee: Type.Optional(Id('person', 'The payee; yourself where absent')),
  period: Period,
});
const PayoutQuery = PageQuery({
  payee: Type.Optional(Id('person')),
  lead: Type.Optional(Id('lead')),
  period: Type.Optional(Period),
  mode: Type.Optional(Type.Enum([...PAYOUT_MODES])),
});

/** Whose records a list may show: the one asked for if it may be, everybody's, or the actor's own. */
function payeeShown(
  actor: Actor,
  resource: 'commissions' | 'payouts',
  asked: string | undefined,
): string | undefined {
  if (asked === undefined) return may(actor, 'read', resource, { payeeId: '' }) ? undefined : actor.personId;
  mustBeAllowed(actor, 'read', resource, { payeeId: asked });
  return asked;
}

export async function commissionRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addLines(app, deps);
  addPayoutReads(app, deps);
  addRuns(app, deps);
}

function addLines(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/commissions',
    {
      config: { permit: ['read', 'commissions'] },
      schema: {
        tags,
        summary: 'Commission lines, the newest first',
        querystring: Query,
        response: { 200: PageOf(CommissionView), ...refusals() },
      },
    },
    async (request) => {
      const { query } = request;
      const payee = payeeShown(actorOf(request), 'commissions', query.payee);
      const page = pageRequest('commissions', query);
      const rows = await listCommissions(db, page, { ...query, payee });
      return pageAnswer('commissions', page, rows, commissionView, ({ id }) => ({ value: id, id }));
    },
  );

  app.get<{ Querystring: Static<typeof StatementQuery> }>(
    '/v1/statements',
    {
      config: { permit: ['read', 'statements'] },
      schema: {
        tags,
        summary: 'Statement of a payee for a month: earned, reversed, paid, carried, and the lines behind it',
        querystring: StatementQuery,
        response: { 200: StatementView, ...refusals() },
      },
    },
    async (request) => {
      const { query } = request;
      const { period, payee = actorOf(request).personId } = query;
      mustBeAllowed(actorOf(request), 'read', 'statements', { payeeId: payee });
      const list = `statement ${payee} ${period}`;
      const page = pageRequest(list, query);
      const { balances, lines } = await readStatement(db, page, { payee, period });
      const position = ({ id, earned_on }: (typeof lines)[number]) => ({ value: earned_on, id });
      const rest = pageAnswer(list, page, lines, commissionView, position);
      return { payeeId: payee, period, balances: balances.map(balanceView), ...rest };
    },
  );
}

function addPayoutReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Querystring: Static<typeof PayoutQuery> }>(
    '/v1/payouts',
    {
      config: { permit: ['read', 'payouts'] },
      schema: {
        tags,
        summary: 'Payouts, the newest first',
        querystring: PayoutQuery,
        response: { 200: PageOf(PayoutView), ...refusals() },
      },
    },
    async (request) => {
      const { query } = request;
      const payee = payeeShown(actorOf(request), 'payouts', query.payee);
      const page = pageRequest('payouts', query);
      const rows = await listPayouts(db, page, { ...query, payee });
      return pageAnswer('payouts', page, rows, payoutView, ({ id }) => ({ value: id, id }));
    },
  );

  app.get<{ Params: Params }>(
    '/v1/payouts/:id',
    {
      config: { permit: ['read', 'payouts'] },
      schema: {
        tags,
        summary: 'One payout',
        params: Params,
        response: { 200: PayoutView, ...refusals('not_found') },
      },
    },
    async (request) => payoutOf(db, request.params.id, payeeShown(actorOf(request), 'payouts', undefined)),
  );
}

/** A payout in which a payee has no line is none of theirs to know of. */
async function payoutOf(db: Queryable, id: string, payee?: string): Promise<PayoutView> {
  const row = await payoutById(db, id, payee);
  if (row === undefined || (payee !== undefined && row.lines.length === 0)) {
    throw new DomainError('not_found', `there is no payout ${id}`);
  }
  return payoutView(row);
}

function addRuns(app: FastifyInstance, deps: RouteDeps): void {
  const { db, clock, engine } = deps;
  app.post<{ Body: NewPayoutRun }>(
    '/v1/payout-runs',
    {
      config: { permit: ['create', 'payouts'] },
      schema: {
        tags,
        summary: 'Calculate a payout of everything earned up to the end of a month',
        description:
          'Answers at once; the lines appear with GET /v1/payouts/{id}. Others release it. Refused with ' +
          '`nothing_due` where nothing earned by then is left to pay, and with `already_exists` while another ' +
          'run of the month is not calculated yet.',
        headers: idempotencyHeader,
        body: NewPayoutRun,
        response: { 202: PayoutView, ...refusalsOnce('not_configured', 'already_exists', 'nothing_due') },
      },
    },
    async (request, reply) => {
      const { period } = request.body;
      const { personId: actorId } = actorOf(request);
      const at = clock.now();
      const view = await answerOnce(
        request,
        reply,
        db,
        async (tx) => {
          const { payoutId } = await openPayoutRun({ db: tx }, { period, actorId, at });
          return { body: await payoutOf(tx, payoutId), headers: { location: `/v1/payouts/${payoutId}` } };
        },
        202,
      );
      // Also for a repeated request: the first one may have met an engine that was away.
      await startWorkflow(engine, targetOf(view), START_WITHIN_MS);
      return view;
    },
  );

  app.post<{ Params: Params; Body: Release }>(
    '/v1/payouts/:id/release',
    {
      config: { permit: ['release', 'payouts'] },
      schema: {
        tags,
        summary: 'Release a payout: never your own, never one you calculated or whose plan you edited',
        headers: idempotencyHeader,
        params: Params,
        body: Release,
        response: {
          200: PayoutView,
          ...pendingResponse,
          ...refusalsOnce('not_found', 'conflicting_duties', 'self_approval', 'already_decided', 'expired'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const payout = await payoutOf(db, id);
      if (payout.mode !== 'monthly') {
        throw new DomainError('already_decided', `${id} was released with the approval of its plan`);
      }
      const decision = {
        name: 'releasePayout',
        leadId: null,
        target: targetOf(payout),
        body: request.body,
      } as const;
      return answerDecision(request, reply, deps, decision, () => payoutOf(db, id));
    },
  );
}

const targetOf = ({ period, run }: PayoutView): string => `payout/commission/${period}/${run}`;
