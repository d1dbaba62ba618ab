// Decides arithmetic on business days written as ISO text (2026-11-22). Plain and small, because workflows
// import it; zones, instants and holidays belong to the files of this folder that workflows do not import.

const DAY_MS = 86_400_000;

/** Whether the text is a day that exists, as `YYYY-MM-DD`: 2026-02-30 is not. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && dayOf(utcOf(text)) === text;
}

/** The day `days` days later (or earlier when negative). RangeError for text that is no day. */
export function addDays(on: string, days: number): string {
  return dayOf(instantOf(on) + days * DAY_MS);
}

/** The last day of the month that `on` lies in. */
export function endOfMonth(on: string): string {
  const date = new Date(instantOf(on));
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0));
}

/** Days from `fromOn` to `toOn`; negative when `toOn` is earlier. */
export function daysBetween(fromOn: string, toOn: string): number {
  return (instantOf(toOn) - instantOf(fromOn)) / DAY_MS;
}

function instantOf(on: string): number {
  if (!isDay(on)) throw new RangeError(`${JSON.stringify(on)} is not a day`);
  return utcOf(on);
}

function utcOf(on: string): number {
  return Date.UTC(Number(on.slice(0, 4)), Number(on.slice(5, 7)) - 1, Number(on.slice(8, 10)));
}

function dayOf(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, 10);
}
