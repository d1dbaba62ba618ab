import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Json, openScene, type Scene, until } from '../support/product.js';
import { cents, delivered, eur, inStage, moneyFor, ordered, paid } from '../support/sale.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene?.close());
afterEach(() => scene.mustBeClean());

const commissionsOf = async (leadId: string): Promise<Json[]> =>
  (await scene.get('hugo', `/v1/commissions?lead=${leadId}&limit=100`)).items;
const sumOf = (lines: readonly Json[]): number => lines.reduce((sum, { amount }) => sum + cents(amount), 0);
const again = (body: Json) => scene.call('elena', '/v1/payments', { method: 'POST', body });

describe('goods in parts, money in parts', () => {
  test('three deliveries make three invoices that sum to the order; parts of money close them all', async () => {
    const lines = [
      { sku: 'CHAIR-PRO', quantity: '7', discountBps: 333 },
      { sku: 'FREIGHT', quantity: '1' },
    ];
    const order = await ordered(scene, 'three-parts', { lines });
    const first = await delivered(scene, order, ['2'], 'DN-1');
    const [delivery] = (await scene.get('gael', `/v1/orders/${order.id}`)).deliveries;
    const sentAgain = {
      lines: delivery.lines,
      deliveredAt: delivery.deliveredAt,
      key: 'DN-1',
    };
    const path = `/v1/orders/${order.id}/deliveries`;
    const repeated = await scene.post('gael', path, sentAgain);
    expect(repeated.delivery.id).toBe(delivery.id);
    const more = [{ orderLineId: order.lines[0].id, quantity: '3' }];
    expect(await scene.refused('gael', path, { ...sentAgain, lines: more })).toBe('409 reference_reused');
    const tooMuch = [{ orderLineId: order.lines[0].id, quantity: '5.000001' }];
    const late = { lines: tooMuch, deliveredAt: scene.instant() };
    expect(await scene.refused('gael', path, late)).toMatch(/^422 over_delivered$|^400 invalid_field$/);
    const sixOfFive = { ...late, lines: [{ orderLineId: order.lines[0].id, quantity: '6' }] };
    expect(await scene.refused('gael', path, sixOfFive)).toBe('422 over_delivered');
    const foreign = [{ orderLineId: order.id.replace('order_', 'oline_'), quantity: '1' }];
    expect(await scene.refused('gael', path, { ...late, lines: foreign })).toBe('422 unknown_order_line');

    const second = await delivered(scene, order, ['2']);
    const third = await delivered(scene, order, ['3']);
    const invoices = [first, second, third];
    expect(invoices.reduce((sum, { net }) => sum + cents(net), 0)).toBe(cents(order.net));
    const numbers = invoices.map(({ number }) => Number(/\d+$/.exec(number)?.[0]));
    expect(numbers.map((number) => number - (numbers[0] as number))).toEqual([0, 1, 2]);

    await paid(scene, first, { amount: eur('100.00') });
    const partly = await scene.get('elena', `/v1/invoices/${first.id}`);
    expect(partly).toMatchObject({ status: 'partly_paid', allocated: eur('100.00') });
    await paid(scene, partly);
    await paid(scene, second);
    await inStage(scene, order.leadId, 'collecting');
    await paid(scene, third);
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'won' });
    const direct = (await commissionsOf(order.leadId)).filter(({ component }) => component === 'direct');
    expect(direct.reduce((sum, { basis }) => sum + cents(basis), 0)).toBe(cents(order.net));
  });

  test('a payment sent again is the same payment; with another amount its reference is taken', async () => {
    const invoice = await delivered(scene, await ordered(scene, 'sent-again'));
    const money = moneyFor(scene, invoice, { amount: eur('250.00') });
    const first = await again(money);
    const second = await again(money);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
    const other = await again({ ...money, amount: eur('250.01') });
    expect([other.status, other.body.code]).toEqual([409, 'reference_reused']);
    const both = moneyFor(scene, invoice, { amount: eur('10.00') });
    const answers = await Promise.all([again(both), again(both), again(both)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(await scene.get('elena', `/v1/invoices/${invoice.id}`)).toMatchObject({
      allocated: eur('260.00'),
    });
  });

  test('money for an unknown invoice waits with finance and is placed by hand', async () => {
    const order = await ordered(scene, 'by-hand', { lines: [{ sku: 'DOCK-C', quantity: '2' }] });
    const invoice = await delivered(scene, order);
    const payment = await paid(scene, invoice, { invoiceNumber: 'INV-9999999' });
    expect(payment).toMatchObject({ allocations: [], unapplied: invoice.open });
    expect(payment.tasks).toMatchObject([{ status: 'open' }]);
    const { items } = await scene.get('elena', '/v1/tasks?status=open&role=finance');
    expect(items.map(({ id }: Json) => id)).toContain(payment.tasks[0].id);
    const path = `/v1/payments/${payment.id}/allocations`;
    const put = (amount: Json) => ({ allocations: [{ invoiceId: invoice.id, amount }] });
    expect(await scene.refused('elena', path, put(eur('99999.00')))).toBe('422 over_allocated');
    expect(await scene.refused('elena', path, put({ ...invoice.open, currency: 'USD' }))).toBe(
      '422 currency_mismatch',
    );
    await scene.post('elena', path, put(invoice.open));
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'won' });
    await until('the task is resolved', async () => {
      const { tasks } = await scene.get('elena', `/v1/payments/${payment.id}`);
      return tasks.every(({ status }: Json) => status === 'resolved');
    });
  });

  test('what is paid too much stays the customer’s', async () => {
    const order = await ordered(scene, 'too-much', { lines: [{ sku: 'DOCK-C', quantity: '1' }] });
    const invoice = await delivered(scene, order);
    const amount = (cents(invoice.open) + 10_000) / 100;
    const payment = await paid(scene, invoice, { amount: eur(amount.toFixed(2)) });
    expect(payment.unapplied).toEqual(eur('100.00'));
    expect(payment.allocations).toMatchObject([{ amount: invoice.open }]);
    expect(payment.tasks).toHaveLength(1);
    await inStage(scene, order.leadId, 'closed');
    expect(sumOf(await commissionsOf(order.leadId))).toBeGreaterThan(0);
  });
});

