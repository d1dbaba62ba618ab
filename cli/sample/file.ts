// What the sample company is remembered by in the state folder: how far it got, and the keys of its people,
// which stand nowhere else. Made-up people only; nobody else's key is ever kept.
import { renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Role } from '../../domain/people/people.js';
import type { Handle } from './people.js';

export interface SampleKey {
  readonly handle: Handle;
  readonly personId: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly key: string;
}

export interface SampleState {
  /** The first admin: a database that does not know them is another one. */
  readonly adminId: string;
  /** Only until the sample is complete; it is shown once, at the end of that start. */
  readonly adminKey: string | null;
  readonly seed: number;
  readonly phase: 'company' | 'playing' | 'complete';
  /** Business instant the play began at; days of its script count from here. */
  readonly beganAtMs: number | null;
  readonly keys: readonly SampleKey[];
}

const NAME = 'sample.json';

export async function readSample(stateDir: string): Promise<SampleState | undefined> {
  try {
    return JSON.parse(await readFile(join(stateDir, NAME), 'utf8')) as SampleState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written beside and renamed: a kill leaves the old state or the new one. */
export function writeSample(stateDir: string, state: SampleState): void {
  const part = join(stateDir, `${NAME}.${process.pid}.part`);
  writeFileSync(part, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(part, join(stateDir, NAME));
}
