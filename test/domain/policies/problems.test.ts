import { describe, expect, test } from '@jest/globals';
import { POLICY_EXAMPLES } from '../../../contracts/policies/examples.js';
import { canonicalJson } from '../../../domain/policies/canonical.js';
import { problemsOfPolicy } from '../../../domain/policies/problems.js';
import type { ApprovalCondition, PolicyByKind, PolicyKind } from '../../../domain/policies/types.js';

type Loose = Record<string, unknown>;

/** The example of a kind with some fields replaced; returns the pointers of its problems. */
function pointersOf<K extends PolicyKind>(kind: K, changes: Partial<PolicyByKind[K]>): string[] {
  const policy = { ...(POLICY_EXAMPLES[kind] as unknown as Loose), ...(changes as Loose) };
  return problemsOfPolicy(kind, policy as unknown as PolicyByKind[K]).map((problem) => problem.pointer);
}

function matrix(...conditions: ApprovalCondition[]): Partial<PolicyByKind['approval']> {
  return {
    rules: conditions.map((when, index) => ({
      id: `rule-${index}`,
      sequence: 1,
      when,
      approver: { kind: 'manager', level: 1 },
      textCode: 'approval.discount',
    })),
  };
}

describe('an approval matrix', () => {
  test.each<[string, ApprovalCondition[], string[]]>([
    ['one open band', [{ discountAboveBps: 1_000 }], []],
    [
      'bands that meet exactly',
      [{ discountAboveBps: 1_000, discountUpToBps: 2_000 }, { discountAboveBps: 2_000 }],
      [],
    ],
    [
      'bands that overlap',
      [{ discountAboveBps: 1_000, discountUpToBps: 2_500 }, { discountAboveBps: 2_000 }],
      [],
    ],
    [
      'a hole of one basis point',
      [{ discountAboveBps: 1_000, discountUpToBps: 2_000 }, { discountAboveBps: 2_001 }],
      ['/rules/1/when/discountAboveBps'],
    ],
    ['nothing above the last band', [{ discountAboveBps: 1_000, discountUpToBps: 9_999 }], ['/rules']],
    ['a last band up to 100 %', [{ discountAboveBps: 1_000, discountUpToBps: 10_000 }], []],
    [
      'a hole that only a narrower rule fills',
      [
        { discountAboveBps: 1_000, discountUpToBps: 2_000 },
        { discountAboveBps: 2_000, families: ['software'] },
        { discountAboveBps: 3_000 },
      ],
      ['/rules/2/when/discountAboveBps'],
    ],
    [
      'a band nothing can meet',
      [{ discountAboveBps: 1_000 }, { discountAboveBps: 2_000, discountUpToBps: 2_000 }],
      ['/rules/1/when/discountUpToBps'],
    ],
    [
      'a threshold that forgets a currency',
      [{ totalAbove: [{ amount: '1.00', currency: 'EUR' }] }],
      ['/rules/0/when/totalAbove'],
    ],
    ['no condition at all', [{}], ['/rules/0/when']],
  ])('with %s', (_what, conditions, expected) => {
    expect(pointersOf('approval', matrix(...conditions))).toEqual(expected);
  });
});

describe('a policy whose fields contradict each other is refused', () => {
  const { business } = POLICY_EXAMPLES.dunning;
  const [first, second] = business.levels;
  if (first === undefined || second === undefined) throw new Error('the example has two levels');

  test.each<[string, string[], string[]]>([
    [
      'splits of 99.99 %',
      pointersOf('commission', { splits: [{ role: 'rep', shareBps: 9_999 }] }),
      ['/splits'],
    ],
    ['splits of 100 %', pointersOf('commission', { splits: [{ role: 'rep', shareBps: 10_000 }] }), []],
    [
      'splits of 100.01 %',
      pointersOf('commission', {
        splits: [
          { role: 'rep', shareBps: 8_000 },
          { role: 'sdr', shareBps: 2_001 },
        ],
      }),
      ['/splits'],
    ],
    [
      'two rates of one family',
      pointersOf('commission', {
        rates: [
          { family: 'a', rateBps: 1 },
          { family: 'a', rateBps: 2 },
        ],
      }),
      ['/rates/1'],
    ],
    [
      'dunning levels on the same day',
      pointersOf('dunning', {
        business: { ...business, levels: [first, { ...second, afterDays: first.afterDays }] },
      }),
      ['/business/levels/1'],
    ],
    [
      'dunning levels a day apart',
      pointersOf('dunning', {
        business: { ...business, levels: [first, { ...second, afterDays: first.afterDays + 1 }] },
      }),
      [],
    ],
    [
      'a level left out',
      pointersOf('dunning', { business: { ...business, levels: [first, { ...second, level: 3 }] } }),
      ['/business/levels/1/level'],
    ],
    ['a flat fee for consumers', pointersOf('dunning', { consumer: business }), ['/consumer/flatFees']],
    [
      'an offer valid longer than allowed',
      pointersOf('quoting', { defaultValidDays: 91 }),
      ['/defaultValidDays'],
    ],
    ['an offer valid as long as allowed', pointersOf('quoting', { defaultValidDays: 90 }), []],
    ['unknown default terms', pointersOf('invoicing', { defaultTermsId: 'net7' }), ['/defaultTermsId']],
    [
      'one series for two kinds of document',
      pointersOf('invoicing', { series: { invoice: 'A', creditNote: 'A', chargeNote: 'C' } }),
      ['/series/1'],
    ],
    [
      'grades out of order',
      pointersOf('scoring', {
        grades: [
          { grade: 'B', fromPoints: 30 },
          { grade: 'A', fromPoints: 60 },
        ],
      }),
      ['/grades/1'],
    ],
    [
      'an operator without its value',
      pointersOf('scoring', {
        rules: [{ id: 'x', field: 'channel', operator: 'is', points: 1, textCode: 'x' }],
      }),
      ['/rules/0/value'],
    ],
    [
      'territories behind one that takes all',
      pointersOf('assignment', { territories: [...POLICY_EXAMPLES.assignment.territories].reverse() }),
      ['/territories/0'],
    ],
    [
      'an exempt class that carries a rate',
      pointersOf('tax', {
        rates: [
          {
            country: 'ES',
            taxClass: 'a',
            fromOn: '2026-01-01',
            rateBps: 1,
            treatment: 'E',
            exemption: 'art. 132',
          },
        ],
      }),
      ['/rates/0/rateBps'],
    ],
    ['a reminder after the escalation', pointersOf('approval', { remindHours: 24 }), ['/remindHours']],
  ])('%s', (_what, pointers, expected) => {
    expect(pointers).toEqual(expected);
  });
});

describe('the text a policy is hashed by', () => {
  test('is the same whatever the order of keys', () => {
    expect(canonicalJson({ b: 1, a: { d: [2, 1], c: null } })).toBe('{"a":{"c":null,"d":[2,1]},"b":1}');
    expect(canonicalJson({ a: { c: null, d: [2, 1] }, b: 1 })).toBe('{"a":{"c":null,"d":[2,1]},"b":1}');
  });

  test('reads back as the same policy', () => {
    for (const policy of Object.values(POLICY_EXAMPLES)) {
      expect(JSON.parse(canonicalJson(policy))).toEqual(policy);
    }
  });

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [1n], [new Date(0)], [() => 1], [undefined]])(
    'is refused for %p, which JSON would bend',
    (value) => {
      expect(() => canonicalJson({ value: [value] })).toThrow(RangeError);
    },
  );
});
