import { describe, expect, test } from '@jest/globals';
import { insteadOf, nextEscalation, type WaitingApproval } from '../../../domain/approvals/escalation.js';
import { type DecisionContext, mayDecide } from '../../../domain/approvals/mayDecide.js';
import type { OpenApproval, QuoteFacts } from '../../../domain/approvals/types.js';
import { person } from '../people/sample.js';
import { on, policy, quote, staff } from './matrix.js';

describe('deciding an approval', () => {
  const approval: OpenApproval = {
    status: 'open',
    sequence: 2,
    approverId: 'lead',
    quoteRevision: 3,
    contentHash: 'abc',
    requesterId: 'rep',
  };
  const context: DecisionContext = {
    quoteRevision: 3,
    contentHash: 'abc',
    quote,
    people: staff,
    on,
    openSequences: [2],
  };
  const standIn = { toId: 'fin1', fromOn: on, untilOn: on };
  const away = new Map([
    ...staff,
    ['lead', person('lead', { ...staff.get('lead'), delegations: [standIn] })],
  ]);

  test.each<[string, Partial<OpenApproval>, string, Partial<DecisionContext>, string]>([
    ['the approver may', {}, 'lead', {}, 'ok'],
    ['somebody else may not', {}, 'head', {}, 'forbidden'],
    ['somebody unknown may not', {}, 'ghost', {}, 'forbidden'],
    ['nobody was asked', { approverId: null }, 'lead', {}, 'forbidden'],
    ['approved already', { status: 'approved' }, 'lead', {}, 'already_decided'],
    ['rejected already', { status: 'rejected' }, 'lead', {}, 'already_decided'],
    ['voided by a new revision', { status: 'void' }, 'lead', {}, 'stale_revision'],
    ['not asked yet', { status: 'waiting' }, 'lead', {}, 'wrong_stage'],
    ['an older revision', {}, 'lead', { quoteRevision: 2 }, 'stale_revision'],
    ['a quote that was changed', {}, 'lead', { contentHash: 'abd' }, 'stale_revision'],
    ['an earlier step is open', {}, 'lead', { openSequences: [1, 2] }, 'wrong_stage'],
    ['a parallel step is open', {}, 'lead', { openSequences: [2, 2, 3] }, 'ok'],
    ['the requester', { requesterId: 'lead' }, 'lead', {}, 'self_approval'],
    ['somebody who profits', {}, 'lead', { quote: { ...quote, beneficiaryIds: ['lead'] } }, 'self_approval'],
    ['the maker, whoever submitted', {}, 'lead', { quote: { ...quote, makerId: 'lead' } }, 'self_approval'],
    ['a total at the limit', {}, 'lead', { quote: { ...quote, totalMinor: 10_000n } }, 'ok'],
    [
      'a total a cent above the limit',
      {},
      'lead',
      { quote: { ...quote, totalMinor: 10_001n } },
      'limit_exceeded',
    ],
    ['the delegate', {}, 'fin1', { people: away }, 'ok'],
    ['the delegate a day later', {}, 'fin1', { people: away, on: '2026-11-23' }, 'forbidden'],
    ['the delegate, who asked', { requesterId: 'fin1' }, 'fin1', { people: away }, 'self_approval'],
    [
      'the delegate, who made the quote',
      {},
      'fin1',
      { people: away, quote: { ...quote, makerId: 'fin1' } },
      'self_approval',
    ],
    [
      'the delegate of the maker',
      {},
      'fin1',
      { people: away, quote: { ...quote, makerId: 'lead' } },
      'self_approval',
    ],
    ['the delegate of the requester', { requesterId: 'lead' }, 'fin1', { people: away }, 'self_approval'],
    [
      'the delegate, above the limit of whom they stand in for',
      {},
      'fin1',
      { people: away, quote: { ...quote, totalMinor: 10_001n } },
      'limit_exceeded',
    ],
    ['the approver in person while a delegate stands in', {}, 'lead', { people: away }, 'ok'],
    [
      'somebody who left',
      {},
      'lead',
      { people: new Map([...staff, ['lead', person('lead', { active: false })]]) },
      'forbidden',
    ],
  ])('%s', (_what, changes, personId, differently, expected) => {
    const answer = mayDecide({ ...approval, ...changes }, personId, { ...context, ...differently });
    expect(answer.ok ? 'ok' : answer.code).toBe(expected);
  });

  test.each<[string, Partial<OpenApproval>, string, Partial<DecisionContext>, string]>([
    ['who is unknown', {}, 'ghost', {}, 'ghost is not active'],
    ['who was not asked', {}, 'head', {}, 'head was not asked; lead was'],
    ['where nobody was', { approverId: null }, 'lead', {}, 'lead was not asked; nobody was'],
    ['once it is decided', { status: 'rejected' }, 'lead', {}, 'this step is rejected'],
    ['once it is void', { status: 'void' }, 'lead', {}, 'revision 3 was replaced'],
    ['before its turn', { status: 'waiting' }, 'lead', {}, 'sequence 2 is not asked yet'],
    ['of an older revision', {}, 'lead', { quoteRevision: 2 }, 'revision 2 was decided, 3 is open'],
    [
      'of other content',
      {},
      'lead',
      { contentHash: 'abd' },
      'the quote no longer has the content that was submitted',
    ],
    ['before the earlier ones', {}, 'lead', { openSequences: [2, 1, 0] }, 'sequence 0 comes before 2'],
    [
      'who profits',
      {},
      'lead',
      { quote: { ...quote, beneficiaryIds: ['lead'] } },
      'lead has direct credit on this deal',
    ],
    [
      'for whom the one who profits is acted',
      {},
      'fin1',
      { people: away, quote: { ...quote, beneficiaryIds: ['lead'] } },
      'lead has direct credit on this deal',
    ],
    [
      'above the limit',
      {},
      'lead',
      { quote: { ...quote, totalMinor: 10_001n } },
      "100.01 EUR are above lead's limit 100.00",
    ],
    ['who made it', {}, 'lead', { quote: { ...quote, makerId: 'lead' } }, 'lead made this quote'],
    ['who asked for it', { requesterId: 'lead' }, 'lead', {}, 'lead asked for this'],
    [
      'whose delegate it is',
      {},
      'fin1',
      { people: away, quote: { ...quote, makerId: 'lead' } },
      'lead made this quote, and fin1 acts for lead',
    ],
  ])('a person %s is told why', (_who, changes, personId, differently, detail) => {
    const answer = mayDecide({ ...approval, ...changes }, personId, { ...context, ...differently });
    expect(answer).toMatchObject({ ok: false, detail });
  });

  test('the last in a chain of delegates decides, and so does the first', () => {
    const onward = new Map([
      ...away,
      ['fin1', person('fin1', { ...staff.get('fin1'), delegations: [{ ...standIn, toId: 'fin2' }] })],
    ]);
    for (const id of ['fin1', 'fin2']) {
      expect(mayDecide(approval, id, { ...context, people: onward })).toEqual({
        ok: true,
        actingForId: 'lead',
      });
    }
  });

  test('a delegate’s decision names whom they acted for', () => {
    expect(mayDecide(approval, 'fin1', { ...context, people: away })).toEqual({
      ok: true,
      actingForId: 'lead',
    });
    expect(mayDecide(approval, 'lead', context)).toEqual({ ok: true, actingForId: null });
  });
});

