import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './processes.js';

const POLL_MS = 100;

/**
 * Runs `work` while no other process holds the lock directory. Its holder's identity lies inside, so the lock of a
 * process that was killed is taken over.
 *
 * @throws Error naming the holder when it does not let go within `waitMs`
 */
export async function withLock<T>(directory: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const mine = `${directory}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await mkdir(mine, { recursive: true });
  await writeFile(`${mine}/holder.json`, JSON.stringify(identify(process.pid)));
  const until = Date.now() + waitMs;
  try {
    // A rename onto a directory that is not empty fails: taking the lock and signing it are one act.
    while (!(await renamed(mine, directory))) {
      const holder = await holderOf(directory);
      if (holder !== undefined && !isAlive(holder)) await takeAway(directory, holder);
      else if (Date.now() > until) {
        throw new Error(
          `process ${holder?.pid ?? '?'} has held ${directory} for more than ${waitMs / 1000} s: ` +
            'stop it, or remove the directory if it is not ours',
        );
      } else await sleep(POLL_MS);
    }
  } catch (error) {
    await rm(mine, { recursive: true, force: true });
    throw error;
  }
  try {
    return await work();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

async function holderOf(directory: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(`${directory}/holder.json`, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined; // Let go between our two looks, or being removed: look again.
  }
}

async function takeAway(directory: string, dead: ProcessIdentity): Promise<void> {
  const aside = `${directory}.stale.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    await rename(directory, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // Somebody quicker may have taken it over since we looked: then what we moved is theirs, and goes back.
  const moved = await holderOf(aside);
  if (moved?.pid === dead.pid && moved.startTicks === dead.startTicks) {
    await rm(aside, { recursive: true, force: true });
  } else if (!(await renamed(aside, directory))) {
    throw new Error(`two processes took ${directory} at once: start again`);
  }
}
