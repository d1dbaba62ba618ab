import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { orderedDeal, row, settle } from '../support/deal.js';
import { deliver, invoicesOf } from '../support/money.js';
import { type MoneyApi, openMoneyApi, walk } from '../support/moneyApi.js';
import { counts } from '../support/offences.js';

let api: MoneyApi;
beforeAll(async () => {
  api = await openMoneyApi();
});
afterAll(() => api?.close());

const AT = '2026-03-02T09:00:00Z';
const part = (orderLineId: string | undefined, quantity: string, more: object = {}) => ({
  lines: [{ orderLineId, quantity }],
  deliveredAt: AT,
  ...more,
});

describe('reading orders', () => {
  test('an order shows what was ordered, delivered and billed, its invoices and what is waited for', async () => {
    const deal = await orderedDeal(api.world, { lines: [{ quantity: 3, netMinor: 10_000 }] });
    await deliver(api.world, deal, [1]);
    await settle(api.world, deal.leadId);
    const [invoice] = await invoicesOf(api.world, deal);
    const { status, body } = await api.call('rep', `/v1/orders/${deal.orderId}`);
    expect(status).toBe(200);
    expect(body.lines).toMatchObject([{ ordered: '3', delivered: '1', billed: '1' }]);
    expect(body.deliveries).toMatchObject([{ status: 'applied', invoiceId: invoice?.id }]);
    expect(body.invoices).toMatchObject([{ id: invoice?.id, gross: { amount: '40.33', currency: 'EUR' } }]);
    expect(body.waits.map(({ kind }: { kind: string }) => kind)).toEqual(
      expect.arrayContaining(['delivery', 'payment']),
    );
  });

  test('a list is walked by its cursor, each order once, the newest first', async () => {
    const { accountId, orderId } = await orderedDeal(api.world);
    for (let more = 0; more < 4; more++) await orderedDeal(api.world, { accountId });
    const seen = await walk(api, 'boss', `/v1/orders?account=${accountId}&status=open&limit=2`);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
    expect(seen).toHaveLength(5);
    expect(seen.at(-1)).toBe(orderId);
    const cancelled = await api.call('boss', `/v1/orders?account=${accountId}&status=cancelled`);
    expect(cancelled.body).toEqual({ items: [], next: null });
  });

  test.each([
    ['no such order', () => `/v1/orders/${newId('order')}`, 404, 'not_found'],
    ['no id of an order', () => '/v1/orders/1', 400, 'invalid_field'],
    ['an unknown status', () => '/v1/orders?status=lost', 400, 'invalid_field'],
    ['a cursor of another list', () => '/v1/orders?cursor=WyJhIiwiYiIsImMiXQ', 400, 'invalid_field'],
  ])('%s is refused', async (_name, url, status, code) => {
    expect(await api.call('rep', url())).toMatchObject({ status, body: { code } });
  });
});

