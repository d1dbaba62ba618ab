// Brings workflows and rows together again where I6 finds them apart: after the engine's database was lost,
// after a crash between a commit and its telling. It writes nothing to the database; workflows do their own
// work.
import type { Db } from '../db/pool.js';
import { eachBounded } from './verify/bounded.js';
import type { VerifyEngine } from './verify/types.js';
import { differences, type Found, IN_FLIGHT, LEAD_WORKFLOW } from './verify/workflows.js';

export interface ReconcileEngine extends VerifyEngine {
  /** Starts the workflow of an open lead or payout run; one that runs already is success. */
  start(workflowId: string): Promise<void>;
  /** Sends the signal `look`; a workflow that has ended meanwhile is success. */
  look(workflowId: string): Promise<void>;
}

export interface ReconcileOptions {
  readonly db: Db;
  readonly engine: ReconcileEngine;
  /** Describe only where the engine's list and the rows disagree. */
  readonly fast?: boolean;
  /** Told and unanswered for so long (real time) gets a `look`. Default 30 s. */
  readonly unansweredMs?: number;
  /** Real time. Default: now. */
  readonly at?: Date;
  readonly onProgress?: (checkedRows: number) => void;
}

export interface ReconcileReport {
  /** Leads and monthly payout runs. */
  readonly checkedRows: number;
  /** Open leads whose workflow was started; of payout runs the workflow's id. */
  readonly started: readonly string[];
  /** Workflows open beside a closed row: told to look, so they end. */
  readonly ending: readonly string[];
  /** Leads with messages told and unanswered: told to look. */
  readonly looked: readonly string[];
  /** Workflows without a row; a person has to find out whose they are. */
  readonly withoutRow: readonly string[];
  readonly failed: readonly { readonly workflowId: string; readonly reason: string }[];
}

const UNANSWERED_MS = 30_000;

/**
 * Starts what should run, wakes what should end or has not answered, and reports the rest; at most 16 calls
 * to the engine at a time. A call that fails is reported and does not stop the others; run it again.
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileReport> {
  const { db, engine, fast = false } = options;
  const started: string[] = [];
  const ending: string[] = [];
  const looked: string[] = [];
  const failed: { workflowId: string; reason: string }[] = [];
  type Named = Pick<Found, 'workflowId' | 'subject'>;
  const attempt = async (
    { workflowId, subject }: Named,
    call: (workflowId: string) => Promise<void>,
    done: string[],
  ) => {
    try {
      await call(workflowId);
      done.push(subject);
    } catch (error) {
      failed.push({ workflowId, reason: (error as Error).message });
    }
  };

  let checkedRows = 0;
  const found = await differences({ db, fast }, engine, () => {
    checkedRows++;
    if (checkedRows % 1_000 === 0) options.onProgress?.(checkedRows);
  });
  await eachBounded(found, IN_FLIGHT, async (one) => {
    if (one.difference === 'not_running') await attempt(one, (id) => engine.start(id), started);
    if (one.difference === 'running_though_closed') await attempt(one, (id) => engine.look(id), ending);
  });

  // A workflow just started reads its messages anyway.
  const fresh = new Set(found.map(({ subject }) => subject));
  const waiting = (await leadsUnanswered(options)).filter((leadId) => !fresh.has(leadId));
  await eachBounded(waiting, IN_FLIGHT, (subject) =>
    attempt({ subject, workflowId: `${LEAD_WORKFLOW}${subject}` }, (id) => engine.look(id), looked),
  );
  const withoutRow = found
    .filter(({ difference }) => difference === 'running_without_row')
    .map(({ workflowId }) => workflowId);
  return { checkedRows, started, ending, looked, withoutRow, failed };
}

async function leadsUnanswered({
  db,
  unansweredMs = UNANSWERED_MS,
  at = new Date(),
}: ReconcileOptions): Promise<string[]> {
  const { rows } = await db.query<{ lead_id: string }>(
    `select distinct m.lead_id
     from messages m join leads l on l.id = m.lead_id and l.stage <> 'closed'
     where m.answer is null and m.parked_for is null and m.told_at < $1
       and m.target = '${LEAD_WORKFLOW}' || m.lead_id
     order by m.lead_id`,
    [new Date(at.getTime() - unansweredMs)],
  );
  return rows.map((row) => row.lead_id);
}
