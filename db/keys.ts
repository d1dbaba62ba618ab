// Reading API keys; the hash of the secret never leaves the sign-in.
import type { KeyView } from '../contracts/people.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export type KeyRow = Omit<Tables['api_keys'], 'secret_hash'>;

interface Page {
  readonly limit: number;
  readonly after: { readonly value: string; readonly id: string } | null;
}

const KEY = `select id, person_id, label, scopes, expires_at, revoked_at, created_by, created_at from api_keys`;

/** Keys by id (oldest first), of one person or of all, one more than the page holds when there are more. */
export async function listKeys(db: Queryable, page: Page, personId: string | null): Promise<KeyRow[]> {
  const { rows } = await db.query<KeyRow>(
    `${KEY} where ($1::text is null or id > $1) and ($2::text is null or person_id = $2) order by id limit $3`,
    [page.after?.id ?? null, personId, page.limit + 1],
  );
  return rows;
}

export async function keyById(db: Queryable, id: string): Promise<KeyRow | undefined> {
  const { rows } = await db.query<KeyRow>(`${KEY} where id = $1`, [id]);
  return rows[0];
}

export function keyView(row: KeyRow): KeyView {
  return {
    id: row.id,
    personId: row.person_id,
    label: row.label,
    scopes: row.scopes,
    expiresAt: row.expires_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}
