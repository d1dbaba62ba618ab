// Tasks as people read and resolve them.
import { amountsToWire } from '../contracts/reasons.js';
import type { TaskView } from '../contracts/tasks.js';
import { taskWords } from '../documents/taskTitles.js';
import type { Language } from '../documents/types.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

/** A task with the currency of the deal it is about, for the amounts in its reason. */
export type TaskRow = Tables['tasks'] & { currency: string | null };

const CURRENCY = `(select o.currency from orders o where o.lead_id = t.lead_id order by o.id desc limit 1) as currency`;

export async function taskById(db: Queryable, id: string): Promise<TaskRow | undefined> {
  const { rows } = await db.query<TaskRow>({
    name: 'task_by_id',
    text: `select t.*, ${CURRENCY} from tasks t where t.id = $1`,
    values: [id],
  });
  return rows[0];
}

export async function listTasks(
  db: Queryable,
  page: { limit: number; after: { id: string } | null },
  filters: {
    readonly status?: string;
    readonly role?: string;
    readonly person?: string;
    readonly kind?: string;
    readonly leadId?: string;
  },
): Promise<TaskRow[]> {
  const { rows } = await db.query<TaskRow>({
    text: `select t.*, ${CURRENCY} from tasks t where ($2::text is null or id < $2) and ($3::text is null or status = $3)
      and ($4::text is null or role = $4) and ($5::text is null or person_id = $5)
      and ($6::text is null or kind = $6) and ($7::text is null or lead_id = $7)
      order by id desc limit $1`,
    values: [
      page.limit + 1,
      page.after?.id ?? null,
      filters.status ?? null,
      filters.role ?? null,
      filters.person ?? null,
      filters.kind ?? null,
      filters.leadId ?? null,
    ],
  });
  return rows;
}

/** Locks the task, so that two resolutions at once find one open. */
export async function lockTask(tx: Queryable, id: string): Promise<TaskRow | undefined> {
  const { rows } = await tx.query<TaskRow>({
    name: 'lock_task',
    text: `select t.*, ${CURRENCY} from tasks t where t.id = $1 for update of t`,
    values: [id],
  });
  return rows[0];
}

/** A task as it is read, with words for its kind in the reader's language. */
export function taskView(row: TaskRow, language: Language): TaskView {
  return {
    id: row.id,
    kind: row.kind,
    ...taskWords(row.kind, language),
    leadId: row.lead_id,
    subject: row.subject,
    role: row.role,
    personId: row.person_id,
    reason: amountsToWire(row.reason, row.currency) as TaskView['reason'],
    status: row.status as TaskView['status'],
    createdAt: row.created_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    resolvedBy: row.resolved_by,
    resolution: row.resolution,
  };
}
