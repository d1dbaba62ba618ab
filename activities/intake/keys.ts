// Making and revoking API keys. Times of keys are real times: a fast business clock does not age them.
import type { KeyOnce, KeyView } from '../../contracts/people.js';
import { keyById, keyView } from '../../db/keys.js';
import { newKey } from '../../db/keyTokens.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { type By, commitChange } from './masterData.js';

export const MAX_KEY_DAYS = 730;
export const DEFAULT_KEY_DAYS = 365;
const DAY_MS = 86_400_000;

export interface KeyWish {
  readonly personId: string;
  readonly label: string;
  readonly scopes: readonly string[];
  /** Real time; a year from now when absent. */
  readonly expiresAt?: Date;
}

/** Makes a key; its token is in this answer and nowhere else. `invalid_field`, `unknown_reference`. */
export async function createKey(tx: Tx, by: By, wish: KeyWish): Promise<KeyOnce> {
  const expiresAt = wish.expiresAt ?? new Date(Date.now() + DEFAULT_KEY_DAYS * DAY_MS);
  const days = (expiresAt.getTime() - Date.now()) / DAY_MS;
  if (days <= 0 || days > MAX_KEY_DAYS) {
    const detail = `${expiresAt.toISOString()} is not between now and ${MAX_KEY_DAYS} days from now`;
    throw new DomainError('invalid_field', detail, '/expiresAt');
  }
  const { rows } = await tx.query<{ active: boolean }>(
    'select active from people where id = $1 and not system for share',
    [wish.personId],
  );
  if (!rows[0]?.active) {
    throw new DomainError('unknown_reference', `there is no active person ${wish.personId}`, '/personId');
  }
  const { id, secretHash, token } = newKey();
  const writes = new Writes().insert('api_keys', {
    id,
    person_id: wish.personId,
    label: wish.label,
    secret_hash: secretHash,
    scopes: [...wish.scopes],
    expires_at: expiresAt,
    created_by: by.personId,
  });
  const detail = { personId: wish.personId, scopes: [...wish.scopes], expiresAt: expiresAt.toISOString() };
  await commitChange(tx, writes, by, { subject: id, action: 'keyCreated', revision: 1, detail });
  return { ...(await stored(tx, id)), token };
}

/** Revokes a key; one that was revoked before stays as it was. */
export async function revokeKey(tx: Tx, by: By, id: string): Promise<KeyView> {
  const { rowCount } = await tx.query(
    'update api_keys set revoked_at = now() where id = $1 and revoked_at is null',
    [id],
  );
  if (rowCount === 1) {
    await commitChange(tx, new Writes(), by, { subject: id, action: 'keyRevoked', revision: 2, detail: {} });
  }
  return stored(tx, id);
}

async function stored(tx: Tx, id: string): Promise<KeyView> {
  const row = await keyById(tx, id);
  if (row === undefined) throw new DomainError('not_found', `there is no key ${id}`);
  return keyView(row);
}
