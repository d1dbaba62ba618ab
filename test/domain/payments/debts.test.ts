import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type OpenCharge,
  PAYMENT_ORDERS,
  type PaymentOrder,
  shareOverDebt,
} from '../../../domain/payments/debts.js';
import { type IncomingPayment, matchPayment, type OpenInvoice } from '../../../domain/payments/matching.js';

const note = (number: string, interestMinor: bigint, feeMinor: bigint, dueOn = '2026-12-01'): OpenCharge => ({
  chargeNoteId: `id-${number}`,
  number,
  dueOn,
  interestMinor,
  feeMinor,
});

describe('money on a debt', () => {
  const charges = [note('CH-2', 30n, 40n, '2026-12-20'), note('CH-1', 10n, 20n)];
  const debt = { openMinor: 1_000n, charges };

  // Principal 1,000; interest 10 then 30; fees 20 then 40.
  test.each<[PaymentOrder, bigint, bigint, string]>([
    ['principal_first', 1_000n, 1_000n, ''],
    ['principal_first', 1_010n, 1_000n, 'CH-1 10+0'],
    ['principal_first', 1_039n, 1_000n, 'CH-1 10+0 CH-2 29+0'],
    ['principal_first', 1_041n, 1_000n, 'CH-1 10+1 CH-2 30+0'],
    ['principal_first', 1_100n, 1_000n, 'CH-1 10+20 CH-2 30+40'],
    ['principal_first', 1_101n, 1_000n, 'CH-1 10+20 CH-2 30+40'],
    ['legal', 20n, 0n, 'CH-1 0+20'],
    ['legal', 61n, 0n, 'CH-1 1+20 CH-2 0+40'],
    ['legal', 100n, 0n, 'CH-1 10+20 CH-2 30+40'],
    ['legal', 101n, 1n, 'CH-1 10+20 CH-2 30+40'],
    ['legal', 1_000n, 900n, 'CH-1 10+20 CH-2 30+40'],
  ])('in order %s: of %s the principal gets %s, the notes %s', (order, amount, principal, notes) => {
    const share = shareOverDebt(amount, debt, order);
    const seen = share.charges.map(
      ({ chargeNoteId, interestMinor, feeMinor }) => `${chargeNoteId.slice(3)} ${interestMinor}+${feeMinor}`,
    );
    expect([share.principalMinor, seen.join(' ')]).toEqual([principal, notes]);
  });

  test('a negative amount is a bug', () => {
    expect(() => shareOverDebt(-1n, debt, 'legal')).toThrow(RangeError);
  });

  test('never more than is open, never less than there is, and no part before the one in front of it', () => {
    const minor = fc.bigInt({ min: 0n, max: 2_000n });
    const notes = fc.array(fc.tuple(minor, minor), { maxLength: 4 });
    fc.assert(
      fc.property(
        minor,
        minor,
        notes,
        fc.constantFrom(...PAYMENT_ORDERS),
        (amount, openMinor, pairs, order) => {
          const open = pairs.map(([interest, fee], index) => note(`CH-${index}`, interest, fee));
          const share = shareOverDebt(amount, { openMinor, charges: open }, order);
          const interest = share.charges.reduce((sum, one) => sum + one.interestMinor, 0n);
          const fees = share.charges.reduce((sum, one) => sum + one.feeMinor, 0n);
          const owed = {
            principal: openMinor,
            interest: open.reduce((sum, one) => sum + one.interestMinor, 0n),
            fees: open.reduce((sum, one) => sum + one.feeMinor, 0n),
          };
          const got = { principal: share.principalMinor, interest, fees };
          const names = ['principal', 'interest', 'fees'] as const;
          const inOrder = order === 'legal' ? [...names].reverse() : [...names];
          const total = inOrder.reduce((sum, part) => sum + owed[part], 0n);
          const placed = inOrder.reduce((sum, part) => sum + got[part], 0n);
          expect(placed).toBe(amount < total ? amount : total);
          inOrder.forEach((part, index) => {
            expect(got[part] <= owed[part]).toBe(true);
            const later = inOrder.slice(index + 1).reduce((sum, next) => sum + got[next], 0n);
            expect(later === 0n || got[part] === owed[part]).toBe(true);
          });
          for (const { chargeNoteId, feeMinor, interestMinor, amountMinor } of share.charges) {
            const from = open.find((one) => one.chargeNoteId === chargeNoteId) as OpenCharge;
            expect(feeMinor <= from.feeMinor && interestMinor <= from.interestMinor).toBe(true);
            expect(amountMinor).toBe(feeMinor + interestMinor);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('matching a payment with charge notes', () => {
  const invoice = (number: string, openMinor: bigint, charges: OpenCharge[] = []): OpenInvoice => ({
    invoiceId: `id-${number}`,
    number,
    accountId: 'acme',
    currency: 'EUR',
    dueOn: '2026-12-01',
    openMinor,
    charges,
  });
  const payment = (amountMinor: bigint, changes: Partial<IncomingPayment> = {}): IncomingPayment => ({
    currency: 'EUR',
    amountMinor,
    invoiceNumber: null,
    accountId: null,
    order: 'principal_first',
    ...changes,
  });
  const open = [
    invoice('INV-1', 1_000n, [note('CH-1', 10n, 40n), note('CH-9', 0n, 0n)]),
    invoice('INV-2', 0n, [note('CH-2', 0n, 70n)]),
    invoice('INV-3', 500n),
  ];
  const acme = { accountId: 'acme' };
  const all = (shares: readonly object[]) =>
    shares
      .map((share) => `${Object.values(share)[0]}:${(share as { amountMinor: bigint }).amountMinor}`)
      .join(' ');

  test.each<[string, IncomingPayment, string, bigint, string | null]>([
    ['goes to the note the payer named', payment(50n, { invoiceNumber: 'ch-1' }), 'id-CH-1:50', 0n, null],
    ['less than the note asks stays on it', payment(11n, { invoiceNumber: 'CH-1' }), 'id-CH-1:11', 0n, null],
    [
      'what exceeds the named note is unapplied',
      payment(51n, { invoiceNumber: 'CH-1' }),
      'id-CH-1:50',
      1n,
      'overpaid',
    ],
    ['a settled note takes nothing', payment(5n, { invoiceNumber: 'CH-9' }), '', 5n, 'settled_invoice'],
    [
      'naming the invoice pays the principal first',
      payment(1_000n, { invoiceNumber: 'INV-1' }),
      'id-INV-1:1000',
      0n,
      null,
    ],
    [
      'what exceeds the principal goes to its notes',
      payment(1_050n, { invoiceNumber: 'INV-1' }),
      'id-INV-1:1000 id-CH-1:50',
      0n,
      null,
    ],
    [
      'by law the notes come first',
      payment(1_000n, { invoiceNumber: 'INV-1', order: 'legal' }),
      'id-INV-1:950 id-CH-1:50',
      0n,
      null,
    ],
    [
      'a paid invoice leads to its open note',
      payment(70n, { invoiceNumber: 'INV-2' }),
      'id-CH-2:70',
      0n,
      null,
    ],
    [
      'another currency is none of it',
      payment(5n, { invoiceNumber: 'CH-1', currency: 'USD' }),
      '',
      5n,
      'currency_mismatch',
    ],
    ['the principal alone fits', payment(1_000n, acme), 'id-INV-1:1000', 0n, null],
    ['the debt with its notes fits', payment(1_050n, acme), 'id-INV-1:1000 id-CH-1:50', 0n, null],
    ['a note alone fits', payment(50n, acme), 'id-CH-1:50', 0n, null],
    ['the note of a paid invoice fits once', payment(70n, acme), 'id-CH-2:70', 0n, null],
    ['nothing fits', payment(71n, acme), '', 71n, 'no_candidate'],
  ])('%s', (_what, incoming, allocations, unapplied, task) => {
    const match = matchPayment(incoming, open);
    expect([all(match.allocations), match.unappliedMinor, match.task]).toEqual([
      allocations,
      unapplied,
      task,
    ]);
  });

  test('a note and an invoice of one amount are two candidates', () => {
    const twins = [invoice('INV-1', 1_000n, [note('CH-1', 0n, 500n)]), invoice('INV-3', 500n)];
    const { task, proposals } = matchPayment(payment(500n, acme), twins);
    expect([task, proposals.map(all)]).toEqual(['several_candidates', ['id-CH-1:500', 'id-INV-3:500']]);
  });

  test('what fits nothing is proposed for the oldest debts, each with its notes', () => {
    const { proposals } = matchPayment(payment(1_100n, acme), open);
    expect(proposals.map(all)).toEqual(['id-INV-1:1000 id-CH-1:50 id-CH-2:50']);
  });
});
