import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CatalogueItem,
  priceQuote,
  type QuoteLineRequest,
  type QuoteRequest,
} from '../../../domain/quotes/price.js';
import type { TaxPolicy } from '../../../domain/taxes/treatment.js';

const taxPolicy: TaxPolicy = {
  euCountries: ['ES', 'FR'],
  noVatCountries: [],
  outsideScopeClasses: ['fee'],
  rates: [
    { country: 'ES', taxClass: 'standard', fromOn: '2012-09-01', rateBps: 2100 },
    { country: 'ES', taxClass: 'reduced', fromOn: '2012-09-01', rateBps: 1000 },
  ],
};

const item = (
  sku: string,
  unitPriceMicro: bigint | null,
  changes: Partial<CatalogueItem> = {},
): CatalogueItem => ({
  sku,
  name: `Product ${sku}`,
  family: 'machines',
  taxClass: 'standard',
  supply: 'goods',
  discountable: true,
  chargedOn: 'each_delivery',
  unitPriceMicro,
  priceSource: 'price_book:eur@1',
  ...changes,
});

const catalogue = [
  item('A', 33_330_000n),
  item('B', 1_234_567n, { taxClass: 'reduced' }),
  item('FREIGHT', 15_000_000n, { discountable: false, chargedOn: 'first_delivery' }),
  item('FEE', 10_000_000n, { taxClass: 'fee' }),
  item('NONE', null),
  item('FREE', 0n),
];

const request = (lines: QuoteLineRequest[], changes: Partial<QuoteRequest> = {}): QuoteRequest => ({
  currency: 'EUR',
  lines,
  catalogue,
  taxPolicy,
  sale: {
    entityCountry: 'ES',
    entityUsesOss: false,
    customerCountry: 'ES',
    customerVatId: null,
    taxPointOn: '2026-11-22',
  },
  ...changes,
});

const units = (count: number) => BigInt(count) * 1_000_000n;
const one = (quote: ReturnType<typeof priceQuote>) => {
  const [line] = quote.lines;
  if (!line) throw new Error('no line');
  return line;
};

describe('the waterfall', () => {
  test('goes from list over the discount of the line and of the quote to net, each step rounded to date', () => {
    const quote = priceQuote(
      request([{ sku: 'A', quantityMicro: units(3), discountBps: 1500 }], { discountBps: 333 }),
    );
    // 99.99; 84.9915; 82.16128305
    expect(one(quote).waterfall).toEqual([
      { step: 'list', source: 'price_book:eur@1', bps: null, amountMinor: 9999n, runningMinor: 9999n },
      {
        step: 'line_discount',
        source: 'line:discountBps',
        bps: 1500,
        amountMinor: -1500n,
        runningMinor: 8499n,
      },
      {
        step: 'quote_discount',
        source: 'quote:discountBps',
        bps: 333,
        amountMinor: -283n,
        runningMinor: 8216n,
      },
    ]);
    expect(quote).toMatchObject({ listMinor: 9999n, netMinor: 8216n, taxMinor: 1725n, grossMinor: 9941n });
  });

  test('an exact half is rounded away from zero once, at the step', () => {
    const half = [item('H', 10_005_000n)];
    const quote = priceQuote(request([{ sku: 'H', quantityMicro: units(1) }], { catalogue: half }));
    expect(quote.netMinor).toBe(1001n);
  });

  test('a unit price set by discretion is a step of its own, below or above list', () => {
    const below = priceQuote(request([{ sku: 'A', quantityMicro: units(2), unitPriceMicro: 30_000_000n }]));
    expect(one(below).waterfall[1]).toEqual({
      step: 'price_override',
      source: 'line:unitPrice',
      bps: null,
      amountMinor: -666n,
      runningMinor: 6000n,
    });
    expect(below.discountBps).toBe(1000);
    const above = priceQuote(request([{ sku: 'A', quantityMicro: units(2), unitPriceMicro: 40_000_000n }]));
    expect(one(above)).toMatchObject({ netMinor: 8000n, discountBps: -2001 });
  });

  test('freight is not discounted with the quote', () => {
    const lines = [
      { sku: 'A', quantityMicro: units(1) },
      { sku: 'FREIGHT', quantityMicro: units(1) },
    ];
    const quote = priceQuote(request(lines, { discountBps: 1000 }));
    expect(quote.lines.map((line) => line.netMinor)).toEqual([3000n, 1500n]);
    expect(quote.lines.map((line) => line.discountBps)).toEqual([1000, 0]);
    expect(quote.lines.map((line) => line.chargedOn)).toEqual(['each_delivery', 'first_delivery']);
  });

  test('set-up sold alone has no delivery to go with and is charged with its own', () => {
    const quote = priceQuote(request([{ sku: 'FREIGHT', quantityMicro: units(1) }]));
    expect(one(quote).chargedOn).toBe('each_delivery');
  });

  test('fees outside the scope stand beside taxed lines, in the order of the request', () => {
    const skus = ['FEE', 'A', 'FEE', 'B'];
    const quote = priceQuote(request(skus.map((sku) => ({ sku, quantityMicro: units(1) }))));
    expect(quote.lines.map((line) => line.sku)).toEqual(skus);
    expect(quote.lines.map((line) => line.lineNo)).toEqual([1, 2, 3, 4]);
    expect(quote.lines.map((line) => line.treatment)).toEqual(['O', 'S', 'O', 'S']);
    expect(quote.taxes.map((group) => group.treatment)).toEqual(['S', 'S', 'O']);
  });
});

