// Where a process of ours writes its log: the terminal belongs to the lines a person reads.
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { Config } from '../config.js';
import { logOptions } from '../contracts/redacted.js';

const LIMIT_BYTES = 20 * 1024 * 1024;

export interface FileLog {
  readonly log: Logger;
  readonly path: string;
}

/** Opens `<state folder>/log/l2c.log`; a long one is put aside as `l2c.log.1`. */
export function openLog({ stateDir, logLevel }: Pick<Config, 'stateDir' | 'logLevel'>): FileLog {
  const folder = join(stateDir, 'log');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'l2c.log');
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LIMIT_BYTES) renameSync(path, `${path}.1`);
  const destination = pino.destination({ dest: path, mode: 0o600, sync: false });
  return { log: pino(logOptions(logLevel), destination), path };
}
