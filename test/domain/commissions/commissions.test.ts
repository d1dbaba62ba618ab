import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clawBack } from '../../../domain/commissions/clawBack.js';
import { basisToDate, earn, keyOf } from '../../../domain/commissions/earn.js';
import { mirror } from '../../../domain/commissions/mirror.js';
import type { CommissionLine, Credit, EarningEvent } from '../../../domain/commissions/types.js';
import { divRound } from '../../../domain/money/rounding.js';
import { credits, plan } from './plan.js';

const line: EarningEvent = {
  eventLineId: 'alloc-1',
  invoiceLineId: 'line-1',
  family: 'hardware',
  currency: 'EUR',
  netMinor: 10_000n,
  grossMinor: 12_100n,
  paidMinor: 12_100n,
  earnOn: '2026-11-22',
};
const sum = (lines: readonly CommissionLine[], field: 'basisMinor' | 'amountMinor'): bigint =>
  lines.reduce((total, each) => total + each[field], 0n);
const of = (lines: readonly CommissionLine[], component: string): CommissionLine[] =>
  lines.filter((each) => each.component === component);
const short = (lines: readonly CommissionLine[]): string[] =>
  lines.map(
    (each) => `${each.payeeId} ${each.component} ${each.basisMinor} ${each.rateBps} ${each.amountMinor}`,
  );
describe('what cash earns', () => {
  test('full payment earns the whole net, tax never', () => {
    expect(short(earn([line], [], credits, plan))).toEqual([
      'rep direct 8000 500 400',
      'sdr direct 2000 500 100',
      'lead override1 10000 100 100',
    ]);
  });

  test.each([
    [0n, 0n],
    [1n, 1n],
    [6_050n, 5_000n],
    [12_099n, 9_999n],
    [12_100n, 10_000n],
  ])('%i paid of 12100 gross is %i of 10000 net', (paidMinor, expected) => {
    expect(basisToDate({ ...line, paidMinor })).toBe(expected);
  });

  test('a family without a rate earns the default', () => {
    expect(earn([{ ...line, family: 'toys' }], [], credits, plan)[0]?.rateBps).toBe(1_000);
  });

  test('the same event earns once', () => {
    const first = earn([line], [], credits, plan);
    expect(earn([line], first, credits, plan)).toEqual([]);
    expect(earn([line, line], [], credits, plan)).toEqual(first);
  });

  test('one payment earns on every line of the invoice it pays', () => {
    const second = { ...line, invoiceLineId: 'line-2' };
    const lines = earn([line, second], [], credits, plan);
    expect(lines).toHaveLength(6);
    expect(new Set(lines.map(keyOf)).size).toBe(6);
    expect(earn([line, second], lines, credits, plan)).toEqual([]);
    expect(mirror(lines, '2026-12-24')).toHaveLength(6);
  });

  test('a line credited to nothing earns nothing', () => {
    expect(earn([{ ...line, netMinor: 0n, grossMinor: 0n, paidMinor: 0n }], [], credits, plan)).toEqual([]);
  });

  test('the credit that settles a line books its last minor unit and nothing else', () => {
    const paid = { ...line, netMinor: 3n, grossMinor: 4n, paidMinor: 2n };
    const before = earn([paid], [], credits, plan);
    expect(sum(of(before, 'direct'), 'basisMinor')).toBe(2n);
    // The rest is credited: 1 net of 2 gross is paid whole, so 1 unit too much was booked.
    const settled = { ...paid, eventLineId: 'credit-1', netMinor: 1n, grossMinor: 2n };
    expect(sum(of(earn([settled], before, credits, plan), 'direct'), 'basisMinor')).toBe(-1n);
  });
});

interface Played {
  booked: CommissionLine[];
  event: EarningEvent;
}

