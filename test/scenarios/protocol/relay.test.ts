// Relay and sweep by themselves, with engine and database but without a worker: what they ask, how often, and what
// they hold back.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { openEngineClient } from '../../../activities/intake/engineClient.js';
import { MESSAGE_CHANNEL } from '../../../activities/intake/messages.js';
import { type Engine, startWorkflow } from '../../../activities/intake/telling.js';
import { MOST, Pace } from '../../../worker/pace.js';
import { listen, type RelayDeps, relayOnce, startRelay } from '../../../worker/relay.js';
import { lookAtSilent } from '../../../worker/sweep.js';
import { historyOf } from '../../support/histories.js';
import { captured, type Story } from '../../support/story.js';
import { openWorld, until, type World } from '../../support/world.js';

let world: World;
let deps: RelayDeps;
beforeEach(async () => {
  world = await openWorld({ worker: false });
  deps = { db: world.db, engine: world.engine, log: pino({ level: 'silent' }) };
});
afterEach(() => world?.close());

/** A lead whose workflow runs and answers nothing, told so many seconds ago. */
async function silent(seconds: number): Promise<Story> {
  const story = await captured(world, 'unseen');
  await startWorkflow(world.engine, story.workflowId, 5_000);
  await toldAgo(story, seconds);
  return story;
}

const toldAgo = (story: Story, seconds: number): Promise<unknown> =>
  story.rows(
    `update messages set told_at = now() - make_interval(secs => $2), claimed_until = now() - interval '1 second'
      where lead_id = $1`,
    seconds,
  );

const looks = async (story: Story): Promise<number> =>
  ((await historyOf(story)).events ?? []).filter(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'look',
  ).length;

const nextLookInS = async (story: Story): Promise<number> => {
  const [row] = await story.rows<{ s: number }>(
    `select extract(epoch from claimed_until - now())::float8 as s from messages where lead_id = $1`,
  );
  return Math.round(row?.s ?? Number.NaN);
};

test('a lead that does not answer is asked to look once, then ever less often, at most hourly', async () => {
  const story = await silent(31);
  for (let sweeps = 0; sweeps < 3; sweeps++) await lookAtSilent(deps);
  expect(await looks(story)).toBe(1);
  expect(await nextLookInS(story)).toBeCloseTo(31, -1);
  await toldAgo(story, 86_400);
  for (let sweeps = 0; sweeps < 3; sweeps++) await lookAtSilent(deps);
  expect(await looks(story)).toBe(2);
  expect(await nextLookInS(story)).toBeCloseTo(3_600, -1);
});

test('one that is not told long enough is left alone', async () => {
  const story = await silent(29);
  await lookAtSilent(deps);
  expect(await looks(story)).toBe(0);
});

test('one that is gone is told again at once', async () => {
  const story = await captured(world, 'unseen');
  await toldAgo(story, 40);
  await lookAtSilent(deps);
  expect(await story.rows(`select told_at, claimed_until from messages where lead_id = $1`)).toEqual([
    { told_at: null, claimed_until: null },
  ]);
});

test('an engine that does not answer for one keeps nobody else, and is asked again later', async () => {
  const story = await silent(31);
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const engine: Engine = { ...world.engine, client: new Client({ connection }) };
  await lookAtSilent({ ...deps, engine });
  await lookAtSilent(deps);
  expect(await looks(story)).toBe(0);
  await toldAgo(story, 62);
  await lookAtSilent(deps);
  expect(await looks(story)).toBe(1);
  await connection.close();
});

test('a fact the engine did not take stays untold, and is told once it can be', async () => {
  const story = await captured(world, 'unseen');
  const told = async () => {
    await world.marks.flush();
    return story.rows(`select told_at is not null as told from messages where lead_id = $1`);
  };
  const nowhere = openEngineClient({ address: '127.0.0.1:1' }, 'default', []);
  const engine: Engine = { ...world.engine, client: nowhere.client };
  const relayed = async (through: RelayDeps) => (await relayOnce(through, world.marks, new Pace(), 1)).told;
  await relayed({ ...deps, engine });
  expect(await told()).toEqual([{ told: false }]);
  await story.rows(`update messages set claimed_until = null where lead_id = $1`);
  await relayed(deps);
  expect(await told()).toEqual([{ told: true }]);
  await nowhere.close();
});

