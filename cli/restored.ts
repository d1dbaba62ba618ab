// What a workflow knows and the database does not: the database was restored from a time before. Revisions, messages
// that were answered, mails that were sent, payouts that were confirmed. Such a deal is never started or woken from
// its row by itself: an invoice that is out, or money that was paid, would go out and be paid once more.
import { newId } from '../db/ids.js';
import type { Db } from '../db/pool.js';
import type { TaskKind } from '../domain/tasks.js';
import { LEAD_WORKFLOW } from './verify/workflows.js';

const BEHIND: TaskKind = 'restored_behind';

/** What the history of a workflow's last run tells; ids and counts, nothing else stands there. */
export interface HistoryTells {
  /** The newest revision a step answered with; null where none has run, or for a payout run. */
  readonly revision: number | null;
  /** Ids of the messages it was told. */
  readonly messages: readonly string[];
  readonly mails: readonly string[];
  /** Payees' lines a payout run had still to confirm when its last step ended. */
  readonly unconfirmed: number | null;
}

/** A workflow that knows more than its row. */
export interface Ahead {
  readonly workflowId: string;
  readonly subject: string;
  readonly knownRevision: number | null;
  /** Null: there is no such row. */
  readonly storedRevision: number | null;
  /** Told to the workflow, and not stored any more. */
  readonly messages: readonly string[];
  /** Handed to the mail server, and not stored any more: the customer may have them. */
  readonly mails: readonly string[];
  /** Payees' lines confirmed as paid that the database takes for unpaid. */
  readonly payoutLines: number;
}

const KNOWN = `select
    (select l.revision from leads l where l.id = $2) as revision,
    (select coalesce(array_agg(n.id), '{}') from unnest($3::text[]) n (id)
      where not exists (select from messages m where m.id = n.id)) as messages,
    (select coalesce(array_agg(n.id), '{}') from unnest($4::text[]) n (id)
      where not exists (select from mails m where m.id = n.id)) as mails,
    (select count(*)::int from payout_lines l join payouts p on p.id = l.payout_id
      where p.mode = 'monthly' and l.confirmed_at is null
        and 'payout/commission/' || p.period || '/' || p.run = $1) as unconfirmed`;

/** Compares a history with the rows; undefined where the database knows all of it. */
export async function aheadOf(db: Db, workflowId: string, tells: HistoryTells): Promise<Ahead | undefined> {
  const isLead = workflowId.startsWith(LEAD_WORKFLOW);
  const subject = isLead ? workflowId.slice(LEAD_WORKFLOW.length) : workflowId;
  const { rows } = await db.query<{
    revision: number | null;
    messages: string[];
    mails: string[];
    unconfirmed: number;
  }>(KNOWN, [workflowId, subject, tells.messages, tells.mails]);
  const [stored] = rows;
  if (!stored) throw new RangeError('a query without a from clause answered no row');
  const isBehind = tells.revision !== null && tells.revision > (stored.revision ?? 0);
  const payoutLines = tells.unconfirmed === null ? 0 : Math.max(0, stored.unconfirmed - tells.unconfirmed);
  const { messages, mails } = stored;
  if (!isBehind && messages.length === 0 && mails.length === 0 && payoutLines === 0) return undefined;
  return {
    workflowId,
    subject,
    knownRevision: tells.revision,
    storedRevision: stored.revision,
    messages,
    mails,
    payoutLines,
  };
}

const SHOWN = 50;

/** Stops at a person: one open task per deal, with ids and counts. */
export async function askAbout(db: Db, ahead: Ahead, at: Date): Promise<void> {
  const { workflowId, subject, knownRevision, storedRevision, messages, mails, payoutLines } = ahead;
  const isLead = workflowId.startsWith(LEAD_WORKFLOW) && storedRevision !== null;
  await db.query(
    `insert into tasks (id, kind, lead_id, subject, role, reason, created_at)
      values ($1, $2, $3, $4, 'admin', $5, $6)
      on conflict (kind, subject) where status = 'open' do update set reason = excluded.reason`,
    [
      newId('task'),
      BEHIND,
      isLead ? subject : null,
      subject,
      {
        knownRevision,
        storedRevision,
        payoutLines,
        messages: messages.slice(0, SHOWN),
        mails: mails.slice(0, SHOWN),
      },
      at,
    ],
  );
}

/** The task is over: somebody has decided that the row is what counts. */
export async function settle(db: Db, subject: string, at: Date): Promise<void> {
  await db.query(
    `update tasks set status = 'resolved', resolved_at = $2, resolution = 'adopted'
      where subject = $1 and kind in ('restored_behind', 'step_stuck') and status = 'open'`,
    [subject, at],
  );
}
