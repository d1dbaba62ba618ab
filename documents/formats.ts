// Decides how dates, amounts, quantities and percentages are written for people in each language. Numbers are
// exact text from integers, never a float; the names of months and countries are those of the runtime (CLDR).
import { isDay } from '../domain/calendar/days.js';
import { formatAmount, formatMicro } from '../domain/money/amounts.js';
import type { Language } from './types.js';

const LONG_DATE: Record<Language, Intl.DateTimeFormat> = {
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }),
  es: new Intl.DateTimeFormat('es-ES', { dateStyle: 'long', timeZone: 'UTC' }),
};

const COUNTRIES: Record<Language, Intl.DisplayNames> = {
  en: new Intl.DisplayNames('en-GB', { type: 'region' }),
  es: new Intl.DisplayNames('es-ES', { type: 'region' }),
};

const MARKS: Record<Language, { group: string; decimal: string }> = {
  en: { group: ',', decimal: '.' },
  es: { group: '.', decimal: ',' },
};

/** Only signs that name one currency: a dollar sign would leave open whose dollar it is. */
const SIGNS: Readonly<Record<string, string>> = { EUR: '€', GBP: '£' };

/** Keeps a number and its unit on one line. */
const NBSP = '\u00a0';
const MINUS = '\u2212';

/** `2026-11-22` as `22 November 2026` or `22 de noviembre de 2026`. RangeError for no day. */
export function dateText(on: string, language: Language): string {
  if (!isDay(on)) throw new RangeError(`${on} is no date`);
  return LONG_DATE[language].format(new Date(`${on}T00:00:00Z`)).replaceAll(/\s/g, NBSP);
}

/** Minor units with all decimals of the currency and without its name: `1,234.50` or `1.234,50`. */
export function amountText(amountMinor: bigint, currency: string, language: Language): string {
  return grouped(formatAmount(amountMinor, currency), language);
}

/** Minor units with the currency: `€1,234.50` and `USD 1,234.50`, or `1.234,50 €` and `1.234,50 USD`. */
export function moneyText(amountMinor: bigint, currency: string, language: Language): string {
  const sign = SIGNS[currency];
  if (language === 'es') return `${amountText(amountMinor, currency, language)}${NBSP}${sign ?? currency}`;
  const minus = amountMinor < 0n ? MINUS : '';
  const absolute = amountText(amountMinor < 0n ? -amountMinor : amountMinor, currency, language);
  return sign === undefined ? `${currency}${NBSP}${minus}${absolute}` : `${minus}${sign}${absolute}`;
}

/** Millionths without trailing zeros: `1,250.5` or `1.250,5`. */
export function quantityText(quantityMicro: bigint, language: Language): string {
  return grouped(formatMicro(quantityMicro), language);
}

/** A unit price in millionths: at least the decimals of `currency`, more where the price has them. */
export function unitPriceText(priceMicro: bigint, currency: string, language: Language): string {
  const [whole = '', fraction = ''] = formatMicro(priceMicro).split('.');
  const least = decimalsOf(currency);
  const decimals = fraction.padEnd(least, '0');
  return grouped(decimals === '' ? whole : `${whole}.${decimals}`, language);
}

/** Basis points as a percentage without trailing zeros: `12.5%` or `12,5 %`. */
export function percentText(bps: number, language: Language): string {
  if (!Number.isInteger(bps)) throw new RangeError(`${bps} basis points are no integer`);
  const text = grouped(formatMicro(BigInt(bps) * 10_000n), language);
  return language === 'es' ? `${text}${NBSP}%` : `${text}%`;
}

/** An IBAN in groups of four, as people compare it; other text stays as it is. */
export function ibanText(iban: string): string {
  const compact = iban.replaceAll(/\s/g, '').toUpperCase();
  return (compact.match(/.{1,4}/g) ?? []).join(NBSP);
}

/** The name of an ISO 3166 country. RangeError for text that is no two-letter code. */
export function countryText(country: string, language: Language): string {
  if (!/^[A-Z]{2}$/.test(country)) throw new RangeError(`${country} is no ISO 3166 country code`);
  return COUNTRIES[language].of(country) ?? country;
}

function decimalsOf(currency: string): number {
  return (formatAmount(0n, currency).split('.')[1] ?? '').length;
}

function grouped(text: string, language: Language): string {
  const { group, decimal } = MARKS[language];
  const negative = text.startsWith('-');
  const [whole = '', fraction] = (negative ? text.slice(1) : text).split('.');
  const groups = whole.replaceAll(/\B(?=(\d{3})+$)/g, group);
  return (negative ? MINUS : '') + groups + (fraction === undefined ? '' : decimal + fraction);
}
