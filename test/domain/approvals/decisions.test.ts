import { describe, expect, test } from '@jest/globals';
import { nextEscalation, type WaitingApproval } from '../../../domain/approvals/escalation.js';
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
