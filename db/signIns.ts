// Who a key or a token belongs to, with everything a right is judged by, in one statement.
import type { Limit, Role } from '../domain/people/people.js';
import type { Queryable } from './pool.js';

export interface SignIn {
  readonly personId: string;
  readonly name: string;
  readonly language: 'en' | 'es';
  readonly managerId: string | null;
  readonly team: string | null;
  readonly roles: readonly Role[];
  readonly rolesFromTomorrow: readonly Role[];
  readonly limits: readonly Limit[];
}

export interface KeySignIn extends SignIn {
  readonly secretHash: Buffer;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
}

interface Row {
  person_id: string;
  name: string;
  language: 'en' | 'es';
  manager_id: string | null;
  team: string | null;
  roles: Role[];
  new_roles: Role[];
  limits: { currency: string; limitMinor: string }[];
}

// Roles are a matter of sign-in and count in real days: who was made something today uses it from tomorrow,
// except by the first boot and imports, which nobody granted.
const PERSON = `p.id as person_id, p.name, p.language, p.manager_id, p.team,
  array(select role from person_roles r where r.person_id = p.id
    and (r.granted_by is null or r.granted_on < (now() at time zone 'UTC')::date) order by role) as roles,
  array(select role from person_roles r where r.person_id = p.id
    and r.granted_by is not null and r.granted_on >= (now() at time zone 'UTC')::date
    order by role) as new_roles,
  (select coalesce(jsonb_agg(jsonb_build_object('currency', l.currency, 'limitMinor', l.limit_minor::text)
     order by l.currency), '[]') from approval_limits l where l.person_id = p.id) as limits`;

/** The owner of a key that is neither revoked nor expired, of an active person; undefined otherwise. */
export async function signInByKey(db: Queryable, keyId: string): Promise<KeySignIn | undefined> {
  const { rows } = await db.query<Row & { secret_hash: Buffer; scopes: string[]; expires_at: Date }>({
    name: 'sign_in_key',
    text: `select k.secret_hash, k.scopes, k.expires_at, ${PERSON}
      from api_keys k join people p on p.id = k.person_id
      where k.id = $1 and k.revoked_at is null and k.expires_at > now() and p.active and not p.system`,
    values: [keyId],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  return { ...signInOf(row), secretHash: row.secret_hash, scopes: row.scopes, expiresAt: row.expires_at };
}

/** The active person whose externalId is the token's subject, or whose e-mail the provider has verified. */
export async function signInByClaims(
  db: Queryable,
  claims: { readonly subject: string; readonly email: string | null },
): Promise<SignIn | undefined> {
  const { rows } = await db.query<Row>({
    name: 'sign_in_claims',
    text: `select ${PERSON} from people p
      where p.active and not p.system and (p.external_id = $1 or lower(p.email) = lower($2))
      order by p.external_id = $1 desc nulls last limit 1`,
    values: [claims.subject, claims.email],
  });
  return rows[0] && signInOf(rows[0]);
}

function signInOf(row: Row): SignIn {
  return {
    personId: row.person_id,
    name: row.name,
    language: row.language,
    managerId: row.manager_id,
    team: row.team,
    roles: row.roles,
    rolesFromTomorrow: row.new_roles,
    limits: row.limits.map(({ currency, limitMinor }) => ({ currency, limitMinor: BigInt(limitMinor) })),
  };
}
