import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../../../domain/errors.js';
import {
  allocateByOpenGross,
  type PaymentToReverse,
  reversePayment,
  toleratedDifference,
} from '../../../domain/payments/allocation.js';
import {
  type IncomingPayment,
  matchPayment,
  type OpenInvoice,
  type PaymentMatch,
} from '../../../domain/payments/matching.js';

const lines = (...opens: bigint[]) =>
  opens.map((openMinor, index) => ({ lineId: `line-${index + 1}`, openMinor }));

describe('a payment on an invoice', () => {
  test.each([
    ['is shared by open gross', 600n, [1000n, 500n], [400n, 200n], 0n],
    ['gives a tied unit to the lowest line', 100n, [50n, 50n, 50n], [34n, 33n, 33n], 0n],
    ['leaves out lines that are settled', 100n, [0n, 300n], [0n, 100n], 0n],
    ['pays everything open and leaves the rest', 1600n, [1000n, 500n], [1000n, 500n], 100n],
    ['leaves all of it where nothing is open', 100n, [0n], [0n], 100n],
    ['takes no more than a line of negative gross leaves open', 1000n, [1000n, -200n], [800n, 0n], 200n],
    ['leaves all of it where the invoice owes the customer', 50n, [100n, -200n], [0n, 0n], 50n],
    ['of nothing allocates nothing', 0n, [10n], [0n], 0n],
  ])('%s', (_name, amount, opens, expected, rest) => {
    const { shares, allocatedMinor, restMinor } = allocateByOpenGross(amount, lines(...opens));
    const byLine = new Map(shares.map((share) => [share.lineId, share.amountMinor]));
    expect(lines(...opens).map(({ lineId }) => byLine.get(lineId) ?? 0n)).toEqual(expected);
    expect([allocatedMinor + restMinor, restMinor]).toEqual([amount, rest]);
  });

  test('a line that gets no unit of it has no share', () => {
    expect(allocateByOpenGross(1n, lines(50n, 0n, 50n)).shares).toHaveLength(1);
    expect(allocateByOpenGross(0n, lines(50n)).shares).toEqual([]);
  });

  test('a negative amount is a bug', () => {
    expect(() => allocateByOpenGross(-1n, lines(5n))).toThrow(new RangeError('allocation of -1'));
  });

  test('never pays a line more than it has open, and payments in any parts settle all lines', () => {
    const amounts = fc.array(fc.bigInt({ min: 0n, max: 100_000n }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(amounts, amounts, (opens, payments) => {
        let open = lines(...opens);
        const total = opens.reduce((sum, amount) => sum + amount, 0n);
        for (const payment of [...payments, total]) {
          const { shares, allocatedMinor, restMinor } = allocateByOpenGross(payment, open);
          expect(shares.reduce((sum, share) => sum + share.amountMinor, 0n)).toBe(allocatedMinor);
          expect(allocatedMinor + restMinor).toBe(payment);
          const byLine = new Map(shares.map((share) => [share.lineId, share.amountMinor]));
          open = open.map(({ lineId, openMinor }) => ({
            lineId,
            openMinor: openMinor - (byLine.get(lineId) ?? 0n),
          }));
          for (const { openMinor } of open) expect(openMinor >= 0n).toBe(true);
        }
        for (const { openMinor } of open) expect(openMinor).toBe(0n);
      }),
    );
  });
});

describe('a small difference', () => {
  const tolerance = { shareBps: 50, maxMinor: 300n };
  test.each([
    ['within both limits', 250n, 0n, 50_000n, 250n],
    ['one unit over the share', 251n, 0n, 50_000n, 0n],
    ['at the amount, below the share', 300n, 0n, 100_000n, 300n],
    ['one unit over the amount', 301n, 0n, 100_000n, 0n],
    ['with what was tolerated before within both', 100n, 150n, 50_000n, 100n],
    ['with what was tolerated before over the share', 101n, 150n, 50_000n, 0n],
    ['with what was tolerated before over the amount', 250n, 51n, 100_000n, 0n],
    ['nothing open', 0n, 0n, 100_000n, 0n],
  ])('%s', (_name, openMinor, toleratedMinor, grossMinor, tolerated) => {
    expect(toleratedDifference({ openMinor, toleratedMinor, grossMinor }, tolerance)).toBe(tolerated);
  });
});

const invoice = (number: string, openMinor: bigint, changes: Partial<OpenInvoice> = {}): OpenInvoice => ({
  invoiceId: `id-${number}`,
  number,
  accountId: 'acme',
  currency: 'EUR',
  dueOn: '2026-12-01',
  openMinor,
  charges: [],
  ...changes,
});
const payment = (amountMinor: bigint, changes: Partial<IncomingPayment> = {}): IncomingPayment => ({
  currency: 'EUR',
  amountMinor,
  invoiceNumber: null,
  accountId: null,
  order: 'principal_first',
  ...changes,
});
const to = (number: string, amountMinor: bigint) => ({ invoiceId: `id-${number}`, amountMinor });

describe('matching a payment', () => {
  const open = [
    invoice('INV-10', 1000n),
    invoice('INV-9', 2000n),
    invoice('INV-11', 500n, { dueOn: '2026-11-01' }),
    invoice('INV-12', 1000n, { accountId: 'other' }),
    invoice('INV-13', 700n, { currency: 'USD' }),
    invoice('INV-14', 0n),
  ];
  const twins = [
    invoice('INV-10', 1000n),
    invoice('INV-9', 1000n),
    invoice('INV-8', 1000n, { dueOn: '2026-11-01' }),
  ];

  const cases: [string, IncomingPayment, OpenInvoice[], Partial<PaymentMatch>][] = [
    [
      'goes to the invoice the payer named',
      payment(400n, { invoiceNumber: 'INV-10' }),
      open,
      { allocations: [to('INV-10', 400n)], unappliedMinor: 0n, task: null, proposals: [] },
    ],
    [
      'forgives case and spaces in the number',
      payment(1000n, { invoiceNumber: ' inv - 10' }),
      open,
      { allocations: [to('INV-10', 1000n)], task: null },
    ],
    [
      'follows the number before payer and amount',
      payment(1000n, { invoiceNumber: 'INV-9', accountId: 'acme' }),
      open,
      { allocations: [to('INV-9', 1000n)], task: null },
    ],
    [
      'leaves what exceeds the named invoice unapplied',
      payment(1001n, { invoiceNumber: 'INV-10' }),
      open,
      { allocations: [to('INV-10', 1000n)], unappliedMinor: 1n, task: 'overpaid' },
    ],
    [
      'is unapplied with an unknown number, whatever else fits; the fit is proposed',
      payment(1000n, { invoiceNumber: 'INV-99', accountId: 'acme' }),
      open,
      { allocations: [], unappliedMinor: 1000n, task: 'unknown_invoice', proposals: [[to('INV-10', 1000n)]] },
    ],
    [
      'is unapplied on an invoice that is settled',
      payment(40n, { invoiceNumber: 'INV-14', accountId: 'other' }),
      open,
      { allocations: [], unappliedMinor: 40n, task: 'settled_invoice', proposals: [[to('INV-12', 40n)]] },
    ],
    [
      'is unapplied in another currency than the invoice',
      payment(700n, { invoiceNumber: 'INV-13' }),
      open,
      { allocations: [], unappliedMinor: 700n, task: 'currency_mismatch', proposals: [] },
    ],
    [
      'is unapplied when two entities use the number',
      payment(700n, { invoiceNumber: 'INV-1' }),
      [invoice('INV-1', 700n), invoice('INV-1', 900n, { invoiceId: 'id-2' })],
      {
        allocations: [],
        task: 'several_candidates',
        proposals: [[to('INV-1', 700n)], [{ invoiceId: 'id-2', amountMinor: 700n }]],
      },
    ],
    [
      'posts alone with one invoice of that payer and amount',
      payment(1000n, { accountId: 'acme' }),
      open,
      { allocations: [to('INV-10', 1000n)], unappliedMinor: 0n, task: null },
    ],
    [
      'is a proposal with several such invoices: oldest due first, then lowest number',
      payment(1000n, { accountId: 'acme' }),
      twins,
      {
        allocations: [],
        unappliedMinor: 1000n,
        task: 'several_candidates',
        proposals: [[to('INV-8', 1000n)], [to('INV-9', 1000n)], [to('INV-10', 1000n)]],
      },
    ],
    [
      'is proposed for the payer’s oldest invoices where no amount fits',
      payment(2600n, { accountId: 'acme' }),
      open,
      {
        allocations: [],
        task: 'no_candidate',
        proposals: [[to('INV-11', 500n), to('INV-9', 2000n), to('INV-10', 100n)]],
      },
    ],
    [
      'for another customer than the one it names is proposed, not posted',
      payment(500n, { accountId: 'acme', invoiceNumber: 'INV-11' }),
      open.map((invoice) => ({ ...invoice, accountId: 'other' })),
      { allocations: [], unappliedMinor: 500n, task: 'other_customer', proposals: [[to('INV-11', 500n)]] },
    ],
    [
      'is only proposed where the payer is unknown, however well the amount fits',
      payment(500n),
      open,
      { allocations: [], unappliedMinor: 500n, task: 'unknown_payer', proposals: [[to('INV-11', 500n)]] },
    ],
    [
      'of an unknown payer and amount has nothing to propose',
      payment(501n),
      open,
      { allocations: [], unappliedMinor: 501n, task: 'unknown_payer', proposals: [] },
    ],
    [
      'of a payer who owes nothing in this currency has nothing to propose',
      payment(500n, { accountId: 'acme', currency: 'GBP' }),
      open,
      { allocations: [], task: 'no_candidate', proposals: [] },
    ],
  ];
  test.each(cases)('%s', (_name, incoming, invoices, expected) => {
    expect(matchPayment(incoming, invoices)).toMatchObject(expected);
  });

  test.each([0n, -1n])('a payment of %s is a bug', (amount) => {
    expect(() => matchPayment(payment(amount), open)).toThrow(RangeError);
  });

  test('every unit of a payment is posted or unapplied', () => {
    const number = fc.constantFrom(null, 'INV-9', 'INV-10', 'INV-11', 'INV-14', 'INV-99');
    const account = fc.constantFrom(null, 'acme', 'other');
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 3000n }), number, account, (amount, invoiceNumber, accountId) => {
        const match = matchPayment(payment(amount, { invoiceNumber, accountId }), open);
        const posted = match.allocations.reduce((sum, share) => sum + share.amountMinor, 0n);
        expect(posted + match.unappliedMinor).toBe(amount);
        expect(match.unappliedMinor > 0n).toBe(match.task !== null);
      }),
    );
  });
});

