// Writing people: who they are, what they may do and release, who stands in for them. Managers and delegates
// that form a loop are refused under one lock, because two harmless edits can make one together.
import type { NewPerson, PersonPatch, PersonView } from '../../contracts/people.js';
import { newId } from '../../db/ids.js';
import {
  everybody,
  lockHierarchy,
  lockPerson,
  type PersonRow,
  personById,
  personView,
} from '../../db/people.js';
import type { Tx } from '../../db/pool.js';
import type { Tables } from '../../db/tables.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { parseAmount } from '../../domain/money/amounts.js';
import {
  isMachine,
  type Limit,
  type PeopleProblem,
  type Person,
  peopleById,
  problemsOfPeople,
  type Role,
} from '../../domain/people/people.js';
import { atRevision, type By, columnsOf, commitChange } from './masterData.js';

interface WireLimit {
  readonly amount: string;
  readonly currency: string;
}

interface NewDelegation {
  readonly delegateId: string;
  readonly fromOn: string;
  readonly untilOn: string;
}

const COLUMNS = {
  name: 'name',
  email: 'email',
  language: 'language',
  managerId: 'manager_id',
  team: 'team',
  capacity: 'capacity',
  territories: 'territories',
  externalId: 'external_id',
} as const;

/** Stores a person. `already_exists` for e-mail or externalId, `unknown_reference` for the manager. */
export async function createPerson(tx: Tx, by: By, body: NewPerson): Promise<PersonView> {
  const id = newId('person');
  const { roles = [], limits = [], ...fields } = body;
  const amounts = limitsOf(limits);
  const grantedBy = (await isFounding(tx)) ? null : by.personId;
  if (fields.managerId) {
    const managerId = fields.managerId;
    await lockHierarchy(tx);
    await mustBeSound(tx, { ...nobody(id), managerId });
  }
  const row = { id, ...columnsOf<PersonPatch>(fields, COLUMNS), created_at: by.at };
  const writes = new Writes()
    .insert('people', row as Partial<Tables['people']>)
    .insert('person_roles', ...roleRows(id, roles, grantedBy))
    .insert('approval_limits', ...limitRows(id, amounts));
  const detail = { fields: Object.keys(fields).sort(), managerId: fields.managerId, roles, limits };
  await commitChange(tx, writes, by, { subject: id, action: 'personCreated', revision: 1, detail });
  return stored(tx, id);
}

/** Changes the fields of a patch. `not_found`, `stale_version`, `unknown_reference` for managers in a loop. */
export async function editPerson(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  patch: PersonPatch,
): Promise<PersonView> {
  if (patch.managerId) await lockHierarchy(tx);
  const row = await lockedAt(tx, id, expected);
  if (patch.managerId) await mustBeSound(tx, { ...personOf(row), managerId: patch.managerId });
  const revision = row.revision + 1;
  const changed = { ...columnsOf(patch, COLUMNS), id, revision } as Partial<Tables['people']>;
  const writes = new Writes().update('people', ['id'], changed);
  const detail = { fields: Object.keys(patch).sort(), managerId: patch.managerId };
  await commitChange(tx, writes, by, { subject: id, action: 'personEdited', revision, detail });
  return stored(tx, id);
}

/**
 * Sets all roles of a person. A role that is kept keeps who gave it and when; a new one is usable from the
 * next day on. Nobody changes their own roles.
 */
export async function setRoles(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  roles: readonly Role[],
): Promise<PersonView> {
  if (id === by.personId) throw new DomainError('forbidden', 'nobody changes their own roles', '/roles');
  const row = await lockedAt(tx, id, expected);
  const before = row.roles.map(({ role }) => role);
  const added = roles.filter((role) => !before.includes(role));
  const removed = before.filter((role) => !roles.includes(role));
  if (removed.includes('admin')) await mustLeaveAnAdmin(tx, id);
  const revision = row.revision + 1;
  const writes = new Writes()
    .update('people', ['id'], { id, revision })
    .insert('person_roles', ...roleRows(id, added, by.personId));
  if (removed.length > 0) {
    writes.statement(
      'remove roles',
      `delete from person_roles where person_id = $ ->> 'id'
        and role in (select jsonb_array_elements_text($ -> 'removed'))`,
      { id, removed },
      removed.length,
    );
  }
  // A machine's keys were made by somebody else: they must not become a person's.
  if (isMachine(before) && !isMachine([...before, ...added])) {
    writes.statement(
      'revoke keys of others',
      `update api_keys set revoked_at = now() where person_id = $ ->> 'id' and revoked_at is null
        and created_by is distinct from person_id`,
      { id },
      'any',
    );
  }
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'rolesChanged',
    revision,
    detail: { added, removed },
  });
  return stored(tx, id);
}

/** Sets all approval limits of a person; a currency that is left out has none any more. */
export async function setLimits(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  limits: readonly WireLimit[],
): Promise<PersonView> {
  if (id === by.personId) throw new DomainError('forbidden', 'nobody changes their own limits', '/limits');
  const amounts = limitsOf(limits);
  const row = await lockedAt(tx, id, expected);
  const revision = row.revision + 1;
  // One statement may not delete and insert the same key, so the old limits go first.
  await tx.query('delete from approval_limits where person_id = $1', [id]);
  const writes = new Writes()
    .update('people', ['id'], { id, revision })
    .insert('approval_limits', ...limitRows(id, amounts));
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'limitsChanged',
    revision,
    detail: { limits: [...limits] },
  });
  return stored(tx, id);
}

