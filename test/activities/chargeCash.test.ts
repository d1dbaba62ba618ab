import { describe, expect, test } from '@jest/globals';
import { allocatePayment } from '../../activities/intake/allocations.js';
import { recordPayment } from '../../activities/intake/payments.js';
import { reversePayment } from '../../activities/intake/reversals.js';
import { waiveCharge } from '../../activities/intake/waivers.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { newId } from '../../db/ids.js';
import { type ChargeSeen, chargesOf } from '../support/charges.js';
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
import { whileFailing } from '../support/failing.js';
import { dayOf, deliver, invoicesOf, pay, payment } from '../support/money.js';
import { counts, useWorld } from '../support/offences.js';

let world: World;
useWorld((opened) => {
  world = opened;
});

/** An invoice over 1,210.00, reminded on day 37: a note of 40.00 compensation and 2.36 interest. */
async function charged(accountId = newId('account'), pins: Record<string, number> = {}) {
  const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor: 100_000 }], accountId, pins });
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  await own(world, 'sendReminder', deal.leadId, invoice?.id, 37);
  const [note] = await chargesOf(world, deal);
  return { deal, invoice: invoice as NonNullable<typeof invoice>, note: note as ChargeSeen };
}

const noteOf = async (deal: Deal) => (await chargesOf(world, deal))[0] as ChargeSeen;
const leadOf = ({ leadId }: Deal) =>
  row(world, 'select stage, outcome, revision from leads where id = $1', leadId);
const partsOf = (noteId: string) =>
  row(
    world,
    'select allocated_fee_minor as fee, allocated_interest_minor as interest from charge_notes where id = $1',
    noteId,
  );
const at38 = { paidOn: dayOf(38) };
const byNumber = (invoiceNumber: string, amountMinor: bigint) =>
  payment(world, { invoiceNumber, amountMinor, ...at38 }, 38);
const reversal = (paymentId: string, day = 40) => ({
  paymentId,
  actorId: PEOPLE.finance,
  reference: `R-${paymentId}`,
  reversedOn: dayOf(day),
  reason: 'insufficient funds',
  bankChargeMinor: 0n,
  messageId: newId('msg'),
  at: world.at(day),
});

describe('a payment that names a charge note', () => {
  test('is put on it, interest first; no lead is told, and the invoice stays as it is', async () => {
    const { deal, invoice, note } = await charged();
    const before = await leadOf(deal);
    const input = byNumber(` ${note.number.toLowerCase()} `, 300n);
    const [one, other] = await Promise.all([
      recordPayment(world.deps, input),
      recordPayment(world.deps, input),
    ]);
    expect([one.created, other.created].sort()).toEqual([false, true]);
    expect({ ...other, created: true }).toEqual({ ...one, created: true });
    expect(one).toMatchObject({
      allocations: [{ invoiceId: null, chargeNoteId: note.id, leadId: deal.leadId, amountMinor: 300n }],
      unappliedMinor: 0n,
      task: null,
      messageIds: [],
    });
    expect(await partsOf(note.id)).toEqual({ fee: 64n, interest: 236n });
    expect((await invoicesOf(world, deal))[0]?.open).toBe(invoice.gross);
    expect(await leadOf(deal)).toEqual(before);
  });

  test('above what it asks leaves the rest unapplied; on a settled one all of it, with a task', async () => {
    const accountId = newId('account');
    const { note } = await charged(accountId);
    const over = await recordPayment(world.deps, byNumber(note.number, 4_240n));
    expect(over).toMatchObject({ unappliedMinor: 4n, task: 'overpaid' });
    const late = await recordPayment(world.deps, byNumber(note.number, 5n));
    expect(late).toMatchObject({ allocations: [], unappliedMinor: 5n, task: 'settled_invoice' });
    // It is the money of whom the note was sent to.
    for (const { paymentId } of [over, late]) {
      const payer = await row(world, 'select account_id from payments where id = $1', paymentId);
      expect(payer).toEqual({ account_id: accountId });
    }
  });

  test.each(['charge_allocations', 'ledger_entries', 'audit_entries'])(
    'that fails at %s leaves nothing behind, and is recorded when it comes again',
    async (table) => {
      const { note } = await charged();
      const input = byNumber(note.number, 300n);
      const before = await counts(world);
      await whileFailing(world, table, async () => {
        await expect(recordPayment(world.deps, input)).rejects.toThrow(/failed in the middle/);
      });
      expect(await counts(world)).toEqual(before);
      expect((await recordPayment(world.deps, input)).allocations).toHaveLength(1);
    },
  );

  test('many at once never put more on it than it asks', async () => {
    const { deal, note } = await charged();
    const inputs = Array.from({ length: 5 }, () => byNumber(note.number, 1_000n));
    const all = await Promise.all(inputs.map((input) => recordPayment(world.deps, input)));
    expect(all.reduce((sum, { unappliedMinor }) => sum + unappliedMinor, 0n)).toBe(764n);
    expect((await noteOf(deal)).open).toBe(0n);
  });
});

