// The gauges on a database of their own and an engine that is away: what they read, how often, and that they never
// walk through what a company has ever done.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { ensureClock, REAL_SPEED } from '../../activities/intake/clock.js';
import { type EngineClient, openEngineClient } from '../../activities/intake/engineClient.js';
import { MONEY, WORK } from '../../db/observations.js';
import type { Db } from '../../db/pool.js';
import { watchBusiness } from '../../observe/gauges.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let nowhere: EngineClient;
beforeAll(async () => {
  database = await freshDatabase();
  await ensureClock(database.app, REAL_SPEED, Date.now());
  nowhere = openEngineClient({ address: '127.0.0.1:1' }, 'default', []);
});
afterAll(async () => {
  await nowhere?.close();
  await database?.drop();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}
const scannedWhole = (plan: Plan): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []),
  ...(plan.Plans ?? []).flatMap(scannedWhole),
];

async function wholeTables(statement: string): Promise<string[]> {
  const client = await database.app.connect();
  try {
    await client.query('set enable_seqscan = off'); // Empty tables are read whole otherwise, whatever the index.
    const { rows } = await client.query(`explain (format json) ${statement}`);
    return scannedWhole(rows[0]['QUERY PLAN'][0].Plan);
  } finally {
    client.release(true);
  }
}

describe('what is watched in Postgres', () => {
  test.each([
    ['work', WORK],
    ['money', MONEY],
  ])('%s is read by indexes over what is open', async (_what, statement) => {
    expect(await wholeTables(statement)).toEqual([]);
  });

  test('a statement without its index is seen', async () => {
    expect(await wholeTables('select count(*) from messages where attempts > 3')).toEqual(['messages']);
  });
});

describe('the gauges', () => {
  test('are read once in five seconds however often they are asked for, money once a minute', async () => {
    const asked: string[] = [];
    const db = new Proxy(database.app, {
      get(pool, key) {
        if (key !== 'query') return Reflect.get(pool, key);
        return (statement: { name: string }) => {
          asked.push(statement.name);
          return pool.query(statement as never);
        };
      },
    }) as Db;
    let now = Date.now();
    const engine = { client: nowhere.client, taskQueue: 'none' };
    const watch = watchBusiness(new Registry(), { db, engine, nowMs: () => now });
    await Promise.all([watch.refresh(), watch.refresh()]);
    now += 4_999;
    await watch.refresh();
    expect(asked).toEqual(['watch_work', 'watch_money']);
    now += 1;
    await watch.refresh();
    expect(asked).toEqual(['watch_work', 'watch_money', 'watch_work']);
    now += 60_000;
    await watch.refresh();
    expect(asked.slice(3).sort()).toEqual(['watch_money', 'watch_work']);
  });

  test('say which neighbour could not be asked and show nothing old of it', async () => {
    const registry = new Registry();
    const engine = { client: nowhere.client, taskQueue: 'none' };
    let now = Date.now();
    let isAway = false;
    const db = new Proxy(database.app, {
      get(pool, key) {
        if (key !== 'query') return Reflect.get(pool, key);
        return async (statement: never) => {
          if (isAway) throw new Error('away');
          return pool.query(statement);
        };
      },
    }) as Db;
    const watch = watchBusiness(registry, { db, engine, nowMs: () => now });
    await watch.refresh();
    const first = await registry.metrics();
    expect(first).toContain('l2c_observed{source="work"} 1');
    expect(first).toContain('l2c_observed{source="engine"} 0');
    expect(first).toContain('l2c_messages_untold{kind="fact"} 0');
    expect(first).not.toMatch(/^l2c_task_queue_backlog\{/m);
    isAway = true;
    now += 60_000;
    await watch.refresh();
    const second = await registry.metrics();
    expect(second).toContain('l2c_observed{source="work"} 0');
    expect(second).not.toMatch(/^l2c_messages_untold\{/m);
  });
});
