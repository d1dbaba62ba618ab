// A monthly payout run: everything unpaid up to the period's end is calculated, released payee by payee
// (payoutRelease.ts), confirmed, and the leads it settles are told.
import { ApplicationFailure } from '@temporalio/common';
import { lockPayees, readCarried } from '../db/commissions.js';
import { derivedId, newId } from '../db/ids.js';
import { duePayees, leadsPaid, takeDueLines } from '../db/payouts.js';
import { isDatabaseAway } from '../db/pool.js';
import { endOfMonth } from '../domain/calendar/days.js';
import { payoutOf } from '../domain/commissions/payouts.js';
import { postPayoutConfirmed } from '../domain/ledger/commissions.js';
import { parseAmount } from '../domain/money/amounts.js';
import type { PayoutCall, PayoutHead, ToldAnswer } from '../domain/steps.js';
import type { TaskKind } from '../domain/tasks.js';
import { databaseAway, stepFailed } from './failures.js';
import { factRow, wakeRelay } from './intake/messages.js';
import { openScheduledRun } from './intake/payoutRuns.js';
import { leaveStuck, release } from './payoutRelease.js';
import { audit, headOf, nameOf, postAll, type Run, withRun } from './payoutRun.js';
import { MAX_FAILURES, type StepDeps } from './step.js';

export function makePayoutActivities(deps: StepDeps) {
  const failed = (step: string, err: unknown): never => {
    if (isDatabaseAway(err)) throw databaseAway();
    deps.log.error({ step, err }, 'a step of a payout run failed');
    throw stepFailed(step, err);
  };
  const inRun = <T>(call: PayoutCall, work: (run: Run) => Promise<T>): Promise<T> =>
    withRun(deps, call, work).catch((error: unknown) => failed(`payout run ${call.run}`, error));
  const failures = new Map<string, number>();
  /** As a step of a deal: after three failures it is stuck; the sweep tells it again, hourly and to new code. */
  const releaseOrLeave = async (call: PayoutCall & { messageId: string }) => {
    try {
      const released = await inRun(call, release(call));
      failures.delete(call.messageId);
      return released;
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.type !== 'StepFailed') throw error;
      const count = (failures.get(call.messageId) ?? 0) + 1;
      failures.set(call.messageId, count);
      if (count < MAX_FAILURES) throw error;
      failures.delete(call.messageId);
      return inRun(call, leaveStuck(call));
    }
  };
  return {
    /** Opens the scheduled run of a payday, or finds it open. */
    openPayout: ({ at }: { at: number }): Promise<string | null> =>
      openScheduledRun(deps, at).catch((error: unknown) => failed('openPayout', error)),
    /** Calculates the run, or finds it calculated: safe to call whenever the workflow begins. */
    calculatePayout: (call: PayoutCall): Promise<PayoutHead> => inRun(call, calculate(call)),
    /** Applies a decision to release and stores its answer. */
    releasePayout: (
      call: PayoutCall & { messageId: string },
    ): Promise<{ head: PayoutHead; answer: ToldAnswer }> => releaseOrLeave(call),
    /** Confirms what is released and tells the leads it settles. */
    confirmPayout: (call: PayoutCall): Promise<PayoutHead> => inRun(call, confirm(call)),
    /** Nobody has released in time: a task for compensation. */
    escalatePayoutRun: (call: PayoutCall): Promise<PayoutHead> => inRun(call, escalate(call)),
  };
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

const UNRELEASED: TaskKind = 'payout_unreleased';

const escalate =
  (call: PayoutCall) =>
  async (run: Run): Promise<PayoutHead> => {
    const { tx, row, at, policy } = run;
    const waiting = row.lines.filter(({ released }) => !released).map(({ payeeId }) => payeeId);
    await tx.query(
      `insert into tasks (id, kind, subject, role, reason, created_at) values ($1, $2, $3, $4, $5, $6)
      on conflict (kind, subject) where status = 'open' do nothing`,
      [newId('task'), UNRELEASED, row.payoutId, policy.releaserRole, { run: call.run, payees: waiting }, at],
    );
    return headOf(run, row.lines);
  };
