import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
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
