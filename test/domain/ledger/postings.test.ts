import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ACCOUNTS, balanced, debit, type PostingLine } from '../../../domain/ledger/accounts.js';
import {
  postBankCharge,
  postLaterAllocation,
  postPayerNamed,
  postPayment,
  postPaymentReversed,
} from '../../../domain/ledger/cash.js';
import {
  postCommissionEarned,
  postCommissionReversed,
  postPayoutConfirmed,
  postPayoutReleased,
} from '../../../domain/ledger/commissions.js';
import {
  postChargeNote,
  postChargeWaived,
  postCreditNote,
  postDeliveredInvoice,
  postInvoiceOnOrder,
  postRecovery,
  postRevenueEarned,
  postSmallDifference,
  postWriteOff,
} from '../../../domain/ledger/receivables.js';

const customer = 'acme';
const payee = 'rep';
const cashAccount = 'cash';

/** Debits and credits as a bookkeeper writes them: `receivable 121 acme | revenue -100 | tax_payable -21`. */
const written = (lines: readonly PostingLine[]) =>
  lines
    .map(({ account, amountMinor, party }) =>
      [account, amountMinor, party].filter((part) => part !== undefined).join(' '),
    )
    .join(' | ');

describe('the postings of each event', () => {
  const cases: [string, () => PostingLine[], string][] = [
    [
      'invoice on delivery',
      () => postDeliveredInvoice({ customer, netMinor: 100n, taxMinor: 21n }),
      'receivable 121 acme | revenue -100 | tax_payable -21',
    ],
    [
      'invoice without tax has no empty line',
      () => postDeliveredInvoice({ customer, netMinor: 100n, taxMinor: 0n }),
      'receivable 100 acme | revenue -100',
    ],
    [
      'invoice of nothing posts nothing',
      () => postDeliveredInvoice({ customer, netMinor: 0n, taxMinor: 0n }),
      '',
    ],
    [
      'invoice on order',
      () => postInvoiceOnOrder({ customer, netMinor: 100n, taxMinor: 21n }),
      'receivable 121 acme | deferred_revenue -100 | tax_payable -21',
    ],
    ['its revenue earned', () => postRevenueEarned({ netMinor: 60n }), 'deferred_revenue 60 | revenue -60'],
    [
      'payment, part of it unapplied',
      () => postPayment({ customer, cashAccount, allocatedMinor: 121n, unappliedMinor: 9n }),
      'cash 130 | receivable -121 acme | unapplied_cash -9 acme',
    ],
    [
      'payment through a provider',
      () => postPayment({ customer, cashAccount: 'psp_clearing', allocatedMinor: 121n, unappliedMinor: 0n }),
      'psp_clearing 121 | receivable -121 acme',
    ],
    [
      'unapplied cash allocated later',
      () => postLaterAllocation({ customer, amountMinor: 9n }),
      'unapplied_cash 9 acme | receivable -9 acme',
    ],
    [
      'payment reversed, part unapplied, part refunded before',
      () =>
        postPaymentReversed({
          customer,
          cashAccount,
          allocatedMinor: 100n,
          unappliedMinor: 9n,
          refundedMinor: 21n,
        }),
      'receivable 121 acme | unapplied_cash 9 acme | cash -130',
    ],
    ['bank charge', () => postBankCharge({ amountMinor: 3n }), 'bank_charges 3 | cash -3'],
    [
      'credit note on the open part',
      () =>
        postCreditNote({
          customer,
          revenueMinor: 100n,
          deferredMinor: 0n,
          taxMinor: 21n,
          openMinor: 121n,
          unappliedMinor: 0n,
        }),
      'revenue 100 | tax_payable 21 | receivable -121 acme',
    ],
    [
      'credit note releasing cash, half of the revenue not earned yet',
      () =>
        postCreditNote({
          customer,
          revenueMinor: 50n,
          deferredMinor: 50n,
          taxMinor: 21n,
          openMinor: 21n,
          unappliedMinor: 100n,
        }),
      'revenue 50 | deferred_revenue 50 | tax_payable 21 | receivable -21 acme | unapplied_cash -100 acme',
    ],
    [
      'write-off',
      () => postWriteOff({ customer, grossMinor: 121n, taxReliefMinor: 0n }),
      'bad_debt 121 | receivable -121 acme',
    ],
    [
      'write-off with tax relief',
      () => postWriteOff({ customer, grossMinor: 121n, taxReliefMinor: 21n }),
      'bad_debt 121 | receivable -121 acme | tax_payable 21 | bad_debt -21',
    ],
    [
      'recovery, its tax due again',
      () => postRecovery({ cashAccount, amountMinor: 121n, taxDueMinor: 21n }),
      'cash 121 | bad_debt_recovered -100 | tax_payable -21',
    ],
    [
      'small difference',
      () => postSmallDifference({ customer, amountMinor: 2n }),
      'small_differences 2 | receivable -2 acme',
    ],
    [
      'charge note',
      () => postChargeNote({ customer, feeMinor: 4000n, interestMinor: 123n }),
      'receivable 4123 acme | fee_income -4000 | interest_income -123',
    ],
    [
      'charge waived',
      () => postChargeWaived({ customer, feeMinor: 4000n, interestMinor: 0n }),
      'fee_income 4000 | receivable -4000 acme',
    ],
    [
      'commission earned',
      () => postCommissionEarned({ payee, amountMinor: 50n }),
      'commission_expense 50 | commission_payable -50 rep',
    ],
    [
      'commission reversed',
      () => postCommissionReversed({ payee, amountMinor: 50n }),
      'commission_payable 50 rep | commission_expense -50',
    ],
    [
      'payout released',
      () => postPayoutReleased({ payee, amountMinor: 50n }),
      'commission_payable 50 rep | payout_clearing -50 rep',
    ],
    [
      'payout confirmed',
      () => postPayoutConfirmed({ payee, amountMinor: 50n }),
      'payout_clearing 50 rep | cash -50',
    ],
    [
      'payer named',
      () => postPayerNamed('pay_1', { customer, amountMinor: 9n }),
      'unapplied_cash 9 pay_1 | unapplied_cash -9 acme',
    ],
  ];
  test.each(cases)('%s', (_name, post, expected) => {
    expect(written(post())).toBe(expected);
  });
});

