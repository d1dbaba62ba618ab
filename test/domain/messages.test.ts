import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ERRORS } from '../../domain/errors.js';
import { OUTCOMES, OUTCOMES_FROM, STAGE_TRANSITIONS, STAGES, type Stage } from '../../domain/leads/stages.js';
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
import { type Answer, FACT_STEPS, type ToldAnswer, toldAnswer } from '../../domain/steps.js';
import {
  OVERDUE_TASKS,
  OWN_STEPS,
  TASKS_OVER_WITH_LEAD,
  WAIT_KINDS,
  WAITS,
  waitsIn,
} from '../../domain/waits.js';

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

/** The rows of the tables in a committed document that begin with a name of `names`; cells without their quotes. */
function rowsOf<Name extends string>(file: string, names: readonly Name[]): [Name, ...string[]][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).replaceAll('`', '').split(' | '))
    .filter((cells): cells is [Name, ...string[]] => names.includes(cells[0] as Name));
}

describe('the tables people agreed on are what the code decides', () => {
  test.each(rowsOf('docs/stages.md', MESSAGE_NAMES))('%s in every stage', (name, ...cells) => {
    const shown = { apply: '✓', reopen: '↺', park: 'park', no_effect: '·' };
    const decided = STAGES.map((stage) => {
      const outcome = outcomeOf(stage, name);
      return outcome.kind === 'refuse' ? `✗ ${outcome.code}` : shown[outcome.kind];
    });
    expect(decided).toEqual(cells);
  });

  test.each(rowsOf('docs/messages.md', MESSAGE_NAMES))(
    '%s may be sent by these roles alone, as the kind it is, and is applied by its step',
    (name, kind, _body, step, who = '') => {
      expect(MESSAGES[name].kind).toBe(kind?.split(' ')[0]);
      expect(step).toBe(name in FACT_STEPS ? FACT_STEPS[name as keyof typeof FACT_STEPS] : name);
      // "manager, integration; of their own leads: rep; never who …"
      const [every = '', ...more] = who.split('; ');
      const owners = more.flatMap((part) => /^of their own leads: (.+)$/.exec(part)?.[1]?.split(', ') ?? []);
      const senders = ROLES.filter((role) => maySend([role], name));
      expect([...senders].sort()).toEqual([...every.split(', '), ...owners].sort());
      expect(senders.filter((role) => onOwnLeadsOnly([role], name))).toEqual(owners);
    },
  );

  test.each(rowsOf('docs/stages.md', WAIT_KINDS))(
    'the wait for %s: who owes it, where, and what follows',
    (kind, owes, stages, reminder, overdue) => {
      const rule = WAITS[kind];
      const written = [rule.owes, rule.stages.join(', '), rule.onReminder ?? '–', rule.onOverdue];
      expect(written).toEqual([owes, stages, reminder, overdue]);
    },
  );

  test('and they leave out no message and no wait', () => {
    expect(rowsOf('docs/stages.md', MESSAGE_NAMES).map(([name]) => name)).toEqual(MESSAGE_NAMES);
    expect(rowsOf('docs/messages.md', MESSAGE_NAMES).map(([name]) => name)).toEqual(MESSAGE_NAMES);
    expect(rowsOf('docs/stages.md', WAIT_KINDS).map(([kind]) => kind)).toEqual(WAIT_KINDS);
    expect([MESSAGE_NAMES.length, WAIT_KINDS.length]).toEqual([17, 13]);
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

describe('the tasks of waits', () => {
  test('a wait of somebody in the house is told by a task named after it', () => {
    expect(Object.entries(OVERDUE_TASKS).map(([kind, task]) => [kind, task])).toEqual(
      ['qualification', 'quote', 'approval', 'delivery', 'payout'].map((kind) => [kind, `${kind}_overdue`]),
    );
  });

  test('about the progress of a deal they are over with the lead; those about money stay', () => {
    expect([...TASKS_OVER_WITH_LEAD].sort()).toEqual([
      'approval_overdue',
      'delivery_overdue',
      'invoice_unpaid',
      'no_owner',
      'payout_overdue',
      'qualification_overdue',
      'quote_overdue',
      'task_overdue',
    ]);
  });
});

test.each<[Answer, ToldAnswer]>([
  [{ result: 'applied' }, { result: 'applied' }],
  [
    { result: 'applied', made: 'order_1' },
    { result: 'applied', made: 'order_1' },
  ],
  [
    { result: 'refused', code: 'expired', detail: 'too late', pointer: '/x' },
    { result: 'refused', code: 'expired' },
  ],
])('of the answer %j the workflow hears %j: what a person typed stays with the row', (answer, told) => {
  expect(toldAnswer(answer)).toStrictEqual(told);
});

describe('the stages', () => {
  test.each<[Stage, string, string]>([
    ['new', 'nurturing qualified closed', 'disqualified lost'],
    ['nurturing', 'new qualified closed', 'disqualified lost'],
    ['qualified', 'quoting approval offered closed', 'disqualified lost'],
    ['quoting', 'approval offered closed', 'lost'],
    ['approval', 'quoting offered closed', 'lost'],
    ['offered', 'quoting approval ordered closed', 'lost'],
    ['ordered', 'delivering collecting commission closed', 'won cancelled written_off'],
    ['delivering', 'collecting commission closed', 'won cancelled written_off'],
    ['collecting', 'delivering commission closed', 'won cancelled written_off'],
    ['commission', 'delivering collecting closed', 'won cancelled written_off'],
    ['closed', 'collecting', ''],
  ])('from %s to %s; ended there it is %s', (stage, next, outcomes) => {
    expect(STAGE_TRANSITIONS[stage].join(' ')).toBe(next);
    expect(OUTCOMES_FROM[stage].join(' ')).toBe(outcomes);
    for (const outcome of OUTCOMES_FROM[stage]) expect(OUTCOMES).toContain(outcome);
  });

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
