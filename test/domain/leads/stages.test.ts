import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type LeadProgress,
  mayMove,
  outcomeWhenSettled,
  STAGES,
  type Stage,
  stageOf,
} from '../../../domain/leads/stages.js';

const fresh: LeadProgress = {
  ended: false,
  qualification: 'pending',
  quote: 'none',
  order: null,
  uninvoiced: false,
  openInvoices: 0,
  unsettledCommissions: 0,
};
const quoted = { ...fresh, qualification: 'qualified' } as const;
const sold = { ...quoted, quote: 'accepted', order: { delivered: 'none' } } as const;
const shipped = { ...sold, order: { delivered: 'all' } } as const;

describe('a lead shows its earliest unfinished stage', () => {
  test.each<[string, LeadProgress, Stage]>([
    ['captured', fresh, 'new'],
    ['put aside', { ...fresh, qualification: 'nurturing' }, 'nurturing'],
    ['qualified without a quote', quoted, 'qualified'],
    ['sent back by an approver', { ...quoted, quote: 'drafting' }, 'quoting'],
    ['waiting for an approver', { ...quoted, quote: 'approving' }, 'approval'],
    ['offered', { ...quoted, quote: 'offered' }, 'offered'],
    ['accepted', sold, 'ordered'],
    ['paid in advance, not delivered', { ...sold, unsettledCommissions: 1 }, 'ordered'],
    ['delivered in part, the part paid', { ...sold, order: { delivered: 'some' } }, 'delivering'],
    ['delivered, not invoiced', { ...shipped, uninvoiced: true }, 'collecting'],
    ['one invoice open', { ...shipped, openInvoices: 1, unsettledCommissions: 1 }, 'collecting'],
    ['paid, commission not settled', { ...shipped, unsettledCommissions: 1 }, 'commission'],
    ['all done', shipped, 'closed'],
    ['lost', { ...quoted, quote: 'offered', ended: true }, 'closed'],
  ])('%s', (_what, progress, stage) => {
    expect(stageOf(progress)).toBe(stage);
  });

  test('work that is finished never moves a lead backwards', () => {
    const progress = fc.record({
      ended: fc.constant(false),
      qualification: fc.constant('qualified' as const),
      quote: fc.constant('accepted' as const),
      order: fc.record({ delivered: fc.constantFrom('none' as const, 'some' as const, 'all' as const) }),
      uninvoiced: fc.boolean(),
      openInvoices: fc.nat(3),
      unsettledCommissions: fc.nat(3),
    });
    fc.assert(
      fc.property(progress, (before) => {
        const at = STAGES.indexOf(stageOf(before));
        const later = [
          { ...before, order: { delivered: 'all' as const } },
          { ...before, uninvoiced: false },
          { ...before, openInvoices: 0 },
          { ...before, unsettledCommissions: 0 },
        ];
        for (const after of later) {
          expect(STAGES.indexOf(stageOf(after))).toBeGreaterThanOrEqual(at);
          expect(mayMove(stageOf(before), stageOf(after))).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test.each<[Stage, Stage, boolean]>([
    ['new', 'qualified', true],
    ['new', 'quoting', false],
    ['approval', 'quoting', true],
    ['approval', 'ordered', false],
    ['offered', 'ordered', true],
    ['commission', 'collecting', true],
    ['closed', 'collecting', true],
    ['closed', 'delivering', false],
    ['ordered', 'offered', false],
    ['delivering', 'delivering', true],
  ])('from %s to %s: %s', (from, to, allowed) => {
    expect(mayMove(from, to)).toBe(allowed);
  });
});

describe('the outcome of an order', () => {
  test.each([
    [{ cancelled: false, keptMinor: 1n, writtenOffMinor: 0n }, 'won'],
    [{ cancelled: false, keptMinor: 1n, writtenOffMinor: 99n }, 'won'],
    [{ cancelled: false, keptMinor: 0n, writtenOffMinor: 1n }, 'written_off'],
    [{ cancelled: false, keptMinor: 0n, writtenOffMinor: 0n }, 'won'],
    [{ cancelled: true, keptMinor: 0n, writtenOffMinor: 1n }, 'cancelled'],
    [{ cancelled: true, keptMinor: 1n, writtenOffMinor: 0n }, 'won'],
  ])('%p is %s', (order, outcome) => {
    expect(outcomeWhenSettled(order)).toBe(outcome);
  });
});
