import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { POLICY_EXAMPLES } from '../../../contracts/policies/examples.js';
import { addDays } from '../../../domain/calendar/days.js';
import {
  type ChargeDraft,
  chargeStatus,
  chargesOfLetter,
  openCharge,
  type RemindedItem,
  sumOf,
} from '../../../domain/collections/charges.js';
import { interestPeriods, type LatePrincipal, lateInterest } from '../../../domain/collections/interest.js';
import { freshItem } from '../../../domain/collections/reminders.js';
import type { ChargeBalance } from '../../../domain/collections/types.js';

const policy = POLICY_EXAMPLES.dunning;
const DUE = '2026-03-31';
const TODAY = '2026-04-21';

const reminded = (
  invoiceId: string,
  changes: Partial<RemindedItem> & { dueOn?: string } = {},
): RemindedItem => {
  const { dueOn = DUE, ...more } = changes;
  const principal = { dueOn, openMinor: 0n, changes: [], disputed: [], chargedUntilOn: null };
  return {
    invoiceId,
    item: freshItem({ dueOn, currency: 'EUR', openMinor: 365_000n, customer: 'business' }),
    level: 1,
    feeMinor: 0n,
    policy,
    principal,
    flatCharged: true,
    ...more,
  };
};
const bearing = (openMinor: bigint, chargedUntilOn: string | null = null): LatePrincipal => ({
  dueOn: DUE,
  openMinor,
  changes: [],
  disputed: [],
  chargedUntilOn,
});
const shown = (drafts: ChargeDraft[]) =>
  drafts.map(({ invoiceId, lines }) =>
    [invoiceId, ...lines.map(({ kind, amountMinor }) => `${kind} ${amountMinor}`)].join(' | '),
  );

describe('what a letter charges', () => {
  // 365,000 at 10.15 % is 101.5 a day: 21 days are 2,131.5.
  test.each<[string, RemindedItem[], string[]]>([
    ['nothing where no fee, no interest and no compensation is due', [reminded('a')], []],
    ['the fee of its level', [reminded('a', { feeMinor: 500n })], ['a | reminder_fee 500']],
    [
      'the flat compensation with the first note',
      [reminded('a', { flatCharged: false })],
      ['a | flat_compensation 4000'],
    ],
    ['interest, half a cent up', [reminded('a', { principal: bearing(365_000n) })], ['a | interest 2132']],
    [
      'all three on one note',
      [reminded('a', { feeMinor: 500n, flatCharged: false, principal: bearing(365_000n) })],
      ['a | reminder_fee 500 | flat_compensation 4000 | interest 2132'],
    ],
    [
      'one fee for two invoices: the higher, wherever it stands',
      [reminded('a', { feeMinor: 500n }), reminded('b', { feeMinor: 1_000n, level: 3 })],
      ['b | reminder_fee 1000'],
    ],
    [
      'one fee on a tie: with the higher level',
      [reminded('a', { feeMinor: 500n }), reminded('b', { feeMinor: 500n, level: 2 })],
      ['b | reminder_fee 500'],
    ],
    [
      'one fee on a tie of levels: with the older due date',
      [reminded('a', { feeMinor: 500n }), reminded('b', { feeMinor: 500n, dueOn: '2026-03-30' })],
      ['b | reminder_fee 500'],
    ],
    [
      'one fee on a tie of all: with the lower id, whatever the order',
      [reminded('b', { feeMinor: 500n }), reminded('a', { feeMinor: 500n })],
      ['a | reminder_fee 500'],
    ],
    [
      'compensation and interest for each invoice, the fee once',
      [
        reminded('a', { feeMinor: 500n, flatCharged: false, principal: bearing(365_000n) }),
        reminded('b', { feeMinor: 500n, flatCharged: false, principal: bearing(365_000n, '2026-04-20') }),
      ],
      [
        'a | reminder_fee 500 | flat_compensation 4000 | interest 2132',
        'b | flat_compensation 4000 | interest 102',
      ],
    ],
    ['nothing for interest that rounds to nothing', [reminded('a', { principal: bearing(1n) })], []],
  ])('%s', (_what, items, expected) => {
    expect(shown(chargesOfLetter(items, TODAY))).toEqual(expected);
  });

  test('a consumer owes neither compensation nor interest where the plan names none', () => {
    const item = freshItem({ dueOn: DUE, currency: 'EUR', openMinor: 365_000n, customer: 'consumer' });
    const changes = { item, feeMinor: 500n, flatCharged: false, principal: bearing(365_000n) };
    expect(shown(chargesOfLetter([reminded('a', changes)], TODAY))).toEqual(['a | reminder_fee 500']);
  });

  test('a note names the days its interest is for, and a note of fees none', () => {
    const [interest] = chargesOfLetter(
      [reminded('a', { principal: bearing(365_000n, '2026-04-10') })],
      TODAY,
    );
    expect(interest).toMatchObject({ interestFromOn: '2026-04-11', interestUntilOn: TODAY, feeMinor: 0n });
    const [fee] = chargesOfLetter([reminded('a', { feeMinor: 500n })], TODAY);
    expect(fee).toMatchObject({ interestFromOn: null, interestUntilOn: null, interestMinor: 0n });
  });
});