describe('a payment that names the invoice', () => {
  test('settles the principal: the lead closes while the charge note stays open by itself', async () => {
    const { deal, invoice, note } = await charged();
    await pay(world, deal, invoice.number, invoice.gross, 38);
    expect(await leadOf(deal)).toMatchObject({ stage: 'closed', outcome: 'won' });
    expect(await noteOf(deal)).toMatchObject({ open: 4_236n });
    const { revision } = (await leadOf(deal)) as { revision: number };
    await recordPayment(world.deps, byNumber(note.number, 4_236n));
    expect(await leadOf(deal)).toEqual({ stage: 'closed', outcome: 'won', revision });
    expect((await noteOf(deal)).open).toBe(0n);
  });

  test('a small shortfall of the principal is tolerated, one of the note is not', async () => {
    const { deal, invoice } = await charged();
    await pay(world, deal, invoice.number, invoice.gross - 150n, 38);
    expect((await invoicesOf(world, deal))[0]?.open).toBe(0n);
    expect((await noteOf(deal)).open).toBe(4_236n);
  });

  test('what exceeds the principal goes to interest and then to fees, and earns nothing', async () => {
    const { deal, invoice, note } = await charged();
    const { allocations } = await pay(world, deal, invoice.number, invoice.gross + 1_236n, 38);
    expect(allocations.map(({ amountMinor }) => amountMinor)).toEqual([121_000n, 1_236n]);
    expect(await partsOf(note.id)).toEqual({ fee: 1_000n, interest: 236n });
    const { basis } = await row<{ basis: bigint }>(
      world,
      `select sum(basis_minor)::bigint as basis from commission_lines where lead_id = $1 and component = 'direct'`,
      deal.leadId,
    );
    expect(basis).toBe(100_000n);
  });
});

describe('a payment without a number', () => {
  test.each([
    ['principal', 121_000n, [121_000n]],
    ['the whole debt', 125_236n, [121_000n, 4_236n]],
    ['the note alone', 4_236n, [4_236n]],
  ])('posts alone where it is %s', async (_what, amountMinor, expected) => {
    const { deal } = await charged();
    const input = payment(world, { accountId: deal.accountId, amountMinor, ...at38 }, 38);
    const { allocations, task } = await recordPayment(world.deps, input);
    expect([allocations.map((one) => one.amountMinor), task]).toEqual([expected, null]);
  });

  test('is proposed, with the notes, where several debts fit', async () => {
    const accountId = newId('account');
    const one = await charged(accountId);
    const other = await orderedDeal(world, { lines: [{ quantity: 1, netMinor: 100_000 }], accountId });
    await deliver(world, other, [1]);
    await settle(world, other.leadId);
    const input = payment(world, { accountId, amountMinor: 121_000n, ...at38 }, 38);
    const { paymentId, task } = await recordPayment(world.deps, input);
    expect(task).toBe('several_candidates');
    const spread = payment(world, { accountId, amountMinor: 130_000n, ...at38 }, 38);
    const recorded = await recordPayment(world.deps, spread);
    const { reason } = await row<{ reason: { proposals: object[][] } }>(
      world,
      'select reason from tasks where subject = $1',
      recorded.paymentId,
    );
    expect(reason.proposals[0]).toEqual([
      { invoiceId: one.invoice.id, amountMinor: '121000' },
      { chargeNoteId: one.note.id, amountMinor: '4236' },
      { invoiceId: expect.any(String), amountMinor: '4764' },
    ]);
    expect(paymentId).not.toBe(recorded.paymentId);
  });
});

