// A monthly payout run: everything unpaid up to the period's end is calculated, released payee by payee by
// somebody who profits from none of it, confirmed, and the leads it settles are told.
import { appendAudit } from '../db/audit.js';
import { lockPayees, readCarried } from '../db/commissions.js';
import { derivedId, newId } from '../db/ids.js';
import { post } from '../db/ledger.js';
import {
  duePayees,
  editedPlanOf,
  leadsPaid,
  lockRun,
  type ReleaseMessage,
  type RunLine,
  type RunName,
  type RunRow,
  readRelease,
  takeDueLines,
} from '../db/payouts.js';
import { isDatabaseAway, type Tx, withTransaction } from '../db/pool.js';
import { Writes } from '../db/writes.js';
import { instantAt, realAt } from '../domain/calendar/clock.js';
import { endOfMonth } from '../domain/calendar/days.js';
import { dateIn } from '../domain/calendar/zones.js';
import { payoutOf } from '../domain/commissions/payouts.js';
import { DomainError } from '../domain/errors.js';
import { type PayeeAmount, postPayoutConfirmed, postPayoutReleased } from '../domain/ledger/commissions.js';
import { parseAmount } from '../domain/money/amounts.js';
import { refuseToxic } from '../domain/people/toxicPairs.js';
import type { PayoutPolicy } from '../domain/policies/types.js';
import type { Answer, PayoutCall, PayoutHead } from '../domain/steps.js';
import { databaseAway, stepFailed } from './failures.js';
import { factRow, wakeRelay } from './intake/messages.js';
import { openScheduledRun } from './intake/payoutRuns.js';
import type { StepDeps } from './step.js';

const HOUR_MS = 3_600_000;

interface Run {
  readonly tx: Tx;
  readonly row: RunRow;
  readonly policy: PayoutPolicy;
  readonly at: Date;
  readonly today: string;
  readonly writes: Writes;
}

export function makePayoutActivities(deps: StepDeps) {
  const failed = (step: string, err: unknown): never => {
    if (isDatabaseAway(err)) throw databaseAway();
    deps.log.error({ step, err }, 'a step of a payout run failed');
    throw stepFailed(step, err);
  };
  const inRun = <T>(call: PayoutCall, work: (run: Run) => Promise<T>): Promise<T> =>
    withRun(deps, call, work).catch((error: unknown) => failed(`payout run ${call.run}`, error));
  return {
    /** Opens the scheduled run of a payday, or finds it open. */
    openPayout: ({ at }: { at: number }): Promise<string | null> =>
      openScheduledRun(deps, at).catch((error: unknown) => failed('openPayout', error)),
    /** Calculates the run, or finds it calculated: safe to call whenever the workflow begins. */
    calculatePayout: (call: PayoutCall): Promise<PayoutHead> => inRun(call, calculate(call)),
    /** Applies a decision to release and stores its answer. */
    releasePayout: (
      call: PayoutCall & { messageId: string },
    ): Promise<{ head: PayoutHead; answer: Answer }> => inRun(call, release(call)),
    /** Confirms what is released and tells the leads it settles. */
    confirmPayout: (call: PayoutCall): Promise<PayoutHead> => inRun(call, confirm(call)),
    /** Nobody has released in time: a task for compensation. */
    escalatePayoutRun: (call: PayoutCall): Promise<PayoutHead> => inRun(call, escalate(call)),
  };
}

const nameOf = ({ run }: PayoutCall): RunName => {
  const [period = '', number] = run.split('/');
  return { period, run: Number(number) };
};

function withRun<T>(deps: StepDeps, call: PayoutCall, work: (run: Run) => Promise<T>): Promise<T> {
  return withTransaction(deps.db, async (tx) => {
    const row = await lockRun(tx, nameOf(call));
    if (!row) throw new RangeError(`no payout run ${call.run}`);
    const policy = await deps.policies.get(tx, 'payout', row.policy);
    const atMs = instantAt(row.clock, call.at);
    const today = dateIn(row.entity.zone, atMs);
    return work({ tx, row, policy, at: new Date(atMs), today, writes: new Writes() });
  });
}

function headOf({ row, policy, at }: Run, lines: readonly RunLine[], from = row.calculatedMs): PayoutHead {
  const businessMs = Math.max(from, at.getTime()) + Math.max(1, policy.releaseHours) * HOUR_MS;
  return {
    payoutId: row.payoutId,
    unreleased: lines.filter(({ released }) => !released).length,
    unconfirmed: lines.filter(({ confirmed }) => !confirmed).length,
    dueAt: realAt(row.clock, businessMs),
  };
}

