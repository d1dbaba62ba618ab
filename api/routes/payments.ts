// Payments: money that came is recorded at once, whatever it is for; what nobody can place waits for finance.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { allocatePayment } from '../../activities/intake/allocations.js';
import { recordPayment } from '../../activities/intake/payments.js';
import { reversePayment } from '../../activities/intake/reversals.js';
import { minorOf } from '../../contracts/money.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import {
  NewAllocations,
  NewPayment,
  NewReversal,
  PaymentSummary,
  PaymentView,
} from '../../contracts/payments.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { listPayments, paymentById, paymentSummary } from '../../db/paymentViews.js';
import type { Queryable, Tx } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { actorOf } from '../auth/actor.js';
import { answerOnce, idempotencyKey, messageIdFor } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['payments'];
const Params = Type.Object({ id: Id('pay', 'Id of a payment') }, closed);
type Params = Static<typeof Params>;
const Query = PageQuery({
  account: Type.Optional(Id('account')),
  lead: Type.Optional(Id('lead')),
  reference: Type.Optional(Type.String({ minLength: 1, maxLength: 140 })),
  unapplied: Type.Optional(
    Type.Boolean({ description: 'Only those with, or without, cash nobody has placed' }),
  ),
});

async function paymentOf(db: Queryable, id: string): Promise<PaymentView> {
  const payment = await paymentById(db, id);
  if (payment === undefined) throw new DomainError('not_found', `there is no payment ${id}`);
  return payment;
}

export async function paymentRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addReads(app, deps);
  addRecording(app, deps);
  addAllocations(app, deps);
  addReversal(app, deps);
}

function addReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/payments',
    {
      config: { permit: ['read', 'payments'] },
      schema: {
        tags,
        summary: 'Payments, the newest first',
        querystring: Query,
        response: { 200: PageOf(PaymentSummary), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('payments', query);
      const rows = await listPayments(db, page, query);
      return pageAnswer('payments', page, rows, paymentSummary, ({ id }) => ({ value: id, id }));
    },
  );

  app.get<{ Params: Params }>(
    '/v1/payments/:id',
    {
      config: { permit: ['read', 'payments'] },
      schema: {
        tags,
        summary: 'One payment with its allocations',
        params: Params,
        response: { 200: PaymentView, ...refusals('not_found') },
      },
    },
    ({ params }) => paymentOf(db, params.id),
  );
}

/** Who does it, when, and under which message id, as the intake takes it. */
function factOf(request: FastifyRequest, { clock }: RouteDeps) {
  const actorId = actorOf(request).personId;
  return { actorId, messageId: messageIdFor(actorId, idempotencyKey(request)), at: clock.now() };
}

/** Runs a fact and answers with the payment after it: 201, or 200 where it had been recorded before. */
function answerFact(
  request: FastifyRequest,
  reply: FastifyReply,
  { db }: RouteDeps,
  work: (tx: Tx) => Promise<{ readonly paymentId: string; readonly created: boolean }>,
): Promise<PaymentView> {
  return answerOnce(request, reply, db, async (tx) => {
    const { paymentId, created } = await work(tx);
    const body = await paymentOf(tx, paymentId);
    return { body, status: created ? 201 : 200, headers: { location: `/v1/payments/${paymentId}` } };
  });
}

function addRecording(app: FastifyInstance, deps: RouteDeps): void {
  const { policies } = deps;
  app.post<{ Body: NewPayment }>(
    '/v1/payments',
    {
      config: { permit: ['paymentApplied', 'payments'] },
      schema: {
        tags,
        summary: 'Record a payment',
        description:
          '201 with its allocations; 200 when the same payment was recorded before. An unknown invoice number ' +
          'is no error: the money has come, it is unapplied cash and a task for finance.',
        headers: idempotencyHeader,
        body: NewPayment,
        response: {
          200: PaymentView,
          201: PaymentView,
          ...refusalsOnce('reference_reused', 'not_configured', 'conflicting_duties'),
        },
      },
    },
    (request, reply) => {
      const { amount, provider = 'bank', ...body } = request.body;
      const amountMinor = minorOf(amount, '/amount');
      const input = { ...body, ...factOf(request, deps), provider, amountMinor, currency: amount.currency };
      return answerFact(request, reply, deps, (tx) => recordPayment({ db: tx, policies }, input));
    },
  );
}

