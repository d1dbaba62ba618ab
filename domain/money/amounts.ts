// Decides how amounts, unit prices, quantities and percentages are read from and written as decimal text.
// Text is never coerced: no exponent, no sign but a permitted minus, no spaces, no leading zeros.
import { DomainError } from '../errors.js';
import { exponentOf } from './currencies.js';
import { divRound } from './rounding.js';

export const MICRO = 1_000_000n;

/** Most integer digits of an amount; a limit of the API. */
export const MAX_AMOUNT_DIGITS = 15;
/** Most integer digits of a unit price or quantity: more would not fit 64 bits in millionths. */
export const MAX_MICRO_DIGITS = 12;
/** The largest minor amount stored anywhere: 64 bits, signed. */
export const MAX_MINOR = 9_223_372_036_854_775_807n;

export interface ReadingOptions {
  /** JSON pointer of the field, named in the refusal. */
  readonly pointer?: string;
  readonly allowNegative?: boolean;
}

/** Reads `"1234.50"` as minor units of `currency`. DomainError `invalid_field` names text and limit. */
export function parseAmount(text: string, currency: string, options: ReadingOptions = {}): bigint {
  const exponent = exponentOf(currency);
  const minor = parseDecimal(text, exponent, MAX_AMOUNT_DIGITS, options);
  if (minor > MAX_MINOR || minor < -MAX_MINOR) {
    throw new DomainError('invalid_field', `${text} ${currency} is too large to be stored`, options.pointer);
  }
  return minor;
}

/** Writes minor units as decimal text with all decimals of the currency: 123450n EUR is `1234.50`. */
export function formatAmount(amountMinor: bigint, currency: string): string {
  return formatDecimal(amountMinor, exponentOf(currency));
}

/** Reads a unit price or a quantity with at most six decimals as millionths. */
export function parseMicro(text: string, options: ReadingOptions = {}): bigint {
  return parseDecimal(text, 6, MAX_MICRO_DIGITS, options);
}

/** Writes millionths as decimal text without trailing zeros: 1500000n is `1.5`. */
export function formatMicro(micro: bigint): string {
  return formatDecimal(micro, 6).replace(/\.?0+$/, '');
}

/** What `bps` basis points of an amount are, rounded half away from zero. */
export function percentOf(amountMinor: bigint, bps: number): bigint {
  return divRound(amountMinor * BigInt(bps), 10_000n);
}

/** Refuses basis points that are not an integer from 0 to 10,000 (100 %). */
export function checkBps(bps: number, pointer?: string): number {
  if (!Number.isInteger(bps) || bps < 0 || bps > 10_000) {
    throw new DomainError('invalid_field', `${bps} is not an integer from 0 to 10000 basis points`, pointer);
  }
  return bps;
}

function parseDecimal(text: string, decimals: number, maxDigits: number, options: ReadingOptions): bigint {
  const refuse = (why: string): never => {
    throw new DomainError('invalid_field', `${JSON.stringify(text.slice(0, 40))} ${why}`, options.pointer);
  };
  const match = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return refuse('is not a plain decimal number such as 1234.5');
  const [, sign = '', whole = '', fraction = ''] = match;
  if (whole.length > maxDigits)
    return refuse(`has ${whole.length} integer digits, the limit is ${maxDigits}`);
  if (fraction.length > decimals) return refuse(`has ${fraction.length} decimals, the limit is ${decimals}`);
  const value = BigInt(whole + fraction.padEnd(decimals, '0'));
  if (sign === '-' && !options.allowNegative) return refuse('is negative, the limit is 0');
  return sign === '-' ? -value : value;
}

function formatDecimal(value: bigint, decimals: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const sign = value < 0n ? '-' : '';
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
