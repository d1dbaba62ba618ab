import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { approvalsNeeded, approverFor, whyNot } from '../../../domain/approvals/approvalsNeeded.js';
import type { QuoteFacts } from '../../../domain/approvals/types.js';
import type { ApprovalCondition, ApproverRule } from '../../../domain/policies/types.js';
import { eur, people, person } from '../people/sample.js';
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

describe('a person is not asked', () => {
  const asked = { ...quote, makerId: 'fin1', beneficiaryIds: ['fin2'] };
  const [lead, head] = [staff.get('lead'), staff.get('head')].map((one) => one ?? person('nobody'));
  test.each([
    ['who may be asked', person('a', { limits: eur(10_000n) }), null],
    ['who has left', person('a', { limits: eur(10_000n), active: false }), 'inactive'],
    ['who asked', person('rep', { limits: eur(10_000n) }), 'requester'],
    ['who made the quote', person('fin1', { limits: eur(10_000n) }), 'maker'],
    ['who profits', person('fin2', { limits: eur(10_000n) }), 'profits'],
    ['whose limit is a cent short', person('a', { limits: eur(9_999n) }), 'limit'],
    ['who has left, before all other reasons', person('rep', { active: false }), 'inactive'],
    ['who profits, before the limit', person('fin2'), 'profits'],
  ])('%s', (_who, one, reason) => {
    expect(whyNot(one, asked, 'rep')).toBe(reason);
  });

  test.each([
    ['the rule’s approver', 'rule-0', {}, lead?.id],
    ['the next above, where the limit is short', 'rule-0', { totalMinor: 10_001n }, head?.id],
    ['nobody, where the total is above everybody', 'rule-0', { totalMinor: 9_000_000n }, undefined],
    ['nobody, where the matrix has no such rule', 'rule-9', {}, undefined],
  ])('asked now is %s', (_who, ruleId, changes, expected) => {
    const matrix = policy({ when: { discountAboveBps: 9_999 } });
    const approver = approverFor(ruleId, { ...quote, ...changes }, matrix, 'rep', staff);
    expect(approver?.id).toBe(expected);
    if (expected === undefined) expect(approver).toBeNull();
  });
});

describe('among those who hold a role', () => {
  const finance = policy({ when: { discountAboveBps: 0 }, approver: { kind: 'role', role: 'finance' } });
  const asked = (...persons: Parameters<typeof people>) =>
    approvalsNeeded(quote, finance, 'rep', people(person('rep', { managerId: 'up' }), ...persons), on)[0]
      ?.approverId;
  const holder = (id: string, limitMinor: bigint, more = {}) =>
    person(id, { roles: ['finance'], limits: eur(limitMinor), ...more });

  test('one’s own managers come first, the nearest before the next', () => {
    const up = holder('up', 90_000n, { managerId: 'top' });
    const top = holder('top', 80_000n);
    const other = holder('other', 20_000n);
    expect(asked(other, top, up)).toBe('up');
    expect(asked(other, top, { ...up, roles: ['manager'] })).toBe('top');
  });

  test('then the smaller limit, then the lower id, in whatever order they are listed', () => {
    const [a, b, c] = [holder('a', 30_000n), holder('b', 20_000n), holder('c', 20_000n)] as const;
    for (const order of [
      [a, b, c],
      [c, b, a],
      [b, c, a],
    ]) {
      expect(asked(...order)).toBe('b');
    }
  });

  test('who has left holds none', () => {
    expect(asked(holder('a', 20_000n, { active: false }), holder('b', 30_000n))).toBe('b');
  });

  test('the managers asked when none of them may are those above the first', () => {
    const a = holder('a', 10n, { managerId: 'over-a' });
    const b = holder('b', 20n, { managerId: 'over-b' });
    const [overA, overB] = [
      person('over-a', { limits: eur(50_000n) }),
      person('over-b', { limits: eur(50_000n) }),
    ];
    expect(asked(b, overB, overA, a)).toBe('over-a');
  });
});

test('a step carries its rule’s words, the limit it is asked by, and nobody’s where nobody is able', () => {
  const always = { discountAboveBps: 0 };
  const texts = { en: 'Why so cheap?', es: '¿Por qué tan barato?' };
  const matrix = policy({ when: always, sequence: 4 });
  const [rule] = matrix.rules;
  const worded = { ...matrix, rules: [{ ...(rule as NonNullable<typeof rule>), texts }] };
  expect(approvalsNeeded(quote, worded, 'rep', staff, on)).toEqual([
    {
      sequence: 4,
      ruleId: 'rule-0',
      textCode: 'approval.discount',
      texts,
      approverId: 'lead',
      delegateId: null,
      limitMinor: 10_000n,
    },
  ]);
  expect(approvalsNeeded({ ...quote, totalMinor: 9_000_000n }, matrix, 'rep', staff, on)).toEqual([
    {
      sequence: 4,
      ruleId: 'rule-0',
      textCode: 'approval.discount',
      texts: null,
      approverId: null,
      delegateId: null,
      limitMinor: null,
    },
  ]);
});

test('two rules nobody can meet are two steps, because each has to be mended', () => {
  const matrix = policy({ when: { discountAboveBps: 0 } }, { when: { paymentAboveDays: 0 } });
  expect(approvalsNeeded({ ...quote, totalMinor: 9_000_000n }, matrix, 'rep', staff, on)).toHaveLength(2);
});

test('a threshold in a currency the matrix does not speak of is asked about', () => {
  const when = { totalAbove: [{ amount: '999.00', currency: 'USD' }] };
  const dollars = [{ currency: 'USD', limitMinor: 1_000_000n }];
  const rich = new Map([...staff, ['lead', person('lead', { limits: dollars })]]);
  expect(approvalsNeeded({ ...quote, currency: 'USD' }, policy({ when }), 'rep', rich, on)).toHaveLength(1);
  const both = { ...policy({ when }), currencies: ['EUR', 'USD'] };
  expect(approvalsNeeded({ ...quote, currency: 'USD' }, both, 'rep', rich, on)).toEqual([]);
});
