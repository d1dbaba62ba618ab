import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { type Deal, orderedDeal, row, settle } from '../support/deal.js';
import { deliver, type InvoiceSeen, invoicesOf } from '../support/money.js';
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

async function invoiced(): Promise<{ deal: Deal; invoice: InvoiceSeen }> {
  const deal = await orderedDeal(api.world, { lines: [{ quantity: 1, netMinor: 100_000 }] });
  await deliver(api.world, deal, [1]);
  await settle(api.world, deal.leadId);
  const [invoice] = await invoicesOf(api.world, deal);
  return { deal, invoice: invoice as InvoiceSeen };
}

const paid = (more: object = {}) => ({
  reference: newId('pay'),
  amount: eur('1210.00'),
  paidOn: '2026-03-02',
  method: 'bank_transfer',
  ...more,
});

describe('recording a payment', () => {
  test('it is put on the invoice it names and answered 201 with its allocations', async () => {
    const { deal, invoice } = await invoiced();
    const sent = paid({ invoiceNumber: invoice.number });
    const { status, body, headers } = await api.post('finance', '/v1/payments', sent);
    expect(status).toBe(201);
    expect(headers.location).toBe(`/v1/payments/${body.id}`);
    expect(body).toMatchObject({ provider: 'bank', unapplied: eur('0.00'), tasks: [], reversal: null });
    expect(body.allocations).toMatchObject([
      { invoiceId: invoice.id, leadId: deal.leadId, amount: eur('1210.00'), cause: 'payment' },
    ]);
    expect((await api.call('rep', `/v1/payments/${body.id}`)).body).toEqual(body);
    const again = await api.post('finance', '/v1/payments', sent);
    expect(again).toMatchObject({ status: 200, body });
    const other = await api.post('finance', '/v1/payments', { ...sent, amount: eur('1210.01') });
    expect(other).toMatchObject({ status: 409, body: { code: 'reference_reused' } });
  });

  test('the same payment sent ten times at once is one payment', async () => {
    const { invoice } = await invoiced();
    const sent = paid({ invoiceNumber: invoice.number });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.post('finance', '/v1/payments', sent)),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(9).fill(200), 201]);
    expect((await api.call('finance', `/v1/invoices/${invoice.id}`)).body.open).toEqual(eur('0.00'));
  });

  test('an unknown invoice number is no error: unapplied cash and a task for finance', async () => {
    const { status, body } = await api.post('finance', '/v1/payments', paid({ invoiceNumber: 'NO-SUCH-1' }));
    expect(status).toBe(201);
    expect(body).toMatchObject({ unapplied: eur('1210.00'), allocations: [] });
    expect(body.tasks).toMatchObject([{ status: 'open' }]);
  });

  test('an Idempotency-Key holds even where the money belongs to nobody', async () => {
    const sent = paid({ invoiceNumber: 'NO-SUCH-2' });
    const first = await api.post('finance', '/v1/payments', sent, 'money-1');
    const again = await api.post('finance', '/v1/payments', sent, 'money-1');
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    const other = await api.post('finance', '/v1/payments', paid(), 'money-1');
    expect(other).toMatchObject({ status: 422, body: { code: 'key_reused' } });
  });

  test('a key that stands for a decision records no payment', async () => {
    const { invoice } = await invoiced();
    const { status } = await api.post(
      'finance',
      `/v1/invoices/${invoice.id}/write-off`,
      { reason: 'x' },
      'two',
    );
    expect(status).toBe(202);
    const answer = await api.post('finance', '/v1/payments', paid({ invoiceNumber: invoice.number }), 'two');
    expect(answer).toMatchObject({ status: 422, body: { code: 'key_reused' } });
  }, 30_000);

  test.each([
    ['nothing', { amount: eur('0.00') }, 'invalid_field', '/amount/amount'],
    ['less than nothing', { amount: eur('-5.00') }, 'invalid_field', '/amount/amount'],
    ['a third of a cent', { amount: eur('5.001') }, 'invalid_field', '/amount/amount'],
    ['16 digits', { amount: eur('1234567890123456') }, 'invalid_field', '/amount/amount'],
    ['a number', { amount: { amount: 5, currency: 'EUR' } }, 'invalid_field', '/amount/amount'],
    [
      'no money of this world',
      { amount: { amount: '5.00', currency: 'XXY' } },
      'invalid_field',
      '/amount/currency',
    ],
    ['paid tomorrow', { paidOn: '2026-03-03' }, 'invalid_field', '/paidOn'],
    ['paid before the company was', { paidOn: '2025-12-31' }, 'invalid_field', '/paidOn'],
    ['paid long before the company was', { paidOn: '1900-01-01' }, 'invalid_field', '/paidOn'],
    ['paid on no day', { paidOn: '2026-02-30' }, 'invalid_field', '/paidOn'],
    ['an unknown method', { method: 'gold' }, 'invalid_field', '/method'],
    ['an unknown account', { accountId: newId('account') }, 'invalid_field', '/accountId'],
    ['a NUL', { remittance: 'a\u0000b' }, 'invalid_field', '/remittance'],
    ['an unknown field', { discount: 1 }, 'invalid_field', '/discount'],
  ])('%s is refused and changes nothing', async (_name, change, code, pointer) => {
    const before = await counts(api.world);
    const answer = await api.post('finance', '/v1/payments', paid(change));
    expect(answer).toMatchObject({ status: 400, body: { code, errors: [{ pointer }] } });
    expect(await counts(api.world)).toEqual(before);
  });

  test('money nobody can place is a task that names it as money', async () => {
    const { body } = await api.post('finance', '/v1/payments', paid({ amount: eur('55.00') }));
    const { items } = (await api.call('finance', '/v1/tasks?limit=200')).body;
    const [task] = items.filter(({ subject }: { subject: string }) => subject === body.id);
    expect(task.reason).toMatchObject({ unapplied: eur('55.00') });
    expect(JSON.stringify(items)).not.toContain('Minor');
    const titled = async (language: string) => {
      const answer = await api.call('finance', '/v1/tasks?limit=200', {
        headers: { 'accept-language': language },
      });
      return answer.body.items.find(({ id }: { id: string }) => id === task.id).title;
    };
    expect(await titled('en')).toBe('Nobody knows who a payment is from');
    expect(await titled('es')).toBe('No se sabe de quién es un pago');
  });

  test('an allocation of more than there is names the limit as money', async () => {
    const { invoice } = await invoiced();
    const { body } = await api.post('finance', '/v1/payments', paid({ amount: eur('5.00') }));
    const allocations = [{ invoiceId: invoice.id, amount: eur('99999.00') }];
    const answer = await api.post('finance', `/v1/payments/${body.id}/allocations`, { allocations });
    expect(answer.body.detail).toBe('99999.00 EUR asked, more than 0 and at most 5.00 can be allocated');
  });

  test('a rep records no money', async () => {
    expect(await api.post('rep', '/v1/payments', paid())).toMatchObject({ status: 403 });
  });
});

