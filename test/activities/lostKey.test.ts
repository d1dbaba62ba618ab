import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureAdminKey, type FirstAdmin } from '../../activities/intake/firstBoot.js';
import { replaceAdminKey } from '../../activities/intake/lostKey.js';
import { readKey } from '../../db/keyTokens.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

const AT = new Date('2026-11-22T10:00:00Z');
let database: TestDatabase;
let first: FirstAdmin;
beforeAll(async () => {
  database = await freshDatabase();
  const made = await ensureAdminKey(database.app, AT);
  if (made === null) throw new RangeError('an empty company has an admin already');
  first = made;
});
afterAll(() => database?.drop());

const idOf = (token: string): string => readKey(token)?.id ?? '';
const openKeys = async (): Promise<string[]> => {
  const { rows } = await database.owner.query('select id from api_keys where revoked_at is null order by id');
  return rows.map(({ id }) => id);
};
const replace = (more: { personId?: string; revokeOthers?: boolean } = {}) =>
  replaceAdminKey(database.owner, { revokeOthers: false, at: AT, ...more });

describe('an administrator whose key is lost', () => {
  test('gets another one, audited as a key of that person; the lost one holds until somebody ends it', async () => {
    const made = await replace();
    expect(made).toMatchObject({ personId: first.personId, revoked: [] });
    expect(await openKeys()).toEqual([idOf(first.token), idOf(made.token)].sort());
    const { rows } = await database.owner.query(
      `select entry from audit_entries where subject = $1 and action = 'keyCreated'`,
      [idOf(made.token)],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].entry).toContain(first.personId);
  });

  test('may end every other key with it', async () => {
    const before = await openKeys();
    const made = await replace({ personId: first.personId, revokeOthers: true });
    expect(made.revoked).toEqual(before);
    expect(await openKeys()).toEqual([idOf(made.token)]);
  });

  test('must be one: nobody else gets a key this way', async () => {
    await expect(replace({ personId: 'person_nobody' })).rejects.toMatchObject({ code: 'unknown_reference' });
    await database.owner.query('update people set active = false where id = $1', [first.personId]);
    await expect(replace()).rejects.toMatchObject({ code: 'unknown_reference' });
  });
});
