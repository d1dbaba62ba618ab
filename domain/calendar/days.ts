// Arithmetic on business dates ('2026-11-22'): days and months. It knows no time zone and no instants
// (zones.ts does), and no library, so workflows may import it.

const DAY_MS = 86_400_000;
const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Tells whether a text is a date that exists: 2026-02-30 does not. */
export function isDay(text: string): boolean {
  return parse(text) !== null;
}

/** Returns the date `days` later (earlier if negative). Throws RangeError for a date that does not exist. */
export function addDays(on: string, days: number): string {
  return format(epochDay(on) + days);
}

/** Returns how many days lie between two dates: 0 for the same, negative if `untilOn` is earlier. */
export function daysBetween(fromOn: string, untilOn: string): number {
  return epochDay(untilOn) - epochDay(fromOn);
}

/**
 * Returns the same day `months` later, or the last day of that month where it has no such day.
 * Count from the first date of a series, never from the previous one: 31 Jan, 28 Feb, 31 Mar.
 */
export function addMonths(on: string, months: number): string {
  const { year, month, day } = required(on);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = lastDayOf(first.getUTCFullYear(), first.getUTCMonth() + 1);
  return format(first.getTime() / DAY_MS + Math.min(day, last) - 1);
}

/** Returns the last day of the month a date lies in. */
export function endOfMonth(on: string): string {
  const { year, month } = required(on);
  return format(Date.UTC(year, month, 0) / DAY_MS);
}

function parse(text: string): { year: number; month: number; day: number } | null {
  const found = ISO_DATE.exec(text);
  if (found === null) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  // Years below 1000 are typing mistakes, and Date.UTC reads those below 100 as 19xx.
  if (year < 1000 || month < 1 || month > 12 || day < 1 || day > lastDayOf(year, month)) return null;
  return { year, month, day };
}

function required(text: string): { year: number; month: number; day: number } {
  const date = parse(text);
  if (date === null) throw new RangeError(`${text} is no date between 1000-01-01 and 9999-12-31`);
  return date;
}

const lastDayOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

function epochDay(text: string): number {
  const { year, month, day } = required(text);
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

function format(day: number): string {
  const date = new Date(day * DAY_MS);
  const year = date.getUTCFullYear();
  if (!(year >= 1000 && year <= 9999)) throw new RangeError(`day ${day} lies outside the years 1000 to 9999`);
  return date.toISOString().slice(0, 10);
}