describe('cash a person puts on a charge note', () => {
  const unapplied = async (amountMinor: bigint) =>
    (await recordPayment(world.deps, payment(world, { invoiceNumber: 'NO-ONE', amountMinor, ...at38 }, 38)))
      .paymentId;
  const place = (paymentId: string, allocations: Parameters<typeof allocatePayment>[1]['allocations']) => ({
    paymentId,
    actorId: PEOPLE.finance2,
    allocations,
    messageId: newId('msg'),
    at: world.at(39),
  });

  test('is put there once, also twice at once, with other cash on the invoice', async () => {
    const { deal, invoice, note } = await charged();
    const input = place(await unapplied(5_000n), [
      { chargeNoteId: note.id, amountMinor: 4_236n },
      { invoiceId: invoice.id, amountMinor: 764n },
    ]);
    const [one, other] = await Promise.all([
      allocatePayment(world.deps, input),
      allocatePayment(world.deps, input),
    ]);
    expect([one?.created, other?.created].sort()).toEqual([false, true]);
    expect(new Set(one?.allocations.map(({ id }) => id))).toEqual(
      new Set(other?.allocations.map(({ id }) => id)),
    );
    expect((await noteOf(deal)).open).toBe(0n);
    expect((await invoicesOf(world, deal))[0]?.open).toBe(120_236n);
    await expect(
      allocatePayment(world.deps, { ...input, allocations: [{ chargeNoteId: note.id, amountMinor: 1n }] }),
    ).rejects.toMatchObject({ code: 'key_reused' });
  });

  test.each<[string, (note: ChargeSeen) => Parameters<typeof place>[1], string, string]>([
    [
      'more than it asks',
      ({ id }) => [{ chargeNoteId: id, amountMinor: 4_237n }],
      'over_allocated',
      '/allocations/0/amount',
    ],
    [
      'nothing',
      ({ id }) => [{ chargeNoteId: id, amountMinor: 0n }],
      'over_allocated',
      '/allocations/0/amount',
    ],
    [
      'a note twice',
      ({ id }) => [
        { chargeNoteId: id, amountMinor: 1n },
        { chargeNoteId: id, amountMinor: 1n },
      ],
      'invalid_field',
      '/allocations/1/chargeNoteId',
    ],
    [
      'no note',
      () => [{ chargeNoteId: 'charge_x', amountMinor: 1n }],
      'invalid_field',
      '/allocations/0/chargeNoteId',
    ],
  ])('%s is refused and changes nothing', async (_what, allocations, code, pointer) => {
    const { note } = await charged();
    const input = place(await unapplied(5_000n), allocations(note));
    const before = await counts(world);
    await expect(allocatePayment(world.deps, input)).rejects.toMatchObject({ code, pointer });
    expect(await counts(world)).toEqual(before);
  });

  test('fails in the middle and leaves nothing behind', async () => {
    const { note } = await charged();
    const input = place(await unapplied(5_000n), [{ chargeNoteId: note.id, amountMinor: 100n }]);
    const before = await counts(world);
    await whileFailing(world, 'ledger_entries', async () => {
      await expect(allocatePayment(world.deps, input)).rejects.toThrow(/failed in the middle/);
    });
    expect(await counts(world)).toEqual(before);
    expect((await allocatePayment(world.deps, input))?.unappliedMinor).toBe(4_900n);
  });
});

describe('a payment that bounces', () => {
  test('leaves invoice and charge note as they were, once, and tells the lead of the invoice', async () => {
    const { deal, invoice, note } = await charged();
    const { paymentId } = await pay(world, deal, invoice.number, invoice.gross + 300n, 38);
    const input = reversal(paymentId);
    const answers = await Promise.all([reversePayment(world.deps, input), reversePayment(world.deps, input)]);
    expect(answers.map(({ created }) => created).sort()).toEqual([false, true]);
    expect((await invoicesOf(world, deal))[0]?.open).toBe(invoice.gross);
    expect(await partsOf(note.id)).toEqual({ fee: 0n, interest: 0n });
    await told(world, 'reversePayment', deal.leadId, input.messageId, 40);
    expect(await leadOf(deal)).toMatchObject({ stage: 'collecting' });
  });

  test('from a charge note alone tells nobody, and a failure in the middle takes nothing back', async () => {
    const { deal, note } = await charged();
    const { paymentId } = await recordPayment(world.deps, byNumber(note.number, 4_236n));
    const before = await counts(world);
    await whileFailing(world, 'charge_allocations', async () => {
      await expect(reversePayment(world.deps, reversal(paymentId))).rejects.toThrow(/failed in the middle/);
    });
    expect(await counts(world)).toEqual(before);
    expect(await reversePayment(world.deps, reversal(paymentId))).toMatchObject({
      leadIds: [],
      created: true,
    });
    expect((await noteOf(deal)).open).toBe(4_236n);
  });
});

