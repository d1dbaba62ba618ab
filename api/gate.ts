// The gate before captures. Their rate is the world's, not ours: let in without a limit they take every connection of
// the pool, each then waits for the next, people's clicks behind them, until all of them run into their time-outs
// (measured: 200 a second where 40 can be done left 13 % answered, and clicks at 38 s). So a few run at a time, a few
// more wait for a moment, and the rest is told at once to come back, before it costs anything.
import { DomainError } from '../domain/errors.js';

export interface GateLimits {
  /** So many run at a time. */
  readonly running: number;
  /** So many wait for their turn. */
  readonly waiting: number;
  /** Real milliseconds one of them waits at most. */
  readonly waitMs: number;
}

const RETRY_AFTER_S = 2;

/** Half of the pool for captures, the other half for people. */
export const gateFor = (connections: number): GateLimits => {
  const running = Math.max(1, Math.floor(connections / 2));
  return { running, waiting: running * 10, waitMs: 1_000 };
};

export class Gate {
  readonly #limits: GateLimits;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Throws `unavailable` with Retry-After when whoever comes now would be refused anyway. */
  mustHaveRoom(): void {
    if (this.#queue.length >= this.#limits.waiting) throw full();
  }

  /** Runs `work` in its turn. Throws `unavailable` with Retry-After, and has done nothing, when that does not come. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limits.running) await this.#turn();
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next(); // Its place, without letting go of it.
    }
  }

  #turn(): Promise<void> {
    this.mustHaveRoom();
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(late);
        resolve();
      };
      const late = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        reject(full());
      }, this.#limits.waitMs);
      this.#queue.push(enter);
    });
  }
}

const full = (): DomainError =>
  new DomainError('unavailable', 'too many leads come in at the moment; nothing was changed', undefined, {
    retryAfter: RETRY_AFTER_S,
  });