describe('an approval nobody decides', () => {
  const HOUR = 3_600_000;
  const waiting: WaitingApproval = {
    ruleId: 'rule-0',
    approverId: 'lead',
    requesterId: 'rep',
    askedAt: 0,
    escalations: 0,
  };
  const matrix = policy({ when: { discountAboveBps: 0 } });

  test.each<[string, Partial<WaitingApproval>, Partial<QuoteFacts>, object]>([
    [
      'then goes to the next manager',
      {},
      {},
      { action: 'escalate', at: 24 * HOUR, toId: 'head', limitMinor: 100_000n },
    ],
    [
      'skips who profits',
      {},
      { beneficiaryIds: ['head'] },
      { action: 'escalate', at: 24 * HOUR, toId: 'boss', limitMinor: 1_000_000n },
    ],
    [
      'skips who made the quote',
      {},
      { makerId: 'head' },
      { action: 'escalate', at: 24 * HOUR, toId: 'boss', limitMinor: 1_000_000n },
    ],
    [
      'skips who may not release as much',
      {},
      { totalMinor: 100_001n },
      { action: 'escalate', at: 24 * HOUR, toId: 'boss', limitMinor: 1_000_000n },
    ],
    [
      'ends with the admin above everybody',
      { approverId: 'boss' },
      {},
      { action: 'admin', at: 24 * HOUR, reasonCode: 'nobody_able' },
    ],
    [
      'one before the last escalation still goes on',
      { escalations: 1 },
      {},
      { action: 'escalate', at: 24 * HOUR, toId: 'head', limitMinor: 100_000n },
    ],
    [
      'ends with the admin after the last escalation',
      { escalations: 2 },
      {},
      { action: 'admin', at: 24 * HOUR, reasonCode: 'escalations_used_up' },
    ],
    [
      'finds an approver at once where there was none and now is one',
      { approverId: null, escalations: 9 },
      {},
      { action: 'escalate', at: 0, toId: 'lead', limitMinor: 10_000n },
    ],
    [
      'stays the admin’s while nobody named by the rule, or above, is able',
      { approverId: null, escalations: 9 },
      { totalMinor: 1_000_001n },
      { action: 'admin', at: 0, reasonCode: 'nobody_able' },
    ],
    [
      'is asked again once who is asked cannot decide any more',
      { approverId: 'lead', escalations: 9 },
      { beneficiaryIds: ['lead'] },
      { action: 'escalate', at: 24 * HOUR, toId: 'head', limitMinor: 100_000n },
    ],
    [
      'finds an approver for a step whose approver nobody knows any more',
      { approverId: 'ghost', askedAt: 7 },
      {},
      { action: 'escalate', at: 7, toId: 'lead', limitMinor: 10_000n },
    ],
    [
      'is the admin’s after the last escalation where even the matrix knows nobody',
      { escalations: 2 },
      { totalMinor: 1_000_001n },
      { action: 'admin', at: 24 * HOUR, reasonCode: 'escalations_used_up' },
    ],
    [
      'stays with who can decide where nobody is above, however often it went round',
      { approverId: 'boss', escalations: 2, askedAt: 5 },
      {},
      { action: 'admin', at: 24 * HOUR + 5, reasonCode: 'escalations_used_up' },
    ],
    [
      'skips who asked',
      { requesterId: 'head' },
      {},
      { action: 'escalate', at: 24 * HOUR, toId: 'boss', limitMinor: 1_000_000n },
    ],
  ])('%s', (_what, changes, facts, expected) => {
    expect(nextEscalation({ ...waiting, ...changes }, { ...quote, ...facts }, matrix, staff)).toEqual(
      expected,
    );
  });
});

