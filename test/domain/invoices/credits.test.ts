import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { balanceOf, checkBalance, type InvoiceLine, openGross } from '../../../domain/invoices/balance.js';
import {
  type CreditDraft,
  creditNote,
  creditWhole,
  effectOfCredit,
  type StandingAllocation,
} from '../../../domain/invoices/credits.js';
import { taxDocument } from '../../../domain/taxes/document.js';

type Spec = { netMinor: bigint; rateBps: number; treatment?: 'S' | 'Z' };

const invoice = (specs: readonly Spec[]): InvoiceLine[] =>
  taxDocument(specs.map((spec) => ({ treatment: 'S' as const, ...spec }))).lines.map((line, index) => ({
    ...line,
    lineId: `line-${index + 1}`,
    lineNo: index + 1,
    creditedNetMinor: 0n,
    creditedTaxMinor: 0n,
    allocatedMinor: 0n,
    toleratedMinor: 0n,
    writtenOffMinor: 0n,
  }));

const afterCredit = (lines: readonly InvoiceLine[], credit: CreditDraft): InvoiceLine[] =>
  lines.map((line) => {
    const mine = credit.lines.filter(({ lineId }) => lineId === line.lineId);
    return {
      ...line,
      creditedNetMinor: mine.reduce((sum, { netMinor }) => sum + netMinor, line.creditedNetMinor),
      creditedTaxMinor: mine.reduce((sum, { taxMinor }) => sum + taxMinor, line.creditedTaxMinor),
    };
  });

const paid = (line: InvoiceLine, allocatedMinor: bigint): InvoiceLine => ({ ...line, allocatedMinor });
const allocation = (allocationId: string, lineId: string, amountMinor: bigint): StandingAllocation => ({
  allocationId,
  paymentId: `payment-${allocationId}`,
  lineId,
  amountMinor,
});

describe('the tax of a credit note', () => {
  test('30.15 at 10 % carries 3.02; credited in three thirds 1.01, 1.00, 1.01', () => {
    let lines = invoice([{ netMinor: 3015n, rateBps: 1000 }]);
    const taxes = [1, 2, 3].map(() => {
      const credit = creditNote(lines, [{ lineId: 'line-1', netMinor: 1005n }]);
      lines = afterCredit(lines, credit);
      return credit.taxMinor;
    });
    expect(taxes).toEqual([101n, 100n, 101n]);
    expect(openGross(lines[0] as InvoiceLine)).toBe(0n);
  });

  test('what the rate asks beyond a line’s own tax is taken from another line of the rate', () => {
    const lines = invoice([1005n, 1005n, 1005n].map((netMinor) => ({ netMinor, rateBps: 1000 })));
    expect(lines.map((line) => line.taxMinor)).toEqual([101n, 101n, 100n]);
    const credit = creditNote(lines, [{ lineId: 'line-3', netMinor: 1005n }]);
    expect(credit.taxMinor).toBe(101n);
    expect(credit.lines.map((line) => [line.lineId, line.netMinor, line.taxMinor])).toEqual([
      ['line-1', 0n, 1n],
      ['line-3', 1005n, 100n],
    ]);
  });

  test('another credited line takes it before a line that is not credited', () => {
    const lines = invoice([1005n, 1005n, 1005n, 1005n].map((netMinor) => ({ netMinor, rateBps: 1000 })));
    const credit = creditNote(lines, [
      { lineId: 'line-3', netMinor: 1005n },
      { lineId: 'line-4', netMinor: 504n },
    ]);
    expect(credit.lines.map((line) => [line.lineId, line.taxMinor])).toEqual([
      ['line-3', 100n],
      ['line-4', 51n],
    ]);
  });

  test('each rate is credited for itself', () => {
    const lines = invoice([
      { netMinor: 1000n, rateBps: 2100 },
      { netMinor: 1000n, rateBps: 1000 },
      { netMinor: 1000n, rateBps: 0, treatment: 'Z' },
    ]);
    const credit = creditNote(lines, [
      { lineId: 'line-3', netMinor: 400n },
      { lineId: 'line-1', netMinor: 500n },
    ]);
    expect(credit.lines).toMatchObject([
      { lineId: 'line-1', rateBps: 2100, netMinor: 500n, taxMinor: 105n, grossMinor: 605n },
      { lineId: 'line-3', treatment: 'Z', netMinor: 400n, taxMinor: 0n },
    ]);
    expect(credit).toMatchObject({ netMinor: 900n, taxMinor: 105n, grossMinor: 1005n });
  });
});

