import { describe, expect, test } from '@jest/globals';
import { recordPayment } from '../../activities/intake/payments.js';
import { newId } from '../../db/ids.js';
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
import { bounce, deliver, invoicesOf, pay, payment } from '../support/money.js';
import { counts, useWorld } from '../support/offences.js';
import { askedToCancel } from '../support/requests.js';

let world: World;
useWorld((opened) => {
  world = opened;
});

async function invoiced(accountId = newId('account'), netMinor = 10_000) {
  const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor }], accountId });
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  return { deal, invoice: invoice as NonNullable<typeof invoice> };
}

const waitOf = ({ leadId }: Deal, kind: string) =>
  row<{ due: string; level: number } | undefined>(
    world,
    `select (until at time zone 'Europe/Madrid')::date as due, level from waits
      where lead_id = $1 and kind = $2 and ended_at is null`,
    leadId,
    kind,
  );
const leadOf = ({ leadId }: Deal) => row(world, 'select stage, outcome from leads where id = $1', leadId);

// Ordered and invoiced on 2 March, due 30 days later on 1 April; reminders after 7, 21 and 35 days.
describe('reminders', () => {
  test('the wait for a payment ends with the first reminder of the plan', async () => {
    const { deal } = await invoiced();
    expect(await waitOf(deal, 'payment')).toEqual({ due: '2026-04-08', level: 0 });
  });

  test('two invoices of one customer due on one day share a letter, whichever lead is first', async () => {
    const accountId = newId('account');
    const [one, other] = [await invoiced(accountId), await invoiced(accountId)];
    await Promise.all([
      own(world, 'sendReminder', one.deal.leadId, one.invoice.id, 37),
      own(world, 'sendReminder', other.deal.leadId, other.invoice.id, 37),
    ]);
    const { letters, reminders, mails } = await row<{ letters: bigint; reminders: bigint; mails: bigint }>(
      world,
      `select (select count(*) from reminder_letters where account_id = $1) as letters,
        (select count(*) from reminders r join invoices i on i.id = r.invoice_id where i.account_id = $1) as reminders,
        (select count(*) from mails m join reminder_letters l on l.id = m.subject where l.account_id = $1) as mails`,
      accountId,
    );
    expect([letters, reminders, mails]).toEqual([1n, 2n, 1n]);
    for (const { deal } of [one, other]) {
      expect((await invoicesOf(world, deal))[0]?.level).toBe(1);
      expect(await waitOf(deal, 'payment')).toEqual({ due: '2026-04-22', level: 1 });
    }
  });

  test('a reminder run again under its key sends nothing more', async () => {
    const { deal, invoice } = await invoiced();
    await own(world, 'sendReminder', deal.leadId, invoice.id, 37);
    const before = await counts(world);
    const call = { leadId: deal.leadId, key: 'x', at: world.at(37), subject: invoice.id, revision: 1 };
    await world.steps.sendReminder(call);
    expect(await counts(world)).toEqual(before);
  });

  test('nothing is sent while unapplied cash covers the invoice, and it is looked at again', async () => {
    const { deal, invoice } = await invoiced();
    const cash = payment(world, { accountId: deal.accountId, amountMinor: 99_999n }, 36);
    await recordPayment(world.deps, cash);
    await own(world, 'sendReminder', deal.leadId, invoice.id, 37);
    expect((await invoicesOf(world, deal))[0]?.level).toBe(0);
    expect(await waitOf(deal, 'payment')).toEqual({ due: '2026-04-15', level: 0 });
  });

  test('unapplied cash covers what is due first, and each cent of it only one invoice', async () => {
    const accountId = newId('account');
    const [first, second] = [await invoiced(accountId), await invoiced(accountId)];
    await recordPayment(world.deps, payment(world, { accountId, amountMinor: first.invoice.gross }, 36));
    for (const { deal, invoice } of [first, second])
      await own(world, 'sendReminder', deal.leadId, invoice.id, 37);
    const levels = [first, second].map(async ({ deal }) => (await invoicesOf(world, deal))[0]?.level);
    expect(await Promise.all(levels)).toEqual([0, 1]);
  });

  test('too little for a letter ends all the same: it is written off, and what was paid is kept', async () => {
    const { deal, invoice } = await invoiced();
    await pay(world, deal, invoice.number, invoice.gross - 499n, 20);
    await own(world, 'sendReminder', deal.leadId, invoice.id, 37);
    expect((await invoicesOf(world, deal))[0]?.level).toBe(0);
    expect(await waitOf(deal, 'payment')).toEqual({ due: '2026-05-01', level: 0 });
    await own(world, 'sendReminder', deal.leadId, invoice.id, 60);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
  });

  test('a bounce reopens the invoice at the level it had', async () => {
    const { deal, invoice } = await invoiced();
    await own(world, 'sendReminder', deal.leadId, invoice.id, 37);
    const { paymentId } = await pay(world, deal, invoice.number, invoice.gross, 40);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
    await bounce(world, deal, paymentId, 45);
    expect(await waitOf(deal, 'payment')).toEqual({ due: '2026-04-22', level: 1 });
  });
});

