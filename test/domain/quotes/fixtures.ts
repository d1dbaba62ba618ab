import type { CatalogueItem, QuoteLineRequest, QuoteRequest } from '../../../domain/quotes/price.js';
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

export const item = (
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

export const request = (lines: QuoteLineRequest[], changes: Partial<QuoteRequest> = {}): QuoteRequest => ({
  currency: 'EUR',
  lines,
  catalogue,
  taxPolicy,
  limits: { maxLines: 10, maxDiscountBps: 10_000 },
  sale: {
    entityCountry: 'ES',
    entityUsesOss: false,
    customerCountry: 'ES',
    customerVatId: null,
    taxPointOn: '2026-11-22',
  },
  ...changes,
});
