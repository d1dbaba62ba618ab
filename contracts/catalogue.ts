// Products, price books and the legal entities that sell, on the wire.
import { type Static, Type } from 'typebox';
import { written } from './patterns.js';
import {
  Address,
  Code,
  Country,
  Currency,
  closed,
  Day,
  Email,
  Id,
  Instant,
  Language,
  ListOf,
  Nullable,
  Revision,
  Text,
  UnitPrice,
  VatId,
  Zone,
} from './wire.js';

const sku = Code(60, 'Stock keeping unit', 'CRM-SEAT');

const productFields = {
  name: Type.Object(
    {
      en: Text(200, 'Name in English', 'CRM seat'),
      es: Type.Optional(Text(200, 'Name in Spanish', 'Licencia CRM')),
    },
    { ...closed, description: 'Name by language; English where the other is missing' },
  ),
  family: Code(60, 'Product family, by which commission rates go', 'software'),
  supply: Type.Enum(['goods', 'services'], { description: 'What it is for the tax' }),
  discountable: Type.Boolean({ description: 'Surcharges and freight are not' }),
  unit: Text(20, 'Unit it is counted in', 'seat'),
  unitDecimals: Type.Integer({ minimum: 0, maximum: 6, description: 'Decimals a quantity may have' }),
  taxClass: Code(64, 'Tax class of the tax policy', 'standard'),
  chargedOn: Type.Enum(['each_delivery', 'first_delivery'], {
    description: 'Freight and set-up are charged with the first delivery',
  }),
  cost: Nullable(UnitPrice),
  leadDays: Type.Integer({ minimum: 0, maximum: 3650, description: 'Days from order to delivery' }),
  active: Type.Boolean({ description: 'An inactive product cannot be quoted' }),
};

export const NewProduct = Type.Object(
  {
    sku,
    name: productFields.name,
    family: productFields.family,
    supply: productFields.supply,
    taxClass: productFields.taxClass,
    unit: productFields.unit,
    discountable: Type.Optional(productFields.discountable),
    unitDecimals: Type.Optional(productFields.unitDecimals),
    chargedOn: Type.Optional(productFields.chargedOn),
    cost: Type.Optional(productFields.cost),
    leadDays: Type.Optional(productFields.leadDays),
  },
  {
    ...closed,
    examples: [
      {
        sku: 'CRM-SEAT',
        name: { en: 'CRM seat', es: 'Licencia CRM' },
        family: 'software',
        supply: 'services',
        taxClass: 'standard',
        unit: 'seat',
      },
    ],
  },
);
export type NewProduct = Static<typeof NewProduct>;

export const ProductPatch = Type.Partial(Type.Object(productFields), {
  ...closed,
  minProperties: 1,
  description: 'The fields to change; quotes made before keep what they pinned',
  examples: [{ active: false }],
});
export type ProductPatch = Static<typeof ProductPatch>;

export const ProductView = Type.Object(
  { id: Id('product'), sku, ...productFields, revision: Revision, createdAt: Instant },
  { ...closed, description: 'A product' },
);
export type ProductView = Static<typeof ProductView>;

const bookFields = {
  name: Text(100, 'Name', 'Europe 2026'),
  segment: Nullable(Code(64, 'Segment of customers it is for; null for all', 'enterprise')),
  validUntil: Nullable(Day),
};

export const NewPriceBook = Type.Object(
  {
    name: bookFields.name,
    currency: Currency,
    validFrom: Day,
    validUntil: Type.Optional(bookFields.validUntil),
    segment: Type.Optional(bookFields.segment),
  },
  { ...closed, examples: [{ name: 'Europe 2026', currency: 'EUR', validFrom: '2026-01-01' }] },
);
export type NewPriceBook = Static<typeof NewPriceBook>;

export const PriceBookPatch = Type.Partial(Type.Object(bookFields), {
  ...closed,
  minProperties: 1,
  examples: [{ validUntil: '2026-12-31' }],
});
export type PriceBookPatch = Static<typeof PriceBookPatch>;

export const PriceBookView = Type.Object(
  {
    id: Id('book'),
    ...bookFields,
    currency: Currency,
    validFrom: Day,
    entries: Type.Integer({ minimum: 0, description: 'How many products have a price' }),
    revision: Revision,
    createdAt: Instant,
  },
  { ...closed, description: 'A price book' },
);
export type PriceBookView = Static<typeof PriceBookView>;

export const MAX_ENTRIES = 5_000;
export const PriceEntry = Type.Object({ sku, unitPrice: UnitPrice }, closed);
export type PriceEntry = Static<typeof PriceEntry>;
export const PriceEntries = Type.Object(
  { entries: ListOf(PriceEntry, MAX_ENTRIES, 'All prices of the book; what is left out has none any more') },
  { ...closed, examples: [{ entries: [{ sku: 'CRM-SEAT', unitPrice: '49.90' }] }] },
);

const entityFields = {
  name: Text(200, 'Registered name', 'Acme Europe S.L.'),
  country: Country,
  vatId: Nullable(VatId),
  zone: Zone,
  language: Language,
  address: Address,
  iban: Nullable(
    Type.String({
      pattern: written(
        '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$',
        'is not an IBAN without blanks, such as ES9121000418450200051332',
      ),
      maxLength: 34,
      examples: ['ES9121000418450200051332'],
    }),
  ),
  email: Email,
};

export const NewEntity = Type.Object(
  {
    ...entityFields,
    vatId: Type.Optional(entityFields.vatId),
    iban: Type.Optional(entityFields.iban),
  },
  {
    ...closed,
    examples: [
      {
        name: 'Acme Europe S.L.',
        country: 'ES',
        zone: 'Europe/Madrid',
        language: 'es',
        address: { street: 'Calle Mayor 1', postcode: '28013', city: 'Madrid', country: 'ES' },
        email: 'billing@example.com',
      },
    ],
  },
);
export type NewEntity = Static<typeof NewEntity>;

export const EntityView = Type.Object(
  { id: Id('entity'), ...entityFields, createdAt: Instant },
  { ...closed, description: 'A legal entity that sells and invoices' },
);
export type EntityView = Static<typeof EntityView>;
