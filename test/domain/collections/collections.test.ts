import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { POLICY_EXAMPLES } from '../../../contracts/policies/examples.js';
import { addDays } from '../../../domain/calendar/days.js';
import { type LatePrincipal, lateInterest } from '../../../domain/collections/interest.js';
import { flatFeeOf, nextReminder } from '../../../domain/collections/reminders.js';
import type { DunnableItem } from '../../../domain/collections/types.js';
import type { DunningPlan } from '../../../domain/policies/types.js';

const policy = POLICY_EXAMPLES.dunning;
const item: DunnableItem = {
  dueOn: '2026-01-31',
  currency: 'EUR',
  openMinor: 10_000n,
  disputedMinor: 0n,
  unappliedMinor: 0n,
  customer: 'business',
  level: 0,
  lastReminderOn: null,
  heldUntilOn: null,
  promisedOn: null,
};

describe('what follows when nobody pays', () => {
  test.each<[string, Partial<DunnableItem>, string, string]>([
    ['the first reminder, 7 days after due', {}, '2026-01-31', 'reminder 1 2026-02-07 0'],
    ['caught up on the day somebody looks', {}, '2026-03-01', 'reminder 1 2026-03-01 0'],
    [
      'the second with its fee',
      { level: 1, lastReminderOn: '2026-02-07' },
      '2026-02-07',
      'reminder 2 2026-02-21 500',
    ],
    [
      'the second no sooner than the gap allows',
      { level: 1, lastReminderOn: '2026-02-20' },
      '2026-02-20',
      'reminder 2 2026-02-27 500',
    ],
    [
      'a fee of nothing in a currency without one',
      { level: 1, lastReminderOn: '2026-02-07', currency: 'GBP' },
      '2026-02-07',
      'reminder 2 2026-02-21 0',
    ],
    ['after a hold', { heldUntilOn: '2026-02-20' }, '2026-01-31', 'reminder 1 2026-02-21 0'],
    [
      'a hold that ends earlier changes nothing',
      { heldUntilOn: '2026-02-06' },
      '2026-01-31',
      'reminder 1 2026-02-07 0',
    ],
    ['after a promise and its grace', { promisedOn: '2026-02-10' }, '2026-01-31', 'reminder 1 2026-02-14 0'],
    ['nothing once paid', { openMinor: 0n }, '2026-03-01', 'nothing'],
    ['nothing in dispute', { disputedMinor: 1n }, '2026-03-01', 'nothing'],
    ['nothing while unapplied cash covers it', { unappliedMinor: 10_000n }, '2026-03-01', 'nothing'],
    [
      'a cent too little does not cover it',
      { unappliedMinor: 9_999n },
      '2026-01-31',
      'reminder 1 2026-02-07 0',
    ],
    [
      'no letter for less than the least, but its end',
      { openMinor: 499n },
      '2026-01-31',
      'write_off 0 2026-03-02 499',
    ],
    [
      'its end after the last letter where most was paid since',
      { openMinor: 499n, level: 1, lastReminderOn: '2026-02-07' },
      '2026-02-20',
      'write_off 1 2026-03-09 499',
    ],
    [
      'a task for what a consumer owes of it',
      { openMinor: 499n, customer: 'consumer' },
      '2026-01-31',
      'task 0 2026-02-14',
    ],
    ['something for the least', { openMinor: 500n }, '2026-01-31', 'reminder 1 2026-02-07 0'],
    [
      'the write-off 30 days after the last',
      { level: 3, lastReminderOn: '2026-03-07' },
      '2026-03-07',
      'write_off 3 2026-04-06 10000',
    ],
    [
      'the write-off waits for a hold, too',
      { level: 3, lastReminderOn: '2026-03-07', heldUntilOn: '2026-05-01' },
      '2026-03-07',
      'write_off 3 2026-05-02 10000',
    ],
    [
      'a task for a consumer',
      { level: 3, lastReminderOn: '2026-03-07', customer: 'consumer' },
      '2026-03-07',
      'task 3 2026-03-21',
    ],
  ])('%s', (_what, changes, today, expected) => {
    const next = nextReminder({ ...item, ...changes }, policy, today);
    const words =
      next === null
        ? 'nothing'
        : next.kind === 'reminder'
          ? `reminder ${next.level} ${next.on} ${next.feeMinor}`
          : next.kind === 'task'
            ? `task ${next.level} ${next.on}`
            : `write_off ${next.level} ${next.on} ${next.amountMinor}`;
    expect(words).toBe(expected);
  });

  test('only the last reminder names what follows', () => {
    const second = nextReminder({ ...item, level: 1 }, policy, '2026-03-01');
    const third = nextReminder({ ...item, level: 2 }, policy, '2026-03-07');
    expect(second).toMatchObject({ level: 2, announces: null });
    expect(third).toMatchObject({ level: 3, announces: { action: 'write_off', on: '2026-04-06' } });
  });

  test('an item nobody pays goes through every level once, later each time, and ends', () => {
    const days = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(fc.array(days, { minLength: 4, maxLength: 4 }), fc.boolean(), (delays, isBusiness) => {
        let now = { ...item, customer: isBusiness ? ('business' as const) : ('consumer' as const) };
        let today = now.dueOn;
        const seen: number[] = [];
        for (const delay of delays) {
          const next = nextReminder(now, policy, today);
          if (next?.kind !== 'reminder') break;
          expect(next.on >= today).toBe(true);
          seen.push(next.level);
          today = addDays(next.on, delay);
          now = { ...now, level: next.level, lastReminderOn: today };
        }
        expect(seen).toEqual([1, 2, 3]);
        expect(nextReminder(now, policy, today)?.kind).toBe(isBusiness ? 'write_off' : 'task');
      }),
      { numRuns: 100 },
    );
  });

  test('the flat compensation is owed by businesses', () => {
    expect(flatFeeOf(item, policy)).toBe(4_000n);
    expect(flatFeeOf({ ...item, customer: 'consumer' }, policy)).toBe(0n);
    expect(flatFeeOf({ ...item, currency: 'USD' }, policy)).toBe(0n);
  });
});

