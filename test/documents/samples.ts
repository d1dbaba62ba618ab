// A company, a customer and documents between them, as the tests of this folder need them.
import type {
  ChargeNoteDocument,
  CreditNote,
  Customer,
  DocumentLine,
  DocumentTax,
  IssuedInvoice,
  QuoteDocument,
  Seller,
} from '../../documents/types.js';

export const SELLER: Seller = {
  legalName: 'Almacén Núñez y Peña S.L.',
  address: { street: ['Calle de Alcalá 123, 4.º B'], postalCode: '28009', city: 'Madrid', country: 'ES' },
  vatId: 'ESB12345674',
  iban: 'ES9121000418450200051332',
  bic: 'CAIXESBBXXX',
  email: 'facturas@nunez-pena.example',
};

export const CUSTOMER: Customer = {
  legalName: 'Müller & Søn GmbH',
  address: { street: ['Große Straße 7'], postalCode: '10115', city: 'Berlin', country: 'DE' },
  country: 'DE',
  vatId: 'DE123456788',
  customerNumber: 'C-10042',
};

export const LINES: readonly DocumentLine[] = [
  {
    position: 1,
    sku: 'PUMP-200',
    name: 'Bomba centrífuga de 200 l/min, ¿con señal? sí',
    quantityMicro: 10_000_000n,
    unit: 'piece',
    unitPriceMicro: 1_234_500_000n,
    discountBps: 1500,
    treatment: 'S',
    rateBps: 2100,
    netMinor: 1_049_325n,
  },
  {
    position: 2,
    sku: 'SETUP',
    name: 'Commissioning on site',
    quantityMicro: 2_500_000n,
    unit: 'hour',
    unitPriceMicro: 80_000_000n,
    discountBps: 0,
    treatment: 'S',
    rateBps: 2100,
    netMinor: 20_000n,
  },
  {
    position: 3,
    sku: 'MANUAL',
    name: 'Printed manual',
    quantityMicro: 3_000_000n,
    unit: 'piece',
    unitPriceMicro: 9_125_000n,
    discountBps: 0,
    treatment: 'S',
    rateBps: 400,
    netMinor: 2_738n,
  },
];

export const TAXES: readonly DocumentTax[] = [
  { treatment: 'S', rateBps: 2100, netMinor: 1_069_325n, taxMinor: 224_558n, exemption: null },
  { treatment: 'S', rateBps: 400, netMinor: 2_738n, taxMinor: 110n, exemption: null },
];

const SALE = {
  language: 'en',
  seller: SELLER,
  customer: CUSTOMER,
  issuedOn: '2026-11-22',
  currency: 'EUR',
  lines: LINES,
  taxes: TAXES,
  netMinor: 1_072_063n,
  taxMinor: 224_668n,
  grossMinor: 1_296_731n,
} as const;

export const QUOTE: QuoteDocument = {
  ...SALE,
  number: 'Q-2026-00017',
  revision: 2,
  validUntilOn: '2026-12-22',
  requestedDeliveryOn: '2027-01-15',
  paymentTerms: { kind: 'net', days: 30 },
};

export const INVOICE: IssuedInvoice = {
  ...SALE,
  kind: 'invoice',
  number: 'INV-2026-00042',
  taxPointOn: '2026-11-20',
  orderNumber: 'O-2026-00031',
  purchaseOrder: 'PO 4711/a',
  dueOn: '2026-12-22',
  paymentTerms: { kind: 'net', days: 30 },
};

export const CREDIT_NOTE: CreditNote = {
  ...SALE,
  kind: 'credit_note',
  language: 'es',
  number: 'CN-2026-00003',
  taxPointOn: '2026-11-20',
  orderNumber: 'O-2026-00031',
  purchaseOrder: null,
  credits: { number: 'INV-2026-00042', issuedOn: '2026-11-22' },
  reason: 'Devolución de la mercancía dañada',
};

/** An invoice of `count` lines of 1.00, exempt where the treatment says so. */
export function longInvoice(count: number): IssuedInvoice {
  const lines = Array.from(
    { length: count },
    (_, index): DocumentLine => ({
      position: index + 1,
      sku: `SKU-${String(index + 1).padStart(4, '0')}`,
      name: `Item number ${index + 1}`,
      quantityMicro: 1_000_000n,
      unit: 'piece',
      unitPriceMicro: 1_000_000n,
      discountBps: 0,
      treatment: 'Z',
      rateBps: 0,
      netMinor: 100n,
    }),
  );
  const netMinor = BigInt(count) * 100n;
  return {
    ...INVOICE,
    lines,
    taxes: [{ treatment: 'Z', rateBps: 0, netMinor, taxMinor: 0n, exemption: null }],
    netMinor,
    taxMinor: 0n,
    grossMinor: netMinor,
  };
}

/** Two rates and a part payment: three stretches of interest. */
export const CHARGE_NOTE: ChargeNoteDocument = {
  language: 'en',
  seller: SELLER,
  customer: CUSTOMER,
  number: 'CH-2026-00007',
  issuedOn: '2026-11-22',
  dueOn: '2026-11-22',
  currency: 'EUR',
  level: 2,
  invoice: { number: 'INV-2026-00042', issuedOn: '2026-05-01', dueOn: '2026-05-31' },
  lines: [
    { kind: 'reminder_fee', amountMinor: 500n, periods: null },
    { kind: 'flat_compensation', amountMinor: 4_000n, periods: null },
    {
      kind: 'interest',
      amountMinor: 5_123n,
      periods: [
        { fromOn: '2026-06-01', untilOn: '2026-06-30', days: 30, principalMinor: 1_296_731n, rateBps: 1_015 },
        { fromOn: '2026-07-01', untilOn: '2026-07-01', days: 1, principalMinor: 1_296_731n, rateBps: 1_040 },
        { fromOn: '2026-07-02', untilOn: '2026-11-22', days: 144, principalMinor: 96_731n, rateBps: 1_040 },
      ],
    },
  ],
  totalMinor: 9_623n,
};
