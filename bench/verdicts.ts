// What a figure is, and whether it holds what the design demands and what it aims at.

/**
 * `must`: within it, and the design has no aim; `missesAim`: within what must be, if anything must; `shown`: the design
 * sets no limit, the figure is there to compare.
 */
export type Verdict = 'aim' | 'must' | 'missesAim' | 'misses' | 'shown';

export interface Figure {
  readonly id: string;
  readonly figure: string;
  readonly unit: string;
  /** Counts are the same on every machine; times are not and nothing is asserted of them. */
  readonly kind: 'count' | 'time';
  readonly bound: 'at most' | 'at least';
  /** Null where the design sets none. */
  readonly must: number | null;
  readonly aim: number | null;
  readonly measured: number;
  readonly verdict: Verdict;
  readonly note?: string;
}

export function verdictOf({ bound, must, aim, measured }: Omit<Figure, 'verdict'>): Verdict {
  const reaches = (limit: number): boolean => (bound === 'at most' ? measured <= limit : measured >= limit);
  if (must !== null && !reaches(must)) return 'misses';
  if (aim !== null) return reaches(aim) ? 'aim' : 'missesAim';
  return must === null ? 'shown' : 'must';
}