describe('money that goes back', () => {
  test('an order cancelled after a part payment is credited, its cash unapplied, its commission reversed', async () => {
    const order = await ordered(scene, 'cancelled', { lines: [{ sku: 'CHAIR-PRO', quantity: '4' }] });
    const invoice = await delivered(scene, order, ['2']);
    const payment = await paid(scene, invoice, { amount: eur('300.00') });
    await until('commission is earned', async () => (await commissionsOf(order.leadId)).length > 0);
    const path = `/v1/orders/${order.id}/cancellation`;
    expect(await scene.refused('ana', path, { reason: 'a rep may not' })).toBe('403 forbidden');
    const reason = { reason: 'the customer closed the site' };
    expect(await scene.refused('carla', path, reason)).toBe('403 conflicting_duties');
    const asking = `/v1/orders/${order.id}/cancellation-requests`;
    expect(await scene.refused('ana', asking, reason)).toBe('403 forbidden');
    const { taskId } = await scene.post('carla', asking, reason);
    expect(await scene.refused('carla', asking, reason)).toBe('409 already_exists');
    const said = { resolution: 'seen the letter', decision: 'approve' };
    const task = `/v1/tasks/${taskId}/resolution`;
    expect(await scene.refused('carla', task, said)).toBe('422 self_approval');
    expect(await scene.post('elena', task, said)).toMatchObject({ status: 'resolved' });
    expect(await scene.get('carla', `/v1/orders/${order.id}`)).toMatchObject({ status: 'cancelled' });
    expect(await scene.refused('carla', asking, reason)).toBe('409 already_decided');
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'cancelled' });
    const credited = await scene.get('elena', `/v1/invoices/${invoice.id}`);
    expect(credited).toMatchObject({ open: eur('0.00'), credited: invoice.gross });
    expect(credited.creditNotes).toMatchObject([{ gross: invoice.gross }]);
    expect(await scene.get('elena', `/v1/payments/${payment.id}`)).toMatchObject({
      unapplied: eur('300.00'),
    });
    const lines = await commissionsOf(order.leadId);
    expect(lines.some(({ sequence }) => sequence > 0)).toBe(true);
    expect(sumOf(lines)).toBe(0);
    expect(await scene.refused('carla', path, { reason: 'again' })).toMatch(
      /^409 (lead_closed|already_decided)$/,
    );
    const delivery = {
      lines: [{ orderLineId: order.lines[0].id, quantity: '1' }],
      deliveredAt: scene.instant(),
    };
    expect(await scene.refused('gael', `/v1/orders/${order.id}/deliveries`, delivery)).toBe(
      '409 wrong_stage',
    );
  });

  test('a payment that bounces after the close is collected again and earns again, once', async () => {
    const order = await ordered(scene, 'bounced');
    const invoice = await delivered(scene, order);
    const payment = await paid(scene, invoice);
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'won' });
    const earned = await commissionsOf(order.leadId);
    const bounce = {
      reference: 'RET-1',
      reversedOn: scene.day(),
      reason: 'no funds',
      bankCharge: eur('3.50'),
    };
    const path = `/v1/payments/${payment.id}/reversal`;
    await scene.post('elena', path, bounce);
    expect(await scene.refused('elena', path, { ...bounce, reference: 'RET-2' })).toBe(
      '409 already_reversed',
    );
    expect(await inStage(scene, order.leadId, 'collecting')).toMatchObject({ outcome: null, reopened: 1 });
    const after = await until('the commission is mirrored', async () => {
      const lines = await commissionsOf(order.leadId);
      return lines.length === 2 * earned.length && lines;
    });
    const mirrors = after.filter(({ corrects }) => corrects !== null);
    for (const line of earned) {
      const mirror = mirrors.find(({ corrects }) => corrects === line.id);
      expect(cents(mirror.amount)).toBe(-cents(line.amount));
      expect([mirror.payeeId, mirror.rateBps]).toEqual([line.payeeId, line.rateBps]);
    }
    const open = await scene.get('elena', `/v1/invoices/${invoice.id}`);
    expect(open).toMatchObject({ open: invoice.gross, status: 'open' });
    await paid(scene, open);
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'won' });
    expect(sumOf(await commissionsOf(order.leadId))).toBe(sumOf(earned));
  });

  test('a credit note is asked for by one and approved by another', async () => {
    const order = await ordered(scene, 'damaged', { lines: [{ sku: 'SCREEN-27', quantity: '3' }] });
    const invoice = await delivered(scene, order);
    const path = `/v1/invoices/${invoice.id}/credit-notes`;
    const net = { ...eur('50.00') };
    const asked = { reason: 'one came damaged', lines: [{ invoiceLineId: invoice.lines[0].id, net }] };
    const tooMuch = { ...asked, lines: [{ ...asked.lines[0], net: eur('50000.00') }] };
    expect(await scene.refused('elena', path, tooMuch)).toBe('422 over_credited');
    const { taskId } = await scene.post('elena', path, asked);
    expect(await scene.refused('elena', path, asked)).toBe('409 already_exists');
    const resolution = { resolution: 'seen the report', decision: 'approve' };
    expect(await scene.refused('elena', `/v1/tasks/${taskId}/resolution`, resolution)).toBe(
      '422 self_approval',
    );
    await scene.post('fiona', `/v1/tasks/${taskId}/resolution`, resolution);
    const open = await scene.get('elena', `/v1/invoices/${invoice.id}`);
    expect(open.credited).toEqual(eur('60.50'));
    expect(await scene.refused('fiona', `/v1/tasks/${taskId}/resolution`, resolution)).toBe(
      '409 already_decided',
    );
    await paid(scene, open);
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'won' });
  });

  test('who recorded money on an invoice never writes it off', async () => {
    const order = await ordered(scene, 'two-duties', { lines: [{ sku: 'SCREEN-27', quantity: '1' }] });
    const invoice = await delivered(scene, order);
    await paid(scene, invoice, { amount: eur('50.00') });
    const path = `/v1/invoices/${invoice.id}/write-off`;
    const reason = { reason: 'insolvency, file 12/2026' };
    expect(await scene.refused('elena', path, reason)).toBe('403 conflicting_duties');
    await scene.post('fiona', path, reason);
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'won' });
    expect(await scene.refused('fiona', path, reason)).toMatch(/^409 (lead_closed|nothing_open)$/);
  });
});
