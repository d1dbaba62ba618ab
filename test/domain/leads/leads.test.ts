import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { POLICY_EXAMPLES } from '../../../contracts/policies/examples.js';
import { assignOwner, type RepLoad } from '../../../domain/leads/assign.js';
import { normaliseDomain, normaliseEmail, normalisePhone } from '../../../domain/leads/normalise.js';
import { scoreLead } from '../../../domain/leads/score.js';
import type { AssignmentPolicy } from '../../../domain/policies/types.js';

describe('the same contact written twice is the same contact', () => {
  test.each([
    [' Ana@Example.COM ', 'ana@example.com'],
    ['ana+news@example.com', 'ana+news@example.com'],
    ['ana@example', null],
    ['ana@@example.com', null],
    ['ana example@example.com', null],
    ['', null],
    [null, null],
  ])('e-mail %p is %p', (email, expected) => {
    expect(normaliseEmail(email)).toBe(expected);
  });

  test.each([
    ['+34 911 23 45 67', undefined, '+34911234567'],
    ['0034 911 234 567', undefined, '+34911234567'],
    ['911 234 567', 'ES', '+34911234567'],
    ['34 911 234 567', 'ES', '+34911234567'],
    ['(011) 99999-8888', 'BR', '+5511999998888'],
    ['030 1234567', 'de', '+49301234567'],
    ['+49 (0)30 1234567', 'DE', '+49301234567'],
    ['1 (212) 555-0100 ext. 12', 'US', '+12125550100'],
    ['06 1234 5678', 'IT', '+390612345678'],
    ['911 234 567', undefined, '?:911234567'],
    ['911 234 567', 'ZZ', 'ZZ:911234567'],
    ['12345', 'ES', null],
    ['1234567890123456', 'ES', null],
    ['call me', 'ES', null],
  ])('phone %p in %p is %p', (phone, country, expected) => {
    expect(normalisePhone(phone, country)).toBe(expected);
  });

  test.each([
    ['ana@acme.es', 'acme.es'],
    ['https://www.acme.es/contact?x=1', 'acme.es'],
    ['sales.acme.co.uk', 'sales.acme.co.uk'],
    ['ana@gmail.com', null],
    ['ana@mail.yahoo.com', null],
    ['ana@notgmail.com', 'notgmail.com'],
    ['localhost', null],
    [null, null],
  ])('domain of %p is %p', (text, expected) => {
    expect(normaliseDomain(text)).toBe(expected);
  });

  test('normalising twice changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const email = normaliseEmail(text);
        const domain = normaliseDomain(text);
        expect(normaliseEmail(email)).toBe(email);
        expect(normaliseDomain(domain)).toBe(domain);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a score', () => {
  const policy = POLICY_EXAMPLES.scoring;
  const today = '2026-11-22';

  test('is the sum of its reasons, and the grade says where it lies', () => {
    const facts = {
      channel: 'Referral',
      companyDomain: 'acme.es',
      landingPage: '/es/demo',
      email: 'a@acme.es',
    };
    const score = scoreLead(facts, [], policy, today);
    expect(score).toEqual({
      points: 65,
      grade: 'A',
      reasons: [
        { rule: 'referral', points: 30, textCode: 'score.referral' },
        { rule: 'company', points: 15, textCode: 'score.company' },
        { rule: 'demo', points: 20, textCode: 'score.demo' },
      ],
    });
    expect(scoreLead({ ...facts, landingPage: '/es' }, [], policy, today).grade).toBe('B');
  });

  test('a reason keeps the words the policy had for it', () => {
    const texts = { en: 'Knows Ana', es: 'Conoce a Ana' };
    const rules = policy.rules.map((rule) => ({ ...rule, texts }));
    const { reasons } = scoreLead({ channel: 'referral' }, [], { ...policy, rules }, today);
    expect(reasons[0]).toEqual({ rule: 'referral', points: 30, textCode: 'score.referral', texts });
  });

  test('below the lowest grade is the lowest grade', () => {
    expect(scoreLead({}, [], policy, today)).toMatchObject({ points: -10, grade: 'C' });
  });

  test.each([
    ['2026-11-22', 10],
    ['2026-11-15', 10],
    ['2026-11-14', 5],
    ['2026-10-23', 5],
    ['2026-10-22', 1],
    ['2026-08-24', 1],
    ['2026-08-23', 0],
    ['2026-11-23', 10],
  ])('a form filled in on %s counts %i points', (touchedOn, points) => {
    const score = scoreLead({ email: 'a@b.es' }, [{ kind: 'form', touchedOn }], policy, today);
    expect(score.points).toBe(points);
  });

  test.each([
    ['2026-11-15', 3],
    // 1.5 points, half away from zero.
    ['2026-11-14', 2],
    ['2026-10-22', 0],
  ])('a mail opened on %s counts %i points', (touchedOn, points) => {
    const score = scoreLead({ email: 'a@b.es' }, [{ kind: 'email_opened', touchedOn }], policy, today);
    expect(score.points).toBe(points);
  });

  test('engagement counts no more than its maximum, and reasons still add up', () => {
    const touches = Array.from({ length: 9 }, () => ({ kind: 'form', touchedOn: today }));
    const score = scoreLead({ email: 'a@b.es' }, touches, policy, today);
    expect(score.points).toBe(30);
    expect(score.reasons.reduce((sum, reason) => sum + reason.points, 0)).toBe(30);
  });

  test.each([
    ['is', 'referral', 'referral', true],
    ['is', 'referral', 'search', false],
    ['isNot', 'referral', 'search', true],
    ['isNot', 'referral', null, false],
    ['in', ['a', 'b'], 'B', true],
    ['in', ['a', 'b'], 'c', false],
    ['contains', 'ref', 'xREFx', true],
    ['contains', 'ref', 'x', false],
    ['present', undefined, 'x', true],
    ['present', undefined, '', false],
    ['absent', undefined, null, true],
    ['absent', undefined, 'x', false],
  ] as const)('%s %p holds for %p: %p', (operator, value, channel, holds) => {
    const rule = {
      id: 'r',
      field: 'channel' as const,
      operator,
      points: 7,
      textCode: 'r',
      ...(value === undefined ? {} : { value: typeof value === 'string' ? value : [...value] }),
    };
    expect(scoreLead({ channel }, [], { ...policy, rules: [rule] }, today).points).toBe(holds ? 7 : 0);
  });
});

describe('the owner of a lead', () => {
  const rep = (id: string, openLeads = 0, lastAssignedAt: number | null = null, active = true): RepLoad => ({
    id,
    active,
    openLeads,
    capacity: 1_000,
    countries: [],
    lastAssignedAt,
  });
  const own = (capacity: number, openLeads: number, countries: string[] = []): RepLoad => ({
    ...rep('a', openLeads),
    capacity,
    countries,
  });
  const policy: AssignmentPolicy = {
    territories: [
      { id: 'mail-es', countries: ['ES'], channels: ['email'], repIds: ['c'] },
      { id: 'es', countries: ['ES'], channels: [], repIds: ['a', 'b'] },
    ],
    maxOpenLeads: 3,
    capacities: [{ repId: 'b', maxOpenLeads: 1 }],
    fallbackOwnerId: 'boss',
  };
  const spain = { country: 'es', channel: 'referral' };

  test.each([
    ['whoever never had a lead comes first', spain, [rep('a', 0, 5), rep('b')], 'b', 'in_turn'],
    ['then whoever waited longest', spain, [rep('a', 0, 5), rep('b', 0, 4)], 'b', 'in_turn'],
    ['a tie goes to fewer open leads', spain, [rep('a', 2, 5), rep('b', 0, 5)], 'b', 'in_turn'],
    ['a full tie goes to the lower id', spain, [rep('b'), rep('a')], 'a', 'in_turn'],
    ['one below capacity still has room', spain, [rep('a', 2)], 'a', 'in_turn'],
    ['at capacity there is none', spain, [rep('a', 3)], 'boss', 'nobody_with_room'],
    ['a capacity of one’s own counts', spain, [rep('a', 3), rep('b', 1)], 'boss', 'nobody_with_room'],
    [
      'the first matching territory is taken',
      { country: 'ES', channel: 'Email' },
      [rep('a'), rep('c')],
      'c',
      'in_turn',
    ],
    ['who is away gets nothing', spain, [rep('a', 0, null, false)], 'boss', 'nobody_active'],
    [
      'a capacity below the policy’s limit is the limit',
      spain,
      [own(2, 2), rep('b', 1)],
      'boss',
      'nobody_with_room',
    ],
    ['one below it is room', spain, [own(2, 1), rep('b', 1)], 'a', 'in_turn'],
    [
      'a capacity above the policy’s limit gives no room',
      spain,
      [own(4, 3), rep('b', 1)],
      'boss',
      'nobody_with_room',
    ],
    ['a capacity of nothing takes nothing', spain, [own(0, 0)], 'boss', 'nobody_with_room'],
    [
      'who takes leads of other countries is passed over',
      spain,
      [own(9, 0, ['PT', 'FR']), rep('b')],
      'b',
      'in_turn',
    ],
    ['who takes leads of this country is not', spain, [own(9, 0, ['PT', 'ES'])], 'a', 'in_turn'],
    ['nobody of the territory takes them', spain, [own(9, 0, ['PT'])], 'boss', 'nobody_for_country'],
    ['no territory', { country: 'FR' }, [rep('a')], 'boss', 'no_territory'],
    ['no country', {}, [rep('a')], 'boss', 'no_territory'],
  ] as const)('%s', (_what, lead, reps, ownerId, reasonCode) => {
    expect(assignOwner(lead, reps, policy, true)).toMatchObject({ ownerId, reasonCode });
    // Whoever has left gets nothing either: then the lead is nobody's.
    const left = { ownerId: ownerId === 'boss' ? null : ownerId, reasonCode };
    expect(assignOwner(lead, reps, policy, false)).toMatchObject(left);
  });

  test('does not depend on the order of the reps, and leads given in turn differ by at most one', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 1 }), fc.nat(40), (ids, count) => {
        const open: AssignmentPolicy = {
          ...policy,
          territories: [{ id: 'all', countries: [], channels: [], repIds: ids }],
          maxOpenLeads: 1_000,
          capacities: [],
        };
        const loads = new Map(ids.map((id) => [id, rep(id)]));
        for (let turn = 0; turn < count; turn += 1) {
          const reps = [...loads.values()];
          const ownerId = assignOwner({}, reps, open, false).ownerId as string;
          expect(assignOwner({}, [...reps].reverse(), open, false).ownerId).toBe(ownerId);
          loads.set(ownerId, rep(ownerId, (loads.get(ownerId)?.openLeads ?? 0) + 1, turn));
        }
        const counts = [...loads.values()].map((load) => load.openLeads);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  });
});