/** Pays a line in the parts given; each part may bounce and be paid again later. */
function play(
  net: bigint,
  gross: bigint,
  parts: readonly { bps: number; bounces: boolean }[],
  list: readonly Credit[],
): Played {
  const booked: CommissionLine[] = [];
  let paid = 0n;
  let event = { ...line, netMinor: net, grossMinor: gross, paidMinor: 0n };
  const pay = (amount: bigint, id: string): CommissionLine[] => {
    paid += amount;
    event = { ...event, eventLineId: id, paidMinor: paid };
    const lines = earn([event], booked, list, plan);
    booked.push(...lines);
    return lines;
  };
  parts.forEach(({ bps, bounces }, index) => {
    const amount = ((gross - paid) * BigInt(bps)) / 10_000n;
    pay(amount, `alloc-${index}`);
    if (!bounces) return;
    paid -= amount;
    booked.push(
      ...mirror(
        booked.filter((each) => each.eventLineId === `alloc-${index}`),
        '2026-12-01',
      ),
    );
  });
  pay(gross - paid, 'alloc-last');
  return { booked, event };
}

const anyLine = fc
  .tuple(fc.bigInt(1n, 10_000_000n), fc.integer({ min: 0, max: 2_700 }))
  .map(([net, taxBps]) => ({ net, gross: net + (net * BigInt(taxBps) + 5_000n) / 10_000n }));
const anyParts = fc.array(fc.record({ bps: fc.nat(10_000), bounces: fc.boolean() }), { maxLength: 8 });