/** Sets who stands in for a person and when. `unknown_reference` for unknown or looping delegates. */
export async function setDelegations(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  delegations: readonly NewDelegation[],
): Promise<PersonView> {
  await lockHierarchy(tx);
  const row = await lockedAt(tx, id, expected);
  const wanted = delegations.map(({ delegateId, fromOn, untilOn }) => ({
    toId: delegateId,
    fromOn,
    untilOn,
  }));
  await mustBeSound(tx, { ...personOf(row), delegations: wanted });
  const revision = row.revision + 1;
  await tx.query('delete from delegations where person_id = $1', [id]);
  const rows = delegations.map(({ delegateId, fromOn, untilOn }) => ({
    id: newId('deleg'),
    person_id: id,
    delegate_id: delegateId,
    from_on: fromOn,
    until_on: untilOn,
  }));
  const writes = new Writes().update('people', ['id'], { id, revision }).insert('delegations', ...rows);
  const detail = { delegations: [...delegations] };
  await commitChange(tx, writes, by, { subject: id, action: 'delegationsChanged', revision, detail });
  return stored(tx, id);
}

/** A person of whom nothing may be left without an admin: refuses to take the last one. */
export async function mustLeaveAnAdmin(tx: Tx, id: string): Promise<void> {
  // All admins' rows are locked, so that two admins cannot remove each other at the same time.
  const { rows } = await tx.query<{ id: string }>(
    `select p.id from people p join person_roles r on r.person_id = p.id and r.role = 'admin'
      where p.active and not p.system order by p.id for update of p`,
  );
  if (rows.some((row) => row.id !== id)) return;
  throw new DomainError('limit_exceeded', `${id} is the last active admin; make another one first`, '/roles');
}

export async function lockedAt(tx: Tx, id: string, expected: number): Promise<PersonRow> {
  const row = atRevision(await lockPerson(tx, id), id, expected);
  if (!row.active) throw new DomainError('expired', `${id} has left on ${row.left_on ?? 'an unknown day'}`);
  return row;
}

export async function stored(tx: Tx, id: string): Promise<PersonView> {
  const row = await personById(tx, id);
  if (row === undefined) throw new RangeError(`person ${id} was written and is not there`);
  return personView(row);
}

const nobody = (id: string): Person => ({
  id,
  roles: [],
  managerId: null,
  team: null,
  limits: [],
  delegations: [],
  active: true,
});

const personOf = (row: PersonRow): Person => ({
  ...nobody(row.id),
  roles: row.roles.map(({ role }) => role),
  managerId: row.manager_id,
  delegations: row.delegations.map(({ delegateId, fromOn, untilOn }) => ({
    toId: delegateId,
    fromOn,
    untilOn,
  })),
});

/** Refuses what a change would newly break among all people; what was broken before is not this edit's fault. */
async function mustBeSound(tx: Tx, changed: Person): Promise<void> {
  const before = await everybody(tx);
  const known = new Set(problemsOfPeople(peopleById(before)).map(wordsOf));
  const after = peopleById([...before.filter((person) => person.id !== changed.id), changed]);
  const [problem] = problemsOfPeople(after).filter((found) => !known.has(wordsOf(found)));
  if (problem !== undefined) throw new DomainError('unknown_reference', problem.detail, problem.pointer);
}

const wordsOf = ({ personId, pointer, detail }: PeopleProblem): string => `${personId}${pointer} ${detail}`;

/** Limits in minor units; `invalid_field` for a currency named twice or an amount it cannot have. */
function limitsOf(limits: readonly WireLimit[]): Limit[] {
  return limits.map(({ amount, currency }, i) => {
    if (limits.findIndex((limit) => limit.currency === currency) !== i) {
      throw new DomainError('invalid_field', `${currency} has two limits`, `/limits/${i}/currency`);
    }
    return { currency, limitMinor: parseAmount(amount, currency, { pointer: `/limits/${i}/amount` }) };
  });
}

const limitRows = (id: string, limits: readonly Limit[]): Tables['approval_limits'][] =>
  limits.map(({ currency, limitMinor }) => ({ person_id: id, currency, limit_minor: limitMinor }));

/**
 * Before the first lead there is nothing a role could be given for: the people a company begins with can work
 * on their first day, with keys the founder hands out. From the first lead on a role is usable from the next day, and
 * a person makes their key themselves.
 */
export async function isFounding(tx: Tx): Promise<boolean> {
  const { rowCount } = await tx.query('select from leads limit 1');
  return rowCount === 0;
}

/** Real days in UTC, as sign-in counts them. */
const roleRows = (id: string, roles: readonly Role[], grantedBy: string | null): Tables['person_roles'][] =>
  roles.map((role) => ({
    person_id: id,
    role,
    granted_by: grantedBy,
    granted_on: new Date().toISOString().slice(0, 10),
  }));
