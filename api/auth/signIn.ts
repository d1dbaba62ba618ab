// From the Authorization header to a person. A sign-in is kept for at most five seconds, so a click costs no
// statement for it, and a revoked key or a changed role is felt within that time on every process.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { readKey } from '../../db/keyTokens.js';
import type { Db } from '../../db/pool.js';
import { type SignIn, signInByClaims, signInByKey } from '../../db/signIns.js';
import { DomainError } from '../../domain/errors.js';
import type { JwtConfig } from '../deps.js';
import { abilityFor } from './ability.js';
import type { Actor } from './actor.js';
import { SCOPES } from './scopes.js';

export const KEPT_MS = 5_000;
const MAX_KEPT = 10_000;
/** Never what the token itself asks for: `none` and symmetric algorithms would let anybody sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_S = 5;
const READ_AND_WRITE = ['read', 'write'] as const;

/** What jose says when the provider, not the token, is at fault: late, not 200, no key set. */
const PROVIDER_FAULTS = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID']);

export interface SignIns {
  /** The person behind an Authorization header. Throws `unauthenticated`; never says whether a key exists. */
  actorBy(authorization: string | undefined): Promise<Actor>;
  /** Forgets what is kept of a person (or of everybody): a role, key or limit has just changed here. */
  forget(personId?: string): void;
}

interface Kept {
  readonly actor: Actor;
  readonly untilMs: number;
}

export function openSignIns(db: Db, jwt?: JwtConfig): SignIns {
  const kept = new Map<string, Kept>();
  const looking = new Map<string, Promise<Kept>>();
  const keys =
    jwt && createRemoteJWKSet(new URL(jwt.jwksUrl), { timeoutDuration: 3_000, cooldownDuration: 10_000 });

  const look = async (token: string): Promise<Kept> => {
    const key = readKey(token);
    if (key !== undefined) return byKey(db, key.id, key.secretHash);
    if (jwt !== undefined && keys !== undefined) return byToken(db, jwt, keys, token);
    throw refused();
  };

  return {
    async actorBy(authorization) {
      const token = bearerOf(authorization);
      const name = createHash('sha256').update(token).digest('base64url');
      const known = kept.get(name);
      if (known !== undefined && known.untilMs > Date.now()) return known.actor;
      kept.delete(name);
      // Whoever comes with the same token meanwhile waits for the same look: at 200 a second that is 200 statements.
      const running = looking.get(name) ?? look(token);
      looking.set(name, running);
      try {
        const found = await running;
        if (looking.get(name) !== running) return found.actor; // Others have kept it, or rights changed meanwhile.
        // The oldest goes first: a Map keeps the order in which its entries came.
        if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value as string);
        kept.set(name, found);
        return found.actor;
      } finally {
        if (looking.get(name) === running) looking.delete(name);
      }
    },
    forget(personId) {
      looking.clear(); // What began before the change may bring what was before it, and is not kept.
      for (const [name, { actor }] of kept) {
        if (personId === undefined || actor.personId === personId) kept.delete(name);
      }
    },
  };
}

function bearerOf(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new DomainError('unauthenticated', 'send Authorization: Bearer with an API key or a token');
  }
  const [, token] = /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(authorization) ?? [];
  if (token === undefined) {
    throw new DomainError('unauthenticated', 'the Authorization header is not Bearer with one key or token');
  }
  return token;
}

const refused = (): DomainError =>
  new DomainError(
    'unauthenticated',
    'the key or token is unknown, expired or revoked, or its person has left',
  );

async function byKey(db: Db, keyId: string, secretHash: Buffer): Promise<Kept> {
  const found = await signInByKey(db, keyId);
  if (found === undefined || !timingSafeEqual(found.secretHash, secretHash)) throw refused();
  return keep(found, found.scopes, keyId, found.expiresAt.getTime());
}

async function byToken(db: Db, jwt: JwtConfig, keys: JWTVerifyGetKey, token: string): Promise<Kept> {
  const claims = await verified(jwt, keys, token);
  const found = await signInByClaims(db, {
    subject: claims.sub ?? '',
    // An address nobody has verified would let anyone who can type it in at the provider become that person.
    email: typeof claims.email === 'string' && claims.email_verified === true ? claims.email : null,
  });
  if (found === undefined) throw refused();
  return keep(found, scopesOf(claims, jwt.defaultScopes), null, (claims.exp ?? 0) * 1_000);
}

async function verified(jwt: JwtConfig, keys: JWTVerifyGetKey, token: string): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: jwt.issuer,
      audience: jwt.audience,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError) || PROVIDER_FAULTS.has(error.code)) {
      throw new DomainError('unavailable', 'the keys of the identity provider cannot be read at the moment');
    }
    throw refused();
  }
}

/**
 * A token that names scopes of ours is held to them. One that names none (`openid profile`) was made for signing in
 * somewhere: it reads and writes, and changes no people, keys, policies or entities.
 */
function scopesOf(claims: JWTPayload, otherwise: readonly string[] = READ_AND_WRITE): readonly string[] {
  const named = typeof claims.scope === 'string' ? claims.scope.split(' ') : [];
  const ours = named.filter((scope) => SCOPES.includes(scope));
  return ours.length === 0 ? otherwise : ours;
}

function keep(found: SignIn, scopes: readonly string[], keyId: string | null, endsMs: number): Kept {
  const { personId, name, language, managerId, team, roles, rolesFromTomorrow, limits } = found;
  const person = {
    personId,
    name,
    language,
    managerId,
    team,
    roles,
    rolesFromTomorrow,
    limits,
    scopes,
    keyId,
  };
  const actor: Actor = { ...person, ability: abilityFor(person) };
  return { actor, untilMs: Math.min(Date.now() + KEPT_MS, endsMs) };
}
