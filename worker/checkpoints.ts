// A signed checkpoint every minute, beside the worker: what it misses while the database is away is caught up.
import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { Db } from '../db/pool.js';
import { writeCheckpoint } from './checkpoint.js';

const EVERY_MS = 60_000;

export interface Checkpoints {
  /** Writes a last one over what happened since, and ends. */
  stop(): Promise<void>;
}

/** Writes a checkpoint into `dir` now and every minute; one that fails is told and tried again. */
export function startCheckpoints(options: {
  readonly db: Db;
  readonly dir: string;
  readonly key: KeyObject;
  readonly log: Logger;
}): Checkpoints {
  const { db, dir, key, log } = options;
  let running: Promise<void> | undefined;
  const write = (): Promise<void> => {
    running ??= writeCheckpoint({ db, dir, key })
      .then(() => undefined)
      .catch((err: unknown) => log.warn({ err }, 'no checkpoint was written; tried again in a minute'))
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
      clearInterval(timer);
      await running;
      await write();
    },
  };
}
