import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { newId } from '../../db/ids.js';
import { sentenceNames } from '../../documents/explanationTexts.js';
import { type Deal, orderedDeal, PEOPLE, row, settle } from '../support/deal.js';
import { bounce, deliver, invoicesOf, pay } from '../support/money.js';
import { type MoneyApi, openMoneyApi, walk } from '../support/moneyApi.js';

let api: MoneyApi;
let deal: Deal;
let invoiceId: string;
let quoteId: string;
const eur = (amount: string) => ({ amount, currency: 'EUR' });

beforeAll(async () => {
  api = await openMoneyApi();
  deal = await orderedDeal(api.world, { lines: [{ quantity: 2, netMinor: 100_000 }] });
  quoteId = await priced();
  await deliver(api.world, deal, [2]);
  await settle(api.world, deal.leadId);
  const [invoice] = await invoicesOf(api.world, deal);
  invoiceId = invoice?.id as string;
  await pay(api.world, deal, invoice?.number as string, 60_500n, 2);
  const second = await pay(api.world, deal, invoice?.number as string, 60_500n, 40);
  await bounce(api.world, deal, second.paymentId, 45);
  await settle(api.world, deal.leadId, 45);
  api.day(45);
});
afterAll(() => api?.close());

/** The quote of the deal as pricing stores it: a line with its waterfall, and one approval. */
async function priced(): Promise<string> {
  const { id } = await row<{ id: string }>(
    api.world,
    'select quote_id as id from orders where id = $1',
    deal.orderId,
  );
  const waterfall = [
    {
      step: 'list',
      source: 'price_book:book_iberia@1',
      bps: null,
      amountMinor: '125000',
      runningMinor: '125000',
    },
    { step: 'line_discount', source: 'rep', bps: 2000, amountMinor: '-25000', runningMinor: '100000' },
  ];
  await api.world.db.query(
    `insert into price_books (id, name, currency, valid_from, revision, created_at)
      values ('book_iberia', 'Iberia 2026', 'EUR', '2026-01-01', 3, '2026-01-01')`,
  );
  await api.world.db.query(
    `insert into quote_lines (quote_id, revision, position, product_id, sku, family, quantity, unit_price,
      discount_bps, list_minor, net_minor, tax_minor, tax_treatment, tax_rate_bps, tax_reason, tax_class, supply,
      charged_on, name, waterfall)
      values ($1, 1, 1, 'product_hw', 'HW', 'hardware', 2, 625, 2000, 125000, 100000, 21000, 'S', 2100, 'domestic',
        'standard', 'goods', 'each_delivery', 'Server', $2)`,
    [id, JSON.stringify(waterfall)],
  );
  await api.world.db.query(
    `insert into approvals (id, quote_id, revision, lead_id, sequence, rule_id, text_code, approver_id, requested_by,
      status, amount_minor, limit_minor, currency, content_hash, decided_by, decided_at)
      values ($1, $2, 1, $3, 1, 'discount-20', 'approval.discount', $4, $5, 'approved', 100000, 2000000, 'EUR', sha256('x'), $4,
        '2026-03-01')`,
    [newId('appr'), id, deal.leadId, PEOPLE.boss, PEOPLE.rep],
  );
  return id;
}

describe('commission lines', () => {
  test('compensation sees all of a lead, each line with the ids of its chain', async () => {
    const { body } = await api.call('comp', `/v1/commissions?lead=${deal.leadId}`);
    expect(body.items).toHaveLength(9);
    expect(body.items.every((line: { invoiceId: string }) => line.invoiceId === invoiceId)).toBe(true);
    const walked = await walk(api, 'comp', `/v1/commissions?lead=${deal.leadId}&limit=2`);
    expect(walked).toEqual(body.items.map(({ id }: { id: string }) => id));
  });

  test('a payee sees their own lines only, and none of another', async () => {
    const { body } = await api.call('rep', '/v1/commissions');
    const payees = body.items.map(({ payeeId }: { payeeId: string }) => payeeId);
    expect(payees).toEqual([PEOPLE.rep, PEOPLE.rep, PEOPLE.rep]);
    const { items } = (await api.call('comp', '/v1/commissions?period=2026-03')).body;
    expect(items.every(({ earnedOn }: { earnedOn: string }) => earnedOn < '2026-04')).toBe(true);
    expect((await api.call('fulfilment', '/v1/commissions')).status).toBe(403);
    expect((await api.call('comp', '/v1/commissions?period=2026-13')).status).toBe(400);
  });
});

