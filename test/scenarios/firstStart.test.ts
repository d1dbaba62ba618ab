// What a newcomer does, as they do it: `npm start` on a machine where nothing runs, the play of the sample company,
// the README's click-through with the lines the start ended with, Ctrl-C, and a second start in Spanish.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReadyEvent } from '../../cli/start.js';
import { exportsOf } from '../../cli/words.js';
import { STAGES } from '../../domain/leads/stages.js';
import { clickThrough, ROOT } from '../support/documents.js';

const PLAY_MS = 300_000;
const run = promisify(execFile);
const stateDir = mkdtempSync(join(tmpdir(), 'l2c-first-'));
chmodSync(stateDir, 0o711); // As root the database runs as another user, who must pass.
const env = { PATH: process.env.PATH, HOME: process.env.HOME, L2C_STATE_DIR: stateDir, L2C_PORT: '0' };

/** A group of its own: a terminal sends Ctrl-C to all of it, npm included. */
const type = (command: string): ChildProcess =>
  spawn(command, { shell: true, detached: true, cwd: ROOT, env, stdio: ['ignore', 'pipe', 'ignore'] });
const linesOf = (child: ChildProcess) =>
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });

async function ctrlC(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  process.kill(-(child.pid as number), 'SIGINT');
  await ended;
}

const shell = (script: string) =>
  run('bash', ['--norc', '-euo', 'pipefail', '-c', script], { cwd: ROOT, env, maxBuffer: 16 * 1024 * 1024 });

interface Event {
  readonly step: string;
  readonly status: string;
  readonly detail: string;
  readonly rows?: readonly { readonly state: string; readonly leads: number }[];
}

describe('a first start', () => {
  const troubles: string[] = [];
  let rows: NonNullable<Event['rows']> = [];
  let child: ChildProcess;
  let ready: ReadyEvent;

  beforeAll(async () => {
    child = type('npm start --silent -- --json');
    for await (const line of linesOf(child)) {
      const event = JSON.parse(line) as Event;
      if (event.step === 'play' && event.status !== 'begin' && event.status !== 'done')
        troubles.push(event.detail);
      if (event.step === 'table') rows = event.rows ?? [];
      if (event.step === 'ready') {
        ready = event as unknown as ReadyEvent;
        break;
      }
    }
  }, PLAY_MS);

  afterAll(async () => {
    if (child.exitCode === null) await ctrlC(child);
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
  }, 30_000);

  test('plays every outcome, and a lead waits at each stage in the end', () => {
    expect(troubles).toEqual([]);
    const waiting = STAGES.filter((stage) => stage !== 'closed');
    expect(Object.fromEntries(rows.map((row) => [row.state, row.leads]))).toEqual({
      won: 16,
      lost: 6,
      disqualified: 3,
      cancelled: 2,
      written_off: 2,
      ...Object.fromEntries(waiting.map((stage) => [stage, stage === 'new' ? 2 : 1])),
    });
  });

  test('ends with lines that carry the click-through from a capture to a paid commission', async () => {
    const { stdout } = await shell([...exportsOf(ready), clickThrough()].join('\n'));
    expect(stdout).toContain('"closed"');
  }, 60_000);

  test('leaves books in which every invariant holds', async () => {
    const { stdout } = await shell('npx l2c verify --language es'); // Ends with 1 where one is broken.
    expect(stdout.match(/✓/g)?.length).toBeGreaterThanOrEqual(12);
    expect(stdout).not.toContain('✗');
  }, 60_000);

  test('is followed by one that plays nothing again and speaks Spanish when asked to', async () => {
    await ctrlC(child);
    child = type('npm start -- --language es');
    const said: string[] = [];
    for await (const line of linesOf(child)) {
      said.push(line);
      if (line.includes('/v1/leads')) break;
    }
    const text = said.join('\n');
    expect(text).toContain('En servicio a velocidad real. Ctrl-C lo detiene todo.');
    expect(text).not.toContain('serving');
    child.stdout?.resume(); // What it says while it stops is not read, and must not fill the pipe.
  }, 90_000);
});
