// One process at a time: the lock is a directory that holds its owner's pid. Before the install nothing but Node
// is there, so this stands beside engine/lock.ts.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `work` while this process holds `directory`; waits for whoever holds it now, takes it from the dead. */
export async function withLock(directory, waitMs, work) {
  const mine = `${directory}.${process.pid}`;
  mkdirSync(mine, { recursive: true });
  writeFileSync(`${mine}/pid`, String(process.pid));
  const until = Date.now() + waitMs;
  // A rename onto a directory that is not empty fails: taking the lock and signing it are one act.
  while (!renamed(mine, directory)) {
    const holder = holderOf(directory);
    if (holder !== undefined && !lives(holder)) takeAway(directory, holder);
    else if (Date.now() > until) {
      rmSync(mine, { recursive: true, force: true });
      throw new Error(
        `process ${holder} has held ${directory} for ${waitMs / 1000} s: stop it, or remove the directory`,
      );
    } else await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function renamed(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(directory) {
  try {
    return Number(readFileSync(`${directory}/pid`, 'utf8'));
  } catch {
    return undefined; // Let go between our two looks.
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function takeAway(directory, dead) {
  const aside = `${directory}.stale.${process.pid}`;
  if (!renamedIfThere(directory, aside)) return;
  // Somebody quicker may have taken it over since we looked: then it goes back.
  if (holderOf(aside) === dead) rmSync(aside, { recursive: true, force: true });
  else renamed(aside, directory);
}

function renamedIfThere(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}
