// What the company of a funnel sells: a year of a shop on its marketplace, one product for each line of business,
// because the files name no product and nearly no price. The prices are declared here and nowhere else.

export interface FunnelProduct {
  readonly sku: string;
  readonly segment: string;
  readonly family: 'home' | 'body' | 'technology' | 'leisure' | 'other';
  /** List price of a year in BRL. */
  readonly unitPrice: string;
}

/** The product of a segment that is blank or not in the list. */
export const DEFAULT_SKU = 'SHOP-OTHER';

const LIST: Readonly<
  Record<FunnelProduct['family'], readonly (readonly [segment: string, price: string])[]>
> = {
  home: [
    ['home decor', '1490.00'],
    ['household utilities', '1290.00'],
    ['construction tools house garden', '1890.00'],
    ['bed bath table', '1390.00'],
    ['home office furniture', '1790.00'],
    ['small appliances', '1990.00'],
    ['home appliances', '2490.00'],
    ['air conditioning', '2690.00'],
  ],
  body: [
    ['health beauty', '1590.00'],
    ['food supplement', '1490.00'],
    ['food drink', '1190.00'],
    ['perfume', '1690.00'],
    ['fashion accessories', '1390.00'],
    ['bags backpacks', '1390.00'],
    ['watches', '2190.00'],
    ['jewerly', '2290.00'],
    ['baby', '1290.00'],
  ],
  technology: [
    ['audio video electronics', '2390.00'],
    ['computers', '2590.00'],
    ['phone mobile', '2290.00'],
    ['games consoles', '1990.00'],
    ['car accessories', '1790.00'],
  ],
  leisure: [
    ['pet', '1290.00'],
    ['sports leisure', '1490.00'],
    ['toys', '1290.00'],
    ['stationery', '990.00'],
    ['handcrafted', '890.00'],
    ['music instruments', '1690.00'],
    ['books', '990.00'],
    ['party', '890.00'],
    ['gifts', '990.00'],
    ['religious', '890.00'],
  ],
  other: [['other', '1190.00']],
};

const skuOf = (segment: string): string => `SHOP-${segment.toUpperCase().replaceAll(' ', '-')}`;

export const FUNNEL_PRODUCTS: readonly FunnelProduct[] = Object.entries(LIST).flatMap(([family, segments]) =>
  segments.map(([segment, unitPrice]) => ({
    sku: skuOf(segment),
    segment,
    family: family as FunnelProduct['family'],
    unitPrice,
  })),
);

const skus = new Map(FUNNEL_PRODUCTS.map(({ segment, sku }) => [segment, sku]));

/** The product a deal of this line of business buys. */
export const productFor = (segment: string): string => skus.get(segment.trim().toLowerCase()) ?? DEFAULT_SKU;

/** What the big ones are given off list; above 10 % the manager is asked. */
export function discountFor(leadType: string): number {
  switch (leadType.trim().toLowerCase()) {
    case 'online top':
      return 1_800;
    case 'online big':
      return 1_500;
    case 'industry':
      return 800;
    default:
      return 0;
  }
}
