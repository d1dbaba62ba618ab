// `l2c verify` and `l2c reconcile` ask the engine for a list, page by page. A page that never comes, because the engine
// waits for a database connection that is dead, ends, and says that nothing is proved. `npm run test:long`.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LeadEngine, openLeadEngine } from '../../cli/leadEngine.js';
import { verify } from '../../cli/verify/verify.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { TcpProxy } from './tcpProxy.js';

const inLongRuns = process.env.L2C_LONG === '1' ? describe : describe.skip;

inLongRuns('an engine that has taken the question and never answers', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let engine: LeadEngine;
  beforeAll(async () => {
    const [host = '', port] = process.env.L2C_TEST_TEMPORAL_ADDRESS?.split(':') ?? [];
    database = await freshDatabase();
    proxy = await TcpProxy.open({ host, port: Number(port) });
    const connection = { address: `127.0.0.1:${proxy.port}` };
    const taskQueue = 'nobody';
    engine = openLeadEngine({ connection, namespace: 'default', taskQueue, payloadKeys: [] });
  });
  afterAll(async () => {
    await engine?.close();
    await proxy?.close();
    await database?.drop();
  });

  const i6 = async () => {
    const results = await verify({ db: database.owner, engine });
    return results.find(({ invariant }) => invariant === 'I6');
  };

  test('is given up within a minute, and asked again where it answers', async () => {
    expect(await i6()).toMatchObject({ ok: true });
    proxy.break({ kind: 'blackHole' });
    const since = Date.now();
    expect(await i6()).toMatchObject({ ok: false, broken: [{ subject: 'engine' }] });
    expect(Date.now() - since).toBeLessThan(60_000);
    proxy.heal();
    expect(await i6()).toMatchObject({ ok: true });
  }, 120_000);
});
