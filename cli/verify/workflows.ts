// I6: an open lead has an open workflow, and so has a closed one while a mail of it is queued, because nobody else
// sends it; any other and an unknown one have none. The same for monthly payout runs until their last line is
// confirmed. The engine's list lags behind and may leave things out, so each is described; what looks wrong is read a
// second time before it is said.
import type pg from 'pg';
import { eachBounded } from './bounded.js';
import type { Broken, VerifyEngine, VerifyOptions } from './types.js';

export const LEAD_WORKFLOW = 'lead/';
const PAYOUT_WORKFLOW = 'payout/commission/';
/** Calls to the engine under way at a time (docs/protocol.md, Engine). */
export const IN_FLIGHT = 16;
const PAGE = 5_000;

/** A row that has a workflow while it is open. */
export interface Row {
  readonly workflowId: string;
  readonly isOpen: boolean;
  /** Closed but for the mails it has still to send. */
  readonly isMailing: boolean;
}

const RUNS = `select '${PAYOUT_WORKFLOW}' || period || '/' || run as "workflowId", status <> 'confirmed' as "isOpen",
  false as "isMailing" from payouts where mode = 'monthly'`;
const LEADS = `select '${LEAD_WORKFLOW}' || id as "workflowId", stage <> 'closed' as "isOpen",
  stage = 'closed' and exists (select from mails m where m.lead_id = leads.id and m.status = 'queued') as "isMailing"
  from leads`;

/** Whether there has to be a workflow for it. */
export const mustRun = ({ isOpen, isMailing }: Row): boolean => isOpen || isMailing;

/** Yields every lead in the order of ids, page by page, so that no long transaction is held; then every run. */
export async function* rowsOf(db: pg.Pool): AsyncGenerator<Row> {
  for (let after = ''; ; ) {
    const { rows } = await db.query<Row>(`${LEADS} where id > $1 order by id limit ${PAGE}`, [after]);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) break;
    after = last.workflowId.slice(LEAD_WORKFLOW.length);
  }
  const { rows } = await db.query<Row>(RUNS);
  yield* rows;
}

async function rowOf(db: pg.Pool, workflowId: string): Promise<Row | undefined> {
  const { rows } = workflowId.startsWith(LEAD_WORKFLOW)
    ? await db.query<Row>(`${LEADS} where id = $1`, [workflowId.slice(LEAD_WORKFLOW.length)])
    : await db.query<Row>(`select * from (${RUNS}) r where "workflowId" = $1`, [workflowId]);
  return rows[0];
}

export type Difference = 'not_running' | 'mails_unsent' | 'running_though_closed' | 'running_without_row';

export interface Found {
  readonly workflowId: string;
  /** Id of the lead, or the workflow's own where it has none. */
  readonly subject: string;
  readonly difference: Difference;
}

/** What row and workflow say now; undefined when they agree. */
async function differenceOf(
  db: pg.Pool,
  engine: VerifyEngine,
  workflowId: string,
): Promise<Difference | undefined> {
  const isRunning = (await engine.describe(workflowId)) === 'open';
  const row = await rowOf(db, workflowId);
  if (!row) return isRunning ? 'running_without_row' : undefined;
  if (mustRun(row) === isRunning) return undefined;
  if (isRunning) return 'running_though_closed';
  return row.isOpen ? 'not_running' : 'mails_unsent';
}

/** Finds rows and workflows that differ, described twice; `checked` is told of every row. */
export async function differences(
  { db, fast }: Pick<VerifyOptions, 'db' | 'fast'>,
  engine: VerifyEngine,
  checked: () => void,
): Promise<Found[]> {
  const listed = new Set<string>();
  for await (const id of engine.listOpen()) {
    if (id.startsWith(LEAD_WORKFLOW) || id.startsWith(PAYOUT_WORKFLOW)) listed.add(id);
  }
  const suspects = new Set<string>();
  await eachBounded(rowsOf(db), IN_FLIGHT, async (row) => {
    const { workflowId } = row;
    const isListed = listed.delete(workflowId);
    const isRunning = fast ? isListed : (await engine.describe(workflowId)) === 'open';
    if (isRunning !== mustRun(row)) suspects.add(workflowId);
    checked();
  });
  for (const id of listed) suspects.add(id); // Running, and the tables did not hold them.
  const found: Found[] = [];
  await eachBounded(suspects, IN_FLIGHT, async (workflowId) => {
    const difference = await differenceOf(db, engine, workflowId);
    const isLead = workflowId.startsWith(LEAD_WORKFLOW);
    const subject = isLead ? workflowId.slice(LEAD_WORKFLOW.length) : workflowId;
    if (difference) found.push({ workflowId, subject, difference });
  });
  return found.sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
}

const SENTENCES: Readonly<Record<Difference, string>> = {
  not_running: 'is open and has no open workflow',
  mails_unsent: 'is closed, has mails queued and no open workflow to send them',
  running_though_closed: 'is closed and its workflow is open',
  running_without_row: 'has an open workflow and no row',
};

export async function checkWorkflows(
  options: VerifyOptions,
  engine: VerifyEngine,
): Promise<{ broken: Broken[]; checkedRows: number }> {
  const { rows } = await options.db.query<{ n: string }>(
    `select ((select count(*) from leads) + (select count(*) from payouts where mode = 'monthly'))::text as n`,
  );
  const total = Number(rows[0]?.n);
  let checkedRows = 0;
  const found = await differences(options, engine, () => {
    checkedRows++;
    if (checkedRows % 1_000 === 0) options.onProgress?.({ invariant: 'I6', done: checkedRows, total });
  });
  const broken = found.map(({ subject, difference }) => ({ subject, detail: SENTENCES[difference] }));
  return { broken, checkedRows };
}
