// Tests wait on conditions, never for a while.
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;
const PATIENCE_MS = 20_000;

/** Asks until the answer is neither false, null nor undefined; fails with `what` when that takes too long. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | false | null | undefined>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited ${patienceMs / 1000} s in vain until ${what}`);
    await pause(POLL_MS);
  }
}