describe('the end of the plan', () => {
  async function reminded() {
    const made = await invoiced();
    for (const day of [37, 51, 65]) await own(world, 'sendReminder', made.deal.leadId, made.invoice.id, day);
    return made;
  }

  test('an invoice nobody paid is written off and the lead closes as written off', async () => {
    const { deal, invoice } = await reminded();
    expect((await invoicesOf(world, deal))[0]?.level).toBe(3);
    await own(world, 'sendReminder', deal.leadId, invoice.id, 95);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'written_off' });
  });

  test('money on a written-off invoice is a recovery: it earns, the lead is won, and it can bounce', async () => {
    const { deal, invoice } = await reminded();
    await own(world, 'sendReminder', deal.leadId, invoice.id, 95);
    const { paymentId, unappliedMinor } = await pay(world, deal, invoice.number, 7_000n, 100);
    expect(unappliedMinor).toBe(0n);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
    const { recovered } = await row<{ recovered: bigint }>(
      world,
      `select -sum(amount_minor)::bigint as recovered from ledger_entries where account = 'bad_debt_recovered'`,
    );
    expect(recovered).toBe(7_000n);
    await bounce(world, deal, paymentId, 101);
    await settle(world, deal.leadId, 101);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'written_off' });
  });

  test('a partly paid invoice that is written off leaves the lead won', async () => {
    const { deal, invoice } = await invoiced();
    await pay(world, deal, invoice.number, 2_000n, 10);
    const id = await decision(world, deal.leadId, 'writeOffInvoice', PEOPLE.finance2, {
      invoiceId: invoice.id,
      reason: 'insolvent',
    });
    const answers = await Promise.all([
      told(world, 'writeOffInvoice', deal.leadId, id, 20),
      told(world, 'writeOffInvoice', deal.leadId, id, 20),
    ]);
    expect(answers.map(({ answer }) => answer?.result)).toEqual(['applied', 'applied']);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
  });

  test('whoever recorded a payment on an invoice never writes it off, by code and by the database', async () => {
    const { deal, invoice } = await invoiced();
    await pay(world, deal, invoice.number, 2_000n, 10);
    const body = { invoiceId: invoice.id, reason: 'x' };
    const id = await decision(world, deal.leadId, 'writeOffInvoice', PEOPLE.finance, body);
    const { answer } = await told(world, 'writeOffInvoice', deal.leadId, id, 20);
    expect(answer).toMatchObject({ result: 'refused', code: 'conflicting_duties' });
    await expect(
      world.db.query(`insert into write_offs values ('w', $1, $2, 1, '2026-03-03', 'x', $3)`, [
        invoice.id,
        deal.leadId,
        PEOPLE.finance,
      ]),
    ).rejects.toMatchObject({ constraint: 'payment_recorder_never_writes_off' });
  });

  test('a consumer goes to finance instead: a task, asked for again, and ended by the payment', async () => {
    const { deal, invoice } = await invoiced();
    await world.db.query(`update accounts set segment = 'consumer' where id = $1`, [deal.accountId]);
    for (const day of [37, 51, 65, 79]) await own(world, 'sendReminder', deal.leadId, invoice.id, day);
    expect(await waitOf(deal, 'payment')).toBeUndefined();
    expect(await waitOf(deal, 'task')).toEqual({ due: '2026-05-21', level: 3 });
    await own(world, 'escalateTask', deal.leadId, invoice.id, 93);
    expect(await waitOf(deal, 'task')).toMatchObject({ level: 4 });
    await pay(world, deal, invoice.number, invoice.gross, 94);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
  });
});

