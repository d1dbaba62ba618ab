import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { approvalsNeeded } from '../../../domain/approvals/approvalsNeeded.js';
import type { QuoteFacts } from '../../../domain/approvals/types.js';
import type { ApprovalCondition, ApproverRule } from '../../../domain/policies/types.js';
import { person } from '../people/sample.js';
import { manager, on, policy, quote, staff } from './matrix.js';

describe('a rule of the matrix applies', () => {
  test.each<[string, ApprovalCondition, Partial<QuoteFacts>, boolean]>([
    ['discount at the threshold', { discountAboveBps: 1_500 }, {}, false],
    ['discount one point above', { discountAboveBps: 1_500 }, { discountBps: 1_501 }, true],
    ['discount at the end of the band', { discountUpToBps: 1_500 }, {}, true],
    ['discount past the band', { discountUpToBps: 1_500 }, { discountBps: 1_501 }, false],
    ['margin at the floor', { marginBelowBps: 4_000 }, {}, false],
    ['margin below the floor', { marginBelowBps: 4_000 }, { marginBps: 3_999 }, true],
    ['margin unknown', { marginBelowBps: 4_000 }, { marginBps: null }, true],
    ['total at the threshold', { totalAbove: [{ amount: '100.00', currency: 'EUR' }] }, {}, false],
    ['total a cent above', { totalAbove: [{ amount: '99.99', currency: 'EUR' }] }, {}, true],
    [
      'total in a currency without threshold',
      { totalAbove: [{ amount: '9.00', currency: 'EUR' }] },
      { currency: 'USD' },
      true,
    ],
    ['days to pay at the threshold', { paymentAboveDays: 30 }, {}, false],
    ['a day more', { paymentAboveDays: 29 }, {}, true],
    ['a family in the quote', { families: ['software', 'hardware'] }, {}, true],
    ['a family not in the quote', { families: ['software'] }, {}, false],
    ['terms that are standard', { nonStandardTerms: true }, {}, false],
    ['terms that are not', { nonStandardTerms: true }, { nonStandardTerms: true }, true],
    ['one of two conditions', { discountAboveBps: 1_000, paymentAboveDays: 30 }, {}, false],
  ])('%s', (_what, when, changes, applies) => {
    const steps = approvalsNeeded({ ...quote, ...changes }, policy({ when }), 'rep', staff, on);
    expect(steps.length > 0).toBe(applies);
  });
});

