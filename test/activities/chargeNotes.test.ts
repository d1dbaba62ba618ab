import { describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { chargesOf, linesOf } from '../support/charges.js';
import { type Deal, orderedDeal, own, PEOPLE, row, settle, type World } from '../support/deal.js';
import { whileFailing } from '../support/failing.js';
import { bounce, deliver, invoicesOf, pay } from '../support/money.js';
import { counts, useWorld } from '../support/offences.js';

let world: World;
useWorld((opened) => {
  world = opened;
});

/** Gross 1,210.00, due on 1 April (day 30); reminders on days 37, 51 and 65. */
async function invoiced(accountId = newId('account'), netMinor = 100_000) {
  const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor }], accountId });
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  return { deal, invoice: invoice as NonNullable<typeof invoice> };
}

const remind = ({ deal, invoice }: Awaited<ReturnType<typeof invoiced>>, day: number) =>
  own(world, 'sendReminder', deal.leadId, invoice.id, day);
const lastNumber = async () =>
  (
    await row<{ seq: bigint } | undefined>(
      world,
      `select last_seq as seq from number_series where series = 'charge_note'`,
    )
  )?.seq ?? 0n;
const revisionOf = async ({ leadId }: Deal) =>
  (await row<{ revision: number }>(world, 'select revision from leads where id = $1', leadId)).revision;

