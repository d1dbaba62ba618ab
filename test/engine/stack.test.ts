import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { identify } from '../../engine/processes.js';
import { machineSettings, type Stack, type StackEvent, startStack } from '../../engine/stack.js';

const machine = machineSettings(process.env);
const homes: string[] = [];

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'l2c-engine-'));
  chmodSync(home, 0o711); // As root the database runs as another user, who must pass.
  homes.push(home);
  return home;
}
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((wake) => setTimeout(wake, 25));
  }
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function withTemporal<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const startLead = (address: string, workflowId: string) =>
  withTemporal(address, (client) => client.workflow.start('leadToCash', { workflowId, taskQueue: 'nobody' }));
const statusOf = (address: string, workflowId: string) =>
  withTemporal(
    address,
    async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name,
  );

describe('a stack on a machine that has neither database nor engine', () => {
  const home = newHome();
  const events: StackEvent[] = [];
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ ...machine, stateDir: home, onEvent: (event) => events.push(event) });
  });
  afterAll(() => stack?.stop());

  test('every step is begun and closed, with the time it took', () => {
    const steps = events.filter(({ status }) => status === 'done').map(({ step }) => step);
    expect(steps.sort()).toEqual(['postgres', 'roles', 'state', 'temporal', 'temporal-cli']);
    expect(events.filter(({ status }) => status === 'begin')).toHaveLength(steps.length);
  });

  test('the owner owns the database and is no superuser, the application is neither', async () => {
    const sql = `select rolname, rolsuper, rolcreaterole, pg_get_userbyid(datdba) as owner
      from pg_roles, pg_database where rolname = current_user and datname = current_database()`;
    const rights = { rolsuper: false, rolcreaterole: false, owner: 'l2c_owner' };
    expect(await query(stack.databaseUrl, sql)).toEqual([{ rolname: 'l2c_owner', ...rights }]);
    expect(await query(stack.appDatabaseUrl, sql)).toEqual([{ rolname: 'l2c_app', ...rights }]);
  });

  test('a wrong password is refused and the passwords are for this user only', async () => {
    const forged = new URL(stack.databaseUrl);
    forged.password = 'guess';
    await expect(query(forged.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(home, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  test('letters of every language have an upper and a lower case', async () => {
    const sql = "select lower('ÑÁÜ') as lower, 'a' < 'B' as ab";
    expect(await query(stack.databaseUrl, sql)).toEqual([{ lower: 'ñáü', ab: false }]);
  });

  test('the namespace keeps histories for 30 days and knows the search attributes', async () => {
    await withTemporal(stack.temporalAddress, async ({ connection }) => {
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
      const attributes = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      expect(attributes.customAttributes).toMatchObject({ Stage: 2, WaitsFor: 2, Owner: 2, Outcome: 2 });
    });
  });

  test('a second start in the same folder is refused and names the owner', async () => {
    await expect(startStack({ ...machine, stateDir: home })).rejects.toThrow(
      `belongs to process ${process.pid}, which runs`,
    );
    expect(await query(stack.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('a database killed with -9 comes back on its port with every row', async () => {
    await query(stack.databaseUrl, 'create table kept as select 42 as answer');
    const { postgres } = stack.pids;
    process.kill(postgres as number, 'SIGKILL');
    await until('Postgres is back', () =>
      query(stack.databaseUrl, 'select 1').then(
        () => true,
        () => false,
      ),
    );
    expect(await query(stack.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(stack.pids.postgres).not.toBe(postgres);
  });

  test('an engine killed with -9 comes back on its port with every workflow', async () => {
    await startLead(stack.temporalAddress, 'lead/kept');
    const { temporal, reaper } = stack.pids;
    process.kill(temporal as number, 'SIGKILL');
    await until('Temporal is back', () => events.some(({ detail }) => detail.startsWith('temporal is back')));
    expect(await statusOf(stack.temporalAddress, 'lead/kept')).toBe('RUNNING');
    expect(stack.pids.temporal).not.toBe(temporal);
    expect(stack.pids.reaper).not.toBe(reaper); // The old one would stop a pid that is somebody else's now.
  });

  test('addresses of existing servers are used and nothing is started', async () => {
    const { databaseUrl, appDatabaseUrl, temporalAddress } = stack;
    const beside = await startStack({ stateDir: newHome(), databaseUrl, appDatabaseUrl, temporalAddress });
    expect(beside).toMatchObject({ databaseUrl, appDatabaseUrl, temporalAddress, pids: {} });
    await beside.stop();
    expect(await query(databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('an application role whose password nobody told us is an error that tells the way out', async () => {
    const { databaseUrl, temporalAddress } = stack;
    const start = startStack({ stateDir: newHome(), databaseUrl, temporalAddress });
    await expect(start).rejects.toThrow(/l2c_app exists with a password .* set L2C_APP_DATABASE_URL/);
  });

  test.each([
    [
      'databaseUrl',
      'postgres://me:secret@127.0.0.1:1/none',
      /DATABASE_URL \(postgres:\/\/me@127\.0\.0\.1:1\/none\)/,
    ],
    ['temporalAddress', '127.0.0.1:1', /127\.0\.0\.1:1 does not answer.*TEMPORAL_ADDRESS/],
  ])('an address where nothing answers fails by name: %s', async (name, address, message) => {
    const { databaseUrl, appDatabaseUrl, temporalAddress } = stack;
    const given = { databaseUrl, appDatabaseUrl, temporalAddress, [name]: address };
    await expect(startStack({ stateDir: newHome(), ...given })).rejects.toThrow(message);
  });

  test('stopping ends every process, and the folder is free again', async () => {
    const pids = Object.values(stack.pids);
    expect(pids).toHaveLength(3);
    await Promise.all([stack.stop(), stack.stop()]);
    expect(pids.map(identify)).toEqual([undefined, undefined, undefined]);
    const port = new URL(stack.databaseUrl).port;
    stack = await startStack({ ...machine, stateDir: home });
    expect(new URL(stack.databaseUrl).port).toBe(port);
    expect(await query(stack.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(await statusOf(stack.temporalAddress, 'lead/kept')).toBe('RUNNING');
  });
});

test('a process that has nothing else to do still waits until its servers have ended', () => {
  // Node ends when nothing holds its loop, and servers do not: it used to happen in one of many stops.
  const home = newHome();
  const script = `
    import { spawnServer } from ${JSON.stringify(resolve('dist/engine/processes.js'))};
    import { Reaper } from ${JSON.stringify(resolve('dist/engine/reaper.js'))};
    import { Supervisor } from ${JSON.stringify(resolve('dist/engine/supervisor.js'))};
    const folder = { recordChildren: () => undefined };
    const server = { command: '/bin/sleep', args: ['100'], cwd: '/', logFile: ${JSON.stringify(join(home, 'log'))} };
    for (let round = 0; round < 100; round += 1) {
      const supervisor = new Supervisor(folder, new Reaper(), () => undefined);
      await supervisor.start('temporal', [['SIGTERM', 1000]], async (onSpawn) => {
        const running = await spawnServer(server);
        onSpawn(running);
        return running;
      });
      await supervisor.stop();
    }
    console.log('all rounds');`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(run.stdout + run.stderr).toBe('all rounds\n');
});

test('a port that is asked for and taken is refused by its number, and nothing stays', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const events: StackEvent[] = [];
  const settings = { ...machine, stateDir: newHome(), durable: false, ports: { postgres: port } };
  const start = startStack({ ...settings, onEvent: (event) => events.push(event) });
  await expect(start).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
  expect(events.find(({ status }) => status === 'failed')?.step).toBe('postgres');
  server.close();
  // The folder was given up, so a start with another port goes through it.
  const next = await startStack({ ...machine, stateDir: settings.stateDir, durable: false });
  await next.stop();
});

describe('a start that is killed with -9', () => {
  const home = newHome();
  let parent: ChildProcess | undefined;
  afterAll(() => {
    parent?.kill('SIGKILL');
  });

  /** Starts a stack in a process of its own and answers its addresses. */
  async function startElsewhere(): Promise<Pick<Stack, 'databaseUrl' | 'pids'>> {
    const script = `
      import { startStack, machineSettings } from ${JSON.stringify(resolve('dist/engine/stack.js'))};
      const stack = await startStack({ ...machineSettings(process.env), stateDir: ${JSON.stringify(home)} });
      console.log(JSON.stringify({ databaseUrl: stack.databaseUrl, pids: stack.pids }));
      setInterval(() => undefined, 1000);`;
    parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: parent.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, 'line')) as [string];
    return JSON.parse(line) as Pick<Stack, 'databaseUrl' | 'pids'>;
  }

  test('its servers end by themselves', async () => {
    const { databaseUrl, pids } = await startElsewhere();
    await query(databaseUrl, 'create table kept as select 42 as answer');
    parent?.kill('SIGKILL');
    await until('all have ended', () => Object.values(pids).every((pid) => identify(pid) === undefined));
  });

  test('when its reaper is killed too, the next start stops what was left and has all data', async () => {
    const { pids } = await startElsewhere();
    process.kill(pids.reaper as number, 'SIGKILL');
    parent?.kill('SIGKILL');
    await until('its owner has ended', () => identify(parent?.pid as number) === undefined);
    expect(identify(pids.postgres as number)).toBeDefined();
    const events: StackEvent[] = [];
    const stack = await startStack({ ...machine, stateDir: home, onEvent: (event) => events.push(event) });
    const claimed = events.find(({ step, status }) => step === 'state' && status === 'done');
    expect(claimed?.detail).toContain('stopped what a killed start had left: postgres, temporal');
    expect(await query(stack.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await stack.stop();
  });

  test('when everything is killed at once, the next start recovers with all data', async () => {
    const { pids } = await startElsewhere();
    for (const pid of [parent?.pid, pids.reaper, pids.temporal, pids.postgres])
      process.kill(pid as number, 'SIGKILL');
    await until('its owner has ended', () => identify(parent?.pid as number) === undefined);
    const stack = await startStack({ ...machine, stateDir: home });
    expect(await query(stack.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await stack.stop();
  });
});
