// What every activity of a payout run stands on: the run locked, with the policy it is pinned to, its head, its
// audit chain and its postings.
import { appendAudit } from '../db/audit.js';
import { post } from '../db/ledger.js';
import { lockRun, type RunLine, type RunName, type RunRow } from '../db/payouts.js';
import { type Tx, withTransaction } from '../db/pool.js';
import { Writes } from '../db/writes.js';
import { instantAt, realAt } from '../domain/calendar/clock.js';
import { dateIn } from '../domain/calendar/zones.js';
import type { PayeeAmount, postPayoutReleased } from '../domain/ledger/commissions.js';
import type { PayoutPolicy } from '../domain/policies/types.js';
import type { PayoutCall, PayoutHead } from '../domain/steps.js';
import type { StepDeps } from './step.js';

const HOUR_MS = 3_600_000;

export interface Run {
  readonly tx: Tx;
  readonly row: RunRow;
  readonly policy: PayoutPolicy;
  readonly at: Date;
  readonly today: string;
  readonly writes: Writes;
  readonly log: StepDeps['log'];
}

export const nameOf = ({ run }: PayoutCall): RunName => {
  const [period = '', number] = run.split('/');
  return { period, run: Number(number) };
};

export function withRun<T>(deps: StepDeps, call: PayoutCall, work: (run: Run) => Promise<T>): Promise<T> {
  return withTransaction(deps.db, async (tx) => {
    const row = await lockRun(tx, nameOf(call));
    if (!row) throw new RangeError(`no payout run ${call.run}`);
    const policy = await deps.policies.get(tx, 'payout', row.policy);
    const atMs = instantAt(row.clock, call.at);
    const today = dateIn(row.entity.zone, atMs);
    return work({ tx, row, policy, at: new Date(atMs), today, writes: new Writes(), log: deps.log });
  });
}

export function headOf(
  { row, policy, at }: Run,
  lines: readonly RunLine[],
  from = row.calculatedMs,
): PayoutHead {
  const businessMs = Math.max(from, at.getTime()) + Math.max(1, policy.releaseHours) * HOUR_MS;
  return {
    payoutId: row.payoutId,
    unreleased: lines.filter(({ released }) => !released).length,
    unconfirmed: lines.filter(({ confirmed }) => !confirmed).length,
    dueAt: realAt(row.clock, businessMs),
  };
}

export function audit(
  { row, writes, at }: Run,
  key: string,
  action: string,
  actor: string | null,
  detail: object,
): void {
  const head = row.chain && { seq: BigInt(row.chain.seq), hash: Buffer.from(row.chain.hash, 'hex') };
  const change = { subject: row.payoutId, key, action, at, actor, detail: { ...detail } };
  appendAudit(writes, head ?? undefined, change);
}

/** One transaction per currency, a line per payee; ledger and payout say the same of each. */
export function postAll(
  { row, writes, today }: Run,
  what: 'released' | 'confirmed',
  key: string,
  lines: readonly RunLine[],
  posting: (payee: PayeeAmount) => ReturnType<typeof postPayoutReleased>,
): void {
  for (const currency of new Set(lines.map((line) => line.currency))) {
    post(writes, {
      businessKey: `payout/${row.payoutId}/${currency}/${what}/${key}`,
      kind: `payout_${what}`,
      entityId: row.entity.id,
      leadId: null,
      postedOn: today,
      currency,
      lines: lines
        .filter((line) => line.currency === currency)
        .flatMap(({ payeeId, amountMinor }) => posting({ payee: payeeId, amountMinor: BigInt(amountMinor) })),
    });
  }
}
