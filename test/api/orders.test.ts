import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { counts, orderedDeal } from '../support/deal.js';
import { type MoneyApi, openMoneyApi } from '../support/moneyApi.js';
import { deliver, invoicesOf } from '../support/money.js';
import { settle } from '../support/deal.js';

let api: MoneyApi;
beforeAll(async () => {
  api = await openMoneyApi('orders');
});
afterAll(() => api?.close());

const AT = '2026-03-02T09:00:00Z';
const part = (orderLineId: string | undefined, quantity: string) => ({ lines: [{ orderLineId, quantity }], deliveredAt: AT });

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
    const { accountId } = await orderedDeal(api.world);
    for (let more = 0; more < 4; more++) await orderedDeal(api.world, { accountId });
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const page = await api.call('boss', `/v1/orders?account=${accountId}&limit=2${cursor}`);
      seen.push(...page.body.items.map(({ id }: { id: string }) => id));
      next = page.body.next;
    }
    expect(seen).toHaveLength(5);
    expect(seen).toEqual([...seen].sort().reverse());
    expect(new Set(seen).size).toBe(5);
  });

  test('no such order is 404', async () => {
    expect((await api.call('rep', `/v1/orders/${newId('order')}`)).body.code).toBe('not_found');
  });
});
