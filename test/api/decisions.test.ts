// A decision whose answer gets lost: once its row is stored nobody is told that nothing has happened. The engine is
// away here, and the database breaks where a test says so.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Db } from '../../db/pool.js';
import { startApi, type TestApi, type TestPerson } from '../support/api.js';

const broken = new Set<string>();
const breaking = (db: Db): Db =>
  new Proxy(db, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const { name = '' } = (args[0] ?? {}) as { name?: string };
        if (key === 'query' && broken.delete(name)) {
          return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
        }
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });

let api: TestApi;
let boss: TestPerson;
let leadId: string;
beforeAll(async () => {
  api = await startApi({}, {}, breaking);
  boss = await api.person(['manager', 'marketing']);
  await api.database.owner.query(
    'insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day) values (now(), now(), 86400)',
  );
  const body = { source: { channel: 'website' }, contact: { email: 'lost@answer.example' } };
  const lead = await api.call('/v1/leads', { method: 'POST', as: boss.token, body });
  leadId = lead.body.id;
});
afterAll(() => api?.close());

const qualify = (key: string) =>
  api.call(`/v1/leads/${leadId}/qualification`, {
    method: 'POST',
    as: boss.token,
    body: { decision: 'qualify' },
    key,
  });
const stored = async (): Promise<number> => {
  const { rows } = await api.database.owner.query(`select from messages where name = 'qualifyLead'`);
  return rows.length;
};

test('stored, then the database is gone: 202 with the message’s address, never "nothing was changed"', async () => {
  broken.add('message_answer');
  const answer = await qualify('lost');
  expect([answer.status, answer.body.state]).toEqual([202, 'pending']);
  expect(answer.headers['message-location']).toBe(answer.body.message);
  expect(broken.size).toBe(0);
  expect(await stored()).toBe(1);
  expect(api.logs.filter((line) => line.includes('its answer not known yet'))).toHaveLength(1);
});

test('applied, then the record cannot be read: 202 with the address, where the answer stands', async () => {
  await api.database.owner.query(
    `update messages set answer = '{"result":"applied"}', answered_at = now() where name = 'qualifyLead'`,
  );
  broken.add('lead_view');
  const answer = await qualify('lost');
  expect([answer.status, broken.size]).toEqual([202, 0]);
  const message = await api.call(answer.body.message, { as: boss.token });
  expect(message.body.state).toBe('applied');
  expect((await qualify('lost')).status).toBe(200);
});

test('not stored: 503, and the same key may be used again', async () => {
  broken.add('put_decision');
  const answer = await qualify('never-stored');
  expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
  expect(answer.body.detail).toContain('Idempotency-Key');
  expect(await stored()).toBe(1);
});
