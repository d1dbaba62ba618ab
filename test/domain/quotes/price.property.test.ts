import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { priceQuote, type QuoteLineRequest } from '../../../domain/quotes/price.js';
import { item, request } from './fixtures.js';

/** An oracle of its own: unreduced fractions as pairs, compared and rounded without the code under test. */
const oracle = {
  round([n, d]: [bigint, bigint]): bigint {
    const sign = n < 0n ? -1n : 1n;
    const size = n * sign;
    const whole = size / d;
    return sign * ((size - whole * d) * 2n >= d ? whole + 1n : whole);
  },
  net(
    line: QuoteLineRequest,
    listMicro: bigint,
    isDiscountable: boolean,
    quoteBps: number,
    decimals: number,
  ) {
    const unit = line.unitPriceMicro ?? listMicro;
    let n = unit * line.quantityMicro;
    let d = 1_000_000_000_000n;
    for (let i = 0; i < decimals; i++) n *= 10n;
    for (const bps of [line.discountBps ?? 0, isDiscountable ? quoteBps : 0]) {
      n *= BigInt(10_000 - bps);
      d *= 10_000n;
    }
    return [n, d] as [bigint, bigint];
  },
};

describe('random quotes', () => {
  const price = fc.bigInt({ min: 0n, max: 10n ** 12n });
  const lineArbitrary = fc.record({
    listMicro: price,
    quantityMicro: fc.bigInt({ min: 1n, max: 10n ** 10n }),
    isDiscountable: fc.boolean(),
    taxClass: fc.constantFrom('standard', 'reduced'),
    discretion: fc.oneof(
      fc.constant({}),
      fc.record({ discountBps: fc.integer({ min: 0, max: 10_000 }) }),
      fc.record({ unitPriceMicro: price }),
    ),
  });
  const quoteArbitrary = fc.record({
    currency: fc.constantFrom(['EUR', 2] as const, ['JPY', 0] as const, ['KWD', 3] as const),
    quoteBps: fc.integer({ min: 0, max: 10_000 }),
    lines: fc.array(lineArbitrary, { minLength: 1, maxLength: 8 }),
  });

  test('agree with rational arithmetic done apart, and every waterfall adds up', () => {
    fc.assert(
      fc.property(quoteArbitrary, ({ currency: [currency, decimals], quoteBps, lines }) => {
        const items = lines.map((line, i) =>
          item(`P${i}`, line.listMicro, { discountable: line.isDiscountable, taxClass: line.taxClass }),
        );
        const requested = lines.map((line, i) => ({
          sku: `P${i}`,
          quantityMicro: line.quantityMicro,
          ...(line.isDiscountable ? line.discretion : {}),
        }));
        const quote = priceQuote(request(requested, { catalogue: items, currency, discountBps: quoteBps }));
        const bases = new Map<string, bigint>();
        for (const [i, line] of quote.lines.entries()) {
          const source = lines[i];
          const asked = requested[i];
          if (!source || !asked) throw new Error('more lines than were asked for');
          const net = oracle.net(asked, source.listMicro, source.isDiscountable, quoteBps, decimals);
          expect(line.netMinor).toBe(oracle.round(net));
          expect(line.waterfall.reduce((sum, step) => sum + step.amountMinor, 0n)).toBe(line.netMinor);
          expect(line.waterfall.at(-1)?.runningMinor).toBe(line.netMinor);
          const list = oracle.net(
            { sku: '', quantityMicro: asked.quantityMicro },
            source.listMicro,
            false,
            0,
            decimals,
          );
          expect(line.listMinor).toBe(oracle.round(list));
          // discountBps - 1 < exact discount <= discountBps, as fractions.
          if (source.listMicro > 0n) {
            const off = (list[0] * net[1] - net[0] * list[1]) * 10_000n;
            const whole = list[0] * net[1];
            expect(BigInt(line.discountBps) * whole >= off).toBe(true);
            expect(BigInt(line.discountBps - 1) * whole < off).toBe(true);
          }
          bases.set(source.taxClass, (bases.get(source.taxClass) ?? 0n) + line.netMinor);
        }
        const tax =
          oracle.round([(bases.get('standard') ?? 0n) * 21n, 100n]) +
          oracle.round([(bases.get('reduced') ?? 0n) * 10n, 100n]);
        expect(quote.taxMinor).toBe(tax);
        expect(quote.lines.reduce((sum, line) => sum + line.grossMinor, 0n)).toBe(quote.netMinor + tax);
        expect(quote.grossMinor).toBe(quote.netMinor + tax);
      }),
      { numRuns: 200 },
    );
  });
});
