import { describe, expect, test } from '@jest/globals';
import { allocatePayment } from '../../activities/intake/allocations.js';
import { recordDelivery } from '../../activities/intake/deliveries.js';
import { recordPayment } from '../../activities/intake/payments.js';
import { reversePayment } from '../../activities/intake/reversals.js';
import { newId } from '../../db/ids.js';
import { type Deal, decision, orderedDeal, PEOPLE, row, settle, told, type World } from '../support/deal.js';
import { dayOf, deliver, invoicesOf, payment } from '../support/money.js';
import { counts, useWorld } from '../support/offences.js';
import { askedToCancel } from '../support/requests.js';

let world: World;
useWorld((opened) => {
  world = opened;
});

async function invoiced(netMinor = 10_000, accountId?: string) {
  const deal = await orderedDeal(world, {
    lines: [{ quantity: 1, netMinor }],
    ...(accountId && { accountId }),
  });
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  return { deal, invoice: invoice as NonNullable<typeof invoice> };
}

const taskOf = (subject: string) =>
  row<{ kind: string; status: string } | undefined>(
    world,
    'select kind, status from tasks where subject = $1',
    subject,
  );

describe('a delivery at the door', () => {
  const input = (deal: Deal, units: number, key = newId('msg')) => ({
    orderId: deal.orderId,
    actorId: PEOPLE.fulfilment,
    key,
    lines: [{ orderLineId: deal.lineIds[0] as string, quantityMicro: BigInt(units) * 1_000_000n }],
    deliveredAt: world.at(),
    messageId: newId('msg'),
  });

  test('is checked against everything recorded before, applied or not', async () => {
    const deal = await orderedDeal(world, { lines: [{ quantity: 3, netMinor: 900 }] });
    await recordDelivery(world.deps, input(deal, 2));
    await expect(recordDelivery(world.deps, input(deal, 2))).rejects.toMatchObject({
      code: 'over_delivered',
      pointer: '/lines/0/quantity',
    });
    await expect(recordDelivery(world.deps, { ...input(deal, 1), orderId: 'order_x' })).rejects.toMatchObject(
      {
        code: 'not_found',
      },
    );
  });

  test('under a used key is the delivery that is there, with other content it is refused', async () => {
    const deal = await orderedDeal(world, { lines: [{ quantity: 3, netMinor: 900 }] });
    const first = await recordDelivery(world.deps, input(deal, 1, 'K'));
    const before = await counts(world);
    expect(await recordDelivery(world.deps, input(deal, 1, 'K'))).toEqual({ ...first, created: false });
    await expect(recordDelivery(world.deps, input(deal, 2, 'K'))).rejects.toMatchObject({
      code: 'reference_reused',
    });
    expect(await counts(world)).toEqual(before);
  });

  test('recorded ten times at once never delivers more than was ordered', async () => {
    const deal = await orderedDeal(world, { lines: [{ quantity: 3, netMinor: 900 }] });
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => recordDelivery(world.deps, input(deal, 1))),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });
});

