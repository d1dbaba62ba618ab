import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { ReadyEvent } from '../../cli/start.js';
import { identify } from '../../engine/processes.js';

const START = join(process.cwd(), 'scripts', 'start.mjs');
const stateDir = mkdtempSync(join(tmpdir(), 'l2c-start-'));
chmodSync(stateDir, 0o711); // As root the database runs as another user, who must pass.
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
});

interface Started {
  readonly child: ChildProcess;
  readonly ready: ReadyEvent;
  readonly ended: Promise<number | null>;
}

/** Starts the product as `npm start -- --empty --json` does and waits for its last event. */
async function start(): Promise<Started> {
  const { child, ended, events } = launch();
  for await (const event of events) if (event.step === 'ready') return { child, ended, ready: event };
  throw new Error(`it ended with ${await ended} before it was ready`);
}

function launch() {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, L2C_STATE_DIR: stateDir, L2C_PORT: '0' };
  const child = spawn(process.execPath, [START, '--empty', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      children.delete(child);
      resolve(code);
    });
  });
  const lines = createInterface({ input: child.stdout });
  async function* events(): AsyncGenerator<ReadyEvent> {
    for await (const line of lines) yield JSON.parse(line) as ReadyEvent;
  }
  return { child, ended, events: events() };
}

/** The servers this start runs, out of the file by which the next start would find them. */
function servers(): number[] {
  const { children: running } = JSON.parse(readFileSync(join(stateDir, 'stack.json'), 'utf8')) as {
    children: Record<string, { pid: number }>;
  };
  return Object.values(running).map(({ pid }) => pid);
}

const alive = (pids: readonly number[]): number[] => pids.filter((pid) => identify(pid) !== undefined);

async function until(holds: () => boolean, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!holds() && Date.now() < end) await new Promise((wake) => setTimeout(wake, 25));
}

const status = async (url: string, key?: string): Promise<number> =>
  (await fetch(url, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } })).status;

describe('a start on a machine where nothing runs', () => {
  let adminKey = '';

  test('ends with where everything is and a key, and what it names answers', async () => {
    const { child, ended, ready } = await start();
    expect(ready).toMatchObject({ stateDir, keys: [], adminKey: expect.stringMatching(/^l2c_/) });
    adminKey = ready.adminKey ?? '';
    expect(await status(`${ready.api}/health/ready`)).toBe(200);
    expect(await status(`${ready.api}/v1/people`, adminKey)).toBe(200);
    expect(await status(ready.docs)).toBe(200);

    const second = launch();
    const said: string[] = [];
    for await (const { detail } of second.events) said.push(detail);
    expect(said.join('\n')).toContain(`belongs to process ${child.pid}, which runs`);
    expect(await second.ended).toBe(3);

    // Everything at once, as a machine that loses its power.
    const pids = servers();
    child.kill('SIGKILL');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await ended).toBeNull();
    await until(() => alive(pids).length === 0);
    expect(alive(pids)).toEqual([]);
  });

  test('has all its data after everything was killed, shows no key twice, and stops without a trace', async () => {
    const { child, ended, ready } = await start();
    expect(ready.adminKey).toBeNull();
    expect(await status(`${ready.api}/health/ready`)).toBe(200);
    expect(await status(`${ready.api}/v1/people`, adminKey)).toBe(200);
    const pids = servers();
    expect(alive(pids)).toHaveLength(2);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(alive(pids)).toEqual([]);
  });
});
