import { describe, expect, test } from '@jest/globals';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { newId } from '../../db/ids.js';
import { percentOf } from '../../domain/money/amounts.js';
import { mailTasks } from '../support/company.js';
import {
  type Deal,
  decision,
  orderedDeal,
  own,
  PEOPLE,
  row,
  settle,
  told,
  type World,
} from '../support/deal.js';
import { bounce, deliver, invoicesOf, pay } from '../support/money.js';
import { counts, useWorld } from '../support/offences.js';

let world: World;
useWorld((opened) => {
  world = opened;
});

const leadOf = ({ leadId }: Deal) =>
  row<{ stage: string; outcome: string | null }>(
    world,
    'select stage, outcome from leads where id = $1',
    leadId,
  );

async function earned({ leadId }: Deal): Promise<Record<string, bigint>> {
  const { rows } = await world.db.query<{ payee_id: string; sum: bigint }>(
    `select payee_id, sum(amount_minor)::bigint as sum from commission_lines where lead_id = $1 group by 1`,
    [leadId],
  );
  return Object.fromEntries(rows.map((one) => [one.payee_id, one.sum]));
}

describe('from a delivery to the commission paid', () => {
  test('one delivery, one payment: invoiced, paid, earned on, paid out, won', async () => {
    const deal = await orderedDeal(world, { lines: [{ quantity: 2, netMinor: 100_000 }] });
    await deliver(world, deal, [2]);
    expect(await leadOf(deal)).toEqual({ stage: 'collecting', outcome: null });
    await settle(world, deal.leadId);
    const [invoice] = await invoicesOf(world, deal);
    expect(invoice).toMatchObject({ net: 100_000n, tax: 21_000n, gross: 121_000n, open: 121_000n });
    await pay(world, deal, invoice?.number as string, 121_000n, 10);
    // 3 % of 80 % and of 20 %; the manager 1 % of the rep's 80 %.
    expect(await earned(deal)).toEqual({ [PEOPLE.rep]: 2_400n, [PEOPLE.sdr]: 600n, [PEOPLE.boss]: 800n });
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
    const paid = await row<{ sum: bigint }>(
      world,
      `select sum(l.amount_minor)::bigint as sum from payout_lines l join payouts p on p.id = l.payout_id
        where p.lead_id = $1`,
      deal.leadId,
    );
    expect(paid.sum).toBe(3_800n);
  });

  test('any partition of deliveries and payments invoices the net and earns the whole commission', async () => {
    const deal = await orderedDeal(world, {
      lines: [
        { quantity: 3, netMinor: 10_001 },
        { product: 'sw', quantity: 7, netMinor: 3_335 },
        { product: 'freight', quantity: 1, netMinor: 997 },
      ],
    });
    await deliver(world, deal, [1, 2, 0]);
    await settle(world, deal.leadId);
    expect((await leadOf(deal)).stage).toBe('delivering');
    await deliver(world, deal, [2, 0, 0], 1);
    await settle(world, deal.leadId, 1);
    await deliver(world, deal, [0, 5, 0], 2);
    await settle(world, deal.leadId, 2);
    const invoices = await invoicesOf(world, deal);
    expect(invoices.map((one) => one.net).reduce((a, b) => a + b)).toBe(14_333n);
    for (const [index, invoice] of invoices.entries()) {
      const third = invoice.gross / 3n;
      for (const part of [third, third, invoice.gross - 2n * third]) {
        await pay(world, deal, invoice.number, part, 3 + index);
      }
    }
    const { basis } = await row<{ basis: bigint }>(
      world,
      `select sum(basis_minor)::bigint as basis from commission_lines where lead_id = $1 and component = 'direct'`,
      deal.leadId,
    );
    expect(basis).toBe(14_333n);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
  });

  test('what is outside the scope of tax goes on an invoice of its own, with the next number', async () => {
    const deal = await orderedDeal(world, {
      lines: [
        { quantity: 1, netMinor: 5_000 },
        { product: 'fee', quantity: 1, netMinor: 700 },
      ],
    });
    await deliver(world, deal, [1, 1]);
    await settle(world, deal.leadId);
    const invoices = await invoicesOf(world, deal);
    expect(invoices.map(({ net, tax }) => [net, tax])).toEqual([
      [5_000n, 1_050n],
      [700n, 0n],
    ]);
  });

  test('an order billed at once is deferred revenue until it is delivered', async () => {
    const deal = await orderedDeal(world, { billOn: 'order', lines: [{ quantity: 3, netMinor: 10_000 }] });
    await settle(world, deal.leadId);
    const revenue = () =>
      row<{ deferred: bigint; earned: bigint }>(
        world,
        `select coalesce(-sum(amount_minor) filter (where account = 'deferred_revenue'), 0)::bigint as deferred,
          coalesce(-sum(amount_minor) filter (where account = 'revenue'), 0)::bigint as earned
          from ledger_entries e join ledger_transactions t on t.id = e.transaction_id where t.lead_id = $1`,
        deal.leadId,
      );
    expect(await revenue()).toEqual({ deferred: 10_000n, earned: 0n });
    const [invoice] = await invoicesOf(world, deal);
    await pay(world, deal, invoice?.number as string, 12_100n, 1);
    expect((await leadOf(deal)).stage).toBe('ordered');
    await deliver(world, deal, [1], 2);
    expect(await revenue()).toEqual({ deferred: 6_667n, earned: 3_333n });
    await deliver(world, deal, [2], 3);
    expect(await revenue()).toEqual({ deferred: 0n, earned: 10_000n });
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
  });

  test('an order delivered before its invoice was written is earned by that invoice', async () => {
    const deal = await orderedDeal(world, { billOn: 'order', lines: [{ quantity: 2, netMinor: 10_000 }] });
    await deliver(world, deal, [1]);
    await settle(world, deal.leadId);
    const { recognised } = await row<{ recognised: bigint }>(
      world,
      'select recognised_minor as recognised from order_lines where order_id = $1',
      deal.orderId,
    );
    expect(recognised).toBe(5_000n);
  });
});

