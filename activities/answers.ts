// What a step leaves for people: the answer of its message, and a task where somebody has to decide.
import { newId } from '../db/ids.js';
import type { Writes } from '../db/writes.js';
import type { Language } from '../documents/types.js';
import type { Answer, StepCall } from '../domain/steps.js';
import { TASKS_OF_MESSAGES, type TaskKind } from '../domain/tasks.js';
import type { OpenWait } from './waitList.js';

export interface NewTask {
  readonly kind: TaskKind;
  /** Null for what no lead owns, such as a payout run. */
  readonly leadId: string | null;
  readonly subject: string;
  readonly role: string;
  readonly personId: string | null;
  /** Codes, ids and amounts that led to it; never a name or free text. */
  readonly reason: object;
  readonly at: Date;
}

/** A task as its mail finds it: by kind and subject, because one that was open keeps the id it has. */
export interface WrittenTask extends Pick<NewTask, 'kind' | 'subject'> {
  readonly id: string;
}

/**
 * One open task per kind and subject, owed by whom it was asked of last. Returns the id it has when none was open
 * before; one that is open keeps its own.
 */
export function writeTask(writes: Writes, task: NewTask): string {
  const { kind, leadId, subject, role, personId, reason, at } = task;
  const id = newId('task');
  writes.statement(
    'task',
    `insert into tasks (id, kind, lead_id, subject, role, person_id, reason, created_at)
      select id, kind, lead_id, subject, role, person_id, reason, created_at
      from jsonb_populate_record(null::tasks, $)
      on conflict (kind, subject) where status = 'open' do update
        set role = excluded.role, person_id = excluded.person_id, reason = excluded.reason`,
    { id, kind, lead_id: leadId, subject, role, person_id: personId, reason, created_at: at },
    'any',
  );
  return id;
}

/** Queues the mail that tells of a task; its subject is the task, the one that was open where there was one. */
export function writeTaskMail(
  writes: Writes,
  mail: {
    readonly id: string;
    readonly leadId: string;
    readonly task: WrittenTask;
    readonly language: Language;
    readonly at: Date;
  },
): void {
  writes.statement(
    'mail of a task',
    `insert into mails (id, lead_id, kind, subject, language, status, queued_at)
      select $ ->> 'id', $ ->> 'leadId', 'task', coalesce((select t.id from tasks t where t.status = 'open'
          and t.kind = $ -> 'task' ->> 'kind' and t.subject = $ -> 'task' ->> 'subject'), $ -> 'task' ->> 'id'),
        $ ->> 'language', 'queued', ($ ->> 'at')::timestamptz`,
    mail,
    1,
  );
}

/** Resolves open tasks of the kinds given: those about `subjects`, or all of the lead. */
export function resolveTasks(
  writes: Writes,
  over: {
    readonly leadId: string;
    readonly kinds: readonly TaskKind[];
    readonly subjects?: readonly string[];
    readonly resolution: string;
    readonly at: Date;
  },
): void {
  const ofSubject = over.subjects ? `and $ -> 'subjects' ? subject` : '';
  writes.statement(
    'tasks that are over',
    `update tasks set status = 'resolved', resolved_at = ($ ->> 'at')::timestamptz, resolution = $ ->> 'resolution'
      where lead_id = $ ->> 'leadId' and status = 'open' and $ -> 'kinds' ? kind ${ofSubject}`,
    over,
    'any',
  );
}

/** A parked or stuck message keeps its row without an answer: it is tried again, and visible until then. */
export function writeAnswer(
  writes: Writes,
  message: { readonly id: string; readonly wasParked: boolean },
  answer: Answer,
  at: Date,
): void {
  const { id, wasParked } = message;
  const waiting = answer.result === 'parked' || answer.result === 'stuck';
  writes.statement(
    'answer of the message',
    waiting
      ? `update messages set parked_for = $ ->> 'parkedFor' where id = $ ->> 'id' and answer is null`
      : `update messages set answer = $ -> 'answer', answered_at = now(), parked_for = null
          where id = $ ->> 'id' and answer is null`,
    { id, answer, parkedFor: answer.code ?? answer.result },
    1,
  );
  if (waiting || !wasParked) return;
  writes.statement(
    'what waited is done',
    `update tasks set status = 'resolved', resolved_at = ($ ->> 'at')::timestamptz, resolution = $ ->> 'result'
      where subject = $ ->> 'id' and $ -> 'kinds' ? kind and status = 'open'`,
    { id, at, result: answer.result, kinds: TASKS_OF_MESSAGES },
    'any',
  );
}

/** A step of the lead's own for one record, whatever the revision. */
export const stuckSubject = (leadId: string, step: string, subject: string): string =>
  `${leadId}/${step}/${subject}`;

/** What a task says is stuck: a message, or a step of the lead's own. */
const stuckSubjectOf = ({ leadId, key, subject }: StepCall): string =>
  subject === undefined ? key : stuckSubject(leadId, key.split('/')[1] ?? key, subject);

/** What a task about missing rules is about: a message, or the record that an own step of the lead is due for. */
const rulesSubject = ({ key, subject }: StepCall): string => subject ?? key;

/** The company has to make rules first: told by one task, instead of one that says the step is broken. */
export function writeRulesMissing(writes: Writes, call: StepCall, reason: object, at: Date): WrittenTask {
  const { leadId } = call;
  const subject = rulesSubject(call);
  const kind = 'rules_missing';
  const id = writeTask(writes, { kind, leadId, subject, role: 'admin', personId: null, reason, at });
  resolveTasks(writes, {
    leadId,
    kinds: ['step_stuck'],
    subjects: [stuckSubjectOf(call)],
    resolution: 'replaced',
    at,
  });
  return { id, kind, subject };
}

/** A bug of ours stopped the step: told by one task, instead of one that says rules are missing. */
export function writeStuck(writes: Writes, call: StepCall, at: Date): WrittenTask {
  const { leadId, key } = call;
  const subject = stuckSubjectOf(call);
  const kind = 'step_stuck';
  const id = writeTask(writes, {
    kind,
    leadId,
    subject,
    role: 'operations',
    personId: null,
    reason: { key },
    at,
  });
  resolveTasks(writes, {
    leadId,
    kinds: ['rules_missing'],
    subjects: [rulesSubject(call)],
    resolution: 'replaced',
    at,
  });
  return { id, kind, subject };
}

/** Lets the other waits of the lead come first until a real instant. */
export const writeRetry = (writes: Writes, { id }: OpenWait, retryAt: number): Writes =>
  writes.update('waits', ['id'], { id: BigInt(id), retry_at: new Date(retryAt) });
