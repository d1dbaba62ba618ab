import { describe, expect, test } from '@jest/globals';
import { priceQuote, type QuoteLineRequest, type QuoteRequest } from '../../../domain/quotes/price.js';
import { item, request } from './fixtures.js';

const units = (count: number) => BigInt(count) * 1_000_000n;
const one = (quote: ReturnType<typeof priceQuote>) => {
  const [line] = quote.lines;
  if (!line) throw new Error('no line');
  return line;
};

describe('the waterfall', () => {
  test('goes from list over the discounts of line and quote to net, each step rounded to date', () => {
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

  test('a line carries all of its product, its price and its tax', () => {
    const quote = priceQuote(request([{ sku: 'B', quantityMicro: units(10), discountBps: 1000 }]));
    expect(one(quote)).toEqual({
      lineNo: 1,
      sku: 'B',
      name: 'Product B',
      family: 'machines',
      quantityMicro: units(10),
      listUnitPriceMicro: 1_234_567n,
      chargedOn: 'each_delivery',
      taxClass: 'reduced',
      supply: 'goods',
      waterfall: [
        { step: 'list', source: 'price_book:eur@1', bps: null, amountMinor: 1235n, runningMinor: 1235n },
        {
          step: 'line_discount',
          source: 'line:discountBps',
          bps: 1000,
          amountMinor: -124n,
          runningMinor: 1111n,
        },
      ],
      discountBps: 1000,
      treatment: 'S',
      rateBps: 1000,
      taxReason: 'domestic',
      exemption: null,
      listMinor: 1235n,
      netMinor: 1111n,
      taxMinor: 111n,
      grossMinor: 1222n,
    });
    expect(quote).toMatchObject({ currency: 'EUR', listMinor: 1235n, netMinor: 1111n, grossMinor: 1222n });
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

  test('as many lines and as much discount as the policy allows are priced', () => {
    const lines = [{ sku: 'A', quantityMicro: units(1), discountBps: 4000 }];
    const limits = { maxLines: 1, maxDiscountBps: 4000 };
    expect(priceQuote(request(lines, { limits })).discountBps).toBe(4000);
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
      'one line more than the policy allows',
      Array.from({ length: 11 }, () => ({ sku: 'A', quantityMicro: 1n })),
      {},
      'limit_exceeded',
      '/lines',
    ],
    [
      'a discount above what the policy allows',
      [{ sku: 'A', quantityMicro: units(1), discountBps: 4001 }],
      { limits: { maxLines: 1, maxDiscountBps: 4000 } },
      'limit_exceeded',
      '/lines/0/discountBps',
    ],
    [
      'discounts of line and quote that together exceed it',
      [{ sku: 'A', quantityMicro: units(1), unitPriceMicro: 22_219_999n }],
      { limits: { maxLines: 1, maxDiscountBps: 4000 }, discountBps: 1000 },
      'limit_exceeded',
      '/lines/0/unitPrice',
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
  const a = { sku: 'A', quantityMicro: units(1) };
  test.each<[QuoteLineRequest[], Partial<QuoteRequest>, string]>([
    [[], {}, 'a quote needs a line'],
    [[a, a], { limits: { maxLines: 1, maxDiscountBps: 0 } }, '2 lines, the limit is 1'],
    [
      [{ ...a, discountBps: 4001 }],
      { limits: { maxLines: 1, maxDiscountBps: 4000 } },
      '4001 bps off A, the limit is 4000',
    ],
    [[{ ...a, sku: 'Z' }], {}, 'no product has SKU Z'],
    [[{ ...a, sku: 'NONE' }], {}, 'no price book in force has a price for NONE in EUR'],
    [[{ ...a, quantityMicro: 0n }], {}, 'a quantity must be more than 0'],
    [[{ ...a, unitPriceMicro: -1n }], {}, 'a unit price cannot be below 0'],
    [[{ ...a, unitPriceMicro: 1n, discountBps: 0 }], {}, 'give discountBps or unitPrice, not both'],
    [[{ ...a, sku: 'FREIGHT', discountBps: 1 }], {}, 'FREIGHT is sold at its list price only'],
    [
      [{ sku: 'A', quantityMicro: 999_999_999_999_999_999n, unitPriceMicro: 999_999_999_999_999_999n }],
      {},
      "the quote's total exceeds 92233720368547758.07 EUR",
    ],
    [
      // Sold for nothing, but what it would cost by the list cannot be stored.
      [{ sku: 'A', quantityMicro: 999_999_999_999_999_999n, unitPriceMicro: 0n }],
      { catalogue: [item('A', 999_999_999_999_999_999n)] },
      "the quote's total exceeds 92233720368547758.07 EUR",
    ],
  ])('and the value and the limit: %#', (lines, changes, detail) => {
    expect(() => priceQuote(request(lines, changes))).toThrow(expect.objectContaining({ detail }));
  });

  test('and what just fits is priced', () => {
    const free = priceQuote(request([{ ...a, unitPriceMicro: 0n }]));
    expect([free.netMinor, free.discountBps]).toEqual([0n, 10_000]);
    expect(priceQuote(request([{ ...a, sku: 'FREIGHT', discountBps: 0 }])).netMinor).toBe(1500n);
    const catalogue = [item('A', 9_223_372_036_854_775_807n * 10_000n, { taxClass: 'fee' })];
    const quote = priceQuote(request([a], { catalogue }));
    expect(quote.grossMinor).toBe(9_223_372_036_854_775_807n);
  });

  test.each(cases)('%s', (_name, lines, changes, code, pointer) => {
    expect(() => priceQuote(request(lines, changes))).toThrow(expect.objectContaining({ code, pointer }));
  });
});