describe('a payment that bounces after the commission was paid', () => {
  test('opens the closed lead again, mirrors the commission, and the next payment settles it', async () => {
    const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor: 33_333 }] });
    await deliver(world, deal, [1]);
    await settle(world, deal.leadId);
    const [invoice] = await invoicesOf(world, deal);
    const { gross, number } = invoice as NonNullable<typeof invoice>;
    const first = await pay(world, deal, number, gross, 1);
    const paidBefore = await earned(deal);
    await bounce(world, deal, first.paymentId, 5);
    expect(await earned(deal)).toEqual({ [PEOPLE.rep]: 0n, [PEOPLE.sdr]: 0n, [PEOPLE.boss]: 0n });
    expect(await leadOf(deal)).toEqual({ stage: 'collecting', outcome: null });
    await settle(world, deal.leadId, 5);
    expect(await leadOf(deal)).toEqual({ stage: 'collecting', outcome: null });
    const waits = await row<{ kinds: string }>(
      world,
      `select string_agg(kind, ' ' order by kind) as kinds from waits where lead_id = $1 and ended_at is null`,
      deal.leadId,
    );
    expect(waits.kinds).toBe('payment');
    await pay(world, deal, number, gross, 6);
    expect(await earned(deal)).toEqual(paidBefore);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
    // Paid once, taken back by carrying, earned again: of that half is kept, as the policy caps it, the rest carries.
    const { paid, carried } = await row<{ paid: bigint; carried: bigint }>(
      world,
      `select sum(l.amount_minor)::bigint as paid, sum(l.earned_minor - l.amount_minor)::bigint as carried
        from payout_lines l join payouts p on p.id = l.payout_id where p.lead_id = $1`,
      deal.leadId,
    );
    const earnedTwice = Object.values(paidBefore);
    const kept = earnedTwice.map((minor) => percentOf(minor, POLICY_EXAMPLES.payout.maxRecoverBps));
    const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, minor) => total + minor, 0n);
    expect(paid).toBe(sum(earnedTwice) * 2n - sum(kept));
    expect(paid + carried).toBe(sum(earnedTwice));
  });

  test('heard of before its cash was earned on earns nothing', async () => {
    const deal = await orderedDeal(world);
    await deliver(world, deal, [3]);
    await settle(world, deal.leadId);
    const [invoice] = await invoicesOf(world, deal);
    const { recordPayment } = await import('../../activities/intake/payments.js');
    const { payment } = await import('../support/money.js');
    const input = payment(world, { invoiceNumber: invoice?.number as string, amountMinor: 12_100n }, 1);
    const recorded = await recordPayment(world.deps, input);
    await bounce(world, deal, recorded.paymentId, 2);
    await told(world, 'applyPayment', deal.leadId, recorded.messageIds[0] as string, 2);
    await settle(world, deal.leadId, 2);
    expect(await earned(deal)).toEqual({});
    expect((await leadOf(deal)).stage).toBe('collecting');
  });
});

