import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { type ChargeSeen, chargesOf } from '../support/charges.js';
import { type Deal, orderedDeal, own, row, settle } from '../support/deal.js';
import { deliver, type InvoiceSeen, invoicesOf } from '../support/money.js';
import { type MoneyApi, openMoneyApi, walk } from '../support/moneyApi.js';
import { counts, offences } from '../support/offences.js';

let api: MoneyApi;
beforeAll(async () => {
  api = await openMoneyApi();
  api.day(39);
});
afterAll(async () => {
  expect(await offences(api.world)).toEqual([]);
  await api?.close();
});

const eur = (amount: string) => ({ amount, currency: 'EUR' });

interface Charged {
  readonly deal: Deal;
  readonly invoice: InvoiceSeen;
  readonly note: ChargeSeen;
}

/** 1,210.00 due on 1 April, reminded on 8 April: 40.00 compensation and 2.36 interest. */
async function charged(accountId = newId('account')): Promise<Charged> {
  const { world } = api;
  const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor: 100_000 }], accountId });
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  await own(world, 'sendReminder', deal.leadId, invoice?.id, 37);
  const [note] = await chargesOf(world, deal);
  return { deal, invoice: invoice as InvoiceSeen, note: note as ChargeSeen };
}

const paid = (invoiceNumber: string, amount: string) => ({
  reference: newId('pay'),
  amount: eur(amount),
  paidOn: '2026-04-10',
  method: 'bank_transfer',
  invoiceNumber,
});