describe('the discount approvals look at', () => {
  test.each([
    ['exactly 15 % of an amount whose cents do not divide', 1500, undefined, 1500],
    ['two discounts compound', 1000, 1000, 1900],
    ['a fraction above the limit is not rounded down to it', 1000, 1001, 1901],
    ['everything', 10_000, undefined, 10_000],
    ['nothing', 0, undefined, 0],
  ])('%s', (_name, lineBps, quoteBps, expected) => {
    const quote = priceQuote(
      request([{ sku: 'A', quantityMicro: units(1), discountBps: lineBps }], { discountBps: quoteBps }),
    );
    expect(quote.discountBps).toBe(expected);
    expect(one(quote).discountBps).toBe(expected);
  });

  test('a price a hair below the limit price counts as above the limit', () => {
    const at = (unitPriceMicro: bigint) =>
      priceQuote(request([{ sku: 'A', quantityMicro: units(1), unitPriceMicro }])).discountBps;
    expect(at(28_330_500n)).toBe(1500);
    expect(at(28_330_499n)).toBe(1501);
    expect(at(28_330_501n)).toBe(1500);
  });

  test('a free product has no discount to speak of', () => {
    expect(
      priceQuote(request([{ sku: 'FREE', quantityMicro: units(5), discountBps: 500 }])).discountBps,
    ).toBe(0);
  });
});

describe('refusals name the field', () => {
  const cases: [string, QuoteLineRequest[], Partial<QuoteRequest>, string, string][] = [
    ['no lines', [], {}, 'invalid_field', '/lines'],
    [
      '501 lines',
      Array.from({ length: 501 }, () => ({ sku: 'A', quantityMicro: 1n })),
      {},
      'invalid_field',
      '/lines',
    ],
    ['an unknown SKU', [{ sku: 'Z', quantityMicro: 1n }], {}, 'unknown_sku', '/lines/0/sku'],
    ['no price', [{ sku: 'NONE', quantityMicro: 1n }], {}, 'no_price', '/lines/0/sku'],
    ['quantity 0', [{ sku: 'A', quantityMicro: 0n }], {}, 'invalid_field', '/lines/0/quantity'],
    ['a negative quantity', [{ sku: 'A', quantityMicro: -1n }], {}, 'invalid_field', '/lines/0/quantity'],
    [
      '10001 bps',
      [{ sku: 'A', quantityMicro: 1n, discountBps: 10_001 }],
      {},
      'invalid_field',
      '/lines/0/discountBps',
    ],
    [
      'a negative price',
      [{ sku: 'A', quantityMicro: 1n, unitPriceMicro: -1n }],
      {},
      'invalid_field',
      '/lines/0/unitPrice',
    ],
    [
      'a discount and a price',
      [{ sku: 'A', quantityMicro: 1n, unitPriceMicro: 1n, discountBps: 1 }],
      {},
      'invalid_field',
      '/lines/0/unitPrice',
    ],
    [
      'a discount on freight',
      [
        { sku: 'A', quantityMicro: 1n },
        { sku: 'FREIGHT', quantityMicro: 1n, discountBps: 1 },
      ],
      {},
      'not_discountable',
      '/lines/1/discountBps',
    ],
    [
      'a price for freight',
      [{ sku: 'FREIGHT', quantityMicro: 1n, unitPriceMicro: 0n }],
      {},
      'not_discountable',
      '/lines/0/unitPrice',
    ],
    [
      'a quote discount of -1',
      [{ sku: 'A', quantityMicro: 1n }],
      { discountBps: -1 },
      'invalid_field',
      '/discountBps',
    ],
    [
      'an unknown currency',
      [{ sku: 'A', quantityMicro: 1n }],
      { currency: 'EUX' },
      'invalid_field',
      '/currency',
    ],
    [
      'a total beyond what can be stored',
      [{ sku: 'A', quantityMicro: 999_999_999_999_999_999n, unitPriceMicro: 999_999_999_999_999_999n }],
      {},
      'limit_exceeded',
      '/lines',
    ],
  ];
  test.each(cases)('%s', (_name, lines, changes, code, pointer) => {
    expect(() => priceQuote(request(lines, changes))).toThrow(expect.objectContaining({ code, pointer }));
  });
});

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
