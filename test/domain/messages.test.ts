import { describe, expect, test } from '@jest/globals';
import { ERRORS } from '../../domain/errors.js';
import { OUTCOMES_FROM, STAGE_TRANSITIONS, STAGES } from '../../domain/leads/stages.js';
import {
  DECISIONS,
  FACTS,
  MESSAGE_NAMES,
  MESSAGES,
  maySend,
  onOwnLeadsOnly,
  outcomeOf,
} from '../../domain/messages.js';
import { ROLES } from '../../domain/people/people.js';
import { FACT_STEPS } from '../../domain/steps.js';
import { OWN_STEPS, WAIT_KINDS, WAITS, waitsIn } from '../../domain/waits.js';

describe('what a message means in a stage', () => {
  test('is said for every message and every stage', () => {
    for (const name of MESSAGE_NAMES) {
      expect(MESSAGES[name].cells).toHaveLength(STAGES.length);
      for (const stage of STAGES) expect(outcomeOf(stage, name).kind).toBeTruthy();
    }
  });

  test('a decision is applied, refused or reopens; it is never parked or ignored', () => {
    for (const name of DECISIONS) {
      for (const stage of STAGES) {
        expect(['apply', 'refuse', 'reopen']).toContain(outcomeOf(stage, name).kind);
      }
    }
  });

  test('a fact has happened: it is never refused', () => {
    for (const name of FACTS) {
      for (const stage of STAGES) expect(outcomeOf(stage, name).kind).not.toBe('refuse');
    }
  });

  test('only a closed lead is reopened, and only by what may come after the end', () => {
    const reopening = MESSAGE_NAMES.flatMap((name) =>
      STAGES.filter((stage) => outcomeOf(stage, name).kind === 'reopen').map((stage) => `${stage} ${name}`),
    );
    expect(reopening.sort()).toEqual([
      'closed creditInvoice',
      'closed deliveryRecorded',
      'closed paymentApplied',
      'closed paymentReversed',
    ]);
  });

  test('every refusal is a row of the table of errors with its reason', () => {
    for (const name of DECISIONS) {
      for (const stage of STAGES) {
        const outcome = outcomeOf(stage, name);
        if (outcome.kind !== 'refuse') continue;
        expect(Object.keys(ERRORS)).toContain(outcome.code);
        expect(outcome.detail).not.toBe('');
        expect(outcome.code === 'lead_closed').toBe(stage === 'closed');
      }
    }
  });

  test.each([
    ['new', 'qualifyLead', 'apply'],
    ['qualified', 'qualifyLead', 'already_decided'],
    ['nurturing', 'submitQuote', 'wrong_stage'],
    ['quoting', 'submitQuote', 'apply'],
    ['approval', 'acceptQuote', 'wrong_stage'],
    ['offered', 'acceptQuote', 'apply'],
    ['ordered', 'acceptQuote', 'already_decided'],
    ['qualified', 'decideApproval', 'wrong_stage'],
    ['quoting', 'decideApproval', 'already_decided'],
    ['offered', 'decideApproval', 'already_decided'],
    ['offered', 'cancelOrder', 'wrong_stage'],
    ['ordered', 'cancelOrder', 'apply'],
    ['ordered', 'withdrawLead', 'wrong_stage'],
    ['closed', 'cancelOrder', 'lead_closed'],
    ['offered', 'paymentApplied', 'park'],
    ['closed', 'leadTouched', 'no_effect'],
  ] as const)('in %s %s: %s', (stage, name, expected) => {
    const outcome = outcomeOf(stage, name);
    expect(outcome.kind === 'refuse' ? outcome.code : outcome.kind).toBe(expected);
  });

  test('an auditor sends nothing', () => {
    expect(MESSAGE_NAMES.filter((name) => maySend(['auditor'], name))).toEqual([]);
    expect(MESSAGE_NAMES.filter((name) => maySend(['finance'], name)).length).toBeGreaterThan(0);
  });
});

describe('a wait', () => {
  test('stands in stages that exist, is owed by somebody and ends in a step of the workflow', () => {
    const debtors: string[] = [...ROLES, 'customer', 'engine'];
    for (const kind of WAIT_KINDS) {
      const { stages, owes, onOverdue, onReminder } = WAITS[kind];
      expect(stages.length).toBeGreaterThan(0);
      for (const stage of stages) expect(STAGES).toContain(stage);
      expect(debtors).toContain(owes);
      // The capture's own step is told by its message, not run when the wait's time is over.
      expect([...OWN_STEPS, FACT_STEPS.leadCaptured]).toContain(onOverdue);
      if (onReminder !== null) expect(OWN_STEPS).toContain(onReminder);
    }
  });

  test('stands in every stage but the last', () => {
    for (const stage of STAGES) expect(waitsIn(stage).length > 0).toBe(stage !== 'closed');
  });

  test('runs each step of the workflow’s own', () => {
    const run = WAIT_KINDS.flatMap((kind) => [WAITS[kind].onOverdue, WAITS[kind].onReminder]);
    expect(OWN_STEPS.filter((step) => !run.includes(step))).toEqual([]);
  });
});

describe('the stages', () => {
  test('all lead to the end, and the end leads back to collecting only', () => {
    for (const stage of STAGES) {
      expect(STAGE_TRANSITIONS[stage].includes('closed')).toBe(stage !== 'closed');
      expect(STAGE_TRANSITIONS[stage]).not.toContain(stage);
      expect(OUTCOMES_FROM[stage].length > 0).toBe(stage !== 'closed');
    }
    expect(STAGE_TRANSITIONS.closed).toEqual(['collecting']);
  });
});

test.each([
  ['qualifyLead', ['rep'], true],
  ['qualifyLead', ['rep', 'manager'], false],
  ['acceptQuote', ['integration'], false],
  ['decideApproval', ['rep'], false], // Whoever is asked decides, whoever owns the lead.
] as const)('%s by %j is for leads of their own: %j', (name, roles, only) => {
  expect(onOwnLeadsOnly(roles, name)).toBe(only);
});
