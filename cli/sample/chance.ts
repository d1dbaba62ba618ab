// Chance that can be repeated: everything made up about the sample company comes out of one seed.

/** The seed of the company `npm start` makes. */
export const SAMPLE_SEED = 20_261_122;

export interface Chance {
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
  /** Another source, independent of how much was drawn from this one. */
  fork(name: string): Chance;
}

/** Mulberry32: 32 bits of state, the same sequence on each machine. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick(from) {
      const item = from[Math.floor(next() * from.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    fork(name) {
      let hash = seed >>> 0;
      for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
      return chanceOf(hash);
    },
  };
}
