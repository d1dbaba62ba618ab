// After the order: late, unpaid, paid by mistake, credited, bounced, cancelled, written off.
import { type CrashStory, delivered, done, eur, inStage, ordered, paid } from '../moves.js';

/** One invoice to which everything happens that may happen to money. */
export const unpaid: CrashStory = {
  units: [
    'escalateDelivery',
    'sendReminder',
    'creditInvoice',
    'reversePayment',
    'writeOffInvoice',
    'POST /v1/payments/{id}/allocations',
    'POST /v1/charge-notes/{id}/waiver',
    'POST /v1/invoices/{id}/credit-notes',
    'POST /v1/tasks/{id}/resolution',
    'POST /v1/payments/{id}/reversal',
    'POST /v1/invoices/{id}/write-off',
  ],
  async tell(house) {
    const order = await ordered(house);
    const { leadId } = order;
    await house.pass(20);
    await done(house, leadId, 'escalateDelivery');
    const invoice = await delivered(house, order);
    const lost = await paid(house, invoice, { invoiceNumber: 'INV-9999999', amount: eur('50.00') });
    const byHand = { resolution: 'ours: put on its invoice by hand' };
    await house.post('elena', `/v1/tasks/${lost.tasks[0].id}/resolution`, byHand);
    const allocations = [{ invoiceId: invoice.id, amount: eur('50.00') }];
    await house.post('elena', `/v1/payments/${lost.id}/allocations`, { allocations });
    await done(house, leadId, 'payCommission');
    await house.pass(20);
    await done(house, leadId, 'sendReminder');
    const { items } = await house.get('elena', `/v1/charge-notes?lead=${leadId}`);
    await house.post('fiona', `/v1/charge-notes/${items[0].id}/waiver`, { reason: 'a late parcel' });
    const asked = {
      reason: 'one came damaged',
      lines: [{ invoiceLineId: invoice.lines[0].id, net: eur('50.00') }],
    };
    const { taskId } = await house.post('elena', `/v1/invoices/${invoice.id}/credit-notes`, asked);
    const said = { resolution: 'seen the report', decision: 'approve' };
    await house.post('fiona', `/v1/tasks/${taskId}/resolution`, said);
    const bounce = {
      reference: 'RET-1',
      reversedOn: house.day(),
      reason: 'no funds',
      bankCharge: eur('3.50'),
    };
    await house.post('elena', `/v1/payments/${lost.id}/reversal`, bounce);
    await done(house, leadId, 'reversePayment');
    await done(house, leadId, 'payCommission', 2); // What was paid on it is taken back: by the engine, in its own time.
    await house.post('fiona', `/v1/invoices/${invoice.id}/write-off`, { reason: 'insolvent' });
    await inStage(house, leadId, 'closed');
  },
};

/** Orders that are cancelled: asked for by one and approved by another, and at once. */
export const cancelled: CrashStory = {
  units: ['cancelOrder', 'POST /v1/orders/{id}/cancellation-requests', 'POST /v1/orders/{id}/cancellation'],
  async tell(house) {
    const order = await ordered(house);
    await paid(house, await delivered(house, order, '2'));
    await done(house, order.leadId, 'earnCommission');
    const reason = { reason: 'the customer closed the site' };
    const { taskId } = await house.post('carla', `/v1/orders/${order.id}/cancellation-requests`, reason);
    const said = { resolution: 'seen the letter', decision: 'approve' };
    await house.post('elena', `/v1/tasks/${taskId}/resolution`, said);
    await inStage(house, order.leadId, 'closed');
    const second = await ordered(house);
    await house.post('carla', `/v1/orders/${second.id}/cancellation`, reason);
    await inStage(house, second.leadId, 'closed');
  },
};

/** After the last reminder finance is asked, and asked again. */
export const undecided: CrashStory = {
  units: ['escalateTask'],
  async tell(house) {
    const { body, version } = await house.get('admin', '/v1/policies/dunning');
    const business = { ...body.business, afterLast: { action: 'task', afterDays: 5 } };
    const changed = { ...body, business, consumer: { ...body.consumer, afterLast: business.afterLast } };
    await house.put('admin', '/v1/policies/dunning', changed, version);
    const order = await ordered(house);
    const invoice = await delivered(house, order);
    for (const [days, times] of [
      [20, 1],
      [7, 2],
      [7, 3],
    ] as const) {
      await house.pass(days);
      await done(house, order.leadId, 'sendReminder', times);
    }
    await house.pass(6);
    await done(house, order.leadId, 'sendReminder', 4);
    await house.pass(6);
    await done(house, order.leadId, 'escalateTask');
    await paid(house, await house.get('elena', `/v1/invoices/${invoice.id}`));
    await done(house, order.leadId, 'applyPayment');
  },
};

/** Commission paid once a month: opened by the Schedule's workflow and by hand, late, released, confirmed. */
export const monthly: CrashStory = {
  isAlone: true,
  units: [
    'openPayout',
    'calculatePayout',
    'escalatePayoutRun',
    'escalatePayout',
    'releasePayout',
    'confirmPayout',
    'settleCommission',
    'PUT /v1/policies/{kind}',
    'POST /v1/policies/commission/{version}/approvals',
    'POST /v1/payout-runs',
    'POST /v1/payouts/{id}/release',
  ],
  async tell(house) {
    const { body, version } = await house.get('admin', '/v1/policies/commission');
    await house.put('admin', '/v1/policies/commission', { ...body, payout: 'monthly' }, version);
    const approvals = `/v1/policies/commission/${version + 1}/approvals`;
    for (const approver of ['carla', 'elena'] as const) await house.post(approver, approvals);
    const first = await ordered(house);
    // After the order: its lead pinned the usual time, the run is late within the hour.
    const payout = await house.get('admin', '/v1/policies/payout');
    await house.put('admin', '/v1/policies/payout', { ...payout.body, releaseHours: 1 }, payout.version);
    await paid(house, await delivered(house, first));
    await inStage(house, first.leadId, 'commission');
    await done(house, first.leadId, 'earnCommission');
    await house.pass(31); // 5 February, payday.
    await house.client.workflow.start('openPayout', {
      taskQueue: house.taskQueue,
      workflowId: `payout/open-${house.taskQueue}`,
      workflowTaskTimeout: '5s',
    });
    await house.until('the run is calculated', async () => (await house.count('payout_lines')) > 0);
    await house.hurry(240);
    await house.retried(() => house.client.workflow.getHandle('payout/commission/2026-01/1').signal('look'));
    await house.until(
      'nobody has released in time',
      async () => (await house.count(`tasks where kind = 'payout_unreleased'`)) > 0,
    );
    await house.pass(4);
    await done(house, first.leadId, 'escalatePayout');
    const { items } = await house.get('helena', '/v1/payouts');
    await house.post('helena', `/v1/payouts/${items[0].id}/release`, {});
    await inStage(house, first.leadId, 'closed');
    const second = await ordered(house);
    await paid(house, await delivered(house, second));
    await inStage(house, second.leadId, 'commission');
    await done(house, second.leadId, 'earnCommission');
    const { id } = await house.post('hugo', '/v1/payout-runs', { period: house.day().slice(0, 7) });
    await house.until('the other run is calculated', async () => {
      const { lines } = await house.get('hugo', `/v1/payouts/${id}`);
      return lines.length > 0;
    });
    await house.post('helena', `/v1/payouts/${id}/release`, {});
    await inStage(house, second.leadId, 'closed');
  },
};
