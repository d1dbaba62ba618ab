// Brings workflows and rows together again where I6 finds them apart: after the engine's database was lost,
// after a crash between a commit and its telling. It writes nothing to the database but the task about a deal whose
// workflow knows more than its row (restored.ts); workflows do their own work.
import type { Db } from '../db/pool.js';
import { type Ahead, aheadOf, askAbout, type HistoryTells, settle } from './restored.js';
import { eachBounded } from './verify/bounded.js';
import type { VerifyEngine } from './verify/types.js';
import { differences, type Found, IN_FLIGHT, LEAD_WORKFLOW, mustRun, rowsOf } from './verify/workflows.js';

export interface ReconcileEngine extends VerifyEngine {
  /** Starts the workflow of an open lead or payout run; one that runs already is success. */
  start(workflowId: string): Promise<void>;
  /** What the last run of a workflow knows, open or closed; undefined where the engine has none. */
  tells(workflowId: string): Promise<HistoryTells | undefined>;
  /** Ends a workflow by force; one that is closed already is success. */
  terminate(workflowId: string): Promise<void>;
  /** Sends the signal `look`; a workflow that has ended meanwhile is success. */
  look(workflowId: string): Promise<void>;
}

export interface ReconcileOptions {
  readonly db: Db;
  readonly engine: ReconcileEngine;
  /** Describe only where the engine's list and the rows disagree, and read only those histories. */
  readonly fast?: boolean;
  /** Say what would be done, and do nothing. */
  readonly dryRun?: boolean;
  /** Leads and payout runs of which a person has decided that the row is what counts: begun anew from it. */
  readonly adopt?: readonly string[];
  /** Told and unanswered for so long (real time) gets a `look`. Default 30 s. */
  readonly unansweredMs?: number;
  /** Real time. Default: now. */
  readonly at?: Date;
  readonly onProgress?: (checkedRows: number) => void;
}

export interface ReconcileReport {
  /** Leads and monthly payout runs. */
  readonly checkedRows: number;
  /** Open leads, and closed ones with mails to send, whose workflow was started; of payout runs the workflow's id. */
  readonly started: readonly string[];
  /** Workflows open beside a closed row: told to look, so they end. */
  readonly ending: readonly string[];
  /** Leads with messages told and unanswered: told to look. */
  readonly looked: readonly string[];
  /** Deals whose workflow knows more than their row: left as they are, with a task. */
  readonly ahead: readonly Ahead[];
  /** Begun anew from their row because somebody said so. */
  readonly adopted: readonly string[];
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
  const { db, engine, fast = false, dryRun = false, at = new Date() } = options;
  const adopted: string[] = [];
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
      if (!dryRun) await call(workflowId);
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
  const asAdopted = (options.adopt ?? []).map(namedBy);
  await eachBounded(asAdopted, IN_FLIGHT, (one) =>
    attempt(
      one,
      async (id) => {
        await engine.terminate(id);
        await engine.start(id);
        await settle(db, one.subject, at);
      },
      adopted,
    ),
  );
  const decided = new Set(asAdopted.map(({ workflowId }) => workflowId));
  const asked = fast ? found.map(({ workflowId }) => workflowId) : eachWorkflow(db, found);
  const ahead = await whoIsAhead(options, asked, decided, failed);
  const held = new Set(ahead.map(({ workflowId }) => workflowId));
  if (!dryRun) for (const one of ahead) await askAbout(db, one, at);
  const free = found.filter(({ workflowId }) => !held.has(workflowId) && !decided.has(workflowId));
  await eachBounded(free, IN_FLIGHT, async (one) => {
    const isMissing = one.difference === 'not_running' || one.difference === 'mails_unsent';
    if (isMissing) await attempt(one, (id) => engine.start(id), started);
    if (one.difference === 'running_though_closed') await attempt(one, (id) => engine.look(id), ending);
  });

  // A workflow just started reads its messages anyway.
  const fresh = new Set([...found, ...ahead, ...asAdopted].map(({ subject }) => subject));
  const waiting = (await leadsUnanswered(options)).filter((leadId) => !fresh.has(leadId));
  await eachBounded(waiting, IN_FLIGHT, (subject) =>
    attempt({ subject, workflowId: `${LEAD_WORKFLOW}${subject}` }, (id) => engine.look(id), looked),
  );
  const withoutRow = found
    .filter(({ difference }) => difference === 'running_without_row')
    .map(({ workflowId }) => workflowId);
  ahead.sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
  return { checkedRows, started, ending, looked, ahead, adopted, withoutRow, failed };
}

const namedBy = (subject: string): Pick<Found, 'workflowId' | 'subject'> => ({
  subject,
  workflowId: subject.includes('/') ? subject : `${LEAD_WORKFLOW}${subject}`,
});

/** Every row that must have a workflow, and whatever differs besides. */
async function* eachWorkflow(db: Db, found: readonly Found[]): AsyncGenerator<string> {
  const told = new Set<string>();
  for await (const row of rowsOf(db)) {
    if (!mustRun(row)) continue;
    told.add(row.workflowId);
    yield row.workflowId;
  }
  for (const { workflowId } of found) if (!told.has(workflowId)) yield workflowId;
}

/** Reads what workflows know; one that cannot be read is reported, and not taken for well. */
async function whoIsAhead(
  { db, engine }: ReconcileOptions,
  workflowIds: Iterable<string> | AsyncIterable<string>,
  decided: ReadonlySet<string>,
  failed: { workflowId: string; reason: string }[],
): Promise<Ahead[]> {
  const ahead: Ahead[] = [];
  await eachBounded(workflowIds, IN_FLIGHT, async (workflowId) => {
    if (decided.has(workflowId)) return;
    try {
      const tells = await engine.tells(workflowId);
      const more = tells && (await aheadOf(db, workflowId, tells));
      if (more) ahead.push(more);
    } catch (error) {
      failed.push({ workflowId, reason: (error as Error).message });
    }
  });
  return ahead;
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
