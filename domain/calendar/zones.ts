// From an instant to the date of a place and back: the only file that knows time zones. It uses
// temporal-polyfill and is therefore never imported by workflows (days.ts and clock.ts may be).
import { Temporal } from 'temporal-polyfill';

/** Returns the date (`2026-11-22`) in an IANA zone at an instant (epoch ms). Unknown zone: RangeError. */
export function dateIn(zone: string, ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate().toString();
}

/** Returns the first instant (epoch ms) of a date in a zone; not always midnight where clocks change. */
export function startOfDayIn(zone: string, on: string): number {
  return Temporal.PlainDate.from(on).toZonedDateTime(zone).startOfDay().epochMilliseconds;
}

/** Returns the first instant after a date in a zone: an offer valid until a day ends then. */
export function endOfDayIn(zone: string, on: string): number {
  return startOfDayIn(zone, Temporal.PlainDate.from(on).add({ days: 1 }).toString());
}

/** Tells whether a text names a time zone this machine knows. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