describe('a waiver', () => {
  const waiver = (chargeNoteId: string, more: object = {}) => ({
    chargeNoteId,
    actorId: PEOPLE.finance2 as string,
    reason: 'goodwill',
    messageId: newId('msg'),
    at: world.at(39),
    ...more,
  });

  test('takes back what is open, keeps what was paid, posts and is audited; once, also twice at once', async () => {
    const { deal, note } = await charged();
    await recordPayment(world.deps, byNumber(note.number, 300n));
    const input = waiver(note.id);
    const answers = await Promise.all([waiveCharge(world.deps, input), waiveCharge(world.deps, input)]);
    expect(answers.map(({ created }) => created).sort()).toEqual([false, true]);
    expect(new Set(answers.map(({ waiverId }) => waiverId)).size).toBe(1);
    expect(answers[0]?.parts).toEqual({ feeMinor: 3_936n, interestMinor: 0n });
    expect(await noteOf(deal)).toMatchObject({ paid: 300n, waived: 3_936n, open: 0n });
    const { rows } = await world.db.query(
      `select e.account, e.amount_minor as amount from ledger_transactions t
        join ledger_entries e on e.transaction_id = t.id where t.business_key = 'charge-waiver/' || $1 order by 1`,
      [answers[0]?.waiverId],
    );
    expect(rows).toEqual([
      { account: 'fee_income', amount: 3_936n },
      { account: 'receivable', amount: -3_936n },
    ]);
    const { n } = await row<{ n: bigint }>(
      world,
      `select count(*) as n from audit_entries where subject = $1 and action = 'waiveCharge'`,
      note.id,
    );
    expect(n).toBe(1n);
    await expect(waiveCharge(world.deps, { ...input, reason: 'other' })).rejects.toMatchObject({
      code: 'key_reused',
    });
    await expect(waiveCharge(world.deps, waiver(note.id))).rejects.toMatchObject({ code: 'nothing_open' });
  });

  test('is never made by whoever recorded a payment on the note, nor of a note that is not there', async () => {
    const { note } = await charged();
    await recordPayment(world.deps, byNumber(note.number, 300n));
    const before = await counts(world);
    await expect(waiveCharge(world.deps, waiver(note.id, { actorId: PEOPLE.finance }))).rejects.toMatchObject(
      { code: 'conflicting_duties' },
    );
    await expect(waiveCharge(world.deps, waiver('charge_x'))).rejects.toMatchObject({ code: 'not_found' });
    expect(await counts(world)).toEqual(before);
  });

  test.each(['charge_waivers', 'ledger_entries', 'audit_entries'])(
    'that fails at %s leaves the note open',
    async (table) => {
      const { deal, note } = await charged();
      const input = waiver(note.id);
      const before = await counts(world);
      await whileFailing(world, table, async () => {
        await expect(waiveCharge(world.deps, input)).rejects.toThrow(/failed in the middle/);
      });
      expect([await counts(world), (await noteOf(deal)).open]).toEqual([before, 4_236n]);
      expect(await waiveCharge(world.deps, input)).toMatchObject({ created: true });
    },
  );

  test('and a payment at once: what came first stands, the other gets the rest or nothing', async () => {
    const { deal, note } = await charged();
    const [waived, paid] = await Promise.allSettled([
      waiveCharge(world.deps, waiver(note.id)),
      recordPayment(world.deps, byNumber(note.number, 4_236n)),
    ]);
    const after = await noteOf(deal);
    expect([after.open, paid.status]).toEqual([0n, 'fulfilled']);
    expect(waived.status === 'fulfilled' ? after.waived : after.paid).toBe(4_236n);
  });

  test('a payment that bounces after it opens what was paid, which can be waived too', async () => {
    const { deal, note } = await charged();
    const { paymentId } = await recordPayment(world.deps, byNumber(note.number, 300n));
    await waiveCharge(world.deps, waiver(note.id));
    await reversePayment(world.deps, reversal(paymentId));
    expect(await noteOf(deal)).toMatchObject({ open: 300n, waived: 3_936n });
    await waiveCharge(world.deps, waiver(note.id));
    expect(await noteOf(deal)).toMatchObject({ open: 0n, waived: 4_236n });
  });
});

