import { describe, expect, test } from '@jest/globals';
import { openPool } from '../../db/pool.js';

// The test run's own server waits for no disk; what is asked here is that no connection of ours says so by itself.
describe('whether a commit waits for the disk is left to the server', () => {
  test.each([
    ['of a worker', true],
    ['of the API', false],
  ])('by a connection %s', async (_whose, repetitive) => {
    const url = process.env.L2C_TEST_DATABASE_URL ?? '';
    const pool = openPool(url, { max: 1, applicationName: 'l2c-test', repetitive });
    try {
      const { rows } = await pool.query<{ name: string; source: string }>(
        `select name, source from pg_settings where name in ('synchronous_commit', 'fsync') order by name`,
      );
      expect(rows.map(({ name }) => name)).toEqual(['fsync', 'synchronous_commit']);
      expect(rows.filter(({ source }) => source === 'client' || source === 'session')).toEqual([]);
    } finally {
      await pool.end();
    }
  });
});
