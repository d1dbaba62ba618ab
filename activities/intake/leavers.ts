// When somebody leaves: the person is closed and everything open that waited for them goes to somebody else
// in the same transaction, with a message for each lead touched, so that no wait hangs on an empty desk.
import type { PersonView } from '../../contracts/people.js';
import { newId } from '../../db/ids.js';
import { everybody, lockHierarchy } from '../../db/people.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { delegateOn, managersOf, type People, peopleById } from '../../domain/people/people.js';
import { type By, commitChange } from './masterData.js';
import { factRow, wakeRelay } from './messages.js';
import { lockedAt, mustLeaveAnAdmin, stored } from './people.js';

/**
 * Closes a person as of `leftOn` and hands open waits, approvals and tasks to their delegate of that day,
 * else their nearest active manager, else an admin. Keys stop working at once. `not_found`, `stale_version`,
 * `forbidden` for oneself, `limit_exceeded` for the last admin.
 */
export async function deactivatePerson(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  leftOn: string,
): Promise<PersonView> {
  if (id === by.personId) throw new DomainError('forbidden', 'nobody deactivates themselves');
  await lockHierarchy(tx);
  const leads = await lockLeadsWaitingFor(tx, id);
  const row = await lockedAt(tx, id, expected);
  if (row.roles.some(({ role }) => role === 'admin')) await mustLeaveAnAdmin(tx, id);
  const heirId = heirOf(id, leftOn, peopleById(await everybody(tx)));
  const revision = row.revision + 1;
  const writes = new Writes().update('people', ['id'], { id, active: false, left_on: leftOn, revision });
  handOver(writes, id, heirId);
  const told = leads.map((leadId) =>
    factRow({
      id: newId('msg'),
      leadId,
      name: 'waitReassigned',
      actorId: by.personId,
      body: { fromId: id, toId: heirId },
    }),
  );
  writes.insert('messages', ...told);
  const detail = { leftOn, heirId, leads: leads.length };
  await commitChange(tx, writes, by, { subject: id, action: 'personDeactivated', revision, detail });
  if (leads.length > 0) await wakeRelay(tx);
  return stored(tx, id);
}

/** Who takes over: delegate, manager, admin; null where nobody is left. */
export function heirOf(id: string, on: string, people: People): string | null {
  const person = people.get(id);
  if (person === undefined) throw new RangeError(`${id} is not among the people`);
  const delegate = delegateOn(person, on, people);
  if (delegate !== null) return delegate.id;
  const manager = managersOf(id, people).find(({ active }) => active);
  if (manager !== undefined) return manager.id;
  const admins = [...people.values()].filter(
    (one) => one.active && one.id !== id && one.roles.includes('admin'),
  );
  return admins.map((admin) => admin.id).sort()[0] ?? null;
}

/** Locks the open leads that wait for somebody, in the order of their ids (PROTOCOL, "Locks"). */
async function lockLeadsWaitingFor(tx: Tx, personId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from leads where stage <> 'closed' and id in (
        select lead_id from waits where person_id = $1 and ended_at is null
        union select lead_id from approvals where approver_id = $1 and status in ('waiting', 'pending'))
      order by id for update`,
    [personId],
  );
  return rows.map((row) => row.id);
}

function handOver(writes: Writes, fromId: string, toId: string | null): void {
  const who = { from: fromId, to: toId };
  writes
    .statement(
      'hand over waits',
      `update waits set person_id = $ ->> 'to' where person_id = $ ->> 'from' and ended_at is null`,
      who,
      'any',
    )
    .statement(
      'hand over approvals',
      `update approvals set approver_id = $ ->> 'to' where approver_id = $ ->> 'from'
        and status in ('waiting', 'pending')`,
      who,
      'any',
    )
    .statement(
      'hand over tasks',
      `update tasks set person_id = $ ->> 'to' where person_id = $ ->> 'from' and status = 'open'`,
      who,
      'any',
    );
}
