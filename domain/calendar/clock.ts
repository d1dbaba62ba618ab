// The business clock: how an instant of the business follows from real time. Segments are stored; a
// demo lives ninety days in a minute on a fast one. It reads no clock itself. Workflows may import it.

/** From `realAnchorMs` (real) on it is `anchorMs` (business), and a business day takes so many seconds. */
export interface ClockSegment {
  anchorMs: number;
  realAnchorMs: number;
  /** 86,400 is real speed; counted to the millisecond, at least 0.001. */
  secondsPerDay: number;
}

const DAY_MS = 86_400_000n;

/**
 * Returns the business instant (epoch ms) at a real instant: anchor + (real − real anchor) × 86,400 ÷
 * seconds per day, rounded down, in whole numbers (docs/protocol.md, Time).
 */
export function instantAt(segment: ClockSegment, realMs: number): number {
  const passed = BigInt(realMs - segment.realAnchorMs) * DAY_MS;
  return segment.anchorMs + Number(floorDiv(passed, dayLengthMs(segment)));
}

/**
 * Returns the first real instant (epoch ms) at which the business clock has reached `businessMs`, so
 * that a timer armed for it never wakes early: `instantAt(segment, realAt(segment, b)) >= b`.
 */
export function realAt(segment: ClockSegment, businessMs: number): number {
  const missing = BigInt(businessMs - segment.anchorMs) * dayLengthMs(segment);
  return segment.realAnchorMs - Number(floorDiv(-missing, DAY_MS));
}

function dayLengthMs(segment: ClockSegment): bigint {
  const lengthMs = Math.round(segment.secondsPerDay * 1000);
  if (!(lengthMs >= 1)) {
    throw new RangeError(`secondsPerDay ${segment.secondsPerDay} is below 0.001`);
  }
  return BigInt(lengthMs);
}

// bigint division truncates towards zero; instants before the anchor must go down, too.
function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