test('a lead the engine is slow with keeps no other waiting', async () => {
  const slow = await captured(world, 'unseen');
  const { client } = world.engine;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const workflow = Object.create(client.workflow) as typeof client.workflow;
  workflow.start = (async (type: string, options: { workflowId: string }) => {
    if (options.workflowId === slow.workflowId) await held;
    return client.workflow.start(type, options as never);
  }) as typeof client.workflow.start;
  const holding = Object.create(client, { workflow: { value: workflow } }) as typeof client;
  const told = async (story: Story) => {
    const untold = `select from messages where lead_id = $1 and told_at is null`;
    return (await story.rows(untold)).length === 0;
  };
  const relay = startRelay({ ...deps, engine: { ...world.engine, client: holding } });
  try {
    await until('it is being told', async () => {
      const claimed = `select from messages where lead_id = $1 and claimed_until is not null`;
      return (await slow.rows(claimed)).length === 1;
    });
    const other = await captured(world, 'unseen', { email: 'other@customer.example' });
    await until('the other is told', () => told(other));
    expect(await told(slow)).toBe(false);
    release();
    await until('the slow one is told', () => told(slow));
  } finally {
    release();
    await relay.stop();
  }
});

test('at most sixteen facts are under way; an answer makes room for the next', async () => {
  await Promise.all(
    Array.from({ length: MOST + 4 }, (_, n) =>
      captured(world, 'unseen', { email: `many-${n}@customer.example` }),
    ),
  );
  let now = 0;
  const pace = new Pace(() => now);
  const { claimed, told: all } = await relayOnce(deps, world.marks, pace, await pace.room(world.db));
  expect(claimed).toBe(MOST);
  await all;
  expect(await pace.room(world.db)).toBe(0);
  const told = await world.database.owner.query<{ id: string }>(
    `update messages set answer = '{"result":"applied"}', answered_at = now()
      where id in (select id from messages where told_at is not null limit 3) returning id`,
  );
  expect(told.rowCount).toBe(3);
  expect(await pace.room(world.db)).toBe(3);
  const next = await relayOnce(deps, world.marks, pace, 3);
  expect(next.claimed).toBe(3);
  await next.told;

  // Slow answers halve the width, once a second; answered, it widens again.
  now += 1_500;
  expect(await pace.room(world.db)).toBe(0);
  await world.database.owner.query(
    `update messages set answer = '{"result":"applied"}', answered_at = now()`,
  );
  expect(await pace.room(world.db)).toBeGreaterThanOrEqual(MOST / 2);
});

test('a relay whose connection broke listens again, and takes no second place in the pool', async () => {
  const listeners = async (): Promise<number[]> => {
    const { rows } = await world.db.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and query like 'listen %'`,
    );
    return rows.map(({ pid }) => pid);
  };
  const relay = startRelay(deps);
  try {
    const [first] = await until('it listens', async () =>
      (await listeners()).length === 1 ? listeners() : null,
    );
    await world.db.query('select pg_terminate_backend($1)', [first]);
    await until('it listens again', async () => {
      const pids = await listeners();
      return pids.length === 1 && pids[0] !== first;
    });
  } finally {
    await relay.stop();
  }
  await until('its place in the pool is free', async () => (await listeners()).length === 0);
});

test('a connection that broke leaves nothing of it with the relay that listens again', async () => {
  const stopping = new AbortController();
  const name = new URL(world.database.appUrl).pathname.slice(1);
  for (let broken = 0; broken < 2; broken++) {
    const listening = listen(world.db, () => undefined, stopping.signal, deps.log);
    await until('it listens', async () => {
      const { rowCount } = await world.database.app.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and query = $2`,
        [name, `listen ${MESSAGE_CHANNEL}`],
      );
      return rowCount === 1;
    });
    await listening;
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
  }
});
