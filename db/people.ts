// Reading people, with roles, limits and delegations as one record.
import type { PersonView } from '../contracts/people.js';
import { formatAmount } from '../domain/money/amounts.js';
import type { Delegation, Person, Role } from '../domain/people/people.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export type PersonRow = Tables['people'] & {
  roles: { role: Role; grantedBy: string | null; grantedOn: string }[];
  limits: { currency: string; limitMinor: string }[];
  delegations: { id: string; delegateId: string; fromOn: string; untilOn: string }[];
};

export interface PeopleFilter {
  readonly active?: boolean;
  readonly role?: string;
  readonly externalId?: string;
  readonly q?: string;
}

interface Page {
  readonly limit: number;
  readonly after: { readonly value: string; readonly id: string } | null;
}

const PERSON = `select p.*,
  (select coalesce(jsonb_agg(jsonb_build_object('role', r.role, 'grantedBy', r.granted_by,
     'grantedOn', r.granted_on) order by r.role), '[]') from person_roles r where r.person_id = p.id) as roles,
  (select coalesce(jsonb_agg(jsonb_build_object('currency', l.currency, 'limitMinor', l.limit_minor::text)
     order by l.currency), '[]') from approval_limits l where l.person_id = p.id) as limits,
  (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'delegateId', d.delegate_id, 'fromOn', d.from_on,
     'untilOn', d.until_on) order by d.from_on, d.id), '[]')
   from delegations d where d.person_id = p.id) as delegations
  from people p`;

/** People by name, one more than the page holds when there are more; the machinery's own person is left out. */
export async function listPeople(db: Queryable, page: Page, filter: PeopleFilter): Promise<PersonRow[]> {
  const { rows } = await db.query<PersonRow>(
    `${PERSON} where not p.system and ($1::text is null or (p.name, p.id) > ($1, $2))
        and ($3::boolean is null or p.active = $3)
        and ($4::text is null or exists (select from person_roles r where r.person_id = p.id and r.role = $4))
        and ($5::text is null or p.external_id = $5)
        and ($6::text is null or position(lower($6) in lower(p.name || ' ' || p.email)) > 0)
      order by p.name, p.id limit $7`,
    [
      page.after?.value ?? null,
      page.after?.id ?? null,
      filter.active ?? null,
      filter.role ?? null,
      filter.externalId ?? null,
      filter.q ?? null,
      page.limit + 1,
    ],
  );
  return rows;
}

export async function personById(db: Queryable, id: string): Promise<PersonRow | undefined> {
  const { rows } = await db.query<PersonRow>(`${PERSON} where p.id = $1 and not p.system`, [id]);
  return rows[0];
}

/** Locks one person's row; roles, limits and delegations are guarded by it as well. */
export async function lockPerson(tx: Queryable, id: string): Promise<PersonRow | undefined> {
  const { rowCount } = await tx.query('select 1 from people where id = $1 for update', [id]);
  return rowCount === 0 ? undefined : personById(tx, id);
}

/**
 * Takes the lock under which managers and delegates change: two edits, each fine by itself, could close a
 * loop together.
 */
export async function lockHierarchy(tx: Queryable): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('people.hierarchy', 0))");
}

/** Everybody, in the words of domain/people. */
export async function everybody(db: Queryable): Promise<Person[]> {
  const { rows } = await db.query<{
    id: string;
    manager_id: string | null;
    team: string | null;
    active: boolean;
    roles: Role[];
    limits: { currency: string; limitMinor: string }[];
    delegations: Delegation[];
  }>(`select p.id, p.manager_id, p.team, p.active,
      array(select role from person_roles r where r.person_id = p.id order by role) as roles,
      (select coalesce(jsonb_agg(jsonb_build_object('currency', l.currency, 'limitMinor', l.limit_minor::text)),
         '[]') from approval_limits l where l.person_id = p.id) as limits,
      (select coalesce(jsonb_agg(jsonb_build_object('toId', d.delegate_id, 'fromOn', d.from_on,
         'untilOn', d.until_on) order by d.from_on, d.id), '[]')
       from delegations d where d.person_id = p.id) as delegations
    from people p`);
  return rows.map(({ manager_id, limits, ...person }) => ({
    ...person,
    managerId: manager_id,
    limits: limits.map(({ currency, limitMinor }) => ({ currency, limitMinor: BigInt(limitMinor) })),
  }));
}

export function personView(row: PersonRow): PersonView {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    language: row.language as PersonView['language'],
    managerId: row.manager_id,
    team: row.team,
    capacity: row.capacity,
    territories: row.territories as string[],
    externalId: row.external_id,
    active: row.active,
    leftOn: row.left_on,
    roles: row.roles,
    limits: row.limits.map(({ currency, limitMinor }) => ({
      amount: formatAmount(BigInt(limitMinor), currency),
      currency,
    })),
    delegations: row.delegations,
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
  };
}
