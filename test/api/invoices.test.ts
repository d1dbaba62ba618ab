import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { type Deal, orderedDeal, row, settle, told } from '../support/deal.js';
import { deliver, type InvoiceSeen, invoicesOf, pay } from '../support/money.js';
import { type MoneyApi, openMoneyApi, walk } from '../support/moneyApi.js';
import { counts, offences } from '../support/offences.js';

let api: MoneyApi;
beforeAll(async () => {
  api = await openMoneyApi();
});
afterAll(async () => {
  expect(await offences(api.world)).toEqual([]);
  await api?.close();
});

const eur = (amount: string) => ({ amount, currency: 'EUR' });

async function invoiced(accountId?: string): Promise<{ deal: Deal; invoice: InvoiceSeen }> {
  const lines = [{ quantity: 1, netMinor: 100_000 }];
  const deal = await orderedDeal(api.world, { lines, ...(accountId !== undefined && { accountId }) });
  await deliver(api.world, deal, [1]);
  await settle(api.world, deal.leadId);
  const [invoice] = await invoicesOf(api.world, deal);
  return { deal, invoice: invoice as InvoiceSeen };
}

const messageOf = (address: string): string => address.slice('/v1/messages/'.length);

describe('reading invoices', () => {
  test('an invoice shows lines, taxes, cash and what is open, and is overdue after its last day', async () => {
    const { deal, invoice } = await invoiced();
    await pay(api.world, deal, invoice.number, 21_000n);
    const { body } = await api.call('rep', `/v1/invoices/${invoice.id}`);
    expect(body).toMatchObject({
      net: eur('1000.00'),
      tax: eur('210.00'),
      gross: eur('1210.00'),
      open: eur('1000.00'),
      status: 'partly_paid',
      overdue: false,
      dueOn: '2026-04-01',
      taxes: [{ treatment: 'S', rateBps: 2100, base: eur('1000.00'), tax: eur('210.00') }],
      lines: [{ quantity: '1', allocated: eur('210.00'), open: eur('1000.00') }],
      allocations: [{ amount: eur('210.00'), cause: 'payment' }],
    });
    const list = `/v1/invoices?lead=${deal.leadId}&status=overdue`;
    api.day(30);
    expect(await walk(api, 'finance', list)).toEqual([]);
    api.day(31);
    expect(await walk(api, 'finance', list)).toEqual([invoice.id]);
    expect((await api.call('rep', `/v1/invoices/${invoice.id}`)).body.overdue).toBe(true);
    api.day(0);
  });

  test('the list is walked by its cursor and filtered by customer, kind and status', async () => {
    const { deal, invoice } = await invoiced();
    const ids = [invoice.id];
    for (let more = 0; more < 2; more++) ids.unshift((await invoiced(deal.accountId)).invoice.id);
    const list = `/v1/invoices?account=${deal.accountId}&kind=invoice`;
    expect(await walk(api, 'finance', `${list}&status=open&limit=1`)).toEqual(ids);
    await pay(api.world, deal, invoice.number, 121_000n);
    expect(await walk(api, 'finance', `${list}&status=open`)).toEqual(ids.slice(0, 2));
    expect(await walk(api, 'finance', `${list}&status=paid`)).toEqual([invoice.id]);
    expect(await walk(api, 'finance', `${list}&status=written_off`)).toEqual([]);
    const unknown = await api.call('finance', `/v1/invoices/${newId('inv')}`);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await api.call('fulfilment', '/v1/invoices')).status).toBe(403);
  });
});