describe('taking back', () => {
  test('two managers do not credit what is invoiced: one of the two is of finance, by the database too', async () => {
    const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor: 10_000 }] });
    const other = newId('person');
    await world.db.query(`insert into people (id, name, email, created_at) values ($1, 'm', $1, now())`, [
      other,
    ]);
    await world.db.query(`insert into person_roles values ($1, 'manager', null, '2026-01-01')`, [other]);
    const asked = await askedToCancel(world.deps.db, deal, other);
    await deliver(world, deal, [1]);
    await settle(world, deal.leadId);
    const before = await counts(world);
    const byManager = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.boss, asked);
    const { answer } = await told(world, 'cancelOrder', deal.leadId, byManager, 1);
    expect(answer).toMatchObject({ result: 'refused', code: 'conflicting_duties' });
    expect(await counts(world)).toEqual(before);
    const note = world.deps.db.query(
      `insert into invoices (id, kind, entity_id, series, seq, number, lead_id, order_id, credits_id, account_id,
          currency, issued_on, issued_at, tax_point_on, due_on, net_minor, tax_minor, gross_minor, pins, created_by,
          approved_by)
        select 'inv_two_managers', 'credit_note', entity_id, 'credit_note', 999, 'x', lead_id, order_id, id, account_id,
          currency, issued_on, issued_at, tax_point_on, due_on, 1, 0, 1, pins, $2, $3
        from invoices where lead_id = $1`,
      [deal.leadId, other, PEOPLE.boss],
    );
    await expect(note).rejects.toMatchObject({ constraint: 'one_of_finance_credits' });
    const byFinance = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.finance, asked);
    expect((await told(world, 'cancelOrder', deal.leadId, byFinance, 1)).answer?.result).toBe('applied');
  });

  test('two managers cancel an order that was asked for before anything was invoiced', async () => {
    const deal = await orderedDeal(world);
    const asked = await askedToCancel(world.deps.db, deal, PEOPLE.boss);
    const other = newId('person');
    await world.db.query(`insert into people (id, name, email, created_at) values ($1, 'm', $1, now())`, [
      other,
    ]);
    await world.db.query(`insert into person_roles values ($1, 'manager', null, '2026-01-01')`, [other]);
    const id = await decision(world, deal.leadId, 'cancelOrder', other, asked);
    expect((await told(world, 'cancelOrder', deal.leadId, id, 1)).answer?.result).toBe('applied');
  });

  test('an order cancelled after part payment: credited, cash unapplied, commission reversed, cancelled', async () => {
    const deal = await orderedDeal(world, { lines: [{ quantity: 2, netMinor: 10_000 }] });
    await deliver(world, deal, [1]);
    await settle(world, deal.leadId);
    const [invoice] = await invoicesOf(world, deal);
    const { paymentId } = await pay(world, deal, invoice?.number as string, 3_000n, 1);
    const alone = { orderId: deal.orderId, reason: 'customer stepped back' };
    const asked = await askedToCancel(world.deps.db, deal, PEOPLE.boss);
    const before = await counts(world);
    const byOne = [
      await decision(world, deal.leadId, 'cancelOrder', PEOPLE.finance, alone),
      await decision(world, deal.leadId, 'cancelOrder', PEOPLE.boss, asked),
      await decision(world, deal.leadId, 'cancelOrder', PEOPLE.finance, {
        ...asked,
        requestedBy: PEOPLE.sdr,
      }),
    ];
    const codes = [];
    for (const one of byOne) codes.push((await told(world, 'cancelOrder', deal.leadId, one, 2)).answer?.code);
    expect(codes).toEqual(['conflicting_duties', 'self_approval', 'content_changed']);
    expect(await counts(world)).toEqual(before);
    const id = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.finance, asked);
    await Promise.all([
      told(world, 'cancelOrder', deal.leadId, id, 2),
      told(world, 'cancelOrder', deal.leadId, id, 2),
    ]);
    await settle(world, deal.leadId, 2);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'cancelled' });
    const made = await row(
      world,
      `select created_by, approved_by, t.status from invoices i join tasks t on t.id = $2
        where i.lead_id = $1 and i.kind = 'credit_note'`,
      deal.leadId,
      asked.taskId,
    );
    expect(made).toEqual({ created_by: PEOPLE.boss, approved_by: PEOPLE.finance, status: 'resolved' });
    expect(await invoicesOf(world, deal, 'credit_note')).toMatchObject([
      { net: 5_000n, tax: 1_050n, gross: 6_050n },
    ]);
    const { unapplied, commission } = await row<{ unapplied: bigint; commission: bigint }>(
      world,
      `select (select unapplied_minor from payments where id = $2) as unapplied,
        (select sum(amount_minor)::bigint from commission_lines where lead_id = $1) as commission`,
      deal.leadId,
      paymentId,
    );
    expect([unapplied, commission]).toEqual([3_000n, 0n]);
  });

  test('an order cancelled before anything happened closes at once; a second cancellation is refused', async () => {
    const deal = await orderedDeal(world);
    const body = { orderId: deal.orderId, reason: 'mistake' };
    const id = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.finance, body);
    expect((await told(world, 'cancelOrder', deal.leadId, id)).answer?.result).toBe('applied');
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'cancelled' });
    const again = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.finance, body);
    expect((await told(world, 'cancelOrder', deal.leadId, again)).answer).toMatchObject({
      result: 'refused',
    });
  });

  test('an order cancelled before it was invoiced is told to the customer, with invoices its credit notes are', async () => {
    const cancelled = (leadId: string) =>
      world.db.query(
        `select case when m.subject = o.id then 'order' else i.kind end as about from mails m
          join orders o on o.lead_id = m.lead_id left join invoices i on i.id = m.subject
          where m.lead_id = $1 and m.queued_at = o.cancelled_at`,
        [leadId],
      );
    const early = await orderedDeal(world);
    const body = { orderId: early.orderId, reason: 'mistake' };
    const id = await decision(world, early.leadId, 'cancelOrder', PEOPLE.finance, body);
    const answers = await Promise.all([
      told(world, 'cancelOrder', early.leadId, id, 1),
      told(world, 'cancelOrder', early.leadId, id, 1),
    ]);
    // Whoever asks again is told the same mail: the workflow knows that it is sending it.
    expect(new Set(answers.flatMap(({ mails = [] }) => mails)).size).toBe(1);
    expect((await cancelled(early.leadId)).rows).toEqual([{ about: 'order' }]);
    const { deal } = await invoiced();
    const asked = await askedToCancel(world.deps.db, deal, PEOPLE.boss);
    const credited = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.finance, asked);
    await told(world, 'cancelOrder', deal.leadId, credited, 2);
    expect((await cancelled(deal.leadId)).rows).toEqual([{ about: 'credit_note' }]);
  });

  test('a rep cancels nothing', async () => {
    const deal = await orderedDeal(world);
    const id = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.rep, {
      orderId: deal.orderId,
      reason: 'x',
    });
    expect((await told(world, 'cancelOrder', deal.leadId, id)).answer).toMatchObject({ code: 'forbidden' });
  });

  test('an order billed at once and cancelled half delivered takes back revenue and what was deferred', async () => {
    const deal = await orderedDeal(world, { billOn: 'order', lines: [{ quantity: 2, netMinor: 9_999 }] });
    await settle(world, deal.leadId);
    await deliver(world, deal, [1], 1);
    const body = await askedToCancel(world.deps.db, deal, PEOPLE.finance);
    const id = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.boss, body);
    await told(world, 'cancelOrder', deal.leadId, id, 2);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'cancelled' });
  });

  test('goods that arrived before any invoice are fetched by fulfilment when the order is cancelled', async () => {
    const deal = await orderedDeal(world);
    const deliveryId = await deliver(world, deal, [1], 1);
    const body = { orderId: deal.orderId, reason: 'x' };
    const id = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.boss, body);
    expect((await told(world, 'cancelOrder', deal.leadId, id, 2)).answer?.result).toBe('applied');
    const task = await row(
      world,
      `select role, status, reason -> 'deliveries' as deliveries from tasks
        where kind = 'return_due' and subject = $1`,
      deal.orderId,
    );
    expect(task).toEqual({ role: 'fulfilment', status: 'open', deliveries: [deliveryId] });
  });

  test('a delivery told after the cancellation has no effect but a task, and waits for nothing', async () => {
    const deal = await orderedDeal(world);
    const { recordDelivery } = await import('../../activities/intake/deliveries.js');
    const messageId = newId('msg');
    await recordDelivery(world.deps, {
      orderId: deal.orderId,
      actorId: PEOPLE.fulfilment,
      key: 'late',
      lines: [{ orderLineId: deal.lineIds[0] as string, quantityMicro: 1_000_000n }],
      deliveredAt: world.at(),
      messageId,
    });
    const body = { orderId: deal.orderId, reason: 'x' };
    const id = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.boss, body);
    await told(world, 'cancelOrder', deal.leadId, id);
    const { answer } = await told(world, 'recordDelivery', deal.leadId, messageId);
    expect(answer).toEqual({ result: 'no_effect', code: 'order_cancelled' });
    const left = await row(
      world,
      `select d.status, t.role, m.parked_for as parked from deliveries d
        join tasks t on t.subject = d.id and t.status = 'open' and t.kind = 'delivery_after_cancellation'
        join messages m on m.id = $2 where d.order_id = $1`,
      deal.orderId,
      messageId,
    );
    expect(left).toEqual({ status: 'refused', role: 'finance', parked: null });
    expect((await told(world, 'recordDelivery', deal.leadId, messageId)).answer).toEqual(answer);
    // The record was changed, so the chain says so, once.
    const audited = await row(
      world,
      `select count(*)::int as entries, min(entry::jsonb #>> '{detail,refused}') as refused
        from audit_entries where subject = $1 and key = $2`,
      deal.leadId,
      messageId,
    );
    expect(audited).toEqual({ entries: 1, refused: 'order_cancelled' });
  });

  test('a credit note on a closed lead opens it again, and needs two persons', async () => {
    const { deal, invoice } = await invoiced();
    await pay(world, deal, invoice.number, invoice.gross, 1);
    const { id: lineId } = await row<{ id: string }>(
      world,
      'select id from invoice_lines where invoice_id = $1',
      invoice.id,
    );
    const lines = [{ invoiceLineId: lineId, netMinor: '2500' }];
    const body = { invoiceId: invoice.id, lines, reason: 'damaged', requestedBy: PEOPLE.rep };
    const alone = { ...body, requestedBy: PEOPLE.finance };
    const refused = await decision(world, deal.leadId, 'creditInvoice', PEOPLE.finance, alone);
    expect((await told(world, 'creditInvoice', deal.leadId, refused, 2)).answer).toMatchObject({
      code: 'self_approval',
    });
    const id = await decision(world, deal.leadId, 'creditInvoice', PEOPLE.finance, body);
    expect((await told(world, 'creditInvoice', deal.leadId, id, 2)).answer).toMatchObject({
      result: 'applied',
    });
    expect(await leadOf(deal)).toEqual({ stage: 'collecting', outcome: null });
    await settle(world, deal.leadId, 2);
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won' });
    const { basis } = await row<{ basis: bigint }>(
      world,
      `select sum(basis_minor)::bigint as basis from commission_lines where lead_id = $1 and component = 'direct'`,
      deal.leadId,
    );
    expect(basis).toBe(7_500n);
  });

  test('a credit note that moves cash to another line of the invoice moves its commission with it', async () => {
    const deal = await orderedDeal(world, {
      lines: [
        { product: 'hw', quantity: 1, netMinor: 10_000 },
        { product: 'sw', quantity: 1, netMinor: 10_000 },
      ],
    });
    await deliver(world, deal, [1, 1]);
    await settle(world, deal.leadId);
    const [invoice] = await invoicesOf(world, deal);
    await pay(world, deal, invoice?.number as string, 4_620n, 1); // 24.20 and 22.00 by open gross.
    const basis = () =>
      row<{ hardware: bigint; software: bigint }>(
        world,
        `select (sum(basis_minor) filter (where family = 'hardware'))::bigint as hardware,
            (sum(basis_minor) filter (where family = 'software'))::bigint as software
          from commission_lines where lead_id = $1 and component = 'direct'`,
        deal.leadId,
      );
    expect(await basis()).toEqual({ hardware: 2_000n, software: 2_000n });
    const { id: lineId } = await row<{ id: string }>(
      world,
      'select id from invoice_lines where invoice_id = $1 and order_line_id = $2',
      invoice?.id,
      deal.lineIds[0],
    );
    const lines = [{ invoiceLineId: lineId, netMinor: '10000' }];
    const body = { invoiceId: invoice?.id, lines, reason: 'never ordered', requestedBy: PEOPLE.rep };
    const id = await decision(world, deal.leadId, 'creditInvoice', PEOPLE.finance, body);
    expect((await told(world, 'creditInvoice', deal.leadId, id, 2)).answer?.result).toBe('applied');
    await settle(world, deal.leadId, 2);
    expect(await basis()).toEqual({ hardware: 0n, software: 4_200n });
    const { unapplied, refunds } = await row<{ unapplied: bigint; refunds: bigint }>(
      world,
      `select (select sum(unapplied_minor)::bigint from payments p join allocations a on a.payment_id = p.id
          where a.lead_id = $1) as unapplied,
        (select count(*) from tasks where lead_id = $1 and kind = 'refund_due') as refunds`,
      deal.leadId,
    );
    expect([unapplied, refunds]).toEqual([0n, 0n]);
  });
});

