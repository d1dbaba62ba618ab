import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withLock } from '../../engine/lock.js';
import { identify } from '../../engine/processes.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'l2c-lock-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('only one holds the lock at a time, and everyone gets a turn', async () => {
  let inside = 0;
  const most: number[] = [];
  const work = async () => {
    inside += 1;
    most.push(inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(join(home, 'lock'), 10_000, work)));
  expect(most).toEqual([1, 1, 1, 1, 1]);
  expect(readdirSync(home)).toEqual([]);
});

test('a lock whose holder was killed is taken over, even when its pid lives again as another process', async () => {
  const self = identify(process.pid);
  mkdirSync(join(home, 'lock'));
  writeFileSync(join(home, 'lock', 'holder.json'), JSON.stringify({ ...self, startTicks: '1' }));
  await expect(withLock(join(home, 'lock'), 0, () => Promise.resolve('mine'))).resolves.toBe('mine');
});

test('a lock that is held too long is refused, naming its holder', async () => {
  const outer = withLock(join(home, 'lock'), 0, () =>
    withLock(join(home, 'lock'), 50, () => Promise.resolve('never')),
  );
  await expect(outer).rejects.toThrow(`process ${process.pid} has held`);
});
