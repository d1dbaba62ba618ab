// A whole funnel through the API of a product that runs: the company, all leads, the deals among them to paid
// commission, then the books.
import { setTimeout as sleep } from 'node:timers/promises';
import { firstKey } from '../../activities/intake/firstBoot.js';
import type { LeadMapping } from '../../contracts/imports.js';
import { LEAD_MAPPINGS } from '../../contracts/leadMappings.js';
import type { Db } from '../../db/pool.js';
import { sendImport } from '../importLeads.js';
import { type OnEvent, runStep } from '../progress.js';
import type { Product } from '../serve.js';
import { type Company, foundCompany } from './company.js';
import { closeDeal, receivedLead } from './deal.js';
import type { Funnel } from './files.js';
import { type ChannelRow, differences, reportOf } from './report.js';
import { type FunnelState, writeState } from './state.js';

const MAPPING = 'olist-won';

export interface RunOptions {
  readonly funnel: Funnel;
  readonly files: string;
  readonly stateDir: string;
  readonly state: FunnelState | undefined;
  readonly concurrency: number;
  readonly onEvent: OnEvent;
  readonly signal: AbortSignal;
}

export interface FunnelResult {
  readonly rows: readonly ChannelRow[];
  /** What is not as the files say, and deals that did not end won; a sentence each. */
  readonly problems: readonly string[];
}

/** Runs a funnel, or the rest of one that was cut off. */
export async function runFunnel(product: Product, options: RunOptions): Promise<FunnelResult> {
  const { funnel, onEvent, signal } = options;
  const baseUrl = product.api?.url ?? '';
  const company = await runStep(
    onEvent,
    'company',
    'making people, products and policies',
    () => found(product, options),
    () => `${funnel.people.sales.length} sell, ${funnel.people.firstContact.length} make first contact`,
  );
  const token = company.tokenOf('marketing');
  const imported = await runStep(
    onEvent,
    'import',
    `importing ${funnel.origins.size} leads`,
    () =>
      sendImport({ baseUrl, token, csv: funnel.csv, mapping: MAPPING, signal, onProgress: told(onEvent) }),
    ({ created, duplicates, rejected }) => `${created} new, ${duplicates} known, ${rejected} refused`,
  );
  const problems = imported.errors.map(({ line, reason }) => `line ${line} was refused: ${reason}`);
  if (imported.failure !== null) problems.push(`the import went no further: ${imported.failure}`);
  const started = runStep(
    onEvent,
    'workflows',
    'starting the workflows behind the import',
    () => allStarted(product.db, onEvent, signal),
    (count) => `${count} leads scored and given an owner`,
  );
  const deals = runStep(
    onEvent,
    'deals',
    `taking ${funnel.deals.length} deals to paid commission`,
    () => closeDeals(company, options),
    (stuck) => `${funnel.deals.length - stuck.length} won`,
  );
  // Both are waited for, so that nothing goes on behind a failure.
  const [start, stuck] = await Promise.allSettled([started, deals]);
  if (start.status === 'rejected') throw start.reason;
  if (stuck.status === 'rejected') throw stuck.reason;
  const rows = await reportOf(product.db, funnel);
  const differing = differences(rows, funnel, LEAD_MAPPINGS[MAPPING] as LeadMapping);
  return { rows, problems: [...problems, ...stuck.value, ...differing] };
}

async function found(
  { db, api }: Product,
  { funnel, files, stateDir, state: known, signal }: RunOptions,
): Promise<Company & { tokenOf(handle: string): string }> {
  let state = known ?? (await begun(db, files, new Date(api?.clock.now() ?? Date.now())));
  const keep = (next: FunnelState): void => {
    state = next;
    writeState(stateDir, next);
  };
  keep(state);
  const company = await foundCompany({ baseUrl: api?.url ?? '', state, people: funnel.people, keep, signal });
  return { ...company, tokenOf: (handle) => state.keys[handle]?.key ?? '' };
}

async function begun(db: Db, files: string, at: Date): Promise<FunnelState> {
  const admin = await firstKey(db, at);
  if (!admin)
    throw new RangeError('the database of the funnel has a company and no keys to it; remove its folder');
  return { files, adminId: admin.personId, adminKey: admin.token, keys: {} };
}

const told =
  (onEvent: OnEvent) =>
  ({ read, created, rejected }: { read: number; created: number; rejected: number }): void =>
    onEvent({
      step: 'import',
      status: 'begin',
      ms: 0,
      detail: `${read} read, ${created} new, ${rejected} refused`,
    });

const LOOK_MS = 2_000;
const PAUSE_MS = 50;

/** Waits until every imported lead is received by its workflow; an engine that does nothing for a while is told. */
async function allStarted(db: Db, onEvent: OnEvent, signal: AbortSignal): Promise<number> {
  for (;;) {
    const { rows } = await db.query<{ done: number; total: number }>(
      `select count(*) filter (where answer is not null)::int as done, count(*)::int as total
       from messages where name = 'leadCaptured'`,
    );
    const { done = 0, total = 0 } = rows[0] ?? {};
    if (done === total) return total;
    onEvent({ step: 'workflows', status: 'begin', ms: 0, detail: `${done} of ${total}` });
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** Takes the deals to their end, a few at a time. Answers what became of those that did not end won. */
async function closeDeals(
  company: Company,
  { funnel, concurrency, onEvent, signal }: RunOptions,
): Promise<string[]> {
  const stuck: string[] = [];
  const waiting = [...funnel.deals];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let deal = waiting.shift(); deal !== undefined; deal = waiting.shift()) {
      signal.throwIfAborted();
      try {
        const lead = await receivedLead(deal, company);
        if (!lead) {
          // Its turn comes again; the engine receives leads in an order of its own.
          waiting.push(deal);
          await sleep(PAUSE_MS, undefined, { signal });
          continue;
        }
        const outcome = await closeDeal(deal, lead, company, signal);
        if (outcome !== 'won') stuck.push(`deal of line ${deal.line} (${deal.leadId}) ended ${outcome}`);
      } catch (error) {
        // One deal that does not come on must not keep the others; it makes the run end with "found".
        signal.throwIfAborted();
        stuck.push(`deal of line ${deal.line} (${deal.leadId}): ${(error as Error).message}`);
      }
      done++;
      if (done % 10 === 0) {
        onEvent({ step: 'deals', status: 'begin', ms: 0, detail: `${done} of ${funnel.deals.length}` });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, worker));
  return stuck;
}
