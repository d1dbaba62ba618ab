// Making and revoking API keys. Times of keys are real times: a fast business clock does not age them.
import { timingSafeEqual } from 'node:crypto';
import type { InvitationOnce, KeyOnce, KeyView } from '../../contracts/people.js';
import { keyById, keyView } from '../../db/keys.js';
import { newInvitation, newKey, readInvitation } from '../../db/keyTokens.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { isMachine, type Role } from '../../domain/people/people.js';
import { type By, commitChange } from './masterData.js';
import { isFounding } from './people.js';

export const MAX_KEY_DAYS = 730;
export const DEFAULT_KEY_DAYS = 365;
/** Time to hand it over; after that the admin makes another. */
const INVITATION_DAYS = 3;
const DAY_MS = 86_400_000;

export interface KeyWish {
  readonly personId: string;
  readonly label: string;
  readonly scopes: readonly string[];
  /** Real time; a year from now when absent. */
  readonly expiresAt?: Date;
}

/**
 * Makes a key; its token is in this answer and nowhere else. `invalid_field`, `unknown_reference`, `forbidden` for
 * another person's: whoever held two persons' keys would be two persons to every pair of duties. Machines have their
 * keys made for them, and so have the people a company begins with, before its first lead.
 */
export async function createKey(tx: Tx, by: By, wish: KeyWish): Promise<KeyOnce> {
  const expiresAt = wish.expiresAt ?? new Date(Date.now() + DEFAULT_KEY_DAYS * DAY_MS);
  const days = (expiresAt.getTime() - Date.now()) / DAY_MS;
  if (days <= 0 || days > MAX_KEY_DAYS) {
    const detail = `${expiresAt.toISOString()} is not between now and ${MAX_KEY_DAYS} days from now`;
    throw new DomainError('invalid_field', detail, '/expiresAt');
  }
  const roles = await rolesOfActive(tx, wish.personId);
  if (wish.personId !== by.personId && !isMachine(roles) && !(await isFounding(tx))) {
    const detail = `${wish.personId} makes their keys themselves: invite them`;
    throw new DomainError('forbidden', detail, '/personId');
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

async function rolesOfActive(tx: Tx, personId: string): Promise<Role[]> {
  const { rows } = await tx.query<{ active: boolean; roles: Role[] }>(
    `select active, array(select role from person_roles where person_id = p.id) as roles
      from people p where id = $1 and not system for share`,
    [personId],
  );
  if (rows[0]?.active) return rows[0].roles;
  throw new DomainError('unknown_reference', `there is no active person ${personId}`, '/personId');
}

/**
 * Invites a person without a key: the token is shown once and makes one key. Another invitation ends the one before.
 * `unknown_reference`, `forbidden` for oneself, `already_exists` while the person has a key, which they would not
 * notice losing to whoever made the invitation.
 */
export async function invite(tx: Tx, by: By, personId: string): Promise<InvitationOnce> {
  if (personId === by.personId) throw new DomainError('forbidden', 'nobody invites themselves');
  await rolesOfActive(tx, personId);
  const { rowCount } = await tx.query(
    'select from api_keys where person_id = $1 and revoked_at is null and expires_at > now() limit 1',
    [personId],
  );
  if (rowCount !== 0) {
    throw new DomainError(
      'already_exists',
      `${personId} has a key and makes others with it; revoke it first`,
    );
  }
  // One statement may not end the open one and insert another: the index would see both.
  await tx.query('update invitations set ended_at = now() where person_id = $1 and ended_at is null', [
    personId,
  ]);
  const { id, secretHash, token } = newInvitation();
  const expiresAt = new Date(Date.now() + INVITATION_DAYS * DAY_MS);
  const row = {
    id,
    person_id: personId,
    secret_hash: secretHash,
    expires_at: expiresAt,
    created_by: by.personId,
  };
  const writes = new Writes().insert('invitations', row);
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'personInvited',
    revision: 1,
    detail: { personId },
  });
  return { id, personId, expiresAt: expiresAt.toISOString(), token };
}

/** Makes the one key of an invitation. `unauthenticated` for what is no open invitation, never saying why. */
export async function redeem(tx: Tx, at: Date, token: string, label: string): Promise<KeyOnce> {
  const parts = readInvitation(token);
  const { rows } = await tx.query<{ person_id: string; secret_hash: Buffer }>(
    `select i.person_id, i.secret_hash from invitations i join people p on p.id = i.person_id
      where i.id = $1 and i.ended_at is null and i.expires_at > now() and p.active for update of i`,
    [parts?.id ?? ''],
  );
  const [found] = rows;
  if (!parts || !found || !timingSafeEqual(found.secret_hash, parts.secretHash)) {
    throw new DomainError(
      'unauthenticated',
      'the invitation is unknown, expired or used, or its person has left',
    );
  }
  const by: By = { personId: found.person_id, at };
  const key = await createKey(tx, by, { personId: found.person_id, label, scopes: ['admin'] });
  const writes = new Writes().update('invitations', ['id'], {
    id: parts.id,
    ended_at: new Date(),
    key_id: key.id,
  });
  const detail = { personId: found.person_id, keyId: key.id };
  await commitChange(tx, writes, by, {
    subject: parts.id,
    action: 'invitationRedeemed',
    revision: 2,
    detail,
  });
  return key;
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