describe('a request to cancel', () => {
  const asking = async () => {
    const deal = await orderedDeal(api.world);
    const { body, headers } = await api.post('finance', `/v1/orders/${deal.orderId}/cancellation-requests`, {
      reason: 'they closed the site',
    });
    return { taskId: body.taskId as string, location: String(headers.location) };
  };
  const answer = (as: Parameters<typeof api.post>[0], taskId: string, decision: string) =>
    api.post(as, `/v1/tasks/${taskId}/resolution`, { resolution: 'seen it', decision });

  test('leads to its task, for whoever may read tasks', async () => {
    const { taskId, location } = await asking();
    expect(await api.call('rep', location)).toMatchObject({
      status: 200,
      body: { id: taskId, status: 'open' },
    });
    const missing = await api.call('rep', `/v1/tasks/${newId('task')}`);
    expect(missing).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('is rejected by whoever could approve it: a manager too', async () => {
    const { taskId } = await asking();
    expect(await answer('boss', taskId, 'reject')).toMatchObject({
      status: 200,
      body: { status: 'resolved' },
    });
    const { taskId: next } = await asking();
    expect((await answer('boss', next, 'approve')).status).toBe(202);
  });

  test.each(['approve', 'reject'])('is not for others to %s', async (decision) => {
    const { taskId } = await asking();
    for (const person of ['rep', 'editor', 'fulfilment'] as const) {
      expect(await answer(person, taskId, decision)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    }
  });
});

describe('recording a delivery', () => {
  test('it is recorded at once, answered 202, and its lead is told by the message named', async () => {
    const deal = await orderedDeal(api.world, { lines: [{ quantity: 3, netMinor: 10_000 }] });
    const url = `/v1/orders/${deal.orderId}/deliveries`;
    const sent = part(deal.lineIds[0], '2', { key: 'DN-1', proof: 'signed' });
    const first = await api.post('fulfilment', url, sent);
    expect(first).toMatchObject({ status: 202, body: { delivery: { status: 'recorded', key: 'DN-1' } } });
    const message = await api.call('fulfilment', first.body.message);
    expect(message.body).toMatchObject({ name: 'deliveryRecorded', state: 'pending' });
    expect(await api.post('fulfilment', url, sent)).toMatchObject({ status: 202, body: first.body });
    const other = await api.post('fulfilment', url, part(deal.lineIds[0], '1', { key: 'DN-1' }));
    expect(other).toMatchObject({ status: 409, body: { code: 'reference_reused' } });
  });

  test('the same Idempotency-Key answers the same, and another body under it is refused', async () => {
    const deal = await orderedDeal(api.world, { lines: [{ quantity: 3, netMinor: 10_000 }] });
    const url = `/v1/orders/${deal.orderId}/deliveries`;
    const first = await api.post('fulfilment', url, part(deal.lineIds[0], '1'), 'once');
    expect(first.status).toBe(202);
    expect((await api.post('fulfilment', url, part(deal.lineIds[0], '1'), 'once')).body).toEqual(first.body);
    const other = await api.post('fulfilment', url, part(deal.lineIds[0], '2'), 'once');
    expect(other).toMatchObject({ status: 422, body: { code: 'key_reused' } });
    const { n } = await row<{ n: bigint }>(
      api.world,
      'select count(*) as n from deliveries where order_id = $1',
      deal.orderId,
    );
    expect(n).toBe(1n);
  });

  test.each([
    ['more than was ordered', '4', AT, 422, 'over_delivered', '/lines/0/quantity'],
    ['nothing', '0', AT, 400, 'invalid_field', '/lines/0/quantity'],
    ['an exponent', '1e3', AT, 400, 'invalid_field', '/lines/0/quantity'],
    ['less than nothing', '-1', AT, 400, 'invalid_field', '/lines/0/quantity'],
    ['a day that does not exist', '1', '2026-02-30T09:00:00Z', 400, 'invalid_field', '/deliveredAt'],
    ['tomorrow', '1', '2026-03-03T12:00:01Z', 400, 'invalid_field', '/deliveredAt'],
    ['the day before the order', '1', '2026-03-01T22:59:59Z', 400, 'invalid_field', '/deliveredAt'],
    ['years before the order', '1', '2020-01-01T00:00:00Z', 400, 'invalid_field', '/deliveredAt'],
  ])('%s is refused and changes nothing', async (_name, quantity, deliveredAt, status, code, pointer) => {
    const deal = await orderedDeal(api.world, { lines: [{ quantity: 3, netMinor: 10_000 }] });
    const before = await counts(api.world);
    const sent = { ...part(deal.lineIds[0], quantity), deliveredAt };
    const answer = await api.post('fulfilment', `/v1/orders/${deal.orderId}/deliveries`, sent);
    expect(answer).toMatchObject({ status, body: { code, errors: [{ pointer }] } });
    expect(await counts(api.world)).toEqual(before);
  });

  test('a line of another order, an unknown order and a cancelled one are refused', async () => {
    const [deal, other] = [await orderedDeal(api.world), await orderedDeal(api.world)];
    const url = `/v1/orders/${deal.orderId}/deliveries`;
    const foreign = await api.post('fulfilment', url, part(other.lineIds[0], '1'));
    expect(foreign).toMatchObject({ status: 422, body: { code: 'unknown_order_line' } });
    const nowhere = await api.post(
      'fulfilment',
      `/v1/orders/${newId('order')}/deliveries`,
      part(other.lineIds[0], '1'),
    );
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'not_found' } });
    await api.world.db.query(`update orders set status = 'cancelled' where id = $1`, [deal.orderId]);
    const late = await api.post('fulfilment', url, part(deal.lineIds[0], '1'));
    expect(late).toMatchObject({ status: 409, body: { code: 'wrong_stage' } });
  });

  test('a rep records no delivery', async () => {
    const deal = await orderedDeal(api.world);
    const answer = await api.post('rep', `/v1/orders/${deal.orderId}/deliveries`, part(deal.lineIds[0], '1'));
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});

describe('cancelling an order', () => {
  test('with the engine away the decision is stored and answered 202 with its address', async () => {
    const deal = await orderedDeal(api.world);
    const url = `/v1/orders/${deal.orderId}/cancellation`;
    const answer = await api.post('boss', url, { reason: 'site closed' }, 'cancel-1');
    expect(answer.status).toBe(202);
    const message = await api.call('boss', answer.body.message);
    expect(message.body).toMatchObject({ name: 'cancelOrder', state: 'pending', leadId: deal.leadId });
    const other = await api.post('boss', url, { reason: 'another' }, 'cancel-1');
    expect(other).toMatchObject({ status: 422, body: { code: 'key_reused' } });
  }, 30_000);

  test('a rep may not, and without a reason nobody may', async () => {
    const deal = await orderedDeal(api.world);
    const url = `/v1/orders/${deal.orderId}/cancellation`;
    expect(await api.post('rep', url, { reason: 'x' })).toMatchObject({ status: 403 });
    expect(await api.post('boss', url, {})).toMatchObject({ status: 400, body: { code: 'invalid_field' } });
    const nowhere = await api.post('boss', `/v1/orders/${newId('order')}/cancellation`, { reason: 'x' });
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
