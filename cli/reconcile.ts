// Brings workflows and rows together again where I6 finds them apart: after the engine's database was lost,
// after a crash between a commit and its telling. It writes nothing to the database; workflows do their own
// work.
import type { Db } from '../db/pool.js';
import { eachBounded } from './verify/bounded.js';
import type { VerifyEngine } from './verify/types.js';
import { differences, IN_FLIGHT, LEAD_WORKFLOW } from './verify/workflows.js';

export interface ReconcileEngine extends VerifyEngine {
  /** Starts the workflow of an open lead; one that runs already is success. */
  start(leadId: string): Promise<void>;
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
  readonly onProgress?: (checkedLeads: number) => void;
}

export interface ReconcileReport {
  readonly checkedLeads: number;
  /** Open leads whose workflow was started. */
  readonly started: readonly string[];
  /** Workflows open beside a closed row: told to look, so they end. */
  readonly ending: readonly string[];
  /** Leads with messages told and unanswered: told to look. */
  readonly looked: readonly string[];
  /** Workflows without a lead; a person has to find out whose they are. */
  readonly withoutLead: readonly string[];
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
  const attempt = async (leadId: string, call: () => Promise<void>, done: string[]) => {
    try {
      await call();
      done.push(leadId);
    } catch (error) {
      failed.push({ workflowId: `${LEAD_WORKFLOW}${leadId}`, reason: (error as Error).message });
    }
  };

  let checkedLeads = 0;
  const found = await differences({ db, fast }, engine, () => {
    checkedLeads++;
    if (checkedLeads % 1_000 === 0) options.onProgress?.(checkedLeads);
  });
  await eachBounded(found, IN_FLIGHT, async ({ leadId, difference }) => {
    if (difference === 'not_running') await attempt(leadId, () => engine.start(leadId), started);
    if (difference === 'running_though_closed') {
      await attempt(leadId, () => engine.look(`${LEAD_WORKFLOW}${leadId}`), ending);
    }
  });

  // A workflow just started reads its messages anyway.
  const fresh = new Set(found.map(({ leadId }) => leadId));
  const waiting = (await leadsUnanswered(options)).filter((leadId) => !fresh.has(leadId));
  await eachBounded(waiting, IN_FLIGHT, (leadId) =>
    attempt(leadId, () => engine.look(`${LEAD_WORKFLOW}${leadId}`), looked),
  );
  const withoutLead = found
    .filter(({ difference }) => difference === 'running_without_lead')
    .map(({ leadId }) => `${LEAD_WORKFLOW}${leadId}`);
  return { checkedLeads, started, ending, looked, withoutLead, failed };
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
