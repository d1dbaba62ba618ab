import { describe, expect, test } from '@jest/globals';
import { isExpired, type QuoteContent, quoteContent, validUntilOn } from '../../../domain/quotes/content.js';
import { priceQuote } from '../../../domain/quotes/price.js';

const priced = (discountBps: number) =>
  priceQuote({
    currency: 'EUR',
    lines: [{ sku: 'A', quantityMicro: 2_000_000n, discountBps }],
    catalogue: [
      {
        sku: 'A',
        name: 'Máquina "A"',
        family: 'machines',
        taxClass: 'standard',
        supply: 'goods',
        discountable: true,
        chargedOn: 'each_delivery',
        unitPriceMicro: 10_000_000n,
        priceSource: 'price_book:eur@1',
      },
    ],
    limits: { maxLines: 10, maxDiscountBps: 10_000 },
    taxPolicy: {
      euCountries: ['ES'],
      noVatCountries: [],
      outsideScopeClasses: [],
      rates: [{ country: 'ES', taxClass: 'standard', fromOn: '2012-09-01', rateBps: 2100 }],
    },
    sale: {
      entityCountry: 'ES',
      entityUsesOss: false,
      customerCountry: 'ES',
      customerVatId: null,
      taxPointOn: '2026-11-22',
    },
  });

const content: QuoteContent = {
  quoteId: 'quote_1',
  revision: 2,
  entityId: 'entity_es',
  customer: { id: 'account_1', legalName: 'Señor & Co', country: 'ES', vatId: null },
  priced: priced(500),
  terms: { payment: { kind: 'net', days: 30 }, validDays: 14, requestedDeliveryOn: null },
  policyVersions: { tax: 3, approval: 1, quoting: 2 },
};

describe('what was approved', () => {
  test('is one text, whatever the order in which its parts were built', () => {
    const reordered: QuoteContent = {
      policyVersions: { quoting: 2, approval: 1, tax: 3 },
      terms: { requestedDeliveryOn: null, validDays: 14, payment: { days: 30, kind: 'net' } },
      priced: priced(500),
      customer: { vatId: null, country: 'ES', legalName: 'Señor & Co', id: 'account_1' },
      entityId: 'entity_es',
      revision: 2,
      quoteId: 'quote_1',
    };
    expect(quoteContent(reordered)).toBe(quoteContent(content));
  });

  test('reads as JSON with sorted keys and exact amounts as text', () => {
    const text = quoteContent(content);
    const read = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(read)).toEqual(Object.keys(read).toSorted());
    expect(read).toMatchObject({
      currency: 'EUR',
      revision: 2,
      totals: { list: '2000', net: '1900', tax: '399', gross: '2299' },
    });
    expect(text).not.toMatch(/\s:|:\s/);
  });

  const changes: [string, Partial<QuoteContent>][] = [
    ['a price', { priced: priced(501) }],
    ['the revision', { revision: 3 }],
    ['the quote', { quoteId: 'quote_2' }],
    ['the selling entity', { entityId: 'entity_us' }],
    ['the customer', { customer: { ...content.customer, vatId: 'ESB12345678' } }],
    ['the payment terms', { terms: { ...content.terms, payment: { kind: 'net', days: 31 } } }],
    ['the validity', { terms: { ...content.terms, validDays: 15 } }],
    ['the delivery date', { terms: { ...content.terms, requestedDeliveryOn: '2026-12-01' } }],
    ['a policy version', { policyVersions: { ...content.policyVersions, tax: 4 } }],
  ];
  test.each(changes)('is another text when %s changes', (_name, change) => {
    expect(quoteContent({ ...content, ...change })).not.toBe(quoteContent(content));
  });
});

describe('the validity of an offer', () => {
  test.each([
    ['2026-11-22', 14, '2026-12-06'],
    ['2026-02-20', 10, '2026-03-02'],
    ['2028-02-20', 10, '2028-03-01'],
    ['2026-11-22', 0, '2026-11-22'],
  ])('offered on %s for %i days it holds until %s', (offeredOn, validDays, untilOn) => {
    expect(validUntilOn(offeredOn, validDays)).toBe(untilOn);
  });

  test('the last day is included', () => {
    expect(isExpired('2026-12-06', '2026-12-06')).toBe(false);
    expect(isExpired('2026-12-06', '2026-12-07')).toBe(true);
  });

  test.each([-1, 1.5])('%d valid days are a bug', (days) => {
    expect(() => validUntilOn('2026-11-22', days)).toThrow(RangeError);
  });
});
