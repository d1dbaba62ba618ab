// Who does one thing with a record never does the other, in either order, by the code and by the database alone.
import { describe, expect, test } from '@jest/globals';
import { allocatePayment } from '../../activities/intake/allocations.js';
import { recordPayment } from '../../activities/intake/payments.js';
import { waiveCharge } from '../../activities/intake/waivers.js';
import { newId } from '../../db/ids.js';
import { chargesOf } from '../support/charges.js';
import { decision, orderedDeal, own, PEOPLE, settle, told, type World } from '../support/deal.js';
import { deliver, invoicesOf, payment } from '../support/money.js';
import { counts, useWorld } from '../support/offences.js';

let world: World;
useWorld((opened) => {
  world = opened;
});

async function invoiced() {
  const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor: 10_000 }] });
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  return { deal, invoice: invoice as NonNullable<typeof invoice> };
}

async function writtenOff(by: string) {
  const made = await invoiced();
  const body = { invoiceId: made.invoice.id, reason: 'insolvent' };
  const id = await decision(world, made.deal.leadId, 'writeOffInvoice', by, body);
  expect((await told(world, 'writeOffInvoice', made.deal.leadId, id, 1)).answer?.result).toBe('applied');
  return made;
}

describe('a payment and a write-off', () => {
  test('who wrote off records no money on the invoice; somebody else does, and it is a recovery', async () => {
    const { deal, invoice } = await writtenOff(PEOPLE.finance);
    const input = payment(world, { invoiceNumber: invoice.number, amountMinor: invoice.gross }, 2);
    const before = await counts(world);
    await expect(recordPayment(world.deps, input)).rejects.toMatchObject({
      code: 'conflicting_duties',
      pointer: '/invoiceNumber',
    });
    expect(await counts(world)).toEqual(before);
    const recorded = await recordPayment(world.deps, { ...input, actorId: PEOPLE.finance2 });
    expect(recorded).toMatchObject({ created: true, unappliedMinor: 0n });
    await told(world, 'applyPayment', deal.leadId, recorded.messageIds[0] as string, 2);
    await settle(world, deal.leadId, 2);
  });

  test('nor is money of theirs put on it by hand', async () => {
    const { invoice } = await writtenOff(PEOPLE.finance);
    const paid = await recordPayment(world.deps, payment(world, { amountMinor: 12_100n }, 2));
    const allocations = [{ invoiceId: invoice.id, amountMinor: 12_100n }];
    const { paymentId } = paid;
    const input = {
      paymentId,
      actorId: PEOPLE.finance2,
      allocations,
      messageId: newId('msg'),
      at: world.at(3),
    };
    await expect(allocatePayment(world.deps, input)).rejects.toMatchObject({
      code: 'conflicting_duties',
      pointer: '/allocations/0/invoiceId',
    });
  });

  const allocated = (paymentId: string, invoiceId: string, amountMinor: bigint, day: number) =>
    allocatePayment(world.deps, {
      paymentId,
      actorId: PEOPLE.finance,
      allocations: [{ invoiceId, amountMinor }],
      messageId: newId('msg'),
      at: world.at(day),
    });

  test('nor do they put money of others on it by hand', async () => {
    const { deal, invoice } = await writtenOff(PEOPLE.finance);
    const input = payment(world, { amountMinor: 12_100n, actorId: PEOPLE.finance2 }, 2);
    const { paymentId } = await recordPayment(world.deps, input);
    const before = await counts(world);
    await expect(allocated(paymentId, invoice.id, 12_100n, 3)).rejects.toMatchObject({
      code: 'conflicting_duties',
      pointer: '/allocations/0/invoiceId',
    });
    expect(await counts(world)).toEqual(before);
    const row = (by: string) =>
      world.deps.db.query(
        `insert into allocations (id, payment_id, invoice_id, lead_id, amount_minor, value_on, cause, allocated_by)
          values ('alloc_y', $1, $2, $3, 1, '2026-03-04', 'recovery', $4)`,
        [paymentId, invoice.id, deal.leadId, by],
      );
    await expect(row(PEOPLE.finance)).rejects.toMatchObject({
      constraint: 'write_off_decider_never_records_a_payment',
    });
  });

  test('who put money on an invoice by hand never writes it off, nor does who recorded it', async () => {
    const { deal, invoice } = await invoiced();
    const input = payment(world, { amountMinor: 5_000n, actorId: PEOPLE.finance2 }, 1);
    const { paymentId } = await recordPayment(world.deps, input);
    await allocated(paymentId, invoice.id, 5_000n, 1);
    const body = { invoiceId: invoice.id, reason: 'insolvent' };
    for (const by of [PEOPLE.finance, PEOPLE.finance2]) {
      const id = await decision(world, deal.leadId, 'writeOffInvoice', by, body);
      const { answer } = await told(world, 'writeOffInvoice', deal.leadId, id, 2);
      expect(answer).toMatchObject({ result: 'refused', code: 'conflicting_duties' });
      const writeOff = world.deps.db.query(
        `insert into write_offs (id, invoice_id, lead_id, amount_minor, written_off_on, reason, decided_by)
          values ('writeoff_x', $1, $2, 1, '2026-03-04', 'x', $3)`,
        [invoice.id, deal.leadId, by],
      );
      await expect(writeOff).rejects.toMatchObject({ constraint: 'payment_recorder_never_writes_off' });
    }
  });

  test('nor waives or writes off the charge note they put it on', async () => {
    const { deal, invoice } = await invoiced();
    await own(world, 'sendReminder', deal.leadId, invoice.id, 37);
    const [note] = await chargesOf(world, deal);
    const input = payment(world, { amountMinor: 100n, actorId: PEOPLE.finance2 }, 38);
    const { paymentId } = await recordPayment(world.deps, input);
    const placed = { chargeNoteId: note?.id as string, amountMinor: 100n };
    const by = { actorId: PEOPLE.finance, at: world.at(38) };
    await allocatePayment(world.deps, { paymentId, allocations: [placed], messageId: newId('msg'), ...by });
    const waiver = { chargeNoteId: placed.chargeNoteId, reason: 'x', messageId: newId('msg'), ...by };
    await expect(waiveCharge(world.deps, waiver)).rejects.toMatchObject({ code: 'conflicting_duties' });
    for (const table of ['charge_waivers', 'charge_write_offs']) {
      const row = world.deps.db.query(
        `insert into ${table} (id, charge_note_id, fee_minor, interest_minor, ${
          table === 'charge_waivers' ? 'waived_on' : 'written_off_on'
        }, reason, decided_by) values ('x', $1, 1, 0, '2026-04-09', 'x', $2)`,
        [placed.chargeNoteId, PEOPLE.finance],
      );
      await expect(row).rejects.toMatchObject({ constraint: 'payment_recorder_never_forgives_charges' });
    }
  });

  test('the database refuses such an allocation by itself', async () => {
    const { deal, invoice } = await writtenOff(PEOPLE.finance);
    const { paymentId } = await recordPayment(world.deps, payment(world, { amountMinor: 12_100n }, 2));
    const allocation = world.deps.db.query(
      `insert into allocations (id, payment_id, invoice_id, lead_id, amount_minor, value_on, cause)
        values ('alloc_x', $1, $2, $3, 1, '2026-03-04', 'recovery')`,
      [paymentId, invoice.id, deal.leadId],
    );
    await expect(allocation).rejects.toMatchObject({
      constraint: 'write_off_decider_never_records_a_payment',
    });
  });
});

