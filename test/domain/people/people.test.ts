import { describe, expect, test } from '@jest/globals';
import { DomainError } from '../../../domain/errors.js';
import {
  actingOn,
  type Delegation,
  delegateOn,
  limitOf,
  managersOf,
  problemsOfPeople,
} from '../../../domain/people/people.js';
import { ACTS, refuseToxic, TOXIC_PAIRS, toxicWith } from '../../../domain/people/toxicPairs.js';
import { eur, people, person } from './sample.js';

const from = (fromOn: string, untilOn: string, toId: string): Delegation => ({ toId, fromOn, untilOn });

describe('the people', () => {
  test('managers are listed nearest first, and a loop ends the list', () => {
    const staff = people(person('a', { managerId: 'b' }), person('b', { managerId: 'c' }), person('c'));
    expect(managersOf('a', staff).map(({ id }) => id)).toEqual(['b', 'c']);
    const loop = people(person('a', { managerId: 'b' }), person('b', { managerId: 'a' }));
    expect(managersOf('a', loop).map(({ id }) => id)).toEqual(['b']);
  });

  test('a loop of managers is a problem of each in it, and only of them', () => {
    const staff = people(
      person('a', { managerId: 'b' }),
      person('b', { managerId: 'c' }),
      person('c', { managerId: 'b' }),
    );
    expect(problemsOfPeople(staff).map(({ personId }) => personId)).toEqual(['b', 'c']);
  });

  test('one’s own manager and an unknown one are refused', () => {
    const staff = people(person('a', { managerId: 'a' }), person('b', { managerId: 'ghost' }));
    expect(problemsOfPeople(staff).map(({ pointer }) => pointer)).toEqual(['/managerId', '/managerId']);
  });

  test('a currency without a limit is a limit of nothing', () => {
    expect(limitOf(person('a', { limits: eur(5n) }), 'EUR')).toBe(5n);
    expect(limitOf(person('a', { limits: eur(5n) }), 'USD')).toBe(0n);
  });

  test.each([
    ['2026-06-30', null],
    ['2026-07-01', 'b'],
    ['2026-07-31', 'b'],
    ['2026-08-01', null],
  ])('on %s %s stands in', (on, expected) => {
    const a = person('a', { delegations: [from('2026-07-01', '2026-07-31', 'b')] });
    expect(delegateOn(a, on, people(a, person('b')))?.id ?? null).toBe(expected);
  });

  test('a delegate who is away, too, hands on; one who has left does not stand in', () => {
    const a = person('a', { delegations: [from('2026-07-01', '2026-07-31', 'b')] });
    const b = person('b', { delegations: [from('2026-07-10', '2026-07-20', 'c')] });
    const staff = people(a, b, person('c'));
    expect(actingOn(a, '2026-07-09', staff).id).toBe('b');
    expect(actingOn(a, '2026-07-10', staff).id).toBe('c');
    expect(actingOn(a, '2026-07-10', people(a, { ...b, active: false })).id).toBe('a');
  });

  test.each([
    ['on a common day', '2026-07-31', 2],
    ['without a common day', '2026-08-01', 0],
  ])('delegates that point at each other %s', (_what, fromOn, problems) => {
    const a = person('a', { delegations: [from('2026-07-01', '2026-07-31', 'b')] });
    const b = person('b', { delegations: [from(fromOn, '2026-08-31', 'a')] });
    expect(problemsOfPeople(people(a, b))).toHaveLength(problems);
  });
});

describe('two acts one person must not both do', () => {
  test('are these, and refused by these codes', () => {
    expect(
      TOXIC_PAIRS.map(({ acts, within, reason, code }) => [...acts, within, reason, code].join(' ')),
    ).toEqual([
      'makeQuote approveQuote record own_quote self_approval',
      'giveDiscount approveDiscount record own_discount self_approval',
      'createCreditNote approveCreditNote record own_credit_note self_approval',
      'recordPayment writeOffInvoice record own_payment conflicting_duties',
      'allocatePayment writeOffInvoice record own_allocation conflicting_duties',
      'calculateCommission releaseCommission record own_calculation conflicting_duties',
      'editPlan releasePayout record own_plan conflicting_duties',
      'receivePayout releasePayout record own_payout self_approval',
      'changeRoles useRoles day own_roles forbidden',
    ]);
    for (const act of TOXIC_PAIRS.flatMap(({ acts }) => acts)) expect(ACTS).toContain(act);
    expect(ACTS).toHaveLength(16);
  });

  test('are refused with what was done before and the field it concerns; others pass', () => {
    const wroteOff = { act: 'writeOffInvoice', personId: 'a', recordId: 'r', on: '2026-01-01' } as const;
    const records = { ...wroteOff, act: 'recordPayment' } as const;
    const refused = () => refuseToxic(records, [wroteOff], 'a wrote it off', '/invoiceNumber');
    expect(refused).toThrow(new DomainError('conflicting_duties', 'a wrote it off', '/invoiceNumber'));
    expect(refused).toThrow(
      expect.objectContaining({ code: 'conflicting_duties', pointer: '/invoiceNumber' }),
    );
    expect(() => refuseToxic(records, [], 'a wrote it off')).not.toThrow();
    expect(() => refuseToxic({ ...records, recordId: 's' }, [wroteOff], 'a wrote it off')).not.toThrow();
  });

  test('one clash among many acts is enough, and two acts of one kind are none', () => {
    const made = { act: 'makeQuote', personId: 'a', recordId: 'r', on: '2026-01-01' } as const;
    const others = [{ ...made, personId: 'b' }, made, { ...made, recordId: 's' }];
    expect(toxicWith({ ...made, act: 'approveQuote' }, others)?.reason).toBe('own_quote');
    expect(toxicWith(made, others)).toBeNull();
  });

  test.each(TOXIC_PAIRS.map((pair) => [pair.reason, pair] as const))(
    '%s, in either order',
    (reason, pair) => {
      const [one, other] = pair.acts;
      const first = { act: one, personId: 'a', recordId: 'r', on: '2026-01-01' };
      const second = { act: other, personId: 'a', recordId: 'r', on: '2026-01-01' };
      expect(toxicWith(second, [first])?.reason).toBe(reason);
      expect(toxicWith(first, [second])?.reason).toBe(reason);
      expect(toxicWith({ ...second, personId: 'b' }, [first])).toBeNull();
      expect(toxicWith({ ...second, personId: 'b', actingForId: 'a' }, [first])?.reason).toBe(reason);
      const elsewhere = { ...second, recordId: 's', on: '2026-01-02' };
      expect(toxicWith(elsewhere, [first])).toBeNull();
    },
  );

  test('a day apart roles may be used, on another record too not on the same day', () => {
    const changed = { act: 'changeRoles', personId: 'a', recordId: 'r', on: '2026-01-01' } as const;
    const used = { act: 'useRoles', personId: 'a', recordId: 's', on: '2026-01-01' } as const;
    expect(toxicWith(used, [changed])?.reason).toBe('own_roles');
    expect(toxicWith({ ...used, on: '2026-01-02' }, [changed])).toBeNull();
  });
});
