// The way back when nobody has an administrator's key any more. It asks for no key: whoever may run it holds the
// address of the database for the role that owns it, and could write the row by hand.
import type { Db } from '../../db/pool.js';
import { withTransaction } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { createKey, revokeKey } from './keys.js';

export interface NewAdminKey {
  readonly personId: string;
  readonly name: string;
  /** The API key; it is stored nowhere. */
  readonly token: string;
  /** Ids of the keys that hold no longer. */
  readonly revoked: readonly string[];
}

export interface LostKey {
  readonly personId?: string;
  /** Ends every other key of that person: the lost one may have been found. */
  readonly revokeOthers: boolean;
  /** Business instant. */
  readonly at: Date;
}

/**
 * Makes a key for an active administrator: the one named, else the one that was made first. It is audited as a
 * key that person made. `unknown_reference` where there is no such administrator.
 */
export async function replaceAdminKey(db: Db, { personId, revokeOthers, at }: LostKey): Promise<NewAdminKey> {
  return withTransaction(db, async (tx) => {
    const { rows } = await tx.query<{ id: string; name: string }>(
      `select p.id, p.name from people p join person_roles r on r.person_id = p.id and r.role = 'admin'
        where p.active and not p.system and ($1::text is null or p.id = $1) order by p.created_at, p.id limit 1`,
      [personId ?? null],
    );
    const [admin] = rows;
    if (admin === undefined) {
      const which =
        personId === undefined ? 'no active administrator' : `no active administrator ${personId}`;
      throw new DomainError('unknown_reference', `there is ${which}`, '/personId');
    }
    const by = { personId: admin.id, at };
    const before = await tx.query<{ id: string }>(
      'select id from api_keys where person_id = $1 and revoked_at is null order by id',
      [admin.id],
    );
    const wish = { personId: admin.id, label: 'Made by l2c admin-key', scopes: ['admin'] };
    const { token } = await createKey(tx, by, wish);
    if (token === null) throw new RangeError('a new key came without its token');
    const revoked = revokeOthers ? before.rows.map(({ id }) => id) : [];
    for (const id of revoked) await revokeKey(tx, by, id);
    return { personId: admin.id, name: admin.name, token, revoked };
  });
}