describe('a charge note that is written off', () => {
  async function writtenOff() {
    const made = await charged();
    for (const day of [51, 65, 95]) {
      await own(world, 'sendReminder', made.deal.leadId, made.invoice.id, day);
    }
    return made;
  }

  test('money on it is a recovery, never unapplied, and a bounce writes it off again', async () => {
    const { deal, note } = await writtenOff();
    const input = payment(world, { invoiceNumber: note.number, amountMinor: 4_236n, paidOn: dayOf(96) }, 96);
    const { paymentId, unappliedMinor } = await recordPayment(world.deps, input);
    expect(unappliedMinor).toBe(0n);
    expect(await noteOf(deal)).toMatchObject({ paid: 4_236n, writtenOff: 0n, open: 0n });
    const { recovered } = await row<{ recovered: bigint }>(
      world,
      `select -sum(e.amount_minor)::bigint as recovered from ledger_entries e join ledger_transactions t
        on t.id = e.transaction_id where e.account = 'bad_debt_recovered' and t.business_key = 'payment/' || $1`,
      paymentId,
    );
    expect(recovered).toBe(4_236n);
    await reversePayment(world.deps, reversal(paymentId, 97));
    expect(await noteOf(deal)).toMatchObject({ paid: 0n, writtenOff: 4_236n, open: 0n });
  });

  test('money on the invoice recovers its principal and then its notes', async () => {
    const { deal, invoice } = await writtenOff();
    const { unappliedMinor } = await pay(world, deal, invoice.number, 121_000n + 4_236n, 96);
    expect(unappliedMinor).toBe(0n);
    const notes = await chargesOf(world, deal);
    expect(notes.reduce((sum, { paid }) => sum + paid, 0n)).toBe(4_236n);
    expect(notes.every(({ open }) => open === 0n)).toBe(true);
  });

  test('by a person: never by whoever recorded a payment on one of its notes', async () => {
    const { deal, invoice, note } = await charged();
    await recordPayment(world.deps, byNumber(note.number, 300n));
    const body = { invoiceId: invoice.id, reason: 'insolvent' };
    const refused = await decision(world, deal.leadId, 'writeOffInvoice', PEOPLE.finance, body);
    const { answer } = await told(world, 'writeOffInvoice', deal.leadId, refused, 40);
    expect(answer).toMatchObject({ result: 'refused', code: 'conflicting_duties' });
    const id = await decision(world, deal.leadId, 'writeOffInvoice', PEOPLE.finance2, body);
    await Promise.all([
      told(world, 'writeOffInvoice', deal.leadId, id, 40),
      told(world, 'writeOffInvoice', deal.leadId, id, 40),
    ]);
    expect(await noteOf(deal)).toMatchObject({ paid: 300n, writtenOff: 3_936n, open: 0n });
  });
});

describe('a policy that settles by law', () => {
  test('takes fees, interest and then the principal', async () => {
    const body = { ...POLICY_EXAMPLES.invoicing, paymentOrder: 'legal' };
    await world.db.query(
      `insert into policies (kind, version, body, body_hash, created_by, created_at)
        values ('invoicing', 2, $1, sha256('legal'), $2, '2026-01-01')`,
      [body, PEOPLE.editor],
    );
    const { deal, invoice, note } = await charged(newId('account'), { invoicing: 2 });
    await recordPayment(world.deps, byNumber(invoice.number, 4_100n));
    expect(await partsOf(note.id)).toEqual({ fee: 4_000n, interest: 100n });
    await pay(world, deal, invoice.number, 121_000n, 38);
    expect(await noteOf(deal)).toMatchObject({ open: 0n });
    // 1.36 of the principal is left: within the tolerance.
    expect((await invoicesOf(world, deal))[0]?.open).toBe(0n);
  });
});