describe('every posting', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 15n });
  const everyEvent = (a: bigint, b: bigint, c: bigint): PostingLine[][] => [
    postDeliveredInvoice({ customer, netMinor: a, taxMinor: b }),
    postInvoiceOnOrder({ customer, netMinor: -a, taxMinor: -b }),
    postRevenueEarned({ netMinor: a }),
    postCreditNote({
      customer,
      revenueMinor: a,
      deferredMinor: b,
      taxMinor: c,
      openMinor: a + c,
      unappliedMinor: b,
    }),
    postWriteOff({ customer, grossMinor: a + b, taxReliefMinor: b }),
    postRecovery({ cashAccount, amountMinor: a + b, taxDueMinor: b }),
    postSmallDifference({ customer, amountMinor: a }),
    postChargeNote({ customer, feeMinor: a, interestMinor: b }),
    postChargeWaived({ customer, feeMinor: a, interestMinor: b }),
    postPayment({ customer, cashAccount, allocatedMinor: a, unappliedMinor: b }),
    postLaterAllocation({ customer, amountMinor: a }),
    postPayerNamed('pay_1', { customer, amountMinor: a }),
    postPaymentReversed({ customer, cashAccount, allocatedMinor: a, unappliedMinor: b, refundedMinor: c }),
    postBankCharge({ amountMinor: a }),
    postCommissionEarned({ payee, amountMinor: a }),
    postCommissionReversed({ payee, amountMinor: a }),
    postPayoutReleased({ payee, amountMinor: a }),
    postPayoutConfirmed({ payee, amountMinor: a }),
  ];

  test('sums to zero, has no empty line, and keeps a party where a balance is somebody’s', () => {
    const owned = ['receivable', 'unapplied_cash', 'commission_payable', 'payout_clearing'];
    fc.assert(
      fc.property(amount, amount, amount, (a, b, c) => {
        for (const lines of everyEvent(a, b, c)) {
          expect(lines.reduce((sum, line) => sum + line.amountMinor, 0n)).toBe(0n);
          for (const line of lines) {
            expect(line.amountMinor).not.toBe(0n);
            expect(ACCOUNTS).toContain(line.account);
            expect(line.party !== undefined).toBe(owned.includes(line.account));
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test('a reversal undoes its payment, a waiver its charge, a rejection its release', () => {
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        const pairs: [PostingLine[], PostingLine[]][] = [
          [
            postPayment({ customer, cashAccount, allocatedMinor: a, unappliedMinor: b }),
            postPaymentReversed({
              customer,
              cashAccount,
              allocatedMinor: a,
              unappliedMinor: b,
              refundedMinor: 0n,
            }),
          ],
          [
            postChargeNote({ customer, feeMinor: a, interestMinor: b }),
            postChargeWaived({ customer, feeMinor: a, interestMinor: b }),
          ],
          [
            postCommissionEarned({ payee, amountMinor: a }),
            postCommissionReversed({ payee, amountMinor: a }),
          ],
        ];
        for (const [done, undone] of pairs) {
          for (const account of ACCOUNTS) {
            const lines = [...done, ...undone].filter((line) => line.account === account);
            expect(lines.reduce((sum, line) => sum + line.amountMinor, 0n)).toBe(0n);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  const below = -1n;
  test.each<[string, () => PostingLine[]]>([
    [
      'allocatedMinor',
      () => postPayment({ customer, cashAccount, allocatedMinor: below, unappliedMinor: 5n }),
    ],
    [
      'unappliedMinor',
      () => postPayment({ customer, cashAccount, allocatedMinor: 5n, unappliedMinor: below }),
    ],
    ['amountMinor', () => postLaterAllocation({ customer, amountMinor: below })],
    ['amountMinor', () => postPayerNamed('pay_1', { customer, amountMinor: below })],
    ['amountMinor', () => postBankCharge({ amountMinor: below })],
    ['amountMinor', () => postSmallDifference({ customer, amountMinor: below })],
    ['amountMinor', () => postCommissionEarned({ payee, amountMinor: below })],
    ['netMinor', () => postRevenueEarned({ netMinor: below })],
    ['grossMinor', () => postWriteOff({ customer, grossMinor: below, taxReliefMinor: below })],
    ['taxReliefMinor', () => postWriteOff({ customer, grossMinor: 5n, taxReliefMinor: below })],
    ['taxDueMinor', () => postRecovery({ cashAccount, amountMinor: 5n, taxDueMinor: below })],
    ['feeMinor', () => postChargeNote({ customer, feeMinor: below, interestMinor: 5n })],
    ['interestMinor', () => postChargeNote({ customer, feeMinor: 5n, interestMinor: below })],
    ['feeMinor', () => postChargeWaived({ customer, feeMinor: below, interestMinor: 5n })],
    ['interestMinor', () => postChargeWaived({ customer, feeMinor: 5n, interestMinor: below })],
    ...(['allocatedMinor', 'unappliedMinor', 'refundedMinor'] as const).map(
      (name): [string, () => PostingLine[]] => {
        const parts = { allocatedMinor: 5n, unappliedMinor: 5n, refundedMinor: 5n, [name]: below };
        return [name, () => postPaymentReversed({ customer, cashAccount, ...parts })];
      },
    ),
    [
      'unappliedMinor',
      () =>
        postCreditNote({
          customer,
          revenueMinor: 4n,
          deferredMinor: 0n,
          taxMinor: 0n,
          openMinor: 5n,
          unappliedMinor: below,
        }),
    ],
  ])('%s below 0 would turn an event into its opposite, and is a bug', (name, post) => {
    expect(post).toThrow(new RangeError(`${name} is -1, must not be below 0`));
  });

  test('a line nobody owns names no party at all', () => {
    expect(Object.keys(debit('cash', 5n))).toEqual(['account', 'amountMinor']);
  });

  test.each([
    [
      'a credit note whose parts do not meet',
      () =>
        postCreditNote({
          customer,
          revenueMinor: 100n,
          deferredMinor: 0n,
          taxMinor: 21n,
          openMinor: 120n,
          unappliedMinor: 0n,
        }),
      /credit note is out of balance by 1/,
    ],
    ['a lone debit', () => balanced('test', [debit('cash', 5n)]), /test is out of balance by 5/],
    ['a negative payout', () => postPayoutConfirmed({ payee, amountMinor: -1n }), /amountMinor is -1/],
    [
      'more tax relief than gross',
      () => postWriteOff({ customer, grossMinor: 20n, taxReliefMinor: 21n }),
      /gross less relief is -1/,
    ],
    [
      'more tax than was recovered',
      () => postRecovery({ cashAccount, amountMinor: 20n, taxDueMinor: 21n }),
      /amount less tax is -1/,
    ],
  ])('%s is a bug', (_name, post, message) => {
    expect(post).toThrow(message);
    expect(post).toThrow(RangeError);
  });
});
