import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { messageIdFor } from '../../api/idempotency.js';
import { forgetAnswers } from '../../db/idempotency.js';
import { codeOf, startApi, type TestApi } from '../support/api.js';

let api: TestApi;
let n = 0;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  await api?.close();
});

const account = () => {
  n += 1;
  return { legalName: `Account ${n}`, country: 'DE' };
};
const post = (key: string, body: object, as = api.admin.token, url = '/v1/accounts') =>
  api.call(url, { method: 'POST', key, body, as });
const countOf = async (legalName: string) =>
  (await api.database.owner.query('select from accounts where legal_name = $1', [legalName])).rowCount;

/** Holds the table every write ends in, so that a request under way is caught in the middle. */
async function blocked(): Promise<{ pid(): Promise<number>; release(): Promise<void> }> {
  const { owner, app } = api.database;
  const blocker = await owner.connect();
  await blocker.query('begin');
  await blocker.query('lock table audit_entries in exclusive mode');
  return {
    async pid() {
      for (let i = 0; i < 500; i++) {
        // What a session runs is seen by its own role.
        const { rows } = await app.query(
          `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
            and query like '%insert into audit_entries%'`,
        );
        if (rows[0] !== undefined) return rows[0].pid;
      }
      throw new Error('no request came to the table that is held');
    },
    async release() {
      await blocker.query('rollback');
      blocker.release();
    },
  };
}

describe('a POST under an Idempotency-Key', () => {
  test('sent again is done once and gets the same answer, headers included', async () => {
    const body = account();
    const first = await post('k-1', body);
    const again = await post('k-1', body);
    expect(again.body).toEqual(first.body);
    expect([again.status, again.headers.etag, again.headers.location]).toEqual([
      first.status,
      first.headers.etag,
      first.headers.location,
    ]);
    expect([first.headers['idempotent-replay'], again.headers['idempotent-replay']]).toEqual([
      undefined,
      'true',
    ]);
    expect(await countOf(body.legalName)).toBe(1);
  });

  test('with its fields in another order is the same body', async () => {
    const body = account();
    await post('k-order', body);
    const turned = { country: body.country, legalName: body.legalName };
    expect((await post('k-order', turned)).headers['idempotent-replay']).toBe('true');
  });

  test('with another body, or at another address, is 422', async () => {
    const body = account();
    await post('k-2', body);
    expect(codeOf(await post('k-2', { ...body, country: 'FR' }))).toBe('422 key_reused');
    const elsewhere = { name: 'X', currency: 'EUR', validFrom: '2026-01-01' };
    expect(codeOf(await post('k-2', elsewhere, api.admin.token, '/v1/price-books'))).toBe('422 key_reused');
  });

  test('of another person is another request', async () => {
    const manager = await api.person(['manager']);
    const one = await post('k-3', account());
    const two = await post('k-3', account(), manager.token);
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(two.body.id).not.toBe(one.body.id);
  });

  test('that was refused changed nothing and is judged anew', async () => {
    const parent = account();
    const refused = await post('k-4', { ...account(), parentId: 'account_00000000000000000000000000' });
    expect(codeOf(refused)).toBe('422 unknown_reference');
    expect((await post('k-4', parent)).status).toBe(201);
  });

  test('beside a running one is told to come back, and gets its answer then', async () => {
    const body = account();
    const block = await blocked();
    const running = post('k-5', body);
    await block.pid();
    const other = await post('k-5', body);
    expect(codeOf(other)).toBe('409 key_in_use');
    expect(other.headers['retry-after']).toBe('1');
    await block.release();
    const done = await running;
    expect(done.status).toBe(201);
    expect((await post('k-5', body)).body).toEqual(done.body);
    expect(await countOf(body.legalName)).toBe(1);
  });

  test('many at once make one record', async () => {
    const body = account();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('k-6', body)));
    const done = answers.filter((answer) => answer.status === 201);
    expect(done.length).toBeGreaterThan(0);
    expect(answers.map(codeOf).filter((word) => word !== '201' && word !== '409 key_in_use')).toEqual([]);
    expect(new Set(done.map((answer) => answer.body.id)).size).toBe(1);
    expect(await countOf(body.legalName)).toBe(1);
  });

  test('killed in the middle blocks nothing and leaves nothing', async () => {
    const body = account();
    const block = await blocked();
    const running = post('k-7', body);
    await api.database.app.query('select pg_terminate_backend($1)', [await block.pid()]);
    expect(codeOf(await running)).toBe('503 unavailable');
    await block.release();
    expect(await countOf(body.legalName)).toBe(0);
    expect((await post('k-7', body)).status).toBe(201);
    expect(await countOf(body.legalName)).toBe(1);
  });

  test('that made a secret repeats the answer without it', async () => {
    const body = { label: 'form', scopes: ['leads:write'] };
    const first = await post('k-8', body, api.admin.token, '/v1/keys');
    const again = await post('k-8', body, api.admin.token, '/v1/keys');
    expect(first.body.token).toMatch(/^l2c_/);
    expect(again.body).toEqual({ ...first.body, token: null });
    expect((await api.call('/v1/products', { as: first.body.token })).status).toBe(403);
  });

  test('is forgotten after its time', async () => {
    const body = account();
    await post('k-9', body);
    await api.database.owner.query(
      "update idempotency_keys set created_at = now() - interval '49 hours' where key = 'k-9'",
    );
    expect(await forgetAnswers(api.database.app, 48)).toBe(1);
    expect((await post('k-9', account())).status).toBe(201);
  });
});

describe('the id of a message', () => {
  test('is the same for the same person and key, and nobody else’s', () => {
    const id = messageIdFor('person_a', 'key');
    expect(id).toMatch(/^msg_[0-9a-z]{26}$/);
    expect(messageIdFor('person_a', 'key')).toBe(id);
    expect(messageIdFor('person_b', 'key')).not.toBe(id);
    expect(messageIdFor('person_a', 'key2')).not.toBe(id);
  });

  test('is new without a key', () => {
    expect(messageIdFor('person_a', undefined)).not.toBe(messageIdFor('person_a', undefined));
  });
});
