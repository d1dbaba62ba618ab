import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { gateFor } from '../../api/gate.js';
import { INTAKE_LOCK } from '../../db/imports.js';
import { openPool } from '../../db/pool.js';
import { startApi } from '../support/api.js';

describe('limits', () => {
  test('a key that asks too often is told when to come back; others are served', async () => {
    const limited = await startApi({ requestsPerMinute: 3 });
    try {
      const other = await limited.person(['rep']);
      const statuses: number[] = [];
      for (let i = 0; i < 4; i++) statuses.push((await limited.call('/v1/products')).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
      const { body, headers } = await limited.call('/v1/products');
      expect(body.code).toBe('too_many_requests');
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect((await limited.call('/v1/products', { as: other.token })).status).toBe(200);
      expect((await limited.call('/health/live', { as: null })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  test('an address that guesses keys is slowed down, whatever it guesses', async () => {
    const limited = await startApi({ failedSignInsPerMinute: 2 });
    try {
      const guess = async (letter: string) =>
        (await limited.call('/v1/products', { as: `l2c_${'0'.repeat(26)}_${letter.repeat(43)}` })).status;
      expect([await guess('a'), await guess('b'), await guess('c')]).toEqual([401, 401, 429]);
      expect((await limited.call('/v1/products')).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  test('captures that come faster than they can be stored are 503, nothing of them is stored, and people go on', async () => {
    const crowded = await startApi();
    const { app, owner } = crowded.database;
    const { running, waiting } = gateFor(app.options.max ?? 10);
    await owner.query(
      'insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day) values (now(), now(), 86400)',
    );
    const { token: as } = await crowded.person(['marketing']);
    const holder = await owner.connect();
    try {
      // Nobody can store a lead meanwhile: an import holds the intake.
      await holder.query(`select pg_advisory_lock(${INTAKE_LOCK})`);
      const capture = (nth: number) =>
        crowded.call('/v1/leads', {
          method: 'POST',
          as,
          key: `form-${nth}`,
          body: { source: { channel: 'website' }, contact: { name: 'Ana Ruiz' }, externalId: `form-${nth}` },
        });
      const sent = running + waiting + 20;
      const first = Array.from({ length: sent }, (_, nth) => capture(nth));
      expect((await crowded.call('/v1/products')).status).toBe(200);
      await holder.query(`select pg_advisory_unlock(${INTAKE_LOCK})`);
      const answers = await Promise.all(first);
      expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([201, 503]);
      const taken = answers.filter(({ status }) => status === 201);
      const refused = answers.filter(({ status }) => status === 503);
      expect(refused.length).toBeGreaterThanOrEqual(sent - running - waiting);
      for (const { headers, body } of refused) {
        expect([body.code, Number(headers['retry-after']) > 0]).toEqual(['unavailable', true]);
      }
      const { rows } = await owner.query('select external_id from leads');
      expect(rows).toHaveLength(taken.length);
      const again = await capture(sent - 1);
      expect([again.status, again.body.externalId]).toEqual([201, `form-${sent - 1}`]);
    } finally {
      holder.release(true);
      await crowded.close();
    }
  });

  test('under pressure a call is 503 and changes nothing, but health answers', async () => {
    const pressed = await startApi({ maxHeapBytes: 1 });
    try {
      // The measure is taken once a second.
      let answer = await pressed.call('/v1/products');
      for (let i = 0; i < 50 && answer.status === 200; i++) {
        await sleep(100);
        answer = await pressed.call('/v1/products');
      }
      const { status, body, headers } = answer;
      expect([status, body.code]).toEqual([503, 'unavailable']);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect((await pressed.call('/health/live', { as: null })).status).toBe(200);
    } finally {
      await pressed.close();
    }
  });

  test('the database away is 503 within seconds, not 500', async () => {
    const nowhere = openPool('postgres://nobody@127.0.0.1:1/none', { max: 1, applicationName: 'l2c-test' });
    const away = await startApi({}, { db: nowhere });
    try {
      const { status, body, headers } = await away.call('/v1/products');
      expect([status, body.code]).toEqual([503, 'unavailable']);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    } finally {
      await away.close();
      await nowhere.end();
    }
  });
});