describe('reading payments', () => {
  test('the list is walked by its cursor and filtered by what is unapplied', async () => {
    const before = await walk(api, 'finance', '/v1/payments?limit=200&unapplied=true');
    const made: string[] = [];
    for (let n = 0; n < 3; n++) made.push((await api.post('finance', '/v1/payments', paid())).body.id);
    const seen = await walk(api, 'finance', '/v1/payments?limit=1&unapplied=true');
    expect(seen).toEqual([...made.reverse(), ...before]);
    expect((await api.call('finance', `/v1/payments/${newId('pay')}`)).body.code).toBe('not_found');
  });
});

describe('putting unapplied cash on invoices', () => {
  test('money nobody could place goes where a person says, and the task is done', async () => {
    const { invoice } = await invoiced();
    const payment = (await api.post('finance', '/v1/payments', paid({ invoiceNumber: 'LOST' }))).body;
    const url = `/v1/payments/${payment.id}/allocations`;
    const sent = { allocations: [{ invoiceId: invoice.id, amount: eur('1210.00') }] };
    const done = await api.post('finance', url, sent, 'place-1');
    expect(done).toMatchObject({
      status: 201,
      body: { unapplied: eur('0.00'), tasks: [{ status: 'resolved' }] },
    });
    expect((await api.post('finance', url, sent, 'place-1')).body).toEqual(done.body);
    const more = await api.post('finance', url, sent);
    expect(more).toMatchObject({ status: 422, body: { code: 'over_allocated' } });
  });

  test.each([
    ['more than is unapplied', '1210.01', 'EUR', 422, 'over_allocated'],
    ['nothing', '0.00', 'EUR', 422, 'over_allocated'],
    ['dollars on euros', '5.00', 'USD', 422, 'currency_mismatch'],
  ])('%s is refused', async (_name, amount, currency, status, code) => {
    const { invoice } = await invoiced();
    const { body } = await api.post('finance', '/v1/payments', paid({ invoiceNumber: 'LOST' }));
    const before = await counts(api.world);
    const sent = { allocations: [{ invoiceId: invoice.id, amount: { amount, currency } }] };
    const answer = await api.post('finance', `/v1/payments/${body.id}/allocations`, sent);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(await counts(api.world)).toEqual(before);
  });

  test('more than the invoice has open is refused, however much is unapplied', async () => {
    const { invoice } = await invoiced();
    const much = paid({ invoiceNumber: 'LOST', amount: eur('2000.00') });
    const { body } = await api.post('finance', '/v1/payments', much);
    const url = `/v1/payments/${body.id}/allocations`;
    const before = await counts(api.world);
    const put = (amount: string) =>
      api.post('finance', url, { allocations: [{ invoiceId: invoice.id, amount: eur(amount) }] });
    const answer = await put('1210.01');
    expect(answer).toMatchObject({ status: 422, body: { code: 'over_allocated' } });
    expect(answer.body.detail).toContain('at most 1210.00');
    expect(await counts(api.world)).toEqual(before);
    expect(await put('1210.00')).toMatchObject({ status: 201, body: { unapplied: eur('790.00') } });
  });

  test('an unknown payment is 404, an unknown invoice names its field', async () => {
    const sent = { allocations: [{ invoiceId: newId('inv'), amount: eur('1.00') }] };
    const nowhere = await api.post('finance', `/v1/payments/${newId('pay')}/allocations`, sent);
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const { body } = await api.post('finance', '/v1/payments', paid({ invoiceNumber: 'LOST' }));
    const unknown = await api.post('finance', `/v1/payments/${body.id}/allocations`, sent);
    expect(unknown).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/allocations/0/invoiceId' }] },
    });
  });
});

