// What a funnel remembers between two runs of it: the keys of its people, which stand nowhere else, and which
// files it is about. Made-up people only.
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface FunnelState {
  /** SHA-256 of both files: a database half full of other leads is no place to go on. */
  readonly files: string;
  readonly adminId: string;
  readonly adminKey: string;
  /** By handle: the id of the file, or what the person does. */
  readonly keys: Readonly<Record<string, { readonly personId: string; readonly key: string }>>;
}

const NAME = 'funnel.json';

export async function readState(stateDir: string): Promise<FunnelState | undefined> {
  try {
    return JSON.parse(await readFile(join(stateDir, NAME), 'utf8')) as FunnelState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written beside and renamed: a kill leaves the old state or the new one. */
export function writeState(stateDir: string, state: FunnelState): void {
  mkdirSync(stateDir, { recursive: true });
  const part = join(stateDir, `${NAME}.${process.pid}.part`);
  writeFileSync(part, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(part, join(stateDir, NAME));
}

export async function hashOfFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
    hash.update('\0');
  }
  return hash.digest('hex');
}
