import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  addSegment,
  ensureClock,
  openClock,
  REAL_SPEED,
  segmentInForce,
} from '../../activities/intake/clock.js';
import { instantAt } from '../../domain/calendar/clock.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

const NOW = Date.UTC(2026, 10, 22, 9);
const DAY_MS = 86_400_000;
const ignore = () => undefined;
let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database?.drop());
beforeEach(() => database.owner.query('truncate clock_segments, audit_entries, audit_heads, messages'));

const businessAt = async (realMs: number): Promise<number> => {
  const segment = await segmentInForce(database.app);
  if (!segment) throw new Error('no segment');
  return instantAt(segment, realMs);
};

describe('the business clock', () => {
  test('begins in the present and is left alone while it runs as it should', async () => {
    expect(await ensureClock(database.app, REAL_SPEED, NOW)).toBe(false);
    expect(await ensureClock(database.app, REAL_SPEED, NOW + 5_000)).toBe(false);
    expect((await database.owner.query('select from clock_segments')).rowCount).toBe(1);
    expect(await businessAt(NOW + DAY_MS)).toBe(NOW + DAY_MS);
  });

  test('goes on from where it is when its speed changes', async () => {
    await ensureClock(database.app, REAL_SPEED, NOW);
    expect(await ensureClock(database.app, 60, NOW + 1_000)).toBe(true);
    expect(await businessAt(NOW + 1_000 + 60_000)).toBe(NOW + 1_000 + DAY_MS);
  });

  test.each([
    ['behind the present jumps into it', -90 * DAY_MS, 0],
    ['ahead of the present is never put back', 2 * DAY_MS, 2 * DAY_MS],
  ])('that is %s when it is to run at real speed', async (_what, offMs, expectedMs) => {
    await addSegment(database.app, { nowMs: NOW, secondsPerDay: 1, anchorMs: NOW + offMs });
    expect(await ensureClock(database.app, REAL_SPEED, NOW)).toBe(true);
    expect(await businessAt(NOW)).toBe(NOW + expectedMs);
  });

  test('does not count a standstill in which nothing was written, and never goes behind what was', async () => {
    await addSegment(database.app, { nowMs: NOW, secondsPerDay: 1, anchorMs: NOW - 90 * DAY_MS });
    // Ten days into the segment somebody wrote the last entry; an hour later the product is started again.
    await database.owner.query(
      `insert into audit_entries (subject, seq, key, action, entry, hash, recorded_at)
       values ('lead_1', 1, 'k', 'captureLead', '{}', decode(repeat('00', 32), 'hex'), $1)`,
      [new Date(NOW + 10_000)],
    );
    const later = NOW + 3_600_000;
    await addSegment(database.app, { nowMs: later, secondsPerDay: 1, floor: 'written' });
    expect(await businessAt(later)).toBe(NOW - 80 * DAY_MS);
  });

  test('of a process follows a segment that is added beside it', async () => {
    await expect(openClock(database.app, ignore)).rejects.toThrow('the business clock was never set');
    await ensureClock(database.app, REAL_SPEED, Date.now());
    const clock = await openClock(database.app, ignore);
    await addSegment(database.app, {
      nowMs: Date.now(),
      secondsPerDay: 1,
      anchorMs: Date.now() + 5 * DAY_MS,
    });
    expect(clock.now() - Date.now()).toBeLessThan(DAY_MS);
    await clock.refresh();
    expect(clock.now() - Date.now()).toBeGreaterThan(4 * DAY_MS);
    clock.stop();
  });
});
