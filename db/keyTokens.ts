// API keys: `l2c_<id>_<secret>`. The id finds the row, the secret (256 bits) is stored as SHA-256 only; it is
// random, so a slow hash would guard nothing that a fast one does not.
import { createHash, randomBytes } from 'node:crypto';
import { newId } from './ids.js';

export interface KeyParts {
  /** Id of the row in api_keys, or in invitations. */
  readonly id: string;
  readonly secretHash: Buffer;
}

const TOKEN = /^l2c_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/;

/** Makes a key; `token` is shown once and never stored. */
export function newKey(): KeyParts & { readonly token: string } {
  const id = newId('key');
  const secret = randomBytes(32).toString('base64url');
  return { id, secretHash: hashOf(secret), token: `l2c_${id.slice('key_'.length)}_${secret}` };
}

/** Takes a token apart; undefined for what is no key of ours. */
export function readKey(token: string): KeyParts | undefined {
  const [, suffix, secret] = TOKEN.exec(token) ?? [];
  if (suffix === undefined || secret === undefined) return undefined;
  return { id: `key_${suffix}`, secretHash: hashOf(secret) };
}

const INVITATION = /^l2i_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/;

/** Makes an invitation; its token is shown once, works once and signs nobody in. */
export function newInvitation(): KeyParts & { readonly token: string } {
  const id = newId('invite');
  const secret = randomBytes(32).toString('base64url');
  return { id, secretHash: hashOf(secret), token: `l2i_${id.slice('invite_'.length)}_${secret}` };
}

/** Takes an invitation's token apart; undefined for what is none. */
export function readInvitation(token: string): KeyParts | undefined {
  const [, suffix, secret] = INVITATION.exec(token) ?? [];
  if (suffix === undefined || secret === undefined) return undefined;
  return { id: `invite_${suffix}`, secretHash: hashOf(secret) };
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
