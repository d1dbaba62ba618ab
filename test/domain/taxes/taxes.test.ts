import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { splitDocuments, type TaxableLine, taxDocument } from '../../../domain/taxes/document.js';
import {
  type Supply,
  type TaxedSale,
  type TaxPolicy,
  treatmentFor,
  vatCountryOf,
} from '../../../domain/taxes/treatment.js';

const policy: TaxPolicy = {
  euCountries: ['ES', 'FR', 'DE', 'GR'],
  noVatCountries: ['US'],
  outsideScopeClasses: ['fee'],
  rates: [
    { country: 'ES', taxClass: 'standard', fromOn: '2010-07-01', rateBps: 1800 },
    { country: 'ES', taxClass: 'standard', fromOn: '2012-09-01', rateBps: 2100 },
    { country: 'ES', taxClass: 'food', fromOn: '2012-09-01', rateBps: 0, treatment: 'Z' },
    {
      country: 'ES',
      taxClass: 'training',
      fromOn: '2012-09-01',
      rateBps: 0,
      treatment: 'E',
      exemption: 'VATEX-EU-132-1I',
    },
    { country: 'FR', taxClass: 'standard', fromOn: '2014-01-01', rateBps: 2000 },
    { country: 'GB', taxClass: 'standard', fromOn: '2011-01-04', rateBps: 2000 },
  ],
};

const sale = (changes: Partial<TaxedSale>): TaxedSale => ({
  entityCountry: 'ES',
  entityUsesOss: true,
  customerCountry: 'ES',
  customerVatId: null,
  taxClass: 'standard',
  supply: 'goods',
  taxPointOn: '2026-11-22',
  ...changes,
});

describe('the treatment of a line', () => {
  const cases: [string, Partial<TaxedSale>, string, number, string][] = [
    ['goods at home', {}, 'S', 2100, 'domestic'],
    ['a business at home pays tax too', { customerVatId: 'ESB12345678' }, 'S', 2100, 'domestic'],
    ['a zero-rated class at home', { taxClass: 'food' }, 'Z', 0, 'domestic'],
    ['an exempt class at home', { taxClass: 'training', supply: 'services' }, 'E', 0, 'domestic'],
    [
      'goods to a business in the EU',
      { customerCountry: 'FR', customerVatId: 'FR12345678901' },
      'K',
      0,
      'intra_eu_goods',
    ],
    [
      'services to a business in the EU',
      { customerCountry: 'FR', customerVatId: 'FR12345678901', supply: 'services' },
      'AE',
      0,
      'reverse_charge',
    ],
    [
      'a Greek business writes EL',
      { customerCountry: 'GR', customerVatId: 'EL123456789' },
      'K',
      0,
      'intra_eu_goods',
    ],
    ['consumer goods in the EU with OSS', { customerCountry: 'FR' }, 'S', 2000, 'destination_oss'],
    [
      'consumer goods in the EU without OSS',
      { customerCountry: 'FR', entityUsesOss: false },
      'S',
      2100,
      'origin_consumer',
    ],
    [
      'consumer services in the EU',
      { customerCountry: 'FR', supply: 'services' },
      'S',
      2100,
      'origin_consumer',
    ],
    [
      "a VAT id of the seller's own country does not free goods sent abroad",
      { customerCountry: 'FR', customerVatId: 'ESB12345678', entityUsesOss: false },
      'S',
      2100,
      'origin_consumer',
    ],
    [
      'a VAT id from outside the EU is none',
      { customerCountry: 'FR', customerVatId: 'CHE123456789' },
      'S',
      2000,
      'destination_oss',
    ],
    ['goods out of the EU', { customerCountry: 'US' }, 'G', 0, 'export'],
    ['services out of the EU', { customerCountry: 'US', supply: 'services' }, 'O', 0, 'services_abroad'],
    ['goods from Britain to the EU', { entityCountry: 'GB', customerCountry: 'FR' }, 'G', 0, 'export'],
    ['goods within Britain', { entityCountry: 'GB', customerCountry: 'GB' }, 'S', 2000, 'domestic'],
    [
      'an American entity charges no VAT',
      { entityCountry: 'US', customerCountry: 'US' },
      'O',
      0,
      'no_vat_country',
    ],
    ['fees are outside the scope everywhere', { taxClass: 'fee' }, 'O', 0, 'outside_scope_class'],
  ];

  test.each(cases)('%s', (_name, changes, treatment, rateBps, reason) => {
    expect(treatmentFor(sale(changes), policy)).toMatchObject({ treatment, rateBps, reason });
  });

  test.each([
    ['2012-08-31', 1800],
    ['2012-09-01', 2100],
  ])('the rate is the one of the tax point: on %s it is %i', (taxPointOn, rateBps) => {
    expect(treatmentFor(sale({ taxPointOn }), policy).rateBps).toBe(rateBps);
    const reversed = { ...policy, rates: [...policy.rates].reverse() };
    expect(treatmentFor(sale({ taxPointOn }), reversed).rateBps).toBe(rateBps);
  });

  test.each([
    ['before the first rate', { taxPointOn: '2010-06-30' }, 'standard in ES on 2010-06-30'],
    ['for an unknown class', { taxClass: 'books' }, 'books in ES'],
    ['in a country of the EU without rates', { customerCountry: 'DE' }, 'standard in DE'],
  ])('a sale %s is refused, not guessed', (_name, changes, detail) => {
    expect(() => treatmentFor(sale(changes), policy, '/lines/0/sku')).toThrow(
      expect.objectContaining({
        code: 'tax_undetermined',
        pointer: '/lines/0/sku',
        detail: expect.stringContaining(detail),
      }),
    );
  });

  test('an untaxed line names the exemption an EN 16931 invoice prints', () => {
    const abroad = { customerCountry: 'FR', customerVatId: 'FR12345678901' };
    const exemptionOf = (supply: Supply) => treatmentFor(sale({ ...abroad, supply }), policy).exemption;
    expect([exemptionOf('goods'), exemptionOf('services')]).toEqual(['VATEX-EU-IC', 'VATEX-EU-AE']);
    expect(treatmentFor(sale({ taxClass: 'training' }), policy).exemption).toBe('VATEX-EU-132-1I');
    expect(treatmentFor(sale({}), policy).exemption).toBeNull();
  });

  test.each([
    ['FR 12.345.678-901', 'FR'],
    ['el123456789', 'GR'],
    ['12345678', null],
    ['', null],
    [null, null],
  ])('the VAT id %j was issued by %j', (vatId, country) => {
    expect(vatCountryOf(vatId)).toBe(country);
  });

  test('an exempt class with a rate is a bug of the policy', () => {
    const rates = [
      { country: 'ES', taxClass: 'x', fromOn: '2000-01-01', rateBps: 500, treatment: 'E' as const },
    ];
    expect(() => treatmentFor(sale({ taxClass: 'x' }), { ...policy, rates })).toThrow(RangeError);
  });
});