describe('late interest', () => {
  const rates = [
    { fromOn: '2026-01-01', rateBps: 200 },
    { fromOn: '2026-07-01', rateBps: 300 },
  ];
  const plan: DunningPlan = { ...policy.business, interest: { marginBps: 800, referenceRates: rates } };
  const principal: LatePrincipal = {
    dueOn: '2026-03-31',
    openMinor: 365_000n,
    changes: [],
    disputed: [],
    chargedUntilOn: null,
  };

  // 365,000 at 10 % is 100 a day; at 11 % from 1 July 110.
  test.each<[string, Partial<LatePrincipal>, string, bigint]>([
    ['none on the day it is due', {}, '2026-03-31', 0n],
    ['one day, the day after', {}, '2026-04-01', 100n],
    ['thirty days', {}, '2026-04-30', 3_000n],
    ['the old rate until 30 June, the new one from 1 July', {}, '2026-07-01', 91n * 100n + 110n],
    [
      'a payment carries interest on its day of value',
      { changes: [{ on: '2026-04-10', changeMinor: -182_500n }] },
      '2026-04-11',
      10n * 100n + 50n,
    ],
    [
      'a bounce carries interest from the day after',
      {
        changes: [
          { on: '2026-04-10', changeMinor: -365_000n },
          { on: '2026-04-20', changeMinor: 365_000n },
        ],
      },
      '2026-04-21',
      10n * 100n + 100n,
    ],
    [
      'a disputed part carries none while it is disputed',
      { disputed: [{ fromOn: '2026-04-10', untilOn: '2026-04-20', amountMinor: 182_500n }] },
      '2026-04-21',
      10n * 100n + 10n * 50n + 100n,
    ],
    [
      'a part in dispute from the start',
      { disputed: [{ fromOn: '2026-03-01', untilOn: null, amountMinor: 182_500n }] },
      '2026-04-10',
      500n,
    ],
    ['nothing twice after a note', { chargedUntilOn: '2026-04-30' }, '2026-05-01', 100n],
    ['nothing for days charged already', { chargedUntilOn: '2026-04-30' }, '2026-04-30', 0n],
    ['half a cent up', { openMinor: 1_825n }, '2026-04-01', 1n],
    ['less than half a cent down', { openMinor: 1_824n }, '2026-04-01', 0n],
  ])('%s', (_what, changes, untilOn, expected) => {
    expect(lateInterest({ ...principal, ...changes }, plan, untilOn)).toBe(expected);
  });

  test.each([
    [-799, 1n],
    [-800, 0n],
    [-801, 0n],
  ])(
    'a reference rate of %i basis points and a margin of 800 is never paid to the debtor',
    (rateBps, expected) => {
      const interest = { marginBps: 800, referenceRates: [{ fromOn: '2026-01-01', rateBps }] };
      expect(lateInterest(principal, { ...plan, interest }, '2026-04-10')).toBe(expected);
    },
  );

  test('none where the plan has none', () => {
    expect(lateInterest(principal, policy.consumer, '2026-12-31')).toBe(0n);
  });

  test('is what a count of every single day gives', () => {
    const day = fc.integer({ min: -30, max: 400 }).map((days) => addDays('2026-03-31', days));
    const change = fc.record({ on: day, changeMinor: fc.bigInt(-200_000n, 0n) });
    const dispute = fc.record({ fromOn: day, untilOn: fc.option(day), amountMinor: fc.bigInt(0n, 400_000n) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 3 }),
        fc.array(dispute, { maxLength: 2 }),
        fc.nat(500),
        (changes, disputed, days) => {
          let weighted = 0n;
          for (
            let on = addDays(principal.dueOn, 1);
            on <= addDays(principal.dueOn, days);
            on = addDays(on, 1)
          ) {
            const paid = changes.filter((c) => c.on < on).reduce((sum, c) => sum + c.changeMinor, 0n);
            const held = disputed
              .filter((d) => d.fromOn < on && (d.untilOn === null || on <= d.untilOn))
              .reduce((sum, d) => sum + d.amountMinor, 0n);
            const bearing = principal.openMinor + paid - held;
            if (bearing > 0n) weighted += bearing * (on >= '2026-07-01' ? 1_100n : 1_000n);
          }
          const expected = (2n * weighted + 3_650_000n) / 7_300_000n;
          expect(
            lateInterest({ ...principal, changes, disputed }, plan, addDays(principal.dueOn, days)),
          ).toBe(expected);
        },
      ),
      { numRuns: 150 },
    );
  });
});
