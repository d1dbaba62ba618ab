// What a step leaves for people: the answer of its message, and a task where somebody has to decide.
import { newId } from '../db/ids.js';
import type { Writes } from '../db/writes.js';
import type { Answer, StepCall } from '../domain/steps.js';
import type { OpenWait } from './waitList.js';

export interface NewTask {
  readonly kind: string;
  /** Null for what no lead owns, such as a payout run. */
  readonly leadId: string | null;
  readonly subject: string;
  readonly role: string;
  readonly personId: string | null;
  /** Codes, ids and amounts that led to it; never a name or free text. */
  readonly reason: object;
  readonly at: Date;
}

/** One open task per kind and subject, owed by whom it was asked of last. */
export function writeTask(writes: Writes, task: NewTask): void {
  const { kind, leadId, subject, role, personId, reason, at } = task;
  writes.statement(
    'task',
    `insert into tasks (id, kind, lead_id, subject, role, person_id, reason, created_at)
      select id, kind, lead_id, subject, role, person_id, reason, created_at
      from jsonb_populate_record(null::tasks, $)
      on conflict (kind, subject) where status = 'open' do update
        set role = excluded.role, person_id = excluded.person_id, reason = excluded.reason`,
    { id: newId('task'), kind, lead_id: leadId, subject, role, person_id: personId, reason, created_at: at },
    'any',
  );
}

/** Resolves open tasks of the kinds given: those about `subjects`, or all of the lead. */
export function resolveTasks(
  writes: Writes,
  over: {
    readonly leadId: string;
    readonly kinds: readonly string[];
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
      where subject = $ ->> 'id' and kind in ('message_parked', 'step_stuck', 'rules_missing') and status = 'open'`,
    { id, at, result: answer.result },
    'any',
  );
}

/** What a task says is stuck: a message, or a step of the lead's own for one record, whatever the revision. */
export const stuckSubject = ({ leadId, key, subject }: StepCall): string =>
  subject === undefined ? key : `${leadId}/${key.split('/')[1]}/${subject}`;

/** A step of the lead's own that was stuck is done: nobody has to look into it any more. */
export function writeUnstuck(writes: Writes, call: StepCall, at: Date): void {
  writes.statement(
    'what was stuck is done',
    `update tasks set status = 'resolved', resolved_at = ($ ->> 'at')::timestamptz, resolution = 'applied'
      where subject = $ ->> 'subject' and kind = 'step_stuck' and status = 'open'`,
    { subject: stuckSubject(call), at },
    'any',
  );
}

/** Lets the other waits of the lead come first until a real instant. */
export const writeRetry = (writes: Writes, { id }: OpenWait, retryAt: number): Writes =>
  writes.update('waits', ['id'], { id: BigInt(id), retry_at: new Date(retryAt) });
