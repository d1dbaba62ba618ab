import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  amountText,
  countryText,
  dateText,
  ibanText,
  moneyText,
  percentText,
  quantityText,
  unitPriceText,
} from '../../documents/formats.js';
import type { Language } from '../../documents/types.js';
import { formatAmount } from '../../domain/money/amounts.js';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('amounts as people read them', () => {
  test.each<[bigint, string, Language, string]>([
    [0n, 'EUR', 'en', '€0.00'],
    [5n, 'EUR', 'es', '0,05 €'],
    [99_999n, 'EUR', 'en', '€999.99'],
    [100_000n, 'EUR', 'es', '1.000,00 €'],
    [123_456_789n, 'USD', 'en', 'USD 1,234,567.89'],
    [123_456_789n, 'USD', 'es', '1.234.567,89 USD'],
    [1_234n, 'JPY', 'en', 'JPY 1,234'],
    [1_234n, 'KWD', 'es', '1,234 KWD'],
    [-250n, 'GBP', 'en', '−£2.50'],
    [-250n, 'USD', 'en', 'USD −2.50'],
    [-250n, 'EUR', 'es', '−2,50 €'],
    [9_223_372_036_854_775_807n, 'EUR', 'en', '€92,233,720,368,547,758.07'],
  ])('%i minor units of %s in %s read %s', (minor, currency, language, expected) => {
    expect(plain(moneyText(minor, currency, language))).toBe(expected);
  });

  test('no amount loses a digit in any language', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
        fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'),
        (minor, currency) => {
          const english = amountText(minor, currency, 'en').replaceAll(',', '').replace('\u2212', '-');
          const spanish = amountText(minor, currency, 'es').replaceAll('.', '').replace(',', '.');
          expect(english).toBe(formatAmount(minor, currency));
          expect(spanish.replace('\u2212', '-')).toBe(formatAmount(minor, currency));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('other numbers, dates and names', () => {
  test.each<[string, string]>([
    [quantityText(1_250_500_000n, 'en'), '1,250.5'],
    [quantityText(1_000_000n, 'es'), '1'],
    [unitPriceText(1_000_000n, 'EUR', 'en'), '1.00'],
    [unitPriceText(37_500n, 'EUR', 'es'), '0,0375'],
    [unitPriceText(1_500_000_000n, 'JPY', 'en'), '1,500'],
    [unitPriceText(1_500_000n, 'JPY', 'en'), '1.5'],
    [percentText(2_100, 'en'), '21%'],
    [percentText(1_250, 'es'), '12,5 %'],
    [percentText(1, 'en'), '0.01%'],
    [dateText('2026-02-01', 'en'), '1 February 2026'],
    [dateText('2026-12-31', 'es'), '31 de diciembre de 2026'],
    [ibanText('es91 2100 0418 4502 0005 1332'), 'ES91 2100 0418 4502 0005 1332'],
    [countryText('DE', 'es'), 'Alemania'],
    [countryText('GB', 'en'), 'United Kingdom'],
  ])('%s reads %s', (text, expected) => {
    expect(plain(text)).toBe(expected);
  });

  test.each(['2026-02-30', '2026-2-3', '22.11.2026', ''])('%j is no date and refused', (on) => {
    expect(() => dateText(on, 'en')).toThrow(RangeError);
  });
});