describe('a delivery that is late', () => {
  test('is a task for fulfilment, and asked for again after the time it takes to supply', async () => {
    const deal = await orderedDeal(world);
    await own(world, 'escalateDelivery', deal.leadId, deal.orderId, 1);
    const wait = await row<{ days: number; level: number }>(
      world,
      `select extract(epoch from until - $2::timestamptz)::int / 86400 as days, level from waits
        where lead_id = $1 and kind = 'delivery' and ended_at is null`,
      deal.leadId,
      new Date(world.at(1)),
    );
    expect(wait).toEqual({ days: 5, level: 1 });
    const task = () =>
      row<{ status: string; resolution: string | null }>(
        world,
        `select status, resolution from tasks where kind = 'delivery_overdue' and subject = $1`,
        deal.orderId,
      );
    expect(await task()).toEqual({ status: 'open', resolution: null });
    await mailTasks(world.db);
    const { mails } = await own(world, 'escalateDelivery', deal.leadId, deal.orderId, 6);
    const { rows: mailed } = await world.db.query(
      `select m.id, m.kind, m.status from mails m join tasks t on t.id = m.subject
        where t.kind = 'delivery_overdue' and t.subject = $1`,
      [deal.orderId],
    );
    expect(mailed).toEqual([{ id: mails?.[0], kind: 'task', status: 'queued' }]);
    await deliver(world, deal, [1], 2);
    expect(await task()).toEqual({ status: 'open', resolution: null });
    await deliver(world, deal, [2], 2);
    expect(await task()).toEqual({ status: 'resolved', resolution: 'done' });
    expect((await leadOf(deal)).stage).toBe('collecting');
  });

  test('is nobody’s task once the order is cancelled', async () => {
    const deal = await orderedDeal(world);
    await own(world, 'escalateDelivery', deal.leadId, deal.orderId, 1);
    const id = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.finance, {
      orderId: deal.orderId,
      reason: 'site closed',
    });
    await told(world, 'cancelOrder', deal.leadId, id, 1);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'cancelled' });
    const open = await row(world, `select from tasks where lead_id = $1 and status = 'open'`, deal.leadId);
    expect(open).toBeUndefined();
  });
});

describe('each step twice under one key', () => {
  test('and twice at once: the second changes nothing and answers the same', async () => {
    const deal = await orderedDeal(world);
    const { recordDelivery } = await import('../../activities/intake/deliveries.js');
    const messageId = newId('msg');
    await recordDelivery(world.deps, {
      orderId: deal.orderId,
      actorId: PEOPLE.fulfilment,
      key: 'K1',
      lines: [{ orderLineId: deal.lineIds[0] as string, quantityMicro: 3_000_000n }],
      deliveredAt: world.at(),
      messageId,
    });
    const applied = await Promise.all([
      told(world, 'recordDelivery', deal.leadId, messageId),
      told(world, 'recordDelivery', deal.leadId, messageId),
    ]);
    expect(applied.map(({ answer }) => answer)).toEqual([{ result: 'applied' }, { result: 'applied' }]);
    expect(applied[0]?.head).toEqual(applied[1]?.head);
    const before = await counts(world);
    await told(world, 'recordDelivery', deal.leadId, messageId);
    expect(await counts(world)).toEqual(before);
    const { rows } = await world.db.query<{ subject: string }>(
      `select subject from waits where lead_id = $1 and kind = 'invoicing'`,
      [deal.leadId],
    );
    const subject = rows[0]?.subject as string;
    await Promise.all([
      own(world, 'issueInvoice', deal.leadId, subject),
      own(world, 'issueInvoice', deal.leadId, subject),
    ]);
    expect(await invoicesOf(world, deal)).toHaveLength(1);
    await settle(world, deal.leadId);
    const [invoice] = await invoicesOf(world, deal);
    await pay(world, deal, invoice?.number as string, 12_100n, 1);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
  });

  test.each(['earnCommission', 'payCommission'] as const)('%s twice at once books once', async (step) => {
    const deal = await orderedDeal(world);
    await deliver(world, deal, [3]);
    await settle(world, deal.leadId);
    const [invoice] = await invoicesOf(world, deal);
    const { recordPayment } = await import('../../activities/intake/payments.js');
    const { payment } = await import('../support/money.js');
    const input = payment(world, { invoiceNumber: invoice?.number as string, amountMinor: 12_100n }, 1);
    const { messageIds } = await recordPayment(world.deps, input);
    await Promise.all([
      told(world, 'applyPayment', deal.leadId, messageIds[0] as string, 1),
      told(world, 'applyPayment', deal.leadId, messageIds[0] as string, 1),
    ]);
    if (step === 'payCommission') await own(world, 'earnCommission', deal.leadId, deal.leadId, 1);
    await Promise.all([
      own(world, step, deal.leadId, deal.leadId, 1),
      own(world, step, deal.leadId, deal.leadId, 1),
    ]);
    await settle(world, deal.leadId, 1);
    expect(await earned(deal)).toEqual({ [PEOPLE.rep]: 240n, [PEOPLE.sdr]: 60n, [PEOPLE.boss]: 80n });
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
  });
});