describe('instead of an approver who cannot decide any more', () => {
  const away = (toId: string) =>
    new Map([
      ...staff,
      ['lead', person('lead', { ...staff.get('lead'), delegations: [{ toId, fromOn: on, untilOn: on }] })],
    ]);
  test.each<[string, string, Partial<QuoteFacts>, typeof staff, string, string | undefined]>([
    ['the delegate is asked', 'lead', {}, away('fin1'), on, 'fin1'],
    ['not on another day: the manager is', 'lead', {}, away('fin1'), '2026-11-23', 'head'],
    ['not above the delegate’s own limit', 'lead', { totalMinor: 50_001n }, away('fin1'), on, 'head'],
    ['not the delegate who asked', 'lead', {}, away('rep'), on, 'head'],
    ['without a delegate the next manager is', 'lead', {}, staff, on, 'head'],
    ['then the one above', 'lead', { totalMinor: 100_001n }, staff, on, 'boss'],
    ['nobody is at the top', 'boss', {}, staff, on, undefined],
    ['nobody is where nobody knows them', 'ghost', {}, staff, on, undefined],
  ])('%s', (_who, approverId, changes, house, day, expected) => {
    const found = insteadOf(approverId, 'rep', { ...quote, ...changes }, house, day);
    expect(found?.id).toBe(expected);
    if (expected === undefined) expect(found).toBeNull();
  });
});