describe('writing an invoice off', () => {
  test('a dry run shows what it would take and changes nothing', async () => {
    const { deal, invoice } = await invoiced();
    await pay(api.world, deal, invoice.number, 21_000n);
    const before = await counts(api.world);
    const url = `/v1/invoices/${invoice.id}/write-off`;
    const { status, body } = await api.post('finance2', url, { reason: 'insolvent', dryRun: true });
    expect(status).toBe(200);
    expect(body).toMatchObject({ amount: eur('1000.00'), lines: [{ amount: eur('1000.00') }] });
    expect(await counts(api.world)).toEqual(before);
    await pay(api.world, deal, invoice.number, 100_000n);
    const nothing = await api.post('finance2', url, { reason: 'insolvent', dryRun: true });
    expect(nothing).toMatchObject({ status: 409, body: { code: 'nothing_open' } });
  });

  test('the decision waits for its engine, and the step then writes off', async () => {
    const { deal, invoice } = await invoiced();
    const url = `/v1/invoices/${invoice.id}/write-off`;
    const { status, body } = await api.post('finance2', url, { reason: 'insolvent' }, 'wo-1');
    expect(status).toBe(202);
    await told(api.world, 'writeOffInvoice', deal.leadId, messageOf(body.message));
    const seen = await api.post('finance2', url, { reason: 'insolvent' }, 'wo-1');
    expect(seen).toMatchObject({ status: 200, body: { status: 'written_off', writtenOff: eur('1210.00') } });
    expect(seen.body.writeOffs).toMatchObject([{ amount: eur('1210.00'), reason: 'insolvent' }]);
  }, 30_000);

  test('an unknown invoice is 404, a rep may not', async () => {
    const url = `/v1/invoices/${newId('inv')}/write-off`;
    expect(await api.post('finance', url, { reason: 'x' })).toMatchObject({ status: 404 });
    expect(await api.post('rep', url, { reason: 'x' })).toMatchObject({ status: 403 });
  });
});