describe('a reminder charges', () => {
  test('compensation and seven days of interest with the first letter, posted and audited', async () => {
    const made = await invoiced();
    const before = await lastNumber();
    await remind(made, 37);
    const [note, ...others] = await chargesOf(world, made.deal);
    expect(others).toEqual([]);
    // 121,000 × 10.15 % × 7 ÷ 365 = 235.5
    expect(note).toMatchObject({
      number: `CH-${String(before + 1n).padStart(6, '0')}`,
      invoice: made.invoice.id,
      level: 1,
      fee: 4_000n,
      interest: 236n,
      open: 4_236n,
      from: '2026-04-02',
      until: '2026-04-08',
      issued: '2026-04-08',
    });
    expect(await linesOf(world, note?.id as string)).toEqual([
      { kind: 'flat_compensation', amount: 4_000n, periods: null },
      {
        kind: 'interest',
        amount: 236n,
        periods: [
          { fromOn: '2026-04-02', untilOn: '2026-04-08', days: 7, principalMinor: '121000', rateBps: 1_015 },
        ],
      },
    ]);
    const { rows: posted } = await world.db.query(
      `select e.account, e.amount_minor as amount, e.party from ledger_transactions t
        join ledger_entries e on e.transaction_id = t.id where t.business_key = 'charge-note/' || $1 order by 1`,
      [note?.id],
    );
    expect(posted).toEqual([
      { account: 'fee_income', amount: -4_000n, party: null },
      { account: 'interest_income', amount: -236n, party: null },
      { account: 'receivable', amount: 4_236n, party: made.deal.accountId },
    ]);
    const { entry } = await row<{ entry: string }>(
      world,
      `select entry from audit_entries where subject = $1 and action = 'sendReminder'`,
      made.deal.leadId,
    );
    expect(JSON.parse(entry).detail.chargeNotes).toEqual([note?.id]);
    expect((await invoicesOf(world, made.deal))[0]).toMatchObject({ gross: 121_000n, open: 121_000n });
  });

  test('the next letter charges its fee, and interest from where the last note ended', async () => {
    const made = await invoiced();
    for (const day of [37, 51, 65]) await remind(made, day);
    // 14 days of 33.648 a day, twice.
    expect(await chargesOf(world, made.deal)).toMatchObject([
      { level: 1, fee: 4_000n, interest: 236n, until: '2026-04-08' },
      { level: 2, fee: 500n, interest: 471n, from: '2026-04-09', until: '2026-04-22' },
      { level: 3, fee: 1_000n, interest: 471n, from: '2026-04-23', until: '2026-05-06' },
    ]);
  });

  test('interest is cut at a part payment by its day of value, and at a bounce', async () => {
    const made = await invoiced();
    await pay(world, made.deal, made.invoice.number, 60_500n, 33);
    await remind(made, 37);
    // 3 days of 121,000 and 4 of 60,500 at 10.15 %.
    expect(await chargesOf(world, made.deal)).toMatchObject([{ interest: 168n }]);
    const other = await invoiced();
    const { paymentId } = await pay(world, other.deal, other.invoice.number, 60_500n, 33);
    await bounce(world, other.deal, paymentId, 35);
    await remind(other, 37);
    // 3 days of 121,000, 2 of 60,500, 2 of 121,000 again.
    expect(await chargesOf(world, other.deal)).toMatchObject([{ interest: 202n }]);
  });

  test('interest runs on no cent that was tolerated, while the payment it came with stands', async () => {
    const made = await invoiced();
    const { number, gross } = made.invoice;
    const first = await pay(world, made.deal, number, gross / 2n, 1);
    await pay(world, made.deal, number, gross / 2n - 150n, 2);
    await bounce(world, made.deal, first.paymentId, 30);
    await remind(made, 37);
    const [note] = await chargesOf(world, made.deal);
    const [, interest] = await linesOf(world, note?.id as string);
    expect(interest).toMatchObject({ kind: 'interest', periods: [{ principalMinor: '60500' }] });
  });

  test('two invoices of one customer, reminded at once by their leads: one letter, one fee, interest each', async () => {
    const accountId = newId('account');
    const [one, other] = [await invoiced(accountId), await invoiced(accountId)];
    for (const day of [37, 51]) await Promise.all([remind(one, day), remind(other, day)]);
    const notes = [...(await chargesOf(world, one.deal)), ...(await chargesOf(world, other.deal))];
    expect(notes).toHaveLength(4);
    expect(new Set(notes.map(({ letter }) => letter)).size).toBe(2);
    const second = notes.filter(({ level }) => level === 2);
    expect(second.map(({ fee }) => fee).sort()).toEqual([0n, 500n]);
    expect(second.map(({ interest }) => interest)).toEqual([471n, 471n]);
    expect(notes.filter(({ level }) => level === 1).map(({ fee }) => fee)).toEqual([4_000n, 4_000n]);
  });

  test('a consumer: no compensation, no interest, the fee of the second letter', async () => {
    const made = await invoiced();
    await world.db.query(`update accounts set segment = 'consumer' where id = $1`, [made.deal.accountId]);
    for (const day of [37, 51]) await remind(made, day);
    expect(await chargesOf(world, made.deal)).toMatchObject([
      { level: 2, fee: 500n, interest: 0n, from: null },
    ]);
  });

  test('once under its key, also twice at once; a step of an old revision charges nothing', async () => {
    const made = await invoiced();
    const revision = await revisionOf(made.deal);
    const { leadId } = made.deal;
    const call = { leadId, key: `${leadId}/r`, at: world.at(37), subject: made.invoice.id, revision };
    await Promise.all([world.steps.sendReminder(call), world.steps.sendReminder(call)]);
    expect(await chargesOf(world, made.deal)).toHaveLength(1);
    const before = await counts(world);
    await world.steps.sendReminder(call);
    expect(await counts(world)).toEqual(before);
  });

  test.each(['charge_notes', 'charge_note_lines', 'ledger_entries', 'audit_entries'])(
    'nothing at all when it fails at %s, and no number is lost',
    async (table) => {
      const made = await invoiced();
      const [before, number] = [await counts(world), await lastNumber()];
      await whileFailing(world, table, async () => {
        await expect(remind(made, 37)).rejects.toThrow('sendReminder failed: P0001');
      });
      expect([await counts(world), await lastNumber()]).toEqual([before, number]);
      await remind(made, 37);
      const [note] = await chargesOf(world, made.deal);
      expect([note?.number, await lastNumber()]).toEqual([
        `CH-${String(number + 1n).padStart(6, '0')}`,
        number + 1n,
      ]);
    },
  );
});

describe('a debt that is given up', () => {
  test('takes its charge notes along at the end of the plan, and the lead closes', async () => {
    const made = await invoiced();
    for (const day of [37, 51, 65, 95]) await remind(made, day);
    expect((await chargesOf(world, made.deal)).map(({ open, writtenOff }) => [open, writtenOff])).toEqual([
      [0n, 4_236n],
      [0n, 971n],
      [0n, 1_471n],
    ]);
    expect(await row(world, 'select stage, outcome from leads where id = $1', made.deal.leadId)).toEqual({
      stage: 'closed',
      outcome: 'written_off',
    });
  });
});

