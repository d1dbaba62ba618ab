// The business day on which a month's commission is paid, put where the Schedule has it: at noon UTC of a real day.
import { addSegment } from '../../activities/intake/clock.js';
import type { World } from './world.js';

export const DAY_MS = 86_400_000;
/** The fifth, when the example policy pays; noon UTC, when the Schedule rings. */
export const PAYDAY = Date.UTC(2026, 3, 5, 12);
/** The run of that day. */
export const RUN = 'payout/commission/2026-03/1';

export const yesterdayNoon = (): number => Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2;

/** Puts the business ahead by whole days, so that noon of yesterday was the noon of that day. */
export async function yesterdayWas({ db }: World, businessMs: number, secondsPerDay = 86_400): Promise<void> {
  const nowMs = Date.now();
  await addSegment(db, { nowMs, anchorMs: nowMs + businessMs - yesterdayNoon(), secondsPerDay });
}
