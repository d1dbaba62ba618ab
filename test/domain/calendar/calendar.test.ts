import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ClockSegment, instantAt, realAt } from '../../../domain/calendar/clock.js';
import { addDays, addMonths, daysBetween, endOfMonth, isDay } from '../../../domain/calendar/days.js';
import { dateIn, endOfDayIn, isZone, startOfDayIn } from '../../../domain/calendar/zones.js';

const anyDay = fc.integer({ min: -200_000, max: 400_000 }).map((days) => addDays('2026-01-01', days));

describe('the business clock', () => {
  const real: ClockSegment = { anchorMs: 1_000, realAnchorMs: 5_000, secondsPerDay: 86_400 };

  test('runs with real time at 86,400 seconds a day, shifted by its anchors', () => {
    expect(instantAt(real, 5_000)).toBe(1_000);
    expect(instantAt(real, 5_123)).toBe(1_123);
    expect(instantAt(real, 4_999)).toBe(999);
    expect(realAt(real, 1_123)).toBe(5_123);
  });

  test('lives ninety days in a minute', () => {
    const fast = { anchorMs: 0, realAnchorMs: 0, secondsPerDay: 60 / 90 };
    expect(instantAt(fast, 60_030)).toBe(90 * 86_400_000);
  });

  test.each([0, -1, 0.0001, Number.NaN])('refuses %p seconds a day', (secondsPerDay) => {
    expect(() => instantAt({ ...real, secondsPerDay }, 0)).toThrow(RangeError);
  });

  test('a timer armed for an instant never wakes early and not a millisecond late', () => {
    const segment = fc.record({
      anchorMs: fc.integer({ min: 0, max: 2e12 }),
      realAnchorMs: fc.integer({ min: 0, max: 2e12 }),
      secondsPerDay: fc.integer({ min: 1, max: 86_400_000 }).map((ms) => ms / 1000),
    });
    fc.assert(
      fc.property(segment, fc.integer({ min: 0, max: 4e12 }), (clock, businessMs) => {
        const wake = realAt(clock, businessMs);
        expect(instantAt(clock, wake)).toBeGreaterThanOrEqual(businessMs);
        expect(instantAt(clock, wake - 1)).toBeLessThan(businessMs);
      }),
      { numRuns: 300 },
    );
  });
});

describe('business dates', () => {
  test.each([
    ['2026-02-28', true],
    ['2026-02-29', false],
    ['2024-02-29', true],
    ['1900-02-29', false],
    ['2026-02-30', false],
    ['2026-13-01', false],
    ['2026-00-10', false],
    ['2026-1-1', false],
    ['0999-12-31', false],
    ['1000-01-01', true],
    ['9999-12-31', true],
    ['', false],
  ])('%p exists: %p', (text, exists) => {
    expect(isDay(text)).toBe(exists);
  });

  test('adding days and counting them are one another’s inverse', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: -100_000, max: 100_000 }), (on, days) => {
        expect(daysBetween(on, addDays(on, days))).toBe(days);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2026-01-31', 2, '2026-03-31'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2026-12-31', 1, '2027-01-31'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-01-15', -1, '2025-12-15'],
    ['2026-01-31', 13, '2027-02-28'],
  ])('%s and %i months is %s', (on, months, expected) => {
    expect(addMonths(on, months)).toBe(expected);
  });

  test.each([
    ['2026-02-01', '2026-02-28'],
    ['2024-02-29', '2024-02-29'],
    ['2026-12-31', '2026-12-31'],
  ])('the month of %s ends on %s', (on, expected) => {
    expect(endOfMonth(on)).toBe(expected);
  });
});

describe('the date of a place', () => {
  const noonUtc = Date.UTC(2026, 10, 22, 12);

  test.each([
    ['UTC', Date.UTC(2026, 10, 22, 23, 59, 59, 999), '2026-11-22'],
    ['UTC', Date.UTC(2026, 10, 23), '2026-11-23'],
    ['Europe/Madrid', Date.UTC(2026, 10, 22, 22, 59), '2026-11-22'],
    ['Europe/Madrid', Date.UTC(2026, 10, 22, 23), '2026-11-23'],
    ['America/Sao_Paulo', Date.UTC(2026, 10, 23, 2, 59), '2026-11-22'],
    ['Pacific/Kiritimati', noonUtc, '2026-11-23'],
  ])('in %s at %i it is %s', (zone, ms, expected) => {
    expect(dateIn(zone, ms)).toBe(expected);
  });

  test('a day is 23 or 25 hours long where the clocks change', () => {
    const hours = (on: string): number =>
      (endOfDayIn('Europe/Madrid', on) - startOfDayIn('Europe/Madrid', on)) / 3_600_000;
    expect([hours('2026-03-29'), hours('2026-10-25'), hours('2026-11-22')]).toEqual([23, 25, 24]);
  });

  test('every day begins on itself and ends before the next', () => {
    fc.assert(
      fc.property(anyDay, fc.constantFrom('UTC', 'Europe/Madrid', 'America/Sao_Paulo'), (on, zone) => {
        expect(dateIn(zone, startOfDayIn(zone, on))).toBe(on);
        expect(dateIn(zone, endOfDayIn(zone, on) - 1)).toBe(on);
      }),
      { numRuns: 100 },
    );
  });

  test('a zone is one this machine knows', () => {
    expect(isZone('Europe/Madrid')).toBe(true);
    expect(isZone('Europe/Nowhere')).toBe(false);
    expect(() => dateIn('Europe/Nowhere', 0)).toThrow(RangeError);
  });
});
