// What the steps of a lead's first stages read, as one JSON value each; $1 is the lead, $2 the message.

export interface ScoringRow {
  readonly contact: {
    email: boolean;
    phone: boolean;
    company: boolean;
    country: string | null;
    domain: string | null;
  } | null;
  readonly touches: { kind: string; at: number }[];
  readonly reps: {
    id: string;
    active: boolean;
    openLeads: number;
    capacity: number;
    countries: string[];
    lastAssignedAt: number | null;
  }[];
  /** Whether the fallback owner of the newest assignment policy still works here. */
  readonly fallbackIsActive: boolean;
}

const TOUCHES = `(select coalesce(jsonb_agg(jsonb_build_object('kind', t.channel,
  'at', floor(extract(epoch from t.occurred_at) * 1000))), '[]')
  from (select * from touches where lead_id = $1 order by occurred_at desc limit 100) t)`;

// A name or number itself stays where it is: rules ask whether there is one, and for country and domain.
const CONTACT = `(select jsonb_build_object('email', c.email_key is not null, 'phone', c.phone_key is not null,
  'company', c.company is not null, 'country', c.country, 'domain', c.domain_key)
  from contacts c join leads l on l.contact_id = c.id where l.id = $1)`;

// Counted only as far as the capacity reaches, so a rep with many leads costs no more than one with few; nobody is
// given more than that, whatever the policy allows.
const REPS = `(select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'active', p.active,
  'capacity', p.capacity, 'countries', p.territories, 'lastAssignedAt', floor(extract(epoch from p.last_assigned_at) * 1000),
  'openLeads', (select count(*) from (select from leads o where o.owner_id = p.id and o.stage <> 'closed'
     limit p.capacity) taken))), '[]')
  from people p join person_roles r on r.person_id = p.id and r.role = 'rep' where p.active)`;

const FALLBACK_IS_ACTIVE = `exists (select from people p where p.active and p.id = (
  select a.body ->> 'fallbackOwnerId' from policies a where a.kind = 'assignment' order by a.version desc limit 1))`;

export const SCORING = `jsonb_build_object('contact', ${CONTACT}, 'touches', ${TOUCHES}, 'reps', ${REPS},
  'fallbackIsActive', ${FALLBACK_IS_ACTIVE})`;
/** Without what assigning reads: a lead is scored again and keeps its owner. */
export type Rescoring = Omit<ScoringRow, 'reps' | 'fallbackIsActive'>;
export const RESCORING = `jsonb_build_object('contact', ${CONTACT}, 'touches', ${TOUCHES})`;

/** Every person an approval or assignment can reach, with roles, limits and delegations as domain/people reads them. */
export const PEOPLE = `(select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'active', p.active,
  'managerId', p.manager_id, 'team', p.team,
  'roles', (select coalesce(jsonb_agg(r.role), '[]') from person_roles r where r.person_id = p.id
     and (r.granted_by is null or r.granted_on < current_date)),
  'limits', (select coalesce(jsonb_agg(jsonb_build_object('currency', x.currency, 'limitMinor', x.limit_minor::text)),
     '[]') from approval_limits x where x.person_id = p.id),
  'delegations', (select coalesce(jsonb_agg(jsonb_build_object('toId', d.delegate_id, 'fromOn', d.from_on,
     'untilOn', d.until_on)), '[]') from delegations d where d.person_id = p.id))), '[]') from people p
  where not p.system)`;

export interface FirstContactJson {
  readonly active: boolean;
  readonly roles: string[];
}

/** The person a qualification says made first contact. */
export const FIRST_CONTACT = `(select jsonb_build_object('active', p.active, 'roles',
    (select coalesce(jsonb_agg(r.role), '[]') from person_roles r where r.person_id = p.id
      and (r.granted_by is null or r.granted_on < current_date)))
  from messages m join people p on p.id = m.body ->> 'firstContactBy' and not p.system where m.id = $2)`;

export interface PersonJson {
  readonly id: string;
  readonly active: boolean;
  readonly managerId: string | null;
  readonly team: string | null;
  readonly roles: string[];
  readonly limits: { currency: string; limitMinor: string }[];
  readonly delegations: { toId: string; fromOn: string; untilOn: string }[];
}