describe('a payment at the door', () => {
  test('twice and twice at once is one payment; with another amount it is refused', async () => {
    const { invoice } = await invoiced();
    const input = payment(world, { invoiceNumber: invoice.number, amountMinor: 5_000n });
    const [one, other] = await Promise.all([
      recordPayment(world.deps, input),
      recordPayment(world.deps, input),
    ]);
    expect([one.created, other.created].sort()).toEqual([false, true]);
    expect({ ...other, created: true }).toEqual({ ...one, created: true });
    await expect(recordPayment(world.deps, { ...input, amountMinor: 5_001n })).rejects.toMatchObject({
      code: 'reference_reused',
      pointer: '/reference',
    });
  });

  test.each([
    ['an unknown currency', { currency: 'ABC' }, '/amount/currency'],
    ['an amount of nothing', { amountMinor: 0n }, '/amount/amount'],
    ['a day that has not come', { paidOn: dayOf(1) }, '/paidOn'],
    ['an unknown customer', { accountId: 'account_x' }, '/accountId'],
  ])('of %s is refused and changes nothing', async (_case, change, pointer) => {
    const before = await counts(world);
    await expect(recordPayment(world.deps, payment(world, change))).rejects.toMatchObject({
      code: 'invalid_field',
      pointer,
    });
    expect(await counts(world)).toEqual(before);
  });

  test('for an unknown invoice number becomes unapplied cash and a task, and finance allocates it', async () => {
    const { invoice } = await invoiced();
    const input = payment(world, { invoiceNumber: 'INV-999999', amountMinor: 20_000n });
    const recorded = await recordPayment(world.deps, input);
    expect(recorded).toMatchObject({ allocations: [], unappliedMinor: 20_000n, task: 'unknown_invoice' });
    expect(await taskOf(recorded.paymentId)).toMatchObject({
      kind: 'payment_unknown_invoice',
      status: 'open',
    });
    const allocation = {
      paymentId: recorded.paymentId,
      actorId: PEOPLE.finance2,
      allocations: [{ invoiceId: invoice.id, amountMinor: 12_100n }],
      messageId: newId('msg'),
      at: world.at(),
    };
    const [one, other] = await Promise.all([
      allocatePayment(world.deps, allocation),
      allocatePayment(world.deps, allocation),
    ]);
    expect(one?.allocations).toEqual(other?.allocations);
    expect([one?.created, other?.created].sort()).toEqual([false, true]);
    await expect(
      allocatePayment(world.deps, {
        ...allocation,
        allocations: [{ invoiceId: invoice.id, amountMinor: 1n }],
      }),
    ).rejects.toMatchObject({ code: 'key_reused' });
    await expect(
      allocatePayment(world.deps, { ...allocation, messageId: newId('msg') }),
    ).rejects.toMatchObject({
      code: 'over_allocated',
    });
  });

  test('above what is open leaves the rest unapplied; below by a cent or two it is tolerated', async () => {
    const over = await invoiced();
    const paid = payment(world, { invoiceNumber: over.invoice.number, amountMinor: 12_600n });
    expect(await recordPayment(world.deps, paid)).toMatchObject({ unappliedMinor: 500n, task: 'overpaid' });
    const short = await invoiced(100_000);
    const { paymentId } = await recordPayment(
      world.deps,
      payment(world, { invoiceNumber: short.invoice.number, amountMinor: 120_800n }),
    );
    expect((await invoicesOf(world, short.deal))[0]?.open).toBe(0n);
    // 2.00 is tolerated; it comes back when the payment it came with bounces.
    await reversePayment(world.deps, {
      paymentId,
      actorId: PEOPLE.finance,
      reference: 'R1',
      reversedOn: dayOf(0),
      reason: 'x',
      bankChargeMinor: 0n,
      messageId: newId('msg'),
      at: world.at(),
    });
    expect((await invoicesOf(world, short.deal))[0]?.open).toBe(121_000n);
  });

  test('for one customer on the invoice of another waits for finance, which puts it where it belongs', async () => {
    const [mine, theirs] = [await invoiced(), await invoiced()];
    const { accountId } = mine.deal;
    const named = { accountId, invoiceNumber: theirs.invoice.number, amountMinor: 12_100n };
    const recorded = await recordPayment(world.deps, payment(world, named));
    expect(recorded).toMatchObject({ allocations: [], task: 'other_customer', unappliedMinor: 12_100n });
    const allocation = {
      paymentId: recorded.paymentId,
      actorId: PEOPLE.finance2,
      allocations: [{ invoiceId: theirs.invoice.id, amountMinor: 12_100n }],
      messageId: newId('msg'),
      at: world.at(),
    };
    expect(await allocatePayment(world.deps, allocation)).toMatchObject({ unappliedMinor: 0n });
    expect(await taskOf(recorded.paymentId)).toMatchObject({ status: 'resolved' });
  });

  test('of an unknown payer goes to one customer at a time', async () => {
    const [mine, theirs] = [await invoiced(), await invoiced()];
    const stranger = payment(world, { payer: 'Nobody Ltd', amountMinor: 24_200n });
    const { paymentId } = await recordPayment(world.deps, stranger);
    const share = (invoice: { id: string }) => ({ invoiceId: invoice.id, amountMinor: 12_100n });
    const place = (...allocations: ReturnType<typeof share>[]) =>
      allocatePayment(world.deps, {
        paymentId,
        actorId: PEOPLE.finance2,
        allocations,
        messageId: newId('msg'),
        at: world.at(),
      });
    const before = await counts(world);
    await expect(place(share(mine.invoice), share(theirs.invoice))).rejects.toMatchObject({
      code: 'invalid_field',
      pointer: '/allocations/1/invoiceId',
    });
    expect(await counts(world)).toEqual(before);
    expect(await place(share(mine.invoice))).toMatchObject({ unappliedMinor: 12_100n });
    expect(await place(share(theirs.invoice))).toMatchObject({ unappliedMinor: 0n });
  });

  test('without a number posts alone only where one invoice of the customer fits', async () => {
    const one = await invoiced(4_000);
    const { accountId } = one.deal;
    const match = payment(world, { accountId, amountMinor: 4_840n });
    expect((await recordPayment(world.deps, match)).allocations).toHaveLength(1);
    await invoiced(4_000, accountId);
    await invoiced(4_000, accountId);
    const twins = await recordPayment(world.deps, payment(world, { accountId, amountMinor: 4_840n }));
    expect(twins).toMatchObject({ allocations: [], task: 'several_candidates' });
    const stranger = await recordPayment(
      world.deps,
      payment(world, { payer: 'Nobody Ltd', amountMinor: 77n }),
    );
    expect(stranger).toMatchObject({ allocations: [], task: 'unknown_payer', messageIds: [] });
  });

  test('many at once for one invoice never allocate more than it has open', async () => {
    const { deal, invoice } = await invoiced();
    const inputs = Array.from({ length: 6 }, () =>
      payment(world, { invoiceNumber: invoice.number, amountMinor: 5_000n }),
    );
    const recorded = await Promise.all(inputs.map((input) => recordPayment(world.deps, input)));
    const allocated = recorded.flatMap(({ allocations }) =>
      allocations.map(({ amountMinor }) => amountMinor),
    );
    expect(allocated.reduce((a, b) => a + b)).toBe(12_100n);
    expect((await invoicesOf(world, deal))[0]?.open).toBe(0n);
  });

  test('never waits for the step that holds its lead: no deadlock between intake and cancellation', async () => {
    const { deal, invoice } = await invoiced();
    const asked = await askedToCancel(world.deps.db, deal, PEOPLE.finance);
    const id = await decision(world, deal.leadId, 'cancelOrder', PEOPLE.boss, asked);
    const { rows: before } = await world.db.query<{ n: string }>(
      'select deadlocks as n from pg_stat_database where datname = current_database()',
    );
    await Promise.all([
      told(world, 'cancelOrder', deal.leadId, id),
      ...[1n, 2n, 3n].map((amountMinor) =>
        recordPayment(world.deps, payment(world, { invoiceNumber: invoice.number, amountMinor })),
      ),
    ]);
    const { rows: after } = await world.db.query<{ n: string }>(
      'select deadlocks as n from pg_stat_database where datname = current_database()',
    );
    expect(after).toEqual(before);
    expect((await invoicesOf(world, deal))[0]?.open).toBe(0n);
  });

  test('is reversed once: the same reversal again is that one, another is refused', async () => {
    const { deal, invoice } = await invoiced();
    const { paymentId } = await recordPayment(
      world.deps,
      payment(world, { invoiceNumber: invoice.number, amountMinor: 13_000n }),
    );
    const input = {
      paymentId,
      actorId: PEOPLE.finance,
      reference: 'BOUNCE-1',
      reversedOn: dayOf(1),
      reason: 'chargeback',
      bankChargeMinor: 300n,
      messageId: newId('msg'),
      at: world.at(1),
    };
    const answers = await Promise.all([reversePayment(world.deps, input), reversePayment(world.deps, input)]);
    expect(new Set(answers.map(({ reversalId }) => reversalId)).size).toBe(1);
    await expect(reversePayment(world.deps, { ...input, reference: 'BOUNCE-2' })).rejects.toMatchObject({
      code: 'already_reversed',
    });
    await expect(reversePayment(world.deps, { ...input, paymentId: 'pay_x' })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await invoicesOf(world, deal))[0]?.open).toBe(12_100n);
  });
});
