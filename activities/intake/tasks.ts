// Resolving a task: a person says what was decided. What the decision does to a deal goes its own way (a
// payment is allocated, an invoice written off); the task only stops asking.

import type { Tx } from '../../db/pool.js';
import { lockTask, type TaskRow } from '../../db/tasks.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { maySend } from '../../domain/messages.js';
import type { Role } from '../../domain/people/people.js';
import { type By, commitChange } from './masterData.js';
import { isRequest, REQUESTS } from './requests.js';

/** Resolves an open task. Refuses `not_found`, `already_decided`, and `forbidden` for another role or person. */
export async function resolveTask(
  tx: Tx,
  by: By & { readonly roles: readonly Role[] },
  id: string,
  resolution: string,
): Promise<TaskRow> {
  const task = await lockTask(tx, id);
  if (!task) throw new DomainError('not_found', `there is no task ${id}`);
  if (task.status === 'resolved') throw new DomainError('already_decided', `${id} was resolved`);
  if (!isAsked(task, by)) {
    throw new DomainError('forbidden', `${id} is for ${task.person_id ?? `the role ${task.role}`}`);
  }
  const change = { status: 'resolved', resolved_at: by.at, resolved_by: by.personId, resolution };
  const writes = new Writes().update('tasks', ['id'], { id, ...change });
  const detail = { kind: task.kind, leadId: task.lead_id };
  await commitChange(tx, writes, by, { subject: id, action: 'taskResolved', revision: 1, detail });
  return { ...task, ...change };
}

/** A request is answered by whoever may send the decision it stands for, any other task by whom it is for. */
function isAsked(
  { kind, role, person_id }: TaskRow,
  { personId, roles }: By & { roles: readonly Role[] },
): boolean {
  if (isRequest(kind)) return maySend(roles, REQUESTS[kind].name);
  return person_id === personId || roles.includes(role as Role) || roles.includes('admin');
}
