// What relay and sweep go round on: a loop that outlives its errors, a bell that cuts a pause short, and work
// done a few at a time.
import type { Logger } from 'pino';

const AGAIN_MS = 1_000;

export interface Bell {
  ring(): void;
  /** Waits so long (real milliseconds), or until it is rung or told to stop. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function makeBell(): Bell {
  let wake: (() => void) | undefined;
  let rung = false;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    async wait(ms, signal) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', done);
            resolve();
          };
          const timer = setTimeout(done, ms);
          wake = done;
          signal.addEventListener('abort', done);
        });
      }
      rung = false;
    },
  };
}

/** A pause that only the end cuts short. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> => makeBell().wait(ms, signal);

/** Waits for a promise that does not fail, at most so long (real milliseconds). */
export async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

/** Goes round until it is told to stop; a round that failed is told and tried again. */
export async function loop(
  name: string,
  signal: AbortSignal,
  log: Logger,
  once: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await once();
    } catch (err) {
      // Database or engine away: the loop goes on by itself when they are back.
      log.warn({ loop: name, err }, 'will be tried again');
      await pause(AGAIN_MS, signal);
    }
  }
}

export async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>) {
  const queue = [...items];
  const runners = Array.from({ length: Math.min(limit, queue.length) }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  });
  await Promise.all(runners);
}