const day = fc.integer({ min: 1, max: 400 }).map((days) => addDays(DUE, days));
const principals = fc.record({
  dueOn: fc.constant(DUE),
  openMinor: fc.bigInt(0n, 10n ** 12n),
  changes: fc.array(fc.record({ on: day, changeMinor: fc.bigInt(-(10n ** 11n), 10n ** 11n) }), {
    maxLength: 4,
  }),
  disputed: fc.constant([]),
  chargedUntilOn: fc.constant(null),
});
const plans = fc
  .array(fc.record({ fromOn: day, rateBps: fc.integer({ min: -900, max: 1_000 }) }), { maxLength: 4 })
  .map((referenceRates) => ({ ...policy.business, interest: { marginBps: 800, referenceRates } }));

describe('interest on paper', () => {
  test('its periods make the amount, follow each other, and lie between the days of the note', () => {
    fc.assert(
      fc.property(principals, plans, day, (principal, plan, untilOn) => {
        const periods = interestPeriods(principal, plan, untilOn);
        const weighted = periods.reduce(
          (sum, { principalMinor, rateBps, days }) => sum + principalMinor * BigInt(rateBps * days),
          0n,
        );
        expect(lateInterest(principal, plan, untilOn)).toBe((2n * weighted + 3_650_000n) / 7_300_000n);
        let last = DUE;
        for (const { fromOn, untilOn: until, days, principalMinor, rateBps } of periods) {
          expect(fromOn > last && until <= untilOn).toBe(true);
          expect(addDays(fromOn, days - 1)).toBe(until);
          expect(days > 0 && principalMinor > 0n && rateBps > 0).toBe(true);
          last = until;
        }
      }),
      { numRuns: 200 },
    );
  });

  test('charged in any number of notes it is what one note charges, but for one rounding each', () => {
    fc.assert(
      fc.property(
        principals,
        plans,
        fc.uniqueArray(day, { minLength: 1, maxLength: 5 }),
        (principal, plan, days) => {
          const stops = [...days].sort();
          let chargedUntilOn: string | null = null;
          let charged = 0n;
          for (const stop of stops) {
            charged += lateInterest({ ...principal, chargedUntilOn }, plan, stop);
            chargedUntilOn = stop;
          }
          const whole = lateInterest(principal, plan, stops.at(-1) as string);
          const difference = charged > whole ? charged - whole : whole - charged;
          expect(2n * difference <= BigInt(stops.length + 1)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('more is never owed for a later payment, and never less for one more day', () => {
    fc.assert(
      fc.property(principals, plans, day, fc.nat(30), (principal, plan, untilOn, days) => {
        const later = lateInterest(principal, plan, addDays(untilOn, days));
        expect(later >= lateInterest(principal, plan, untilOn)).toBe(true);
        const paid = { ...principal, changes: [...principal.changes, { on: untilOn, changeMinor: -1_000n }] };
        expect(lateInterest(paid, plan, addDays(untilOn, days)) <= later).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the balance of a charge note', () => {
  const fresh: ChargeBalance = {
    feeMinor: 500n,
    interestMinor: 100n,
    allocatedFeeMinor: 0n,
    allocatedInterestMinor: 0n,
    waivedFeeMinor: 0n,
    waivedInterestMinor: 0n,
    writtenOffFeeMinor: 0n,
    writtenOffInterestMinor: 0n,
  };
  test.each<[string, Partial<ChargeBalance>, bigint]>([
    ['open', {}, 600n],
    ['partly_paid', { allocatedInterestMinor: 100n }, 500n],
    ['open', { waivedFeeMinor: 500n }, 100n],
    ['paid', { allocatedFeeMinor: 500n, allocatedInterestMinor: 100n }, 0n],
    ['waived', { waivedFeeMinor: 500n, allocatedInterestMinor: 100n }, 0n],
    ['written_off', { writtenOffFeeMinor: 500n, waivedInterestMinor: 100n }, 0n],
  ])('is %s after %j', (status, changes, open) => {
    const charge = { ...fresh, ...changes };
    expect([chargeStatus(charge), sumOf(openCharge(charge))]).toEqual([status, open]);
  });

  test.each([{ allocatedFeeMinor: 501n }, { waivedInterestMinor: 101n }])('%j is a bug', (changes) => {
    expect(() => openCharge({ ...fresh, ...changes })).toThrow(RangeError);
  });
});