describe('the approver of a step', () => {
  const always = { discountAboveBps: 0 };

  test.each<[string, ApproverRule, Partial<QuoteFacts>, string, string | null]>([
    ['the manager', manager(1), {}, 'rep', 'lead'],
    ['the manager’s manager', manager(2), {}, 'rep', 'head'],
    ['a limit that is just enough', manager(1), { totalMinor: 10_000n }, 'rep', 'lead'],
    ['a limit one cent short', manager(1), { totalMinor: 10_001n }, 'rep', 'head'],
    ['above everybody', manager(1), { totalMinor: 1_000_001n }, 'rep', null],
    ['a currency nobody has a limit in', manager(1), { currency: 'USD' }, 'rep', null],
    ['a manager who profits', manager(1), { beneficiaryIds: ['rep', 'lead'] }, 'rep', 'head'],
    ['a manager who made the quote', manager(1), { makerId: 'lead' }, 'rep', 'head'],
    ['the role’s smallest sufficient limit', { kind: 'role', role: 'finance' }, {}, 'rep', 'fin1'],
    [
      'the role’s next, when the first is too low',
      { kind: 'role', role: 'finance' },
      { totalMinor: 60_000n },
      'rep',
      'fin2',
    ],
    [
      'the manager above a role that is too low',
      { kind: 'role', role: 'finance' },
      { totalMinor: 600_000n },
      'rep',
      'boss',
    ],
    ['one’s own manager among a role', { kind: 'role', role: 'manager' }, {}, 'rep', 'lead'],
    ['a role the requester holds', { kind: 'role', role: 'finance' }, {}, 'fin1', 'fin2'],
    ['a role nobody holds', { kind: 'role', role: 'auditor' }, {}, 'rep', null],
    ['a person', { kind: 'person', personId: 'fin2' }, {}, 'rep', 'fin2'],
    ['a person who asked', { kind: 'person', personId: 'fin2' }, {}, 'fin2', 'boss'],
    ['a person who is unknown', { kind: 'person', personId: 'ghost' }, {}, 'rep', null],
    ['the top, asking', manager(1), {}, 'boss', null],
  ])('%s', (_what, approver, changes, requester, expected) => {
    const steps = approvalsNeeded(
      { ...quote, ...changes },
      policy({ when: always, approver }),
      requester,
      staff,
      on,
    );
    expect(steps).toHaveLength(1);
    expect(steps[0]?.approverId).toBe(expected);
  });

  test('somebody who left is passed over', () => {
    const lead = person('lead', { ...staff.get('lead'), active: false });
    const steps = approvalsNeeded(
      quote,
      policy({ when: always }),
      'rep',
      new Map([...staff, ['lead', lead]]),
      on,
    );
    expect(steps[0]).toMatchObject({ approverId: 'head' });
  });

  test.each([
    ['a delegate in time stands in', '2026-11-22', 'fin1', 'fin1'],
    ['a delegate whose time is over does not', '2026-11-21', 'fin1', null],
    ['a delegate who asked does not', '2026-11-22', 'rep', null],
    ['a delegate who profits does not', '2026-11-22', 'sdr', null],
  ])('%s', (_what, untilOn, toId, delegateId) => {
    const delegations = [{ toId, fromOn: '2026-11-01', untilOn }];
    const lead = person('lead', { ...staff.get('lead'), delegations });
    const facts = { ...quote, beneficiaryIds: ['rep', 'sdr'] };
    const away = new Map([...staff, ['lead', lead]]);
    const steps = approvalsNeeded(facts, policy({ when: always }), 'rep', away, on);
    expect(steps[0]).toMatchObject({ approverId: 'lead', delegateId });
  });

  test('steps come by sequence, and one person answers several rules once', () => {
    const matrix = policy(
      { when: always, sequence: 3, approver: { kind: 'role', role: 'finance' } },
      { when: always, sequence: 1 },
      { when: { paymentAboveDays: 10 }, sequence: 2 },
    );
    const steps = approvalsNeeded(quote, matrix, 'rep', staff, on);
    expect(steps.map(({ sequence, approverId, ruleId }) => [sequence, approverId, ruleId])).toEqual([
      [1, 'lead', 'rule-1'],
      [3, 'fin1', 'rule-0'],
    ]);
  });

  test('within policy nobody is asked', () => {
    expect(approvalsNeeded(quote, policy({ when: { discountAboveBps: 2_000 } }), 'rep', staff, on)).toEqual(
      [],
    );
  });

  test('is never biased nor above the limit, and less discount never asks more', () => {
    const ids = [...staff.keys()];
    const anyRule: fc.Arbitrary<ApproverRule> = fc.oneof(
      fc.integer({ min: 1, max: 4 }).map((level) => manager(level)),
      fc
        .constantFrom('manager' as const, 'finance' as const, 'admin' as const)
        .map((role) => ({ kind: 'role' as const, role })),
      fc.constantFrom(...ids).map((personId) => ({ kind: 'person' as const, personId })),
    );
    const anyMatrix = fc
      .array(
        fc.record({ sequence: fc.integer({ min: 1, max: 3 }), above: fc.nat(9_999), approver: anyRule }),
        { maxLength: 5 },
      )
      .map((rules) =>
        policy(...rules.map(({ above, ...rule }) => ({ ...rule, when: { discountAboveBps: above } }))),
      );
    const facts = fc.record({
      totalMinor: fc.bigInt(0n, 2_000_000n),
      discountBps: fc.nat(10_000),
      lower: fc.nat(10_000),
      beneficiaryIds: fc.subarray(ids),
      requester: fc.constantFrom(...ids),
    });
    fc.assert(
      fc.property(anyMatrix, facts, (matrix, { requester, lower, ...changes }) => {
        const now = { ...quote, ...changes };
        const steps = approvalsNeeded(now, matrix, requester, staff, on);
        for (const { approverId, limitMinor } of steps) {
          if (approverId === null) continue;
          expect(approverId).not.toBe(requester);
          expect(now.beneficiaryIds).not.toContain(approverId);
          expect((limitMinor as bigint) >= now.totalMinor).toBe(true);
        }
        const less = approvalsNeeded(
          { ...now, discountBps: Math.min(lower, now.discountBps) },
          matrix,
          requester,
          staff,
          on,
        );
        expect(less.length).toBeLessThanOrEqual(steps.length);
      }),
      { numRuns: 300 },
    );
  });
});
