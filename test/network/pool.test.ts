// What a pool owes whoever asks it: an answer or an error in time, whatever the network does, and a connection that
// works for the next one.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Db, isDatabaseAway, openPool, withTransaction } from '../../db/pool.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';
import { type Fault, TcpProxy } from './tcpProxy.js';
import { postgresWatch } from './watches.js';

let database: TestDatabase;
let proxy: TcpProxy;
let address: string;
beforeAll(async () => {
  database = await freshDatabase();
  const url = new URL(database.appUrl);
  proxy = await TcpProxy.open({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  url.hostname = '127.0.0.1';
  address = url.href;
});
afterAll(async () => {
  await proxy?.close();
  await database?.drop();
});

async function withPool(repetitive: boolean, work: (db: Db) => Promise<void>): Promise<void> {
  const db = openPool(address, {
    max: 2,
    applicationName: 'l2c-network',
    repetitive,
    statementTimeoutMs: 700,
  });
  try {
    await work(db);
  } finally {
    proxy.heal();
    await db.end();
  }
}

/** How it failed, and after how many milliseconds. */
async function failure(work: () => Promise<unknown>): Promise<{ isAway: boolean; ms: number }> {
  const since = Date.now();
  try {
    await work();
  } catch (error) {
    return { isAway: isDatabaseAway(error), ms: Date.now() - since };
  }
  throw new Error('it did not fail');
}

const faults: [string, Fault][] = [
  ['a black hole', { kind: 'blackHole' }],
  ['half open', { kind: 'halfOpen' }],
  ['reset', { kind: 'reset' }],
];
test.each([
  ['EHOSTUNREACH', true],
  ['ENETUNREACH', true],
  ['ECONNRESET', true],
  ['25P03', true],
  ['57014', true],
  ['23505', false],
  ['25P02', false],
  ['EACCES', false],
])('%s is an absent or contended database: %s', (code, isAway) => {
  expect(isDatabaseAway(Object.assign(new Error('it failed'), { code }))).toBe(isAway);
});

describe.each([
  ['one statement after the other', false],
  ['statements sent together', true],
])('over connections with %s', (_how, repetitive) => {
  test.each(faults)('%s: a statement and a transaction fail soon as an absent database', (_name, fault) =>
    withPool(repetitive, async (db) => {
      await db.query('select 1');
      await withTransaction(db, (tx) => tx.query('select 1'));
      proxy.break(fault);
      const alone = await failure(() => db.query('select 1'));
      if (fault.kind !== 'halfOpen') {
        const together = await failure(() => withTransaction(db, (tx) => tx.query('select 1')));
        expect(together.isAway).toBe(true);
        expect(together.ms).toBeLessThan(5_000);
      }
      expect(alone.isAway).toBe(true);
      expect(alone.ms).toBeLessThan(5_000);
      proxy.heal();
      await until('the pool works again', () =>
        db.query('select 1').then(
          () => true,
          () => false,
        ),
      );
    }),
  );

  test('a connection that dies silently inside a transaction is given up at once, without a rollback into the void', () =>
    withPool(repetitive, async (db) => {
      const { isAway, ms } = await failure(() =>
        withTransaction(db, async (tx) => {
          await tx.query('select 1');
          proxy.break({ kind: 'halfOpen' });
          await tx.query('select 2');
        }),
      );
      expect(isAway).toBe(true);
      expect(ms).toBeLessThan(2_000); // 400 ms for the statement, 500 ms for the silence, and no third wait.
    }));

  test('a commit whose answer is lost has happened, and says the database is away', () =>
    withPool(repetitive, async (db) => {
      proxy.cutAfter(postgresWatch(/commit/, (index) => index === 0));
      const key = `lost-${repetitive}`;
      const { isAway } = await failure(() =>
        withTransaction(db, (tx) =>
          tx.query(`insert into audit_heads (subject, seq, hash) values ($1, 0, sha256('x'))`, [key]),
        ),
      );
      expect(isAway).toBe(true);
      const { rowCount } = await database.owner.query('select from audit_heads where subject = $1', [key]);
      expect(rowCount).toBe(1);
    }));

  test('who is given more time by a transaction has it, and the next one has not', () =>
    withPool(repetitive, async (db) => {
      await withTransaction(db, async (tx) => {
        await tx.query(`set local statement_timeout = '5s'`);
        await tx.query('select pg_sleep(1.2)');
      });
      proxy.break({ kind: 'blackHole' });
      expect((await failure(() => db.query('select 1'))).ms).toBeLessThan(4_000);
    }));

  test('an answer that takes long on its way is no silence', () =>
    withPool(repetitive, async (db) => {
      proxy.break({ kind: 'slow', ms: 400 });
      const { rows } = await db.query(`select repeat('x', 1000000) as text from generate_series(1, 20)`);
      expect(rows).toHaveLength(20);
    }));
});
