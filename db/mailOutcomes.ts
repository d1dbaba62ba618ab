// What became of a queued mail: sent, skipped, or failed with a task for whoever can do something about it.
import type { Language } from '../documents/types.js';
import type { TaskKind } from '../domain/tasks.js';
import { newId } from './ids.js';
import type { Queryable } from './pool.js';

/** The business instant at a real one (epoch ms, parameter), by the segment in force. */
const businessAt = (param: string): string => `(select c.anchor_at
    + (to_timestamp(${param}::float8 / 1000) - c.real_anchor_at) * (86400::float8 / c.seconds_per_day)
  from clock_segments c order by c.id desc limit 1)`;

/** Marks it sent, in the language it was written in; `sent_at` is business time, as `queued_at` is. */
export async function markSent(db: Queryable, mailId: string, language: Language): Promise<void> {
  await db.query({
    name: 'mail_sent',
    text: `update mails set status = 'sent', sent_at = coalesce(${businessAt('$2')}, queued_at), language = $3,
      failure = null where id = $1 and status = 'queued'`,
    values: [mailId, Date.now(), language],
  });
}

/** There is nobody to send it to, or no reason any more. */
export async function markSkipped(db: Queryable, mailId: string, reason: string): Promise<void> {
  await db.query({
    name: 'mail_skipped',
    text: `update mails set status = 'skipped', failure = $2 where id = $1 and status = 'queued'`,
    values: [mailId, reason],
  });
}

const FAILED: TaskKind = 'mail_failed';

/**
 * A mail that will not arrive: marked once, with one task for whoever can do something about it. `failure`
 * holds no address. A mail that is not queued any more is left alone.
 */
export async function failMail(db: Queryable, mailId: string, failure: string): Promise<void> {
  await db.query({
    name: 'mail_failed',
    text: `with given as (update mails set status = 'failed', failure = $2
        where id = $1 and status = 'queued' returning id, lead_id, kind, subject, queued_at)
      insert into tasks (id, kind, lead_id, subject, role, person_id, reason, created_at)
      select $3, $5, g.lead_id, g.id,
        case when g.kind in ('offer', 'order') then 'rep'
          when g.kind in ('approval', 'task') then 'admin' else 'finance' end,
        case when g.kind in ('offer', 'order') then l.owner_id end,
        jsonb_build_object('mail', g.kind, 'record', g.subject, 'failure', $2::text),
        coalesce(${businessAt('$4')}, g.queued_at)
      from given g left join leads l on l.id = g.lead_id
      on conflict (kind, subject) where status = 'open' do nothing`,
    values: [mailId, failure, newId('task'), Date.now(), FAILED],
  });
}