describe('a statement', () => {
  test('opening + earned − reversed − paid = carried, the bounce in the month it came', async () => {
    const march = (await api.call('rep', '/v1/statements?period=2026-03')).body;
    expect(march).toMatchObject({ payeeId: PEOPLE.rep, period: '2026-03' });
    expect(march.balances).toMatchObject([
      {
        opening: eur('0.00'),
        earned: eur('12.00'),
        reversed: eur('0.00'),
        paid: eur('12.00'),
        carried: eur('0.00'),
      },
    ]);
    const april = (await api.call('rep', '/v1/statements?period=2026-04&limit=1')).body;
    expect(april.balances).toMatchObject([
      { opening: eur('0.00'), earned: eur('12.00'), reversed: eur('12.00'), carried: eur('-12.00') },
    ]);
    expect(april.items).toHaveLength(1);
    const rest = (await api.call('rep', `/v1/statements?period=2026-04&cursor=${april.next}`)).body;
    expect(rest.items).toMatchObject([{ amount: eur('-12.00'), sequence: 1 }]);
    expect(rest.next).toBeNull();
  });

  test('of a month without anything is empty, and of another payee refused', async () => {
    const { body } = await api.call('comp', '/v1/statements?period=2025-01');
    expect(body).toMatchObject({ balances: [], items: [], next: null });
    const other = await api.call('rep', `/v1/statements?period=2026-03&payee=${newId('person')}`);
    expect(other).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await api.call('rep', '/v1/statements')).status).toBe(400);
  });
});

describe('payouts', () => {
  test('a payee sees a payout they stand in, with their own line alone', async () => {
    const { items } = (await api.call('comp', `/v1/payouts?lead=${deal.leadId}&mode=on_earned`)).body;
    expect(items.at(-1).lines).toHaveLength(3);
    const mine = (await api.call('rep', `/v1/payouts/${items.at(-1).id}`)).body;
    expect(mine.lines).toMatchObject([{ payeeId: PEOPLE.rep, paid: eur('12.00') }]);
    const { body } = await api.call('finance', `/v1/commissions?payout=${items.at(-1).id}`);
    expect(body.items).toHaveLength(3);
    expect(await api.call('comp', `/v1/payouts/${newId('payout')}`)).toMatchObject({ status: 404 });
    expect((await walk(api, 'comp', '/v1/payouts?limit=1')).length).toBeGreaterThan(1);
  });

  /** Earned in April by a plan that pays by the month. */
  async function earnedMonthly(): Promise<void> {
    const { world } = api;
    await world.db.query(
      `insert into policies (kind, version, body, body_hash, created_by, created_at)
        values ('commission', 2, $1, sha256('y'), $2, '2026-01-01')`,
      [{ ...POLICY_EXAMPLES.commission, payout: 'monthly' }, PEOPLE.editor],
    );
    await world.db.query(
      `insert into policy_approvals values ('commission', 2, $1, '2026-01-02'), ('commission', 2, $2, '2026-01-02')`,
      [PEOPLE.boss, PEOPLE.comp],
    );
    const sold = await orderedDeal(world, { lines: [{ quantity: 1, netMinor: 50_000 }] });
    await world.db.query('update commission_credits set plan_version = 2 where order_id = $1', [
      sold.orderId,
    ]);
    await deliver(world, sold, [1]);
    await settle(world, sold.leadId);
    const [invoice] = await invoicesOf(world, sold);
    await pay(world, sold, invoice?.number as string, 60_500n, 44);
    await settle(world, sold.leadId, 44);
  }

  test('a run is opened once per key and answered 202, also without an engine; its release waits', async () => {
    await earnedMonthly();
    const first = await api.post('comp', '/v1/payout-runs', { period: '2026-04' }, 'run-1');
    expect(first).toMatchObject({ status: 202, body: { mode: 'monthly', period: '2026-04', run: 1 } });
    expect((await api.post('comp', '/v1/payout-runs', { period: '2026-04' }, 'run-1')).body).toEqual(
      first.body,
    );
    const second = await api.post('comp', '/v1/payout-runs', { period: '2026-04' });
    // Nobody has calculated the first: it takes all there is.
    expect(second).toMatchObject({ status: 409, body: { code: 'already_exists' } });
    expect(second.body.detail).toContain('run 2026-04/1 is not calculated yet');
    const { status, body } = await api.post('comp2', `/v1/payouts/${first.body.id}/release`, {});
    expect(status).toBe(202);
    const message = await api.call('comp2', body.message);
    expect(message.body).toMatchObject({ name: 'releasePayout', target: 'payout/commission/2026-04/1' });
  }, 40_000);

  test('a month of which everything is paid has no run, and none is left behind', async () => {
    const nothing = await api.post('comp', '/v1/payout-runs', { period: '2026-03' });
    expect(nothing).toMatchObject({ status: 409, body: { code: 'nothing_due' } });
    expect(nothing.body.detail).toContain('2026-03-31');
    const { body } = await api.call('comp', '/v1/payouts?period=2026-03&mode=monthly');
    expect(body.items).toEqual([]);
  });

  test.each([
    ['a month to come', { period: '2026-05' }, 'invalid_field'],
    ['no month', { period: '2026-00' }, 'invalid_field'],
    ['a day', { period: '2026-03-01' }, 'invalid_field'],
    ['nothing', {}, 'invalid_field'],
  ])('%s is no period', async (_name, sent, code) => {
    expect(await api.post('comp', '/v1/payout-runs', sent)).toMatchObject({ status: 400, body: { code } });
  });

  test('finance opens no run; nobody releases what the plan released or what is not there', async () => {
    expect((await api.post('finance', '/v1/payout-runs', { period: '2026-03' })).status).toBe(403);
    const { items } = (await api.call('comp', '/v1/payouts?mode=on_earned&limit=1')).body;
    const released = await api.post('comp', `/v1/payouts/${items[0].id}/release`, {});
    expect(released).toMatchObject({ status: 409, body: { code: 'already_decided' } });
    const nowhere = await api.post('comp', `/v1/payouts/${newId('payout')}/release`, {});
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await api.post('rep', `/v1/payouts/${items[0].id}/release`, {})).status).toBe(403);
  });
});

