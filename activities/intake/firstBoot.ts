// The very first sign-in: an admin and a key, made once in an empty company and shown once.
import { newId } from '../../db/ids.js';
import { type Db, withTransaction } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { createKey } from './keys.js';
import { type By, commitChange } from './masterData.js';

export interface FirstAdmin {
  readonly personId: string;
  /** The API key; it is stored nowhere. */
  readonly token: string;
}

/**
 * Makes an admin with a key where no active person is admin, else returns null. `at` is the business instant.
 * Nobody granted this role, so it can be used at once.
 */
export async function ensureAdminKey(db: Db, at: Date): Promise<FirstAdmin | null> {
  return withTransaction(db, async (tx) => {
    // Two processes that start on one empty database make one admin.
    await tx.query("select pg_advisory_xact_lock(hashtextextended('first.boot', 0))");
    const { rowCount } = await tx.query(
      `select from people p join person_roles r on r.person_id = p.id and r.role = 'admin'
        where p.active and not p.system limit 1`,
    );
    if (rowCount !== 0) return null;
    const id = newId('person');
    const by: By = { personId: id, at };
    const writes = new Writes()
      .insert('people', { id, name: 'First admin', email: 'admin@localhost', created_at: at })
      .insert('person_roles', {
        person_id: id,
        role: 'admin',
        granted_by: null,
        granted_on: new Date().toISOString().slice(0, 10),
      });
    await commitChange(tx, writes, by, {
      subject: id,
      action: 'personCreated',
      revision: 1,
      detail: { roles: ['admin'], firstBoot: true },
    });
    const { token } = await createKey(tx, by, { personId: id, label: 'First boot', scopes: ['admin'] });
    if (token === null) throw new RangeError('a new key came without its token');
    return { personId: id, token };
  });
}

/**
 * Makes the first admin's key, or one more where the company holds nothing but that admin: a start that was
 * killed before it could show the first one locks nobody out. Null once there is anything to guard.
 */
export async function firstKey(db: Db, at: Date): Promise<FirstAdmin | null> {
  const made = await ensureAdminKey(db, at);
  if (made !== null) return made;
  return withTransaction(db, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      `select p.id from people p join person_roles r on r.person_id = p.id and r.role = 'admin'
        where p.active and not p.system and not exists (select from people o where o.id <> p.id and not o.system)
          and not exists (select from legal_entities) and not exists (select from leads) for update of p`,
    );
    const [admin] = rows;
    if (admin === undefined) return null;
    const wish = { personId: admin.id, label: 'First boot', scopes: ['admin'] };
    const { token } = await createKey(tx, { personId: admin.id, at }, wish);
    if (token === null) throw new RangeError('a new key came without its token');
    return { personId: admin.id, token };
  });
}