describe('a role given today is not used today', () => {
  const given = async (role: string): Promise<string> => {
    const id = newId('person');
    await world.db.query(`insert into people (id, name, email, created_at) values ($1, 'n', $1, now())`, [
      id,
    ]);
    await world.db.query(`insert into person_roles values ($1, $2, $3, current_date)`, [
      id,
      role,
      PEOPLE.editor,
    ]);
    return id;
  };
  const refusal = { constraint: 'roles_are_usable_from_the_next_day' };

  test('not for recording money', async () => {
    const actorId = await given('finance');
    await expect(recordPayment(world.deps, payment(world, { actorId }, 1))).rejects.toMatchObject(refusal);
    await world.db.query('update person_roles set granted_on = current_date - 1 where person_id = $1', [
      actorId,
    ]);
    expect(await recordPayment(world.deps, payment(world, { actorId }, 1))).toMatchObject({ created: true });
  });

  test.each<[string, string, string]>([
    ['writing off', 'finance', `insert into write_offs select $1, i.id, i.lead_id, 1, '2026-03-03', 'x', $2`],
    [
      'approving a credit note',
      'finance',
      `insert into invoices (id, kind, entity_id, series, seq, number, lead_id, order_id, credits_id, account_id,
          currency, issued_on, issued_at, tax_point_on, due_on, net_minor, tax_minor, gross_minor, pins, created_by,
          approved_by)
        select $1, 'credit_note', entity_id, 'credit_note', 99, $1, lead_id, order_id, id, account_id, currency,
          issued_on, issued_at, tax_point_on, due_on, 1, 0, 1, pins, 'person_boss', $2`,
    ],
    [
      'recording a delivery',
      'fulfilment',
      `insert into deliveries select $1, i.order_id, $1, sha256('x'), now(), '2026-03-03', null, $2, 'recorded', null`,
    ],
    [
      'calculating a payout',
      'compensation',
      `insert into payouts (id, mode, period, run, status, calculated_by, calculated_at)
        select $1, 'monthly', '2026-03', 99, 'calculated', $2, now()`,
    ],
    [
      'approving a plan',
      'compensation',
      `insert into policy_approvals select 'commission', 1, $2, now() where $1 <> ''`,
    ],
  ])('not for %s', async (_what, role, insert) => {
    const { invoice } = await invoiced();
    const person = await given(role);
    const statement = `${insert} ${insert.includes('where') ? '' : `from invoices i where i.id = '${invoice.id}'`}`;
    await expect(world.deps.db.query(statement, [newId('dlv'), person])).rejects.toMatchObject(refusal);
  });

  test('not for releasing a payout', async () => {
    const person = await given('compensation');
    await world.db.query(`insert into payouts (id, mode, period, run, status, calculated_at)
      values ('payout_x', 'monthly', '2026-01', 1, 'calculated', now())`);
    const line = world.deps.db.query(
      `insert into payout_lines (payout_id, payee_id, currency, earned_minor, amount_minor, released_by)
        values ('payout_x', $1, 'EUR', 1, 1, $2)`,
      [PEOPLE.rep, person],
    );
    await expect(line).rejects.toMatchObject(refusal);
  });
});