describe('the database refuses by itself', () => {
  const copy = (columns: string, id: string) =>
    world.db.query(
      `insert into charge_notes (id, entity_id, seq, number, invoice_id, lead_id, account_id, letter_id, currency,
          level, issued_on, issued_at, due_on, fee_minor, interest_minor, interest_from_on, interest_until_on, pins)
        select ${columns} from charge_notes n where n.id = $1`,
      [id],
    );
  const rest = 'n.level, n.issued_on, n.issued_at, n.due_on';

  test('interest on a day that is charged, a note of another customer, one that is not its lines', async () => {
    const made = await invoiced();
    await remind(made, 37);
    const [note] = await chargesOf(world, made.deal);
    const id = note?.id as string;
    const letter = `(select min(id) from reminder_letters where id <> n.letter_id)`;
    const head = `'charge_x', n.entity_id, 999999, 'CH-X', n.invoice_id, n.lead_id`;
    await expect(
      copy(
        `${head}, n.account_id, ${letter}, n.currency, ${rest}, 0, 5, n.interest_until_on,
        n.interest_until_on + 3, n.pins`,
        id,
      ),
    ).rejects.toMatchObject({ constraint: 'interest_charges_each_day_once' });
    await expect(
      copy(`${head}, n.account_id, n.letter_id, 'USD', ${rest}, 5, 0, null, null, n.pins`, id),
    ).rejects.toMatchObject({ constraint: 'charge_note_belongs_to_its_invoice' });
    await expect(
      copy(`${head}, n.account_id, n.letter_id, n.currency, ${rest}, 5, 0, null, null, n.pins`, id),
    ).rejects.toMatchObject({ constraint: 'one_charge_note_per_invoice_and_letter' });
    await expect(
      copy(`${head}, n.account_id, ${letter}, n.currency, ${rest}, 5, 0, null, null, n.pins`, id),
    ).rejects.toMatchObject({ constraint: 'charge_note_is_its_lines' });
  });

  test('a second compensation, a second fee in a letter, more paid than charged', async () => {
    const accountId = newId('account');
    const [one, other] = [await invoiced(accountId), await invoiced(accountId)];
    for (const day of [37, 51]) await remind(one, day);
    const [first, second] = await chargesOf(world, one.deal);
    const line = (id: string | undefined, kind: string) =>
      world.db.query(
        `insert into charge_note_lines select n.id, 9, n.invoice_id, n.letter_id, $2, 1, null
          from charge_notes n where n.id = $1`,
        [id, kind],
      );
    await expect(line(second?.id, 'flat_compensation')).rejects.toMatchObject({
      constraint: 'flat_compensation_once_per_invoice',
    });
    const [, feeless] = await chargesOf(world, other.deal);
    const noFee = second?.fee === 500n ? feeless : second;
    await expect(line(noFee?.id, 'reminder_fee')).rejects.toMatchObject({
      constraint: 'one_reminder_fee_per_letter',
    });
    await expect(
      world.db.query('update charge_notes set allocated_fee_minor = 4001 where id = $1', [first?.id]),
    ).rejects.toMatchObject({ constraint: 'fees_never_overpaid' });
  });

  test.each([
    `update charge_notes set fee_minor = 1`,
    `delete from charge_notes`,
    `update charge_note_lines set amount_minor = 1`,
    `update charge_allocations set fee_minor = 1`,
    `update charge_waivers set reason = 'y'`,
    `delete from charge_write_offs`,
  ])('the application never does: %s', async (statement) => {
    await expect(world.deps.db.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('whoever recorded a payment on a note neither waives it nor writes it off', async () => {
    const made = await invoiced();
    await remind(made, 37);
    const [note] = await chargesOf(world, made.deal);
    await pay(world, made.deal, note?.number as string, 100n, 38);
    for (const table of ['charge_waivers', 'charge_write_offs']) {
      await expect(
        world.db.query(`insert into ${table} values ('x', $1, 1, 0, '2026-04-09', 'x', $2)`, [
          note?.id,
          PEOPLE.finance,
        ]),
      ).rejects.toMatchObject({ constraint: 'payment_recorder_never_forgives_charges' });
    }
  });
});