describe('a credit note', () => {
  test('for the whole mirrors the invoice, mixed signs included', () => {
    const lines = invoice([
      { netMinor: 1000n, rateBps: 2100 },
      { netMinor: -300n, rateBps: 2100 },
    ]);
    const credit = creditWhole(lines);
    expect(credit).toMatchObject({ netMinor: 700n, taxMinor: 147n, grossMinor: 847n });
    for (const line of afterCredit(lines, credit)) expect(openGross(line)).toBe(0n);
  });

  const lines = invoice([
    { netMinor: 1000n, rateBps: 2100 },
    { netMinor: 500n, rateBps: 2100 },
  ]);

  test.each([
    ['one unit more than the line', [{ lineId: 'line-1', netMinor: 1001n }], 'over_credited', '/lines/0/net'],
    [
      'too much in two lines',
      [1n, 1000n].map((netMinor) => ({ lineId: 'line-1', netMinor })),
      'over_credited',
      '/lines/1/net',
    ],
    ['nothing', [{ lineId: 'line-1', netMinor: 0n }], 'over_credited', '/lines/0/net'],
    ['a negative amount', [{ lineId: 'line-1', netMinor: -1n }], 'over_credited', '/lines/0/net'],
    ['an unknown line', [{ lineId: 'line-9', netMinor: 1n }], 'invalid_field', '/lines/0/invoiceLineId'],
    ['no line', [], 'invalid_field', '/lines'],
  ])('for %s is refused', (_name, credits, code, pointer) => {
    expect(() => creditNote(lines, credits)).toThrow(expect.objectContaining({ code, pointer }));
  });

  test('for part of an invoice of mixed sign is refused', () => {
    const mixed = invoice([
      { netMinor: 1000n, rateBps: 2100 },
      { netMinor: -300n, rateBps: 2100 },
    ]);
    expect(() => creditNote(mixed, [{ lineId: 'line-1', netMinor: 100n }])).toThrow(/mixed sign/);
  });

  test('for an invoice credited already is refused', () => {
    expect(() => creditWhole(afterCredit(lines, creditWhole(lines)))).toThrow(/nothing is left/);
  });

  test('credits in any parts leave zero on every line, and none passes below zero on the way', () => {
    const lineArbitrary = fc.record({
      netMinor: fc.bigInt({ min: 1n, max: 5000n }),
      rateBps: fc.constantFrom(400, 1000, 2100),
    });
    const cut = fc.record({ line: fc.nat(), bps: fc.integer({ min: 1, max: 10_000 }) });
    const cuts = fc.array(cut, { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(lineArbitrary, { minLength: 1, maxLength: 5 }), cuts, (specs, parts) => {
        let current = invoice(specs);
        const credited = { netMinor: 0n, taxMinor: 0n };
        const total = balanceOf(current).grossMinor;
        const book = (credit: CreditDraft) => {
          current = afterCredit(current, credit);
          credited.netMinor += credit.netMinor;
          credited.taxMinor += credit.taxMinor;
          expect(credit.taxMinor >= 0n).toBe(true);
          for (const line of current) expect(openGross(line) >= 0n).toBe(true);
          checkBalance(balanceOf(current));
        };
        for (const { line: at, bps } of parts) {
          const line = current[at % current.length] as InvoiceLine;
          const left = line.netMinor - line.creditedNetMinor;
          if (left > 0n)
            book(
              creditNote(current, [
                { lineId: line.lineId, netMinor: (left * BigInt(bps) + 9999n) / 10_000n },
              ]),
            );
        }
        const rest = current
          .map((line) => ({ lineId: line.lineId, netMinor: line.netMinor - line.creditedNetMinor }))
          .filter(({ netMinor }) => netMinor > 0n);
        if (rest.length > 0) book(creditNote(current, rest));
        for (const line of current) expect(openGross(line)).toBe(0n);
        expect(credited.netMinor + credited.taxMinor).toBe(total);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the cash behind a credit note', () => {
  const two = invoice([
    { netMinor: 10_000n, rateBps: 0, treatment: 'Z' },
    { netMinor: 5_000n, rateBps: 0, treatment: 'Z' },
  ]);
  const [a, b] = two as [InvoiceLine, InvoiceLine];
  const creditOf = (lines: InvoiceLine[], netMinor: bigint) =>
    creditNote(lines, [{ lineId: 'line-1', netMinor }]);

  test('stays where it is while the credit fits into the open part', () => {
    const lines = [paid(a, 6_000n), b];
    const effect = effectOfCredit(lines, creditOf(lines, 4_000n), [allocation('1', 'line-1', 6_000n)]);
    expect(effect).toEqual({ openMinor: 4_000n, releases: [], unappliedMinor: 0n });
  });

  test('moves to the other open lines first, then to unapplied cash, the latest allocation first', () => {
    const lines = [paid(a, 10_000n), paid(b, 2_000n)];
    const allocations = [
      allocation('1', 'line-1', 7_000n),
      allocation('2', 'line-1', 3_000n),
      allocation('3', 'line-2', 2_000n),
    ];
    const effect = effectOfCredit(lines, creditOf(lines, 5_000n), allocations);
    expect(effect).toEqual({
      openMinor: 3_000n,
      unappliedMinor: 2_000n,
      releases: [
        {
          allocationId: '2',
          paymentId: 'payment-2',
          lineId: 'line-1',
          amountMinor: 3_000n,
          toLines: [{ lineId: 'line-2', amountMinor: 3_000n }],
          unappliedMinor: 0n,
        },
        {
          allocationId: '1',
          paymentId: 'payment-1',
          lineId: 'line-1',
          amountMinor: 2_000n,
          toLines: [],
          unappliedMinor: 2_000n,
        },
      ],
    });
  });

  test('becomes unapplied whole when a paid invoice is cancelled', () => {
    const lines = [paid(a, 10_000n), paid(b, 5_000n)];
    const allocations = [allocation('1', 'line-1', 10_000n), allocation('2', 'line-2', 5_000n)];
    const effect = effectOfCredit(lines, creditWhole(lines), allocations);
    expect(effect).toMatchObject({ openMinor: 0n, unappliedMinor: 15_000n });
    expect(effect.releases.every(({ toLines }) => toLines.length === 0)).toBe(true);
  });

  test('does not exist for what was written off: crediting that is refused', () => {
    const lines = [{ ...paid(a, 4_000n), writtenOffMinor: 6_000n }, b];
    const allocations = [allocation('1', 'line-1', 4_000n)];
    expect(() => effectOfCredit(lines, creditOf(lines, 4_001n), allocations)).toThrow(
      /^over_credited: 1 minor units of line line-1 were written off/,
    );
    expect(effectOfCredit(lines, creditOf(lines, 4_000n), allocations).releases).toHaveLength(1);
  });
});