describe('explanations', () => {
  const firstLine = async (as: 'rep' | 'boss', period = '2026-03') =>
    (await api.call(as, `/v1/commissions?period=${period}`)).body.items.at(-1);
  const whats = (body: { chain: { what: string }[] }) => body.chain.map(({ what }) => what);

  test('a commission line leads back to cash, invoice, order, price, approval and the source of the lead', async () => {
    const line = await firstLine('rep');
    const { status, body } = await api.call('rep', `/v1/explanations/${line.id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ what: 'commission', language: 'en', amount: eur('12.00') });
    expect(whats(body)).toEqual([
      'commission',
      'rate',
      'split',
      'basis',
      'allocation',
      'payment',
      'invoice_line',
      'order_line',
      'price',
      'price',
      'order',
      'quote',
      'approval',
      'lead',
    ]);
    expect(body.sentences[0]).toMatch(/^rep earned €12\.00 on 4.March.2026\.$/);
    expect(body.sentences[1]).toBe(
      'The rate is 3% for the family hardware, by version 1 of the commission plan.',
    );
    expect(body.sentences[3]).toBe(
      'The basis is €400.00; with what was booked before, €400.00 of this invoice line to date.',
    );
    expect(body.sentences).toContain('x: discount 20% changes the price by −€250.00 to €1,000.00.');
    expect(body.sentences.at(-1)).toMatch(/^The lead came by website/);
    const steps: { text: string }[] = body.chain;
    expect(body.sentences).toEqual(steps.map(({ text }) => text));
  });

  test('a correction names the line it corrects, an override its reports', async () => {
    const line = await api.call('rep', '/v1/commissions?period=2026-04');
    const correction = line.body.items.find(({ sequence }: { sequence: number }) => sequence === 1);
    const { body } = await api.call('rep', `/v1/explanations/${correction.id}?language=es`);
    expect(body.chain[0]).toMatchObject({
      what: 'correction',
      source: correction.corrects,
      amount: eur('-12.00'),
    });
    expect(body.sentences[0]).toMatch(/^Esta línea corrige/);
    const override = await firstLine('boss');
    const told = (await api.call('boss', `/v1/explanations/${override.id}`)).body;
    expect(told.sentences[1]).toBe('The rate is 1% as manager of rep, by version 1 of the commission plan.');
  });

  test.each([
    ['invoice', () => invoiceId, ['invoice', 'invoice_line', 'tax', 'allocation', 'payment', 'lead']],
    ['quote', () => quoteId, ['price', 'tax', 'quote', 'approval', 'lead']],
  ])('an %s is explained in both languages by the same chain', async (what, id, some) => {
    const en = (await api.call('finance', `/v1/explanations/${id()}?language=en`)).body;
    const es = (await api.call('finance', `/v1/explanations/${id()}?language=es`)).body;
    expect(en.what).toBe(what);
    expect(whats(en)).toEqual(expect.arrayContaining(some));
    expect(whats(es)).toEqual(whats(en));
    expect(es.sentences).not.toEqual(en.sentences);
    expect([...en.sentences, ...es.sentences].join(' ')).not.toMatch(/undefined|null|NaN/);
  });

  test.each([
    ['en-GB', 'from the price book Iberia 2026, revision 1.', 'VAT (standard).', /paid by bank transfer on/],
    ['es', 'según la tarifa Iberia 2026, revisión 1.', 'de IVA (general).', /hecho por transferencia el/],
  ])('for a browser that prefers %s codes are words', async (language, book, tax, payment) => {
    const headers = { 'accept-language': language };
    const { body } = await api.call('finance', `/v1/explanations/${invoiceId}`, { headers });
    const said = body.sentences.join('\n');
    expect(said).toContain(book);
    expect(said).toContain(tax);
    expect(said).toMatch(payment);
    expect(said).not.toMatch(/price_book:|\(bank\)|treatment|tratamiento/);
  });

  test('a payout is explained to a payee by their own lines alone', async () => {
    const { items } = (await api.call('comp', `/v1/payouts?lead=${deal.leadId}&mode=on_earned`)).body;
    const url = `/v1/explanations/${items.at(-1).id}`;
    const mine = (await api.call('rep', url)).body;
    expect(whats(mine)).toEqual(['payout', 'commission']);
    expect(mine).toMatchObject({ amount: eur('12.00') });
    expect((await api.call('comp', url)).body.chain).toHaveLength(6);
  });

  test.each([
    ['no line of that id', `/v1/explanations/${newId('cline')}`, 404, 'not_found'],
    ['no kind that is explained', `/v1/explanations/${newId('lead')}`, 400, 'invalid_field'],
    ['an unknown language', `/v1/explanations/${newId('cline')}?language=fr`, 400, 'invalid_field'],
    ['the revision of a payout', `/v1/explanations/${newId('payout')}?revision=1`, 400, 'invalid_field'],
    ['a revision nobody made', '', 404, 'not_found'],
  ])('%s is refused', async (_name, url, status, code) => {
    const address = url === '' ? `/v1/explanations/${quoteId}?revision=9` : url;
    expect(await api.call('comp', address)).toMatchObject({ status, body: { code } });
  });

  test('nobody is told why another was paid', async () => {
    const line = await firstLine('boss');
    expect((await api.call('rep', `/v1/explanations/${line.id}`)).status).toBe(403);
  });

  test('every sentence exists in every language', () => {
    expect(sentenceNames('es')).toEqual(sentenceNames('en'));
  });
});

describe('the ledger', () => {
  test('every transaction of a lead balances, and one is found by what happened', async () => {
    const { items } = (await api.call('finance', `/v1/ledger?lead=${deal.leadId}&limit=200`)).body;
    expect(items.length).toBeGreaterThan(5);
    for (const { entries } of items) {
      const cents = entries.map(({ amount }: { amount: { amount: string } }) =>
        Math.round(Number(amount.amount) * 100),
      );
      expect(cents.reduce((a: number, b: number) => a + b)).toBe(0);
    }
    const one = (await api.call('finance', `/v1/ledger?businessKey=${items[0].businessKey}`)).body;
    expect(one.items).toEqual([items[0]]);
    const walked = await walk(api, 'finance', `/v1/ledger?lead=${deal.leadId}&limit=3`);
    expect(walked).toEqual(items.map(({ id }: { id: string }) => id));
    expect((await api.call('finance', '/v1/ledger?from=2030-01-01')).body.items).toEqual([]);
  });

  test('a rep does not read it, and a day that does not exist is refused', async () => {
    expect((await api.call('rep', '/v1/ledger')).status).toBe(403);
    expect((await api.call('finance', '/v1/ledger?from=2026-02-30')).status).toBe(400);
  });
});
