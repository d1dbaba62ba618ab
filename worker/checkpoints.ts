// A signed checkpoint every minute, beside the worker: what it misses while the database is away is caught up.
import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { Db } from '../db/pool.js';
import { writeCheckpoint } from './checkpoint.js';

const EVERY_MS = 60_000;
/** One that failed is not left for a minute: without any, nobody could tell a cut log from a young one. */
const AGAIN_MS = 2_000;

export interface Checkpoints {
  /** Writes a last one over what happened since, and ends. */
  stop(): Promise<void>;
}

/** Writes a checkpoint into `dir` now and every minute; one that fails is told and soon tried again. */
export function startCheckpoints(options: {
  readonly db: Db;
  readonly dir: string;
  readonly key: KeyObject;
  readonly log: Logger;
}): Checkpoints {
  const { db, dir, key, log } = options;
  let running: Promise<void> | undefined;
  let again: NodeJS.Timeout | undefined;
  let stopped = false;
  const write = (): Promise<void> => {
    running ??= writeCheckpoint({ db, dir, key })
      .then(() => undefined)
      .catch((err: unknown) => {
        log.warn({ err }, 'no checkpoint was written; it is tried again');
        if (stopped) return;
        again = setTimeout(() => void write(), AGAIN_MS);
        again.unref();
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const timer = setInterval(() => void write(), EVERY_MS);
  timer.unref();
  void write();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      clearTimeout(again);
      await running;
      await write();
    },
  };
}
