import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { openEngineClient } from '../../activities/intake/engineClient.js';
import { machineSettings } from '../../engine/settings.js';
import { startStack } from '../../engine/stack.js';

const REAL = ['olist_marketing_qualified_leads_dataset.csv', 'olist_closed_deals_dataset.csv'].map((name) =>
  resolve('../shared/data', name),
);
const SAMPLE = [resolve('samples/leads.csv'), resolve('samples/deals.csv')];
const isLong = process.env.L2C_LONG === '1';

interface Line {
  readonly step: string;
  readonly detail?: string;
  readonly channels?: {
    leads: number;
    won: number;
    wonInFiles: number;
    cashMinor: string;
    commissionMinor: string;
  }[];
  readonly problems?: string[];
  readonly checks?: { ok: boolean }[];
}

const homes: string[] = [];
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'l2c-funnel-'));
  chmodSync(home, 0o711); // As root the database runs as somebody else.
  homes.push(home);
  return home;
}

/** Runs the command with its servers; `onLine` sees each event as it comes. */
async function funnel(
  home: string,
  args: string[],
  onLine: (line: Line, child: ChildProcess) => void = () => undefined,
  given: NodeJS.ProcessEnv = {},
) {
  const { DATABASE_URL: _database, TEMPORAL_ADDRESS: _engine, ...env } = process.env;
  const child = spawn(process.execPath, ['cli/l2c.mjs', 'funnel', ...args, '--json'], {
    env: { ...env, ...given, L2C_STATE_DIR: home, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: Line[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    onLine(line, child);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines, report: lines.find(({ step }) => step === 'report') };
}

const sum = (report: Line | undefined, pick: 'leads' | 'won' | 'wonInFiles'): number =>
  report?.channels?.reduce((total, row) => total + row[pick], 0) ?? -1;

test('a funnel that is killed goes on where it was and ends with the wins of the files', async () => {
  const home = newHome();
  let isKilled = false;
  const first = await funnel(home, SAMPLE, ({ step }, child) => {
    // All leads are in, few are received, no deal is at its end.
    if (step === 'deals' && !isKilled) {
      isKilled = true;
      setTimeout(() => child.kill('SIGKILL'), 700);
    }
  });
  expect(first).toMatchObject({ code: null, report: undefined });
  const { code, report, lines } = await funnel(home, [...SAMPLE, '--keep']);
  expect(report?.problems).toEqual([]);
  expect(report?.checks?.filter(({ ok }) => !ok)).toEqual([]);
  expect(code).toBe(0);
  expect([sum(report, 'leads'), sum(report, 'won')]).toEqual([60, sum(report, 'wonInFiles')]);
  expect(sum(report, 'won')).toBeGreaterThan(0);
  expect(lines.some(({ step, detail }) => step === 'import' && detail === '0 new, 60 known, 0 refused')).toBe(
    true,
  );
}, 240_000);

test('on a given server and engine it runs as often as one likes and leaves nothing behind', async () => {
  const stateDir = newHome();
  const machine = machineSettings(process.env);
  const stack = await startStack({
    stateDir,
    durable: true,
    timerMaxShiftMs: 20,
    ...machine,
    onEvent: () => undefined,
  });
  try {
    const given = {
      DATABASE_URL: stack.databaseUrl,
      L2C_APP_DATABASE_URL: stack.appDatabaseUrl,
      TEMPORAL_ADDRESS: stack.temporalAddress,
    };
    const home = newHome();
    for (const time of ['first', 'second']) {
      const { code, report } = await funnel(home, [...SAMPLE, '--limit', '8'], undefined, given);
      expect([time, code, report?.problems, sum(report, 'leads')]).toEqual([time, 0, [], 8]);
    }
    const server = new pg.Client({ connectionString: stack.databaseUrl });
    await server.connect();
    const { rows } = await server.query(`select datname from pg_database where datname = 'l2c_funnel'`);
    await server.end();
    expect(rows).toEqual([]);
    const { client, close } = openEngineClient({ address: stack.temporalAddress }, stack.namespace, []);
    const running: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query: `ExecutionStatus = 'Running'` }))
      running.push(workflowId);
    await close();
    expect(running.filter((id) => id.startsWith('lead/'))).toEqual([]);
  } finally {
    await stack.stop();
  }
}, 240_000);

const real = REAL.every(existsSync) ? test : test.skip;
real(
  'the real leads come to the wins the real deals say',
  async () => {
    const { code, report } = await funnel(newHome(), [...REAL, ...(isLong ? [] : ['--limit', '400'])]);
    expect(report?.problems).toEqual([]);
    expect(report?.checks?.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
    expect(sum(report, 'leads')).toBe(isLong ? 8_000 : 400);
    expect(sum(report, 'won')).toBe(isLong ? 842 : 36);
    for (const row of report?.channels ?? []) {
      expect([row.won > 0, BigInt(row.cashMinor) > 0n]).toEqual([row.won > 0, row.won > 0]);
      expect(BigInt(row.commissionMinor) > 0n).toBe(row.won > 0);
    }
  },
  isLong ? 3_600_000 : 300_000,
);

test.each([
  ['a file that is not there', ['nowhere.csv', 'samples/deals.csv']],
  ['deals where leads are asked for', ['samples/deals.csv', 'samples/deals.csv']],
  ['a limit that is no number', [...SAMPLE, '--limit', 'few']],
])('%s ends with 2 and starts nothing', async (_name, args) => {
  const { code, lines } = await funnel(newHome(), args);
  expect(code).toBe(2);
  expect(lines).toEqual([{ ok: false, error: { code: 'usage', exit: 2, message: expect.any(String) } }]);
});
