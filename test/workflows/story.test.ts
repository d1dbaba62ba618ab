import { describe, expect, test } from '@jest/globals';
import type { Head, WaitHead } from '../../domain/steps.js';
import { story, waitViews } from '../../workflows/story.js';

const DUE = Date.parse('2026-11-27T23:00:00Z');
const headWith = (waits: readonly WaitHead[], owner: string | null = 'person_1'): Head => ({
  revision: 7,
  stage: 'delivering',
  outcome: null,
  owner,
  waits,
});
const delivery: WaitHead = ['delivery', 'order_1', DUE, 0, 'overdue'];

describe('what operations read of a wait', () => {
  test.each<[string, WaitHead, string, string]>([
    ['a delivery', delivery, 'fulfilment', 'escalateDelivery'],
    [
      'an approval before its reminder',
      ['approval', 'ap_1', DUE, 0, 'reminder'],
      'manager',
      'remindApprover',
    ],
    ['an approval after it', ['approval', 'ap_1', DUE, 1, 'overdue'], 'manager', 'escalateApproval'],
    [
      'a payment, which has no reminder of its own',
      ['payment', 'inv_1', DUE, 2, 'reminder'],
      'customer',
      'sendReminder',
    ],
  ])('%s says who owes it, when it is due and what happens then', (_of, wait, owedBy, then) => {
    expect(waitViews(headWith([wait]))).toEqual([
      {
        waitsFor: wait[0],
        of: wait[1],
        owedBy,
        owner: 'person_1',
        dueAt: '2026-11-27T23:00:00.000Z',
        then,
        level: wait[3],
      },
    ]);
  });

  test('before the state is loaded there is none', () => expect(waitViews(undefined)).toEqual([]));
});

describe('the story in the engine’s user interface', () => {
  test('names the owner, the next move and which time it speaks of, and calls nothing overdue that is due', () => {
    const told = story();
    const head = headWith([delivery]);
    told.add('acceptQuote', head);
    const text = told.markdown(head, 'delivery');
    expect(text).toContain('**delivering** · owner person_1');
    expect(text).toContain('Next: fulfilment owes delivery, due 2026-11-27 23:00; then `escalateDelivery`.');
    expect(text).toContain(
      '- **delivery** of `order_1`: owed by fulfilment, due 2026-11-27 23:00, then `escalateDelivery`\n',
    );
    expect(text).toMatch(/^- \d{4}-\d\d-\d\d \d\d:\d\d:\d\d `acceptQuote` → delivering \(r7\)$/m);
    expect(text).toContain('real time, UTC');
    expect(text).not.toContain('overdue');
  });

  test('a wait says its level once somebody was reminded', () => {
    const reminded: WaitHead = ['payment', 'inv_1', DUE, 2, 'reminder'];
    expect(story().markdown(headWith([reminded]))).toContain('then `sendReminder`, level 2');
  });

  test('of a closed lead without an owner it says stage and outcome alone', () => {
    const head: Head = { ...headWith([], null), stage: 'closed', outcome: 'lost' };
    expect(story().markdown(head).split('\n')[0]).toBe('**closed** · lost');
  });
});