const standard = (netMinor: bigint): TaxableLine => ({ netMinor, treatment: 'S', rateBps: 2100 });
const taxes = (lines: TaxableLine[]) => taxDocument(lines).lines.map((line) => line.taxMinor);

describe('the tax of a document', () => {
  test('is computed on the summed base and shared over the lines', () => {
    const document = taxDocument([
      { netMinor: 1005n, treatment: 'S', rateBps: 1000 },
      { netMinor: 1005n, treatment: 'S', rateBps: 1000 },
      { netMinor: 5000n, treatment: 'S', rateBps: 2100 },
      { netMinor: 1005n, treatment: 'S', rateBps: 1000 },
    ]);
    expect(document.lines.map((line) => line.taxMinor)).toEqual([101n, 101n, 1050n, 100n]);
    expect(document.groups).toEqual([
      { treatment: 'S', rateBps: 1000, netMinor: 3015n, taxMinor: 302n },
      { treatment: 'S', rateBps: 2100, netMinor: 5000n, taxMinor: 1050n },
    ]);
    expect(document).toMatchObject({ netMinor: 8015n, taxMinor: 1352n, grossMinor: 9367n });
  });

  test.each([
    ['lines of nothing carry nothing', [0n, 0n], [0n, 0n]],
    ['lines of one sign share by net, the rounding of the group included', [11n, 2n], [3n, 0n]],
    ['and so do negative ones', [-11n, -2n], [-3n, 0n]],
    ['a free line among others carries nothing', [100n, 0n], [21n, 0n]],
    ['a document of negative lines mirrors the positive one', [-1005n, -1005n], [-211n, -211n]],
    ['signs that nearly cancel leave each line at its own rate', [100_000n, -99_999n], [21_000n, -21_000n]],
    ['signs that cancel exactly', [1000n, -1000n], [210n, -210n]],
  ])('%s', (_name, nets, expected) => {
    expect(taxes(nets.map(standard))).toEqual(expected);
  });

  test('outside scope never shares a document with another category', () => {
    const outside: TaxableLine = { netMinor: 500n, treatment: 'O', rateBps: 0 };
    const exempt: TaxableLine = { netMinor: 700n, treatment: 'E', rateBps: 0 };
    const lines = [standard(100n), outside, exempt, outside];
    expect(splitDocuments(lines)).toEqual([
      [lines[0], exempt],
      [outside, outside],
    ]);
    expect(splitDocuments([outside])).toEqual([[outside]]);
    expect(splitDocuments([standard(1n)])).toHaveLength(1);
    expect(splitDocuments([])).toEqual([]);
    expect(() => taxDocument(lines)).toThrow(
      new RangeError('treatment O shares a document with another one'),
    );
  });

  test('lines add up to groups, groups to the document, and no line is a whole unit off its own rate', () => {
    const line = fc.record({
      netMinor: fc.bigInt({ min: -1_000_000n, max: 1_000_000n }),
      treatment: fc.constant('S' as const),
      rateBps: fc.constantFrom(0, 400, 1000, 2100),
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 10 }), (lines) => {
        const document = taxDocument(lines);
        const sum = (amounts: bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
        expect(sum(document.lines.map((taxed) => taxed.taxMinor))).toBe(document.taxMinor);
        expect(sum(document.lines.map((taxed) => taxed.grossMinor))).toBe(document.grossMinor);
        for (const { rateBps, netMinor, taxMinor } of document.groups) {
          const off = 2n * (taxMinor * 10_000n - netMinor * BigInt(rateBps));
          expect(off <= 10_000n && off >= -10_000n).toBe(true);
        }
        for (const taxed of document.lines) {
          // A unit from the remainder, and half a unit of the group's own rounding.
          const off = taxed.taxMinor * 10_000n - taxed.netMinor * BigInt(taxed.rateBps);
          expect(off < 15_000n && off > -15_000n).toBe(true);
        }
      }),
    );
  });
});
