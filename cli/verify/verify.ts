// `l2c verify`: proves the invariants I1 to I12 of a database by SQL of its own, and says who breaks them.
import type pg from 'pg';
import { approvals } from './approvals.js';
import { audit } from './audit.js';
import { checkCheckpoint } from './checkpoints.js';
import { commissions } from './commissions.js';
import { invoicing, reminders } from './inTime.js';
import { invoices } from './invoices.js';
import { ledger } from './ledger.js';
import { answers, quiet } from './messages.js';
import { numbers } from './numbers.js';
import { stages } from './stages.js';
import {
  type Broken,
  type Check,
  type Invariant,
  type InvariantResult,
  SHOWN,
  type VerifyOptions,
} from './types.js';
import { checkWorkflows } from './workflows.js';

const CHECKS: readonly Check[] = [
  ledger,
  invoices,
  answers,
  commissions,
  audit,
  quiet,
  approvals,
  numbers,
  stages,
  invoicing,
  reminders,
];
const QUIET_MS = 60_000;

// What every rule may ask: real and business instants of the check and of the moment things must be settled
// by.
const asked = `asked as materialized (
  select i.settled_at, i.checked_at, coalesce(c.anchor_at + (i.settled_at - c.real_anchor_at)
    * (86400.0 / c.seconds_per_day), i.settled_at) as business_settled_at
  from (select $1::timestamptz as settled_at, $2::timestamptz as checked_at) i
  left join lateral (select * from clock_segments s where s.real_anchor_at <= i.settled_at
    order by s.real_anchor_at desc, s.id desc limit 1) c on true)`;

interface Found {
  broken: Broken[];
  brokenCount: number;
  checkedRows: number;
}

/**
 * Checks every invariant and returns one result each, in their order. SQL rules see one snapshot of the
 * database; workflows and checkpoints are asked after it. Reads only. Throws when the database is away.
 */
export async function verify(options: VerifyOptions): Promise<InvariantResult[]> {
  const results = [...(await checkRows(options)), await checkEngine(options)];
  const found = results.sort((a, b) => orderOf(a.invariant) - orderOf(b.invariant));
  if (options.checkpoints === undefined) return found;
  const started = performance.now();
  const signed = await checkCheckpoint({
    db: options.db,
    path: options.checkpoints,
    fast: options.fast ?? false,
    ...(options.checkpointKey && { publicKey: options.checkpointKey }),
  });
  return found.map((result) =>
    result.invariant === 'I5'
      ? resultOf('I5', performance.now() - started + result.ms, {
          broken: [...result.broken, ...signed.broken],
          brokenCount: result.brokenCount + signed.brokenCount,
          checkedRows: result.checkedRows + signed.checkedRows,
        })
      : result,
  );
}

const orderOf = (invariant: Invariant): number => Number(invariant.slice(1));

function resultOf(invariant: Invariant, ms: number, found: Found): InvariantResult {
  return { invariant, ok: found.brokenCount === 0, ...found, ms: Math.round(ms) };
}

async function checkRows({ db, quietMs = QUIET_MS, at = new Date(), onProgress }: VerifyOptions) {
  const client = await db.connect();
  let broken = false;
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(`set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
      set local work_mem = '64MB'; set local jit = off`);
    const instants = [new Date(at.getTime() - quietMs), at];
    const results: InvariantResult[] = [];
    for (const { invariant, rules } of CHECKS) {
      const started = performance.now();
      const found: Found = { broken: [], brokenCount: 0, checkedRows: 0 };
      for (const [index, rule] of rules.entries()) {
        onProgress?.({ invariant, done: index, total: rules.length });
        await checkRule(client, rule, instants, found);
      }
      results.push(resultOf(invariant, performance.now() - started, found));
    }
    return results;
  } catch (error) {
    broken = true; // Whatever state its transaction is in, the connection is not used again.
    throw error;
  } finally {
    if (!broken) await client.query('rollback');
    client.release(broken);
  }
}

async function checkRule(
  client: pg.PoolClient,
  { offenders, counted }: Check['rules'][number],
  instants: readonly Date[],
  found: Found,
): Promise<void> {
  await client.query('savepoint rule');
  try {
    const { rows } = await client.query<{ subject: string; detail: string; n: string }>(
      `with ${asked}, offenders (subject, detail) as materialized (${offenders})
       select subject, detail, count(*) over ()::text as n from offenders, asked limit ${SHOWN}`,
      [...instants],
    );
    found.broken.push(...rows.map(({ subject, detail }) => ({ subject, detail })));
    found.brokenCount += Number(rows[0]?.n ?? 0);
  } catch (error) {
    // Class 22: a value no rule can read, such as an entry that is no JSON. That is a finding, not a failure.
    if (!String((error as { code?: unknown }).code).startsWith('22')) throw error;
    await client.query('rollback to savepoint rule');
    found.broken.push({ subject: 'unreadable', detail: (error as Error).message });
    found.brokenCount++;
  }
  if (!counted) return;
  const { rows } = await client.query<{ n: string }>(`select (${counted})::text as n`);
  found.checkedRows += Number(rows[0]?.n);
}

async function checkEngine(options: VerifyOptions): Promise<InvariantResult> {
  const nothing: Found = { broken: [], brokenCount: 0, checkedRows: 0 };
  if (!options.engine) return { ...resultOf('I6', 0, nothing), skipped: 'no engine to ask' };
  const started = performance.now();
  try {
    const { broken, checkedRows } = await checkWorkflows(options, options.engine);
    const found = { broken: broken.slice(0, SHOWN), brokenCount: broken.length, checkedRows };
    return resultOf('I6', performance.now() - started, found);
  } catch (error) {
    // What cannot be proven is not true; the other eleven results are still worth having.
    const broken = [{ subject: 'engine', detail: `cannot be asked: ${(error as Error).message}` }];
    return resultOf('I6', performance.now() - started, { broken, brokenCount: 1, checkedRows: 0 });
  }
}
