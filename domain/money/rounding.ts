// Decides how a fraction becomes a whole minor unit: half away from zero, once. Everything before that one
// rounding stays an exact rational. It does not know currencies.

/** An exact fraction; the denominator is positive. Made by `ratio`, which also reduces it. */
export interface Ratio {
  readonly n: bigint;
  readonly d: bigint;
}

/** Divides two integers, rounding half away from zero: 5/2 is 3, -5/2 is -3. RangeError when `d` is 0. */
export function divRound(n: bigint, d: bigint): bigint {
  if (d === 0n) throw new RangeError(`division of ${n} by 0`);
  const negative = n < 0n !== d < 0n;
  const top = n < 0n ? -n : n;
  const bottom = d < 0n ? -d : d;
  const rounded = (2n * top + bottom) / (2n * bottom);
  return negative ? -rounded : rounded;
}

/** Divides two integers, rounding towards minus infinity; `d` must be positive. */
export function divFloor(n: bigint, d: bigint): bigint {
  if (d <= 0n) throw new RangeError(`divisor ${d} is not positive`);
  const quotient = n / d;
  return n < 0n && quotient * d !== n ? quotient - 1n : quotient;
}

/** Divides two integers, rounding towards plus infinity; `d` must be positive. */
export function divCeil(n: bigint, d: bigint): bigint {
  return -divFloor(-n, d);
}

/** The exact fraction `n`/`d`, reduced. RangeError when `d` is 0. */
export function ratio(n: bigint, d = 1n): Ratio {
  if (d === 0n) throw new RangeError(`fraction ${n}/0`);
  const sign = d < 0n ? -1n : 1n;
  let a = n < 0n ? -n : n;
  let b = d < 0n ? -d : d;
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? { n: 0n, d: 1n } : { n: (sign * n) / a, d: (sign * d) / a };
}

export function addRatio(a: Ratio, b: Ratio): Ratio {
  return ratio(a.n * b.d + b.n * a.d, a.d * b.d);
}

export function subtractRatio(a: Ratio, b: Ratio): Ratio {
  return ratio(a.n * b.d - b.n * a.d, a.d * b.d);
}

export function multiplyRatio(a: Ratio, b: Ratio): Ratio {
  return ratio(a.n * b.n, a.d * b.d);
}

/** What is left of `a` after `bps` basis points are taken off it, exactly. */
export function lessBps(a: Ratio, bps: number): Ratio {
  return multiplyRatio(a, ratio(10_000n - BigInt(bps), 10_000n));
}

export function roundRatio(a: Ratio): bigint {
  return divRound(a.n, a.d);
}