function audit(
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

const calculate =
  (call: PayoutCall) =>
  async (run: Run): Promise<PayoutHead> => {
    const { tx, row, policy, writes } = run;
    if (row.chain) return headOf(run, row.lines); // Its first audit entry says that it was calculated.
    const untilOn = endOfMonth(`${nameOf(call).period}-01`);
    const payees = await duePayees(tx, untilOn);
    await lockPayees(tx, payees);
    const sums = await takeDueLines(tx, row.payoutId, untilOn, payees);
    const carried = await readCarried(tx, [...new Set(sums.map(({ payeeId }) => payeeId))]);
    const lines = sums.map(({ payeeId, currency, earnedMinor }) => {
      const before = carried.find((one) => one.payeeId === payeeId && one.currency === currency);
      const minimum = policy.minimums.find((one) => one.currency === currency);
      const minimumMinor = minimum ? parseAmount(minimum.amount, currency) : 0n;
      const rule = { minimumMinor, maxRecoverBps: policy.maxRecoverBps };
      return {
        payeeId,
        currency,
        earnedMinor,
        amountMinor: payoutOf(earnedMinor, before?.carriedMinor ?? 0n, rule),
      };
    });
    writes.insert(
      'payout_lines',
      ...lines.map(({ payeeId, currency, earnedMinor, amountMinor }) => ({
        payout_id: row.payoutId,
        payee_id: payeeId,
        currency,
        earned_minor: earnedMinor,
        amount_minor: amountMinor,
      })),
    );
    // Minimum, releaser and recovery stay those it was calculated by, whatever is changed before its release.
    const over = lines.length === 0 && { status: 'confirmed', confirmed_at: run.at };
    writes.update('payouts', ['id'], { id: row.payoutId, policy_version: row.policy, ...over });
    audit(run, `${call.run}/calculate`, 'calculatePayout', row.calculatedBy, { payees: lines.length });
    await writes.run(tx);
    const open = { released: false, confirmed: false };
    return headOf(
      run,
      lines.map((line) => ({ ...line, ...open, earnedMinor: '', amountMinor: '' })),
    );
  };

const release =
  (call: PayoutCall & { messageId: string }) =>
  async (run: Run): Promise<{ head: PayoutHead; answer: Answer }> => {
    const { tx, row, writes } = run;
    const message = await readRelease(tx, call.messageId);
    if (!message) throw new RangeError(`no message ${call.messageId}`);
    if (message.answer) return { head: headOf(run, row.lines), answer: message.answer as Answer };
    let lines = row.lines;
    let answer: Answer = { result: 'expired', code: 'expired' };
    if (!message.expired) {
      try {
        const chosen = await linesToRelease(run, message);
        writeRelease(run, call, message, chosen);
        lines = lines.map((line) => (chosen.includes(line) ? { ...line, released: true } : line));
        answer = { result: 'applied' };
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        const { code, detail, pointer } = error;
        answer = { result: 'refused', code, detail, ...(pointer !== undefined && { pointer }) };
      }
    }
    writes.statement(
      'answer of the message',
      `update messages set answer = $ -> 'answer', answered_at = now() where id = $ ->> 'id' and answer is null`,
      { id: call.messageId, answer },
      1,
    );
    await writes.run(tx);
    return { head: headOf(run, lines), answer };
  };

/** Who may release what: never one's own, never what one calculated, never under a plan one edited. */
async function linesToRelease(run: Run, message: ReleaseMessage): Promise<RunLine[]> {
  const { tx, row, policy, today: on } = run;
  const { actorId, active, roles, body } = message;
  if (!active || !roles.includes(policy.releaserRole)) {
    throw new DomainError('forbidden', `releasing a payout needs the role ${policy.releaserRole}`);
  }
  const recordId = row.payoutId;
  const release = { personId: actorId, recordId, on };
  const calculated = row.calculatedBy === null ? [] : [{ personId: row.calculatedBy, recordId, on }];
  refuseToxic(
    { act: 'releaseCommission', ...release },
    calculated.map((done) => ({ act: 'calculateCommission', ...done })),
    `${actorId} calculated the run and may not release it`,
  );
  refuseToxic(
    { act: 'releasePayout', ...release },
    (await editedPlanOf(tx, recordId, actorId)) ? [{ act: 'editPlan', ...release }] : [],
    `${actorId} edited a plan behind the run and may not release it`,
  );
  for (const [index, payeeId] of (body.payeeIds ?? []).entries()) {
    const at = `/payeeIds/${index}`;
    refuseToxic(
      { act: 'releasePayout', ...release },
      [{ act: 'receivePayout', personId: payeeId, recordId, on }],
      `${actorId} releases no payout of their own`,
      at,
    );
    if (!row.lines.some((line) => line.payeeId === payeeId)) {
      throw new DomainError('not_found', `the run has no line of ${payeeId}`, at);
    }
  }
  const isChosen = ({ payeeId }: RunLine) => body.payeeIds?.includes(payeeId) ?? payeeId !== actorId;
  const chosen = row.lines.filter((line) => !line.released && isChosen(line));
  if (chosen.length === 0)
    throw new DomainError('already_decided', 'nothing is left for this person to release');
  return chosen;
}

function writeRelease(
  run: Run,
  call: PayoutCall & { messageId: string },
  { actorId }: ReleaseMessage,
  chosen: readonly RunLine[],
): void {
  const { row, writes, at } = run;
  writes.update(
    'payout_lines',
    ['payout_id', 'payee_id', 'currency'],
    ...chosen.map(({ payeeId, currency }) => ({
      payout_id: row.payoutId,
      payee_id: payeeId,
      currency,
      released_by: actorId,
      released_at: at,
    })),
  );
  if (row.lines.every((line) => line.released || chosen.includes(line))) {
    writes.update('payouts', ['id'], { id: row.payoutId, status: 'released' });
  }
  postAll(run, 'released', call.messageId, chosen, postPayoutReleased);
  audit(run, call.messageId, 'releasePayout', actorId, { payees: chosen.map(({ payeeId }) => payeeId) });
}

const confirm =
  (call: PayoutCall) =>
  async (run: Run): Promise<PayoutHead> => {
    const { tx, row, writes, at } = run;
    const due = row.lines.filter(({ released, confirmed }) => released && !confirmed);
    if (due.length === 0) return headOf(run, row.lines);
    const key = due.map(({ payeeId, currency }) => `${payeeId}/${currency}`).join(' ');
    writes.update(
      'payout_lines',
      ['payout_id', 'payee_id', 'currency'],
      ...due.map(({ payeeId, currency }) => ({
        payout_id: row.payoutId,
        payee_id: payeeId,
        currency,
        confirmed_at: at,
      })),
    );
    const lines = row.lines.map((line) => (due.includes(line) ? { ...line, confirmed: true } : line));
    if (lines.every(({ confirmed }) => confirmed)) {
      writes.update('payouts', ['id'], { id: row.payoutId, status: 'confirmed', confirmed_at: at });
    }
    const confirmationId = derivedId('msg', row.payoutId, key);
    postAll(run, 'confirmed', confirmationId, due, postPayoutConfirmed);
    const leads = await leadsPaid(tx, row.payoutId, [...new Set(due.map(({ payeeId }) => payeeId))]);
    const body = { payoutId: row.payoutId };
    writes.insert(
      'messages',
      ...leads.map((leadId) => {
        const id = derivedId('msg', row.payoutId, key, leadId);
        return factRow({ id, leadId, name: 'commissionPaid', actorId: null, body });
      }),
    );
    audit(run, `${call.run}/${confirmationId}`, 'confirmPayout', null, { leads: leads.length });
    await writes.run(tx);
    await wakeRelay(tx);
    return headOf(run, lines);
  };

/** One transaction per currency, a line per payee; ledger and payout say the same of each. */
function postAll(
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

const escalate =
  (call: PayoutCall) =>
  async (run: Run): Promise<PayoutHead> => {
    const { tx, row, at, policy } = run;
    const waiting = row.lines.filter(({ released }) => !released).map(({ payeeId }) => payeeId);
    await tx.query(
      `insert into tasks (id, kind, subject, role, reason, created_at) values ($1, 'payout_unreleased', $2, $3, $4, $5)
      on conflict (kind, subject) where status = 'open' do nothing`,
      [newId('task'), row.payoutId, policy.releaserRole, { run: call.run, payees: waiting }, at],
    );
    return headOf(run, row.lines);
  };
