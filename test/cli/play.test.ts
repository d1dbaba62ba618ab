import { describe, expect, test } from '@jest/globals';
import { castOf } from '../../cli/sample/cast.js';
import { SAMPLE_SEED } from '../../cli/sample/chance.js';
import { inOrder } from '../../cli/sample/lines.js';
import type { Line } from '../../cli/sample/stage.js';
import { type Entry, outcomeOf } from '../../cli/sample/watch.js';

const [lead] = castOf(SAMPLE_SEED);
const line = (atMs: number, act: Line['act'] = 'qualified'): Line => {
  if (!lead) throw new RangeError('the cast is empty');
  return { lead, act, atMs };
};

describe('the lines of the play', () => {
  test('come in business time, whatever the order they were found in', () => {
    let now = 0;
    const told: number[] = [];
    const lines = inOrder(
      ({ atMs }) => told.push(atMs),
      100,
      () => now,
    );
    lines.tell(line(30));
    now = 60;
    lines.tell(line(20)); // Found later, happened before.
    lines.tell(line(40));
    lines.release();
    expect(told).toEqual([]);
    now = 100;
    lines.release();
    expect(told).toEqual([20, 30]); // 40 may still be preceded by another one.
    lines.stop();
    expect(told).toEqual([20, 30, 40]);
    lines.stop();
    expect(told).toHaveLength(3);
  });

  test('of one instant stay in the order they were told in', () => {
    const told: string[] = [];
    const lines = inOrder(({ act }) => told.push(act));
    for (const act of ['disqualified', 'closed'] as const) lines.tell(line(5, act));
    lines.stop();
    expect(told).toEqual(['disqualified', 'closed']);
  });
});

describe('how a lead closed', () => {
  const entry = (seq: number, action: string, from: string, to: string): Entry => ({
    seq,
    action,
    from,
    to,
    at: '2026-09-17T10:00:00Z',
    actor: null,
    detail: null,
  });
  const closing = entry(10, 'payCommission', 'commission', 'closed');
  const expiry = entry(10, 'expireOffer', 'offered', 'closed');
  const reopening = entry(11, 'reversePayment', 'closed', 'collecting');

  test.each<[string, Entry, readonly Entry[], string | null, string]>([
    ['is what its row says', closing, [closing], 'written_off', 'written_off'],
    ['is won where a bounce has opened it again since', closing, [closing, reopening], null, 'won'],
    ['is not what it closed with the next time', closing, [closing, reopening], 'written_off', 'won'],
    ['is lost where an offer expired', expiry, [expiry], null, 'lost'],
  ])('%s', (_what, closed, entries, outcome, expected) => {
    expect(outcomeOf(closed, entries, outcome)).toBe(expected);
  });
});