describe('a credit note takes two persons', () => {
  const ask = (invoiceId: string, body: object, key?: string) =>
    api.post('finance', `/v1/invoices/${invoiceId}/credit-notes`, { reason: 'damaged', ...body }, key);
  const decide = (as: 'finance' | 'finance2' | 'rep', taskId: string, decision: string, key?: string) =>
    api.post(as, `/v1/tasks/${taskId}/resolution`, { resolution: 'seen', decision }, key);

  test('a dry run shows tax, released cash and commission taken back, and changes nothing', async () => {
    const { deal, invoice } = await invoiced();
    await pay(api.world, deal, invoice.number, 121_000n);
    const before = await counts(api.world);
    const { status, body } = await ask(invoice.id, { dryRun: true });
    expect(status).toBe(200);
    expect(body.taskId).toBeNull();
    expect(body.effect).toMatchObject({
      net: eur('1000.00'),
      tax: eur('210.00'),
      gross: eur('1210.00'),
      openBefore: eur('0.00'),
      openAfter: eur('0.00'),
      unapplied: eur('1210.00'),
      releases: [{ amount: eur('1210.00'), unapplied: eur('1210.00') }],
    });
    const taken = body.effect.commissions.map(({ amount }: { amount: { amount: string } }) => amount.amount);
    expect(taken.sort()).toEqual(['-24.00', '-6.00', '-8.00']);
    expect(await counts(api.world)).toEqual(before);
  });

  test('one asks, another approves, the step credits and resolves the task, once', async () => {
    const { deal, invoice } = await invoiced();
    const asked = await ask(invoice.id, {}, 'ask-1');
    expect(asked.status).toBe(201);
    const { taskId } = asked.body;
    expect((await ask(invoice.id, {}, 'ask-1')).body).toEqual(asked.body);
    expect(await ask(invoice.id, {})).toMatchObject({ status: 409, body: { code: 'already_exists' } });
    const own = await decide('finance', taskId, 'approve');
    expect(own).toMatchObject({ status: 422, body: { code: 'self_approval' } });
    expect(await decide('rep', taskId, 'approve')).toMatchObject({ status: 403 });
    const approved = await decide('finance2', taskId, 'approve', 'approve-1');
    expect(approved.status).toBe(202);
    await told(api.world, 'creditInvoice', deal.leadId, messageOf(approved.body.message));
    expect(await decide('finance2', taskId, 'approve', 'approve-1')).toMatchObject({
      status: 200,
      body: { status: 'resolved', resolution: 'approved: seen' },
    });
    const again = await decide('finance2', taskId, 'approve');
    expect(again).toMatchObject({ status: 409, body: { code: 'already_decided' } });
    const { body } = await api.call('finance', `/v1/invoices/${invoice.id}`);
    expect(body).toMatchObject({ status: 'credited', open: eur('0.00') });
    expect(body.creditNotes).toMatchObject([{ gross: eur('1210.00'), reason: 'damaged' }]);
  }, 30_000);

  test('two approvals under way at once credit once: the later step refuses', async () => {
    const { deal, invoice } = await invoiced();
    const lines = [{ invoiceLineId: await lineOf(invoice.id), net: eur('10.00') }];
    const { taskId } = (await ask(invoice.id, { lines })).body;
    const [first, second] = await Promise.all([
      decide('finance2', taskId, 'approve', 'race-1'),
      decide('finance2', taskId, 'approve', 'race-2'),
    ]);
    await told(api.world, 'creditInvoice', deal.leadId, messageOf(first?.body.message));
    const late = await told(api.world, 'creditInvoice', deal.leadId, messageOf(second?.body.message));
    expect(late.answer).toMatchObject({ result: 'refused', code: 'already_decided' });
    expect((await invoicesOf(api.world, deal, 'credit_note')).map(({ gross }) => gross)).toEqual([1_210n]);
  }, 30_000);

  test('a rejected request credits nothing and frees the invoice for another', async () => {
    const { deal, invoice } = await invoiced();
    const { taskId } = (await ask(invoice.id, {})).body;
    const rejected = await decide('finance2', taskId, 'reject');
    expect(rejected).toMatchObject({ status: 200, body: { resolution: 'rejected: seen' } });
    expect(await invoicesOf(api.world, deal, 'credit_note')).toEqual([]);
    expect((await ask(invoice.id, {})).status).toBe(201);
  });

  test('a request is approved or rejected, another task is neither', async () => {
    const { invoice } = await invoiced();
    const { taskId } = (await ask(invoice.id, {})).body;
    const unsaid = await api.post('finance2', `/v1/tasks/${taskId}/resolution`, { resolution: 'fine' });
    expect(unsaid).toMatchObject({ status: 400, body: { errors: [{ pointer: '/decision' }] } });
    await api.post('finance', '/v1/payments', {
      reference: newId('pay'),
      amount: eur('7.00'),
      paidOn: '2026-03-02',
      method: 'cash',
    });
    const { id } = await row<{ id: string }>(
      api.world,
      `select id from tasks where kind like 'payment%' limit 1`,
    );
    expect(await decide('finance', id, 'approve')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/decision' }] },
    });
    expect(await decide('finance2', newId('task'), 'approve')).toMatchObject({ status: 404 });
  });

  test.each([
    ['more than the line has', '1000.01', 'EUR', 422, 'over_credited', '/lines/0/net'],
    ['nothing', '0.00', 'EUR', 422, 'over_credited', '/lines/0/net'],
    ['dollars', '5.00', 'USD', 422, 'currency_mismatch', '/lines/0/net/currency'],
  ])('%s is refused', async (_name, amount, currency, status, code, pointer) => {
    const { invoice } = await invoiced();
    const before = await counts(api.world);
    const lines = [{ invoiceLineId: await lineOf(invoice.id), net: { amount, currency } }];
    expect(await ask(invoice.id, { lines })).toMatchObject({ status, body: { code, errors: [{ pointer }] } });
    expect(await counts(api.world)).toEqual(before);
  });

  test('a line of another invoice and an unknown invoice are refused', async () => {
    const { invoice } = await invoiced();
    const lines = [{ invoiceLineId: newId('iline'), net: eur('1.00') }];
    expect(await ask(invoice.id, { lines })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/lines/0/invoiceLineId' }] },
    });
    expect(await ask(newId('inv'), {})).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  async function lineOf(invoiceId: string): Promise<string> {
    return (await api.call('finance', `/v1/invoices/${invoiceId}`)).body.lines[0].id;
  }
});
