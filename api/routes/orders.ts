// Orders: what was sold, what was delivered of it, what is still waited for.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { recordDelivery } from '../../activities/intake/deliveries.js';
import { CANCELLATION_REQUEST, openRequest } from '../../activities/intake/requests.js';
import {
  Cancellation,
  CancellationRequestView,
  NewDelivery,
  ORDER_STATUSES,
  OrderSummary,
  OrderView,
  RecordedDeliveryView,
} from '../../contracts/orders.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { deliveryById, listOrders, orderById, orderSummary } from '../../db/orders.js';
import type { Queryable } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { parseMicro } from '../../domain/money/amounts.js';
import { actorOf, byActor } from '../auth/actor.js';
import { answerDecision, pendingResponse } from '../decisions.js';
import { answerOnce, idempotencyKey, messageIdFor } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['orders'];
const Params = Type.Object({ id: Id('order') }, closed);
type Params = Static<typeof Params>;
const Query = PageQuery({
  lead: Type.Optional(Id('lead')),
  account: Type.Optional(Id('account')),
  status: Type.Optional(Type.Enum([...ORDER_STATUSES])),
});

async function orderOf(db: Queryable, id: string): Promise<OrderView> {
  const order = await orderById(db, id);
  if (order === undefined) throw new DomainError('not_found', `there is no order ${id}`);
  return order;
}

export async function orderRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const { db } = deps;
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/orders',
    {
      config: { permit: ['read', 'orders'] },
      schema: {
        tags,
        summary: 'Orders, the newest first',
        querystring: Query,
        response: { 200: PageOf(OrderSummary), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('orders', query);
      const rows = await listOrders(db, page, query);
      return pageAnswer('orders', page, rows, orderSummary, ({ id }) => ({ value: id, id }));
    },
  );

  app.get<{ Params: Params }>(
    '/v1/orders/:id',
    {
      config: { permit: ['read', 'orders'] },
      schema: {
        tags,
        summary: 'One order with its lines, deliveries, invoices and waits',
        params: Params,
        response: { 200: OrderView, ...refusals('not_found') },
      },
    },
    ({ params }) => orderOf(db, params.id),
  );

  addDeliveries(app, deps);
  addCancellation(app, deps);
  addCancellationRequest(app, deps);
}

function addCancellation(app: FastifyInstance, deps: RouteDeps): void {
  const { db } = deps;
  app.post<{ Params: Params; Body: Cancellation }>(
    '/v1/orders/:id/cancellation',
    {
      config: { permit: ['cancelOrder', 'orders'] },
      schema: {
        tags,
        summary: 'Cancel an order of which nothing is invoiced',
        description:
          'Where something is invoiced its invoices would be credited, which takes two persons: it is refused ' +
          'with `conflicting_duties`, and POST /v1/orders/{id}/cancellation-requests is the way.',
        headers: idempotencyHeader,
        params: Params,
        body: Cancellation,
        response: {
          200: OrderView,
          ...pendingResponse,
          ...refusalsOnce(
            'not_found',
            'lead_closed',
            'wrong_stage',
            'not_configured',
            'already_decided',
            'conflicting_duties',
            'expired',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { leadId } = await orderOf(db, id);
      const body = { orderId: id, reason: request.body.reason };
      return answerDecision(request, reply, deps, { name: 'cancelOrder', leadId, body }, () =>
        orderOf(db, id),
      );
    },
  );
}

function addCancellationRequest(app: FastifyInstance, { db, clock }: RouteDeps): void {
  app.post<{ Params: Params; Body: Cancellation }>(
    '/v1/orders/:id/cancellation-requests',
    {
      config: { permit: ['cancelOrder', 'orders'] },
      schema: {
        tags,
        summary: 'Ask for the cancellation of an order that is invoiced',
        description:
          'Opens a task; another person approves or rejects it (POST /v1/tasks/{id}/resolution). Approved, the ' +
          'invoices are credited, the cash goes back, the commission is taken back.',
        headers: idempotencyHeader,
        params: Params,
        body: Cancellation,
        response: {
          201: CancellationRequestView,
          ...refusalsOnce('not_found', 'already_decided', 'already_exists'),
        },
      },
    },
    (request, reply) =>
      answerOnce<CancellationRequestView>(request, reply, db, async (tx) => {
        const { id } = request.params;
        const { leadId, status } = await orderOf(tx, id);
        if (status === 'cancelled') throw new DomainError('already_decided', `order ${id} is cancelled`);
        const asked = { orderId: id, reason: request.body.reason };
        const by = byActor(request, clock);
        const taskId = await openRequest(tx, by, { kind: CANCELLATION_REQUEST, leadId, subject: id, asked });
        return { body: { taskId }, headers: { location: `/v1/tasks/${taskId}` } };
      }),
  );
}

/** What was delivered is a fact: it is recorded at once and answered 202, the lead hears of it afterwards. */
function addDeliveries(app: FastifyInstance, { db, clock }: RouteDeps): void {
  app.post<{ Params: Params; Body: NewDelivery }>(
    '/v1/orders/:id/deliveries',
    {
      config: { permit: ['deliveryRecorded', 'orders'] },
      schema: {
        tags,
        summary: 'Record a delivery',
        description: 'The same `key` with the same content answers with the delivery that is there.',
        headers: idempotencyHeader,
        params: Params,
        body: NewDelivery,
        response: {
          202: RecordedDeliveryView,
          ...refusalsOnce(
            'not_found',
            'wrong_stage',
            'not_configured',
            'reference_reused',
            'unknown_order_line',
            'over_delivered',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { lines, deliveredAt, key, proof } = request.body;
      const { personId } = actorOf(request);
      const messageId = messageIdFor(personId, idempotencyKey(request));
      const at = Date.parse(deliveredAt);
      if (at > clock.now()) {
        const detail = `delivered at ${deliveredAt}, now it is ${new Date(clock.now()).toISOString()}`;
        throw new DomainError('invalid_field', detail, '/deliveredAt');
      }
      const quantities = lines.map(({ orderLineId, quantity }, index) => ({
        orderLineId,
        quantityMicro: parseMicro(quantity, { pointer: `/lines/${index}/quantity` }),
      }));
      return answerOnce(
        request,
        reply,
        db,
        async (tx) => {
          const { deliveryId } = await recordDelivery(
            { db: tx },
            {
              orderId: id,
              actorId: personId,
              key: key ?? messageId,
              lines: quantities,
              deliveredAt: at,
              messageId,
              ...(proof !== undefined && { proof }),
            },
          );
          const known = await deliveryById(tx, deliveryId);
          if (!known) throw new RangeError(`delivery ${deliveryId} is not there`);
          return { body: { delivery: known.delivery, message: `/v1/messages/${known.messageId}` } };
        },
        202,
      );
    },
  );
}