describe('a payment that bounces', () => {
  const bounced = (more: object = {}) => ({
    reference: newId('reversal'),
    reversedOn: '2026-03-02',
    reason: 'insufficient funds',
    ...more,
  });

  test('its allocations are taken back, the invoice is open again, a repeated one is the same', async () => {
    const { invoice } = await invoiced();
    const payment = (await api.post('finance', '/v1/payments', paid({ invoiceNumber: invoice.number }))).body;
    const url = `/v1/payments/${payment.id}/reversal`;
    const sent = bounced({ bankCharge: eur('3.50') });
    const { status, body } = await api.post('finance', url, sent);
    expect(status).toBe(201);
    expect(body.reversal).toMatchObject({ reason: 'insufficient funds', bankCharge: eur('3.50') });
    expect(body.allocations).toMatchObject([{}, { amount: eur('-1210.00'), cause: 'reversal' }]);
    expect((await api.call('finance', `/v1/invoices/${invoice.id}`)).body.open).toEqual(eur('1210.00'));
    expect(await api.post('finance', url, sent)).toMatchObject({ status: 200, body });
    const other = await api.post('finance', url, bounced());
    expect(other).toMatchObject({ status: 409, body: { code: 'already_reversed' } });
    const allocate = { allocations: [{ invoiceId: invoice.id, amount: eur('1.00') }] };
    const late = await api.post('finance', `/v1/payments/${payment.id}/allocations`, allocate);
    expect(late).toMatchObject({ status: 409, body: { code: 'already_reversed' } });
    const { n } = await row<{ n: bigint }>(
      api.world,
      `select count(*) as n from messages where name = 'paymentReversed' and body ->> 'paymentId' = $1`,
      payment.id,
    );
    expect(n).toBe(1n);
  });

  test.each([
    ['before it was paid', { reversedOn: '2026-03-01' }, 400, 'invalid_field'],
    ['tomorrow', { reversedOn: '2026-03-03' }, 400, 'invalid_field'],
    [
      'with a charge in dollars',
      { bankCharge: { amount: '3.50', currency: 'USD' } },
      422,
      'currency_mismatch',
    ],
  ])('%s is refused', async (_name, change, status, code) => {
    const { body } = await api.post('finance', '/v1/payments', paid());
    const before = await counts(api.world);
    const answer = await api.post('finance', `/v1/payments/${body.id}/reversal`, bounced(change));
    expect(answer).toMatchObject({ status, body: { code } });
    expect(await counts(api.world)).toEqual(before);
  });

  test('an unknown payment is 404', async () => {
    const answer = await api.post('finance', `/v1/payments/${newId('pay')}/reversal`, bounced());
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