describe('a payment that bounces', () => {
  const bounced: PaymentToReverse = {
    amountMinor: 1000n,
    alreadyReversed: false,
    allocations: [
      { allocationId: '1', invoiceId: 'i', lineId: 'a', amountMinor: 600n },
      { allocationId: '2', invoiceId: 'i', lineId: 'b', amountMinor: 0n },
      { allocationId: '3', invoiceId: 'i', lineId: 'c', amountMinor: 250n },
    ],
    unappliedMinor: 70n,
    chargedMinor: 30n,
    refundedMinor: 50n,
  };

  test('takes back exactly what still stands', () => {
    expect(reversePayment(bounced)).toEqual({
      mirrors: [
        { allocationId: '1', invoiceId: 'i', lineId: 'a', amountMinor: -600n },
        { allocationId: '3', invoiceId: 'i', lineId: 'c', amountMinor: -250n },
      ],
      allocatedMinor: 850n,
      unappliedMinor: 70n,
      refundedMinor: 50n,
    });
  });

  test('bounces once', () => {
    expect(() => reversePayment({ ...bounced, alreadyReversed: true })).toThrow(
      new DomainError('already_reversed', 'the payment was reversed before'),
    );
    expect(() => reversePayment({ ...bounced, alreadyReversed: true })).toThrow(
      expect.objectContaining({ code: 'already_reversed' }),
    );
  });

  test('a record that does not add up says of what', () => {
    expect(() => reversePayment({ ...bounced, amountMinor: 999n })).toThrow(
      new RangeError(
        'payment of 999 stands with 850 allocated, 30 on charge notes, 70 unapplied, 50 refunded',
      ),
    );
  });

  test.each([1n, -1n])('a record that is off by %s is a bug', (off) => {
    expect(() => reversePayment({ ...bounced, unappliedMinor: 70n + off })).toThrow(RangeError);
  });
});