describe('whatever the partition of the payments', () => {
  test('the whole net is earned exactly, by each payee the same, bounces included', () => {
    fc.assert(
      fc.property(anyLine, anyParts, ({ net, gross }, parts) => {
        const { booked } = play(net, gross, parts, credits);
        const atOnce = earn(
          [{ ...line, netMinor: net, grossMinor: gross, paidMinor: gross }],
          [],
          credits,
          plan,
        );
        expect(sum(of(booked, 'direct'), 'basisMinor')).toBe(net);
        expect(sum(of(booked, 'override1'), 'basisMinor')).toBe(net);
        for (const { payeeId, component } of credits) {
          const own = (lines: CommissionLine[]) =>
            of(lines, component).filter((each) => each.payeeId === payeeId);
          expect(sum(own(booked), 'basisMinor')).toBe(sum(own(atOnce), 'basisMinor'));
        }
        expect(new Set(booked.map(keyOf)).size).toBe(booked.length);
      }),
      { numRuns: 300 },
    );
  });

  test('an amount is off by at most half a minor unit for each line booked', () => {
    fc.assert(
      fc.property(anyLine, anyParts, ({ net, gross }, parts) => {
        const { booked } = play(net, gross, parts, credits);
        const direct = of(booked, 'direct');
        const exact = net * 500n;
        const off = sum(direct, 'amountMinor') * 10_000n - exact;
        expect((off < 0n ? -off : off) <= 5_000n * BigInt(direct.length)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what a bounce takes back', () => {
  test('is the mirror of every line, at its rate, naming it', () => {
    const booked = earn([line], [], credits, plan);
    const back = mirror(booked, '2026-12-24');
    expect(short(back)).toEqual([
      'rep direct -8000 500 -400',
      'sdr direct -2000 500 -100',
      'lead override1 -10000 100 -100',
    ]);
    expect(back.map(({ sequence, corrects, earnOn }) => [sequence, corrects, earnOn])).toEqual(
      booked.map((each) => [1, keyOf(each), '2026-12-24']),
    );
  });

  test('is nothing a second time', () => {
    const booked = earn([line], [], credits, plan);
    expect(mirror([...booked, ...mirror(booked, '2026-12-24')], '2026-12-25')).toEqual([]);
  });

  test('is only what still stands after an earlier correction', () => {
    const [first] = earn([line], [], credits, plan);
    if (first === undefined) throw new Error('a payment earns');
    const correction = { ...first, sequence: 1, corrects: keyOf(first), basisMinor: 0n, amountMinor: -150n };
    const [back] = mirror([first, correction], '2026-12-24');
    expect(back).toMatchObject({ sequence: 2, basisMinor: -8_000n, amountMinor: -250n });
  });

  test('of everything leaves nothing, to the cent', () => {
    fc.assert(
      fc.property(anyLine, anyParts, ({ net, gross }, parts) => {
        const { booked } = play(net, gross, parts, credits);
        const all = [...booked, ...mirror(booked, '2026-12-24')];
        expect(sum(all, 'basisMinor')).toBe(0n);
        expect(sum(all, 'amountMinor')).toBe(0n);
        expect(new Set(all.map(keyOf)).size).toBe(all.length);
      }),
      { numRuns: 200 },
    );
  });

  test('of a correction without its line is a bug', () => {
    const [first] = earn([line], [], credits, plan);
    if (first === undefined) throw new Error('a payment earns');
    expect(() => mirror([{ ...first, sequence: 1 }], '2026-12-24')).toThrow(RangeError);
  });
});

describe('what a credit note that releases cash takes back', () => {
  const half = earn([{ ...line, paidMinor: 6_050n }], [], credits, plan);
  const rest = earn([{ ...line, eventLineId: 'alloc-2' }], half, credits, plan);
  const booked = [...half, ...rest];
  const released = { invoiceLineId: 'line-1', earnOn: '2026-12-24' };

  test('is the latest earnings first', () => {
    const back = clawBack(
      { ...released, netMinor: 7_500n, grossMinor: 9_075n, paidMinor: 9_075n },
      booked,
      credits,
    );
    expect(short(back)).toEqual([
      'rep direct -2000 500 -100',
      'sdr direct -500 500 -25',
      'lead override1 -2500 100 -25',
    ]);
    expect(new Set(back.map((each) => each.eventLineId))).toEqual(new Set(['alloc-2']));
  });

  test('latest by the date of earning, not of booking', () => {
    const late = earn([{ ...line, eventLineId: 'alloc-2', earnOn: '2026-11-21' }], half, credits, plan);
    const after = { ...released, netMinor: 7_500n, grossMinor: 9_075n, paidMinor: 9_075n };
    const back = clawBack(after, [...half, ...late], credits);
    expect(new Set(back.map((each) => each.eventLineId))).toEqual(new Set(['alloc-1']));
  });

  test('reaches the earlier ones when the latest do not suffice, and nothing else', () => {
    const back = clawBack({ ...released, netMinor: 0n, grossMinor: 0n, paidMinor: 0n }, booked, credits);
    expect(sum([...booked, ...back], 'amountMinor')).toBe(0n);
    expect(back).toHaveLength(booked.length);
  });

  test('is nothing twice', () => {
    const after = { ...released, netMinor: 1_234n, grossMinor: 1_493n, paidMinor: 1_493n };
    const back = clawBack(after, booked, credits);
    expect(clawBack(after, [...booked, ...back], credits)).toEqual([]);
  });

  test('leaves exactly what is due, whatever was paid, bounced and credited', () => {
    fc.assert(
      fc.property(anyLine, anyParts, fc.nat(10_000), ({ net, gross }, parts, keptBps) => {
        const { booked: lines } = play(net, gross, parts, credits);
        const kept = {
          netMinor: (net * BigInt(keptBps)) / 10_000n,
          grossMinor: (gross * BigInt(keptBps)) / 10_000n,
        };
        const after = { ...released, ...kept, paidMinor: kept.grossMinor };
        const all = [...lines, ...clawBack(after, lines, credits)];
        expect(sum(of(all, 'direct'), 'basisMinor')).toBe(basisToDate(after));
        expect(new Set(all.map(keyOf)).size).toBe(all.length);
      }),
      { numRuns: 200 },
    );
  });

  test('bit by bit leaves of each line its rate on what is left of its basis, never less than nothing', () => {
    fc.assert(
      fc.property(
        anyLine,
        anyParts,
        fc.array(fc.nat(10_000), { minLength: 1, maxLength: 6 }),
        ({ net, gross }, parts, kept) => {
          const { booked: lines } = play(net, gross, parts, credits);
          let all = [...lines];
          for (const keptBps of [...kept].sort((a, b) => b - a)) {
            const left = (minor: bigint): bigint => (minor * BigInt(keptBps)) / 10_000n;
            const after = { netMinor: left(net), grossMinor: left(gross), paidMinor: left(gross) };
            all = [...all, ...clawBack({ ...released, ...after }, all, credits)];
          }
          for (const origin of all.filter(({ sequence }) => sequence === 0)) {
            const family = all.filter((one) => keyOf({ ...one, sequence: 0 }) === keyOf(origin));
            const basis = sum(family, 'basisMinor');
            const whole = origin.basisMinor >= basis && basis >= 0n;
            const due = divRound(basis * BigInt(origin.rateBps), 10_000n);
            if (family.length > 1) expect([whole, sum(family, 'amountMinor')]).toEqual([true, due]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