function addAllocations(app: FastifyInstance, deps: RouteDeps): void {
  const { policies } = deps;
  app.post<{ Params: Params; Body: NewAllocations }>(
    '/v1/payments/:id/allocations',
    {
      config: { permit: ['paymentApplied', 'payments'] },
      schema: {
        tags,
        summary: 'Put unapplied cash on invoices and charge notes',
        headers: idempotencyHeader,
        params: Params,
        body: NewAllocations,
        response: {
          200: PaymentView,
          201: PaymentView,
          ...refusalsOnce(
            'not_found',
            'already_reversed',
            'currency_mismatch',
            'over_allocated',
            'not_configured',
            'conflicting_duties',
          ),
        },
      },
    },
    async (request, reply) => {
      const paymentId = request.params.id;
      const { currency } = (await paymentOf(deps.db, paymentId)).amount;
      const allocations = request.body.allocations.map((one, index) => {
        const pointer = `/allocations/${index}`;
        mustBeIn(currency, one.amount.currency, `${pointer}/amount`);
        return { ...placeOf(one, pointer), amountMinor: minorOf(one.amount, `${pointer}/amount`) };
      });
      const input = { ...factOf(request, deps), paymentId, allocations };
      return answerFact(request, reply, deps, (tx) => allocatePayment({ db: tx, policies }, input));
    },
  );
}

/** An allocation names an invoice or a charge note, one of the two. */
function placeOf(
  { invoiceId, chargeNoteId }: NewAllocations['allocations'][number],
  pointer: string,
): { readonly invoiceId: string } | { readonly chargeNoteId: string } {
  if (invoiceId !== undefined && chargeNoteId === undefined) return { invoiceId };
  if (chargeNoteId !== undefined && invoiceId === undefined) return { chargeNoteId };
  const named = invoiceId === undefined ? 'neither is' : `${invoiceId} and ${chargeNoteId} are`;
  throw new DomainError(
    'invalid_field',
    `${named} named, one of invoiceId and chargeNoteId must be`,
    pointer,
  );
}

function addReversal(app: FastifyInstance, deps: RouteDeps): void {
  app.post<{ Params: Params; Body: NewReversal }>(
    '/v1/payments/:id/reversal',
    {
      config: { permit: ['paymentReversed', 'payments'] },
      schema: {
        tags,
        summary: 'Record that a payment bounced or was charged back',
        headers: idempotencyHeader,
        params: Params,
        body: NewReversal,
        response: {
          200: PaymentView,
          201: PaymentView,
          ...refusalsOnce('not_found', 'already_reversed', 'currency_mismatch'),
        },
      },
    },
    async (request, reply) => {
      const paymentId = request.params.id;
      const { bankCharge, ...body } = request.body;
      const { currency } = (await paymentOf(deps.db, paymentId)).amount;
      if (bankCharge) mustBeIn(currency, bankCharge.currency, '/bankCharge');
      const bankChargeMinor = bankCharge ? minorOf(bankCharge, '/bankCharge') : 0n;
      const input = { ...body, ...factOf(request, deps), paymentId, bankChargeMinor };
      return answerFact(request, reply, deps, (tx) => reversePayment({ db: tx }, input));
    },
  );
}

function mustBeIn(currency: string, given: string, pointer: string): void {
  if (given === currency) return;
  throw new DomainError('currency_mismatch', `${given} on a payment in ${currency}`, `${pointer}/currency`);
}