describe('a tolerated shortfall', () => {
  const openOf = ({ leadId }: Deal) =>
    row<{ open: bigint; tolerated: bigint; owed: bigint; written: bigint }>(
      world,
      `select i.open_minor as open, i.small_difference_minor as tolerated,
          (select sum(amount_minor)::bigint from ledger_entries where account = 'receivable' and party = i.account_id) as owed,
          (select coalesce(sum(amount_minor), 0)::bigint from ledger_entries e join ledger_transactions t
            on t.id = e.transaction_id where e.account = 'small_differences' and t.lead_id = i.lead_id) as written
        from invoices i where i.lead_id = $1 and i.kind = 'invoice'`,
      leadId,
    );

  test('counts once: a second one fits into what the first has left of the limit', async () => {
    const { deal, invoice } = await invoiced(undefined, 100_000);
    const half = invoice.gross / 2n;
    const first = await pay(world, deal, invoice.number, half, 1);
    await pay(world, deal, invoice.number, half - 150n, 2);
    expect(await openOf(deal)).toEqual({ open: 0n, tolerated: 150n, owed: 0n, written: 150n });
    await bounce(world, deal, first.paymentId, 3);
    await pay(world, deal, invoice.number, half - 51n, 4);
    expect(await openOf(deal)).toEqual({ open: 51n, tolerated: 150n, owed: 51n, written: 150n });
  });

  test('goes with the payment it came with, and no other', async () => {
    const { deal, invoice } = await invoiced(undefined, 100_000);
    const half = invoice.gross / 2n;
    const first = await pay(world, deal, invoice.number, half, 1);
    const second = await pay(world, deal, invoice.number, half - 150n, 2);
    await bounce(world, deal, first.paymentId, 3);
    await pay(world, deal, invoice.number, half - 50n, 4);
    expect(await openOf(deal)).toEqual({ open: 0n, tolerated: 200n, owed: 0n, written: 200n });
    await bounce(world, deal, second.paymentId, 5);
    expect(await openOf(deal)).toEqual({ open: half, tolerated: 50n, owed: half, written: 50n });
  });
});
