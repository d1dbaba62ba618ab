// How much of everything a bench does: a look, all of it, or just enough to see that it works.
import type { LoadOptions } from './measures/load.js';

export interface Size {
  /** Golden leads counted without mails, and as many with them. */
  readonly counted: number;
  readonly open: number;
  readonly clicks: number;
  /** Decisions on one lead, one after the other. */
  readonly drift: number;
  readonly load: LoadOptions;
  readonly killed: number;
  readonly imports: { readonly leads: number; readonly rounds: number };
  readonly starts: boolean;
  readonly durable: boolean;
  readonly limitMs: number;
}

const MINUTE_MS = 60_000;

export const SIZES = {
  quick: {
    counted: 2,
    open: 300,
    clicks: 100,
    drift: 90,
    // Every connection has to know its statements, and every function to be compiled, before a lead costs what it
    // costs: V8 optimises 1,177 functions of the worker over the first 256 leads, 119, 116 and 57 over each 128 after.
    load: { users: 16, leads: 64, warmUp: 320, rounds: 2 },
    killed: 20,
    imports: { leads: 20_000, rounds: 1 },
    starts: false,
    durable: true,
    limitMs: 15 * MINUTE_MS,
  },
  full: {
    counted: 5,
    open: 300,
    clicks: 300,
    drift: 300,
    // As many rounds as there are orders of three.
    load: { users: 16, leads: 160, warmUp: 640, rounds: 6 },
    killed: 40,
    imports: { leads: 200_000, rounds: 3 },
    starts: true,
    durable: true,
    limitMs: 90 * MINUTE_MS,
  },
  // For the tests: what is counted is the same as in the others, what is timed says nothing.
  mini: {
    counted: 2,
    open: 8,
    clicks: 4,
    drift: 6,
    load: { users: 2, leads: 2, warmUp: 0, rounds: 1 },
    killed: 4,
    imports: { leads: 200, rounds: 1 },
    starts: false,
    durable: false,
    limitMs: 2 * MINUTE_MS,
  },
} as const satisfies Record<string, Size>;
export type Mode = keyof typeof SIZES;

export const SETTINGS_LIMIT_MS = 90 * MINUTE_MS;
export const SETTINGS_SIZES = {
  usual: { users: 16, leads: 64, warmUp: 96, rounds: 3, killed: 20, durable: true },
  mini: { users: 2, leads: 2, warmUp: 0, rounds: 1, killed: 4, durable: false },
} as const;