describe('reading charge notes', () => {
  test('one with its lines, how its interest was counted, and what became of it', async () => {
    const { deal, invoice, note } = await charged();
    const sent = await api.post('finance', '/v1/payments', paid(note.number, '3.00'));
    const { status, body } = await api.call('rep', `/v1/charge-notes/${note.id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      number: note.number,
      invoiceId: invoice.id,
      invoiceNumber: invoice.number,
      leadId: deal.leadId,
      accountId: deal.accountId,
      level: 1,
      fee: eur('40.00'),
      interest: eur('2.36'),
      total: eur('42.36'),
      allocated: eur('3.00'),
      open: eur('39.36'),
      status: 'partly_paid',
      interestFromOn: '2026-04-02',
      interestUntilOn: '2026-04-08',
      lines: [
        { kind: 'flat_compensation', amount: eur('40.00'), taxTreatment: 'O', periods: null },
        {
          kind: 'interest',
          amount: eur('2.36'),
          periods: [
            {
              fromOn: '2026-04-02',
              untilOn: '2026-04-08',
              days: 7,
              principal: eur('1210.00'),
              rateBps: 1_015,
            },
          ],
        },
      ],
      allocations: [{ paymentId: sent.body.id, invoiceId: null, chargeNoteId: note.id, amount: eur('3.00') }],
      waivers: [],
      writeOffs: [],
    });
    expect(sent.body.allocations).toEqual(body.allocations);
  });

  test('the invoice shows its charge notes beside its total, and what a write-off would take of them', async () => {
    const { invoice, note } = await charged();
    const { body } = await api.call('rep', `/v1/invoices/${invoice.id}`);
    expect(body).toMatchObject({ gross: eur('1210.00'), open: eur('1210.00') });
    expect(body.chargeNotes).toEqual([
      { id: note.id, number: note.number, issuedOn: '2026-04-08', total: eur('42.36'), open: eur('42.36') },
    ]);
    const sent = { reason: 'insolvent', dryRun: true };
    const effect = await api.post('finance', `/v1/invoices/${invoice.id}/write-off`, sent);
    expect(effect.body).toMatchObject({
      amount: eur('1210.00'),
      chargeNotes: [{ chargeNoteId: note.id, amount: eur('42.36') }],
    });
  });

  test('lists are walked by their cursor and filtered', async () => {
    const accountId = newId('account');
    const [one, other] = [await charged(accountId), await charged()];
    const url = '/v1/charge-notes?limit=1';
    expect(await walk(api, 'rep', `${url}&account=${accountId}`)).toEqual([one.note.id]);
    expect(await walk(api, 'rep', `${url}&invoice=${other.invoice.id}`)).toEqual([other.note.id]);
    expect(await walk(api, 'rep', `${url}&lead=${other.deal.leadId}`)).toEqual([other.note.id]);
    expect(await walk(api, 'rep', `${url}&number=${one.note.number}`)).toEqual([one.note.id]);
    await api.post('finance', '/v1/payments', paid(one.note.number, '42.36'));
    const by = (status: string) => walk(api, 'rep', `/v1/charge-notes?limit=2&status=${status}`);
    expect(await by('paid')).toContain(one.note.id);
    const open = await by('open');
    expect([open.includes(one.note.id), open.includes(other.note.id)]).toEqual([false, true]);
    await api.post('finance2', `/v1/charge-notes/${other.note.id}/waiver`, { reason: 'x' });
    expect(await by('waived')).toContain(other.note.id);
    expect(await by('written_off')).toEqual([]);
  });

  test('the chain behind one: reminder, fee, interest by its stretches, cash, invoice, order, quote, lead', async () => {
    const { invoice, note } = await charged();
    await api.post('finance', '/v1/payments', paid(note.number, '3.00'));
    await api.post('finance2', `/v1/charge-notes/${note.id}/waiver`, { reason: 'late parcel' });
    const url = `/v1/explanations/${note.id}`;
    const { body } = await api.call('rep', `${url}?language=en`);
    expect(body).toMatchObject({ what: 'charge_note', amount: eur('42.36') });
    expect(body.chain.map(({ what }: { what: string }) => what)).toEqual([
      'charge_note',
      'reminder',
      'fee',
      'interest',
      'interest',
      'allocation',
      'payment',
      'waiver',
      'invoice',
      'order',
      'quote',
      'approval',
      'lead',
    ]);
    const said = body.sentences.join('\n').replaceAll('\u00a0', ' ');
    for (const sentence of [
      `Charge note ${note.number} of 8 April 2026 charges €42.36, €0.00 of it open.`,
      'It came with the reminder of 8 April 2026, level 1.',
      'The flat compensation for late payment is €40.00, once for the invoice.',
      'From 2 April 2026 to 8 April 2026 (7 days) €1,210.00 were open, at 10.15% a year.',
      `€3.00 were put on charge note ${note.number} with value 10 April 2026.`,
      'finance2 waived €39.36 on 10 April 2026: late parcel.',
      `Invoice ${invoice.number} of 2 March 2026 over €1,210.00 was due on 1 April 2026.`,
    ]) {
      expect(said).toContain(sentence);
    }
    const spanish = (await api.call('rep', `${url}?language=es`)).body.sentences.join('\n');
    expect(spanish).toContain('Los intereses de demora son');
    const ofInvoice = await api.call('rep', `/v1/explanations/${invoice.id}?language=en`);
    expect(ofInvoice.body.sentences.join('\n')).toContain(
      `Charge note ${note.number} charges €42.36 beside it`,
    );
    expect((await api.call('rep', `/v1/explanations/${newId('charge')}`)).status).toBe(404);
  });

  test.each([
    ['/v1/charge-notes/charge_1', 400],
    ['/v1/charge-notes/%00', 400],
    ['/v1/charge-notes?status=overdue', 400],
    ['/v1/charge-notes?invoice=charge_01kaz4v8tqfv2r0c0q6c2nq4jd', 400],
    ['/v1/charge-notes?nobody=knows', 400],
    ['/v1/charge-notes?limit=1e3', 400],
    ['/v1/charge-notes/charge_01kaz4v8tqfv2r0c0q6c2nq4jd', 404],
  ])('%s answers %i', async (url, status) => {
    expect((await api.call('finance', url)).status).toBe(status);
  });

  test('fulfilment reads none', async () => {
    expect((await api.call('fulfilment', '/v1/charge-notes')).status).toBe(403);
  });
});

describe('waiving', () => {
  const waiver = (id: string) => `/v1/charge-notes/${id}/waiver`;

  test('a dry run shows what it takes and changes nothing; the waiver takes it, once per key', async () => {
    const { note } = await charged();
    const sent = { reason: 'the parcel was late' };
    const before = await counts(api.world);
    const effect = await api.post('finance', waiver(note.id), { ...sent, dryRun: true }, 'waive-dry');
    expect(effect).toMatchObject({
      status: 200,
      body: { chargeNoteId: note.id, amount: eur('42.36'), fee: eur('40.00'), interest: eur('2.36') },
    });
    expect(await counts(api.world)).toEqual(before);
    const [one, other] = await Promise.all([
      api.post('finance', waiver(note.id), sent, 'waive-1'),
      api.post('finance', waiver(note.id), sent, 'waive-1'),
    ]);
    const done = one.status === 201 ? one : other;
    expect(done.body).toMatchObject({ status: 'waived', waived: eur('42.36'), open: eur('0.00') });
    expect(done.body.waivers).toMatchObject([
      { amount: eur('42.36'), reason: sent.reason, waivedOn: '2026-04-10' },
    ]);
    expect([201, 409]).toContain(one.status === 201 ? other.status : one.status);
    const again = await api.post('finance', waiver(note.id), sent, 'waive-1');
    expect([again.status, again.body]).toEqual([201, done.body]);
    const body = { reason: 'other' };
    expect(await api.post('finance', waiver(note.id), body, 'waive-1')).toMatchObject({
      status: 422,
      body: { code: 'key_reused' },
    });
    expect(await api.post('finance', waiver(note.id), sent)).toMatchObject({
      status: 409,
      body: { code: 'nothing_open' },
    });
    const { n } = await row<{ n: bigint }>(
      api.world,
      'select count(*) as n from charge_waivers where charge_note_id = $1',
      note.id,
    );
    expect(n).toBe(1n);
  });

  test('whoever recorded a payment on it may not; a rep never may; an unknown one is 404', async () => {
    const { note } = await charged();
    await api.post('finance', '/v1/payments', paid(note.number, '3.00'));
    const sent = { reason: 'x' };
    const before = await counts(api.world);
    expect(await api.post('finance', waiver(note.id), sent)).toMatchObject({
      status: 403,
      body: { code: 'conflicting_duties' },
    });
    for (const who of ['rep', 'boss', 'comp'] as const) {
      expect(await api.post(who, waiver(note.id), sent)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    }
    for (const body of [sent, { ...sent, dryRun: true }]) {
      expect(await api.post('finance', waiver(newId('charge')), body)).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      });
    }
    expect(await counts(api.world)).toEqual(before);
  });

  test.each<[string, unknown, string]>([
    ['no reason', {}, '/reason'],
    ['an empty reason', { reason: '' }, '/reason'],
    ['blanks', { reason: '   ' }, '/reason'],
    ['a number', { reason: 5 }, '/reason'],
    ['null', { reason: null }, '/reason'],
    ['501 characters', { reason: 'x'.repeat(501) }, '/reason'],
    ['a NUL', { reason: 'a\u0000b' }, '/reason'],
    ['half a character', { reason: 'a\ud800b' }, '/reason'],
    ['text for a switch', { reason: 'x', dryRun: 'true' }, '/dryRun'],
    ['an amount of its own', { reason: 'x', amount: eur('1.00') }, '/amount'],
    ['a list', [], ''],
  ])('%s is refused with its field and changes nothing', async (_what, body, pointer) => {
    const { note } = await charged();
    const before = await counts(api.world);
    const answer = await api.post('finance', waiver(note.id), body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_field', errors: [{ pointer }] } });
    expect(await counts(api.world)).toEqual(before);
  });
});

describe('putting unapplied cash on charge notes', () => {
  test('a person names the note; the payment shows it', async () => {
    const { note } = await charged();
    const payment = (await api.post('finance', '/v1/payments', paid('LOST', '50.00'))).body;
    const url = `/v1/payments/${payment.id}/allocations`;
    const sent = { allocations: [{ chargeNoteId: note.id, amount: eur('42.36') }] };
    const done = await api.post('finance', url, sent, 'place-note');
    expect(done).toMatchObject({ status: 201, body: { unapplied: eur('7.64') } });
    expect(done.body.allocations).toMatchObject([
      { invoiceId: null, chargeNoteId: note.id, amount: eur('42.36'), cause: 'by_hand' },
    ]);
    expect((await api.post('finance', url, sent, 'place-note')).body).toEqual(done.body);
    expect((await api.call('finance', `/v1/charge-notes/${note.id}`)).body.status).toBe('paid');
  });

  test.each<[string, (made: Charged) => object, number, string, string]>([
    ['neither', () => ({}), 400, 'invalid_field', '/allocations/0'],
    [
      'both',
      ({ note, invoice }) => ({ chargeNoteId: note.id, invoiceId: invoice.id }),
      400,
      'invalid_field',
      '/allocations/0',
    ],
    [
      'an id of another kind',
      ({ invoice }) => ({ chargeNoteId: invoice.id }),
      400,
      'invalid_field',
      '/allocations/0/chargeNoteId',
    ],
    ['a number', () => ({ chargeNoteId: 5 }), 400, 'invalid_field', '/allocations/0/chargeNoteId'],
    [
      'no note',
      () => ({ chargeNoteId: newId('charge') }),
      400,
      'invalid_field',
      '/allocations/0/chargeNoteId',
    ],
    [
      'more than it asks',
      ({ note }) => ({ chargeNoteId: note.id, amount: eur('42.37') }),
      422,
      'over_allocated',
      '/allocations/0/amount',
    ],
  ])('%s is refused and changes nothing', async (_what, one, status, code, pointer) => {
    const made = await charged();
    const payment = (await api.post('finance', '/v1/payments', paid('LOST', '50.00'))).body;
    const before = await counts(api.world);
    const body = { allocations: [{ amount: eur('1.00'), ...one(made) }] };
    const answer = await api.post('finance', `/v1/payments/${payment.id}/allocations`, body);
    expect(answer).toMatchObject({ status, body: { code, errors: [{ pointer }] } });
    expect(await counts(api.world)).toEqual(before);
  });

  test('a bounce takes it off again', async () => {
    const { note } = await charged();
    const payment = (await api.post('finance', '/v1/payments', paid(note.number, '42.36'))).body;
    const bounced = { reference: 'R', reversedOn: '2026-04-10', reason: 'no funds' };
    const { body } = await api.post('finance', `/v1/payments/${payment.id}/reversal`, bounced);
    expect(body.allocations).toMatchObject([
      { amount: eur('42.36'), cause: 'payment' },
      { amount: eur('-42.36'), cause: 'reversal', chargeNoteId: note.id },
    ]);
    expect((await api.call('rep', `/v1/charge-notes/${note.id}`)).body.open).toEqual(eur('42.36'));
  });
});
