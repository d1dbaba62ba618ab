// I6: an open lead has an open workflow, a closed or unknown one has none. The engine's list lags behind and
// may leave things out, so each lead is described; what looks wrong is read a second time before it is said.
import type pg from 'pg';
import { eachBounded } from './bounded.js';
import type { Broken, VerifyEngine, VerifyOptions } from './types.js';

export const LEAD_WORKFLOW = 'lead/';
/** Calls to the engine under way at a time (PROTOCOL, "look"). */
export const IN_FLIGHT = 16;
const PAGE = 5_000;

export interface LeadRow {
  readonly id: string;
  readonly isOpen: boolean;
}

/** Yields every lead in the order of ids, page by page, so that no long transaction is held. */
export async function* leadRows(db: pg.Pool): AsyncGenerator<LeadRow> {
  for (let after = ''; ; ) {
    const { rows } = await db.query<{ id: string; open: boolean }>(
      `select id, stage <> 'closed' as open from leads where id > $1 order by id limit ${PAGE}`,
      [after],
    );
    for (const row of rows) yield { id: row.id, isOpen: row.open };
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.id;
  }
}

export type Difference = 'not_running' | 'running_though_closed' | 'running_without_lead';

/** What row and workflow of a lead say now; undefined when they agree. */
export async function differenceOf(
  db: pg.Pool,
  engine: VerifyEngine,
  leadId: string,
): Promise<Difference | undefined> {
  const state = await engine.describe(`${LEAD_WORKFLOW}${leadId}`);
  const { rows } = await db.query<{ open: boolean }>(
    `select stage <> 'closed' as open from leads where id = $1`,
    [leadId],
  );
  const [row] = rows;
  if (!row) return state === 'open' ? 'running_without_lead' : undefined;
  if (row.open) return state === 'open' ? undefined : 'not_running';
  return state === 'open' ? 'running_though_closed' : undefined;
}

/** Yields ids of leads whose row and workflow differ, described twice; `checked` is told of every lead. */
export async function differences(
  { db, fast }: Pick<VerifyOptions, 'db' | 'fast'>,
  engine: VerifyEngine,
  checked: () => void,
): Promise<{ leadId: string; difference: Difference }[]> {
  const listed = new Set<string>();
  for await (const id of engine.listOpen()) {
    if (id.startsWith(LEAD_WORKFLOW)) listed.add(id.slice(LEAD_WORKFLOW.length));
  }
  const suspects = new Set<string>();
  await eachBounded(leadRows(db), IN_FLIGHT, async ({ id, isOpen }) => {
    const isListed = listed.delete(id);
    const isRunning = fast ? isListed : (await engine.describe(`${LEAD_WORKFLOW}${id}`)) === 'open';
    if (isRunning !== isOpen) suspects.add(id);
    checked();
  });
  for (const id of listed) suspects.add(id); // Running, and the table did not hold them.
  const found: { leadId: string; difference: Difference }[] = [];
  await eachBounded(suspects, IN_FLIGHT, async (leadId) => {
    const difference = await differenceOf(db, engine, leadId);
    if (difference) found.push({ leadId, difference });
  });
  return found.sort((a, b) => (a.leadId < b.leadId ? -1 : 1));
}

const SENTENCES: Readonly<Record<Difference, string>> = {
  not_running: 'is open and has no open workflow',
  running_though_closed: 'is closed and its workflow is open',
  running_without_lead: 'has an open workflow and no row',
};

export async function checkWorkflows(
  options: VerifyOptions,
  engine: VerifyEngine,
): Promise<{ broken: Broken[]; checkedRows: number }> {
  const { rows } = await options.db.query<{ n: string }>('select count(*)::text as n from leads');
  const total = Number(rows[0]?.n);
  let checkedRows = 0;
  const found = await differences(options, engine, () => {
    checkedRows++;
    if (checkedRows % 1_000 === 0) options.onProgress?.({ invariant: 'I6', done: checkedRows, total });
  });
  const broken = found.map(({ leadId, difference }) => ({ subject: leadId, detail: SENTENCES[difference] }));
  return { broken, checkedRows };
}
