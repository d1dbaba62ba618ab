// What becomes of an order: delivered late or in parts, paid late, in parts or never, cancelled, paid back.
// In virtual time.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PEOPLE } from '../support/company.js';
import { replayAndKeep } from '../support/histories.js';
import { askedToCancel } from '../support/requests.js';
import { openTimeSkipping, type TimeSkipping } from '../support/timeSkipping.js';
import { told } from '../support/told.js';

let time: TimeSkipping;
beforeAll(async () => {
  time = await openTimeSkipping();
});
afterAll(() => time?.close());

test('a lead that is delivered and paid is won, and its commission is paid', () =>
  told('won', { time }, async (story, world) => {
    await story.order();
    await story.deliver();
    const invoice = await story.invoiced();
    expect(invoice).toMatchObject({ grossMinor: 24_200n, openMinor: 24_200n });
    await world.pass(12);
    await story.pay(invoice);
    await story.ended();
    expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'won' });
    expect(await story.waits()).toEqual([]);
    expect(await story.tasks()).toEqual([]);
    // 3 % of 200.00 net for the rep, 1 % for the manager above.
    expect(await commissions(story)).toEqual([
      { payee: 'person_boss', amount: '200', paid: true },
      { payee: 'person_rep', amount: '600', paid: true },
    ]);
  }));

test('an order delivered late is fulfilment’s task, and again as long as it takes', () =>
  told('delivery-overdue', { time }, async (story, world) => {
    await story.order();
    await world.pass(10.8);
    await story.waitsFor('delivery', 1);
    expect(await story.tasks()).toMatchObject([{ kind: 'delivery_overdue', role: 'fulfilment' }]);
    await world.pass(10);
    await story.waitsFor('delivery', 2);
    await story.deliver();
    const invoice = await story.invoiced();
    expect(await story.waits()).toMatchObject([{ kind: 'payment', subject: invoice.id }]);
    await story.pay(invoice);
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'won' });
  }));

test('parts delivered are parts invoiced; what is never paid is reminded, written off, and the rest is won', () =>
  told('written-off-in-part', { time }, async (story, world) => {
    await story.order();
    await story.deliver(1);
    const first = await story.invoiced(1);
    expect(first).toMatchObject({ grossMinor: 6_050n });
    await story.pay(first, 6_050n);
    expect(await story.reaches('delivering')).toMatchObject({ outcome: null });
    await story.deliver(3);
    const second = await story.invoiced(2);
    expect(second).toMatchObject({ grossMinor: 18_150n });
    await story.pay(second, 8_150n);
    await story.reaches('collecting');
    for (const [days, level] of [
      [38, 1],
      [14, 2],
      [14, 3],
    ] as const) {
      await world.pass(days);
      await story.waitsFor('payment', level);
    }
    expect(await story.invoices()).toMatchObject([{ openMinor: 0n }, { openMinor: 10_000n, level: 3 }]);
    // 10.15 % of 100.00 for 7, 14 and 14 days, the compensation once, and the fee of each level.
    const notes = `select number, fee_minor as fee, interest_minor as interest, open_minor as open
      from charge_notes where lead_id = $1 order by seq`;
    expect(await story.rows(notes)).toEqual([
      { number: 'CH-000001', fee: 4_000n, interest: 19n, open: 4_019n },
      { number: 'CH-000002', fee: 500n, interest: 39n, open: 539n },
      { number: 'CH-000003', fee: 1_000n, interest: 39n, open: 1_039n },
    ]);
    await world.pass(31);
    await story.ended();
    expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'won' });
    expect(await story.rows(`select amount_minor from write_offs where lead_id = $1`)).toEqual([
      { amount_minor: 10_000n },
    ]);
    expect(await story.rows(notes)).toMatchObject([{ open: 0n }, { open: 0n }, { open: 0n }]);
    expect(await story.waits()).toEqual([]);
  }));

test('an order of which nothing is ever paid is written off after its last reminder', () =>
  told('written-off', { time }, async (story, world) => {
    await story.order();
    await story.deliver();
    await story.invoiced();
    await world.pass(100);
    await story.ended();
    expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'written_off' });
    expect((await story.steps()).filter((step) => step === 'sendReminder')).toHaveLength(4);
    expect(await commissions(story)).toEqual([]);
    expect(await story.waits()).toEqual([]);
  }));

test('a cancelled order is credited, its money is unapplied cash again and its commission taken back', () =>
  told('cancelled', { time }, async (story) => {
    const orderId = await story.order();
    await story.deliver(2);
    const invoice = await story.invoiced();
    await story.pay(invoice);
    await story.waitsFor('delivery');
    await story.earned(2);
    const { db } = story.world;
    const asked = await askedToCancel(db, { leadId: story.leadId, orderId }, PEOPLE.boss, 'wrong item');
    await story.decided('cancelOrder', 'finance', asked);
    await story.ended();
    expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'cancelled', reason: 'wrong item' });
    expect(await story.waits()).toEqual([]);
    const [cash] = await story.rows(
      `select p.unapplied_minor as minor from payments p
        where p.id in (select payment_id from allocations where lead_id = $1)`,
    );
    expect(cash).toEqual({ minor: 12_100n });
    const [sum] = await story.rows(
      `select sum(amount_minor)::text as sum from commission_lines where lead_id = $1`,
    );
    expect(sum).toEqual({ sum: '0' });
    expect(await story.tasks()).toMatchObject([{ kind: 'refund_due', role: 'finance' }]);
  }));

test('a payment that bounces after the end opens the lead again; paid once more it closes again', () =>
  told('reopened', { time }, async (story, world) => {
    await story.order();
    await story.deliver();
    const invoice = await story.invoiced();
    const { paymentId } = await story.pay(invoice);
    await story.ended();
    const first = (await story.handle.describe()).runId;
    await world.pass(5);
    await story.bounce(paymentId);
    expect(await story.reaches('collecting')).toMatchObject({ reopened: 1, outcome: null });
    await story.waitsFor('payment');
    await story.pay(invoice, 24_200n);
    await story.reaches('closed');
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'won', reopened: 1 });
    expect(await story.waits()).toEqual([]);
    const [sum] = await story.rows(
      `select sum(amount_minor)::text as sum from commission_lines where lead_id = $1`,
    );
    expect(sum).toEqual({ sum: '800' });
    await replayAndKeep(story, 'reopened-first-run', first);
  }));

test('with monthly payouts a paid lead waits for the run of the next month, and asks when it does not come', () =>
  told('monthly-payout', { time, rules: { commission: { payout: 'monthly' } } }, async (story, world) => {
    await story.order();
    await story.deliver();
    await story.pay(await story.invoiced());
    expect(await story.reaches('commission')).toMatchObject({ outcome: null });
    const wait = await story.waitsFor('payout');
    // Payday is 5 April in Madrid, and the run may take 72 hours.
    expect(wait.until.toISOString()).toBe('2026-04-07T22:00:00.000Z');
    await world.pass(37);
    await story.waitsFor('payout', 1);
    expect(await story.tasks()).toMatchObject([{ kind: 'payout_overdue', role: 'compensation' }]);
    expect(await story.lead()).toMatchObject({ stage: 'commission' });
  }));

async function commissions(story: { rows<T>(sql: string): Promise<T[]> }): Promise<unknown[]> {
  return story.rows(
    `select c.payee_id as payee, sum(c.amount_minor)::text as amount, bool_and(t.payout_id is not null) as paid
      from commission_lines c left join payout_items t on t.commission_line_id = c.id
      where c.lead_id = $1 group by 1 order by 1`,
  );
}
