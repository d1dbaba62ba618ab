import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openPayoutRun } from '../../activities/intake/payoutRuns.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { newId } from '../../db/ids.js';
import { withTransaction } from '../../db/pool.js';
import { addMonths } from '../../domain/calendar/days.js';
import {
  DAY,
  type Deal,
  openWorld,
  orderedDeal,
  own,
  PEOPLE,
  row,
  settle,
  told,
  type World,
} from '../support/deal.js';
import { whileFailing } from '../support/failing.js';
import { bounce, deliver, invoicesOf, pay } from '../support/money.js';
import { counts, offences } from '../support/offences.js';

let world: World;
beforeAll(async () => {
  world = await openWorld({ commission: { payout: 'monthly' } });
});
afterEach(async () => {
  expect(await offences(world)).toEqual([]);
});
afterAll(() => world.close());

const PERIOD = DAY.slice(0, 7);
/** Days from the order to the fifth of the next month. */
const PAYDAY = 34;

async function paidDeal(netMinor: number) {
  const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor }] });
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  const { paymentId } = await pay(world, deal, invoice?.number as string, invoice?.gross as bigint, 1);
  return { deal, paymentId };
}

const stageOf = async ({ leadId }: Deal) =>
  (await row<{ stage: string }>(world, 'select stage from leads where id = $1', leadId)).stage;

async function releaseBy(target: string, actorId: string, payeeIds?: string[]): Promise<string> {
  const id = newId('msg');
  await world.db.query(
    `insert into messages (id, target, name, kind, actor_id, body, body_hash, not_after)
      values ($1, $2, 'releasePayout', 'decision', $3, $4, sha256('x'), now() + interval '1 day')`,
    [id, target, actorId, payeeIds ? { payeeIds } : {}],
  );
  return id;
}

/** Opens and calculates the next run of the period. */
async function calculated() {
  const opened = await openPayoutRun(world.deps, {
    period: PERIOD,
    actorId: PEOPLE.comp,
    at: world.at(PAYDAY),
  });
  const call = { run: `${opened.period}/${opened.run}`, at: world.at(PAYDAY) };
  const heads = await Promise.all([world.steps.calculatePayout(call), world.steps.calculatePayout(call)]);
  return { ...opened, call, head: heads[0] as (typeof heads)[number], heads };
}

async function releaseAll({ target, call, payoutId }: Awaited<ReturnType<typeof calculated>>): Promise<void> {
  const messageId = await releaseBy(target, PEOPLE.comp2);
  await world.steps.releasePayout({ ...call, messageId });
  await world.steps.confirmPayout(call);
  await tellAll(payoutId);
}

/** Runs until nothing is due and nothing is carried. */
async function settleBalance(): Promise<void> {
  await paidDeal(2_000_000);
  await releaseAll(await calculated());
  for (let round = 0; round < 5; round++) {
    const { minor } = await row<{ minor: bigint | null }>(
      world,
      'select sum(earned_minor - amount_minor)::bigint as minor from payout_lines where payee_id = $1',
      PEOPLE.rep,
    );
    if (!minor) return;
    await paidDeal(2_000_000);
    await releaseAll(await calculated());
  }
  throw new Error('the balance does not settle');
}

/** A deal under a plan that pays by itself as soon as cash has come. */
async function paidAtOnce(netMinor: number): Promise<{ payoutId: string }> {
  const body = { ...POLICY_EXAMPLES.commission, payout: 'onEarned' };
  await world.db.query(
    `insert into policies (kind, version, body, body_hash, created_by, created_at)
      values ('commission', 2, $1, sha256('y'), $2, '2026-01-01')`,
    [body, PEOPLE.editor],
  );
  await world.db.query(
    `insert into policy_approvals values ('commission', 2, $1, '2026-01-02'), ('commission', 2, $2, '2026-01-02')`,
    [PEOPLE.boss, PEOPLE.comp],
  );
  const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor }] });
  await world.db.query('update commission_credits set plan_version = 2 where order_id = $1', [deal.orderId]);
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  await pay(world, deal, invoice?.number as string, invoice?.gross as bigint, 1);
  await settle(world, deal.leadId, 1);
  return row(world, 'select id as "payoutId" from payouts where lead_id = $1', deal.leadId);
}

async function tellAll(payoutId: string): Promise<void> {
  const { rows } = await world.db.query<{ id: string; lead_id: string }>(
    `select id, lead_id from messages where name = 'commissionPaid' and answer is null and body ->> 'payoutId' = $1`,
    [payoutId],
  );
  for (const message of rows) await told(world, 'settleCommission', message.lead_id, message.id, PAYDAY);
}

describe('a monthly run', () => {
  test('pays what leads wait for: calculated once, released by another person, confirmed, leads told', async () => {
    const { deal } = await paidDeal(1_000_000);
    expect(await stageOf(deal)).toBe('commission');
    const { due } = await row<{ due: string }>(
      world,
      `select to_char(until at time zone 'Europe/Madrid', 'YYYY-MM-DD') as due from waits
        where lead_id = $1 and kind = 'payout' and ended_at is null`,
      deal.leadId,
    );
    // The fifth of the next month and 72 hours to release.
    expect(due).toBe(`${addMonths(`${PERIOD}-08`, 1)}`);
    const { target, call, head, heads, payoutId } = await calculated();
    expect(heads[1]).toEqual(head);
    expect(head).toMatchObject({ unreleased: 3, unconfirmed: 3 });
    const byMaker = await releaseBy(target, PEOPLE.comp);
    expect((await world.steps.releasePayout({ ...call, messageId: byMaker })).answer).toMatchObject({
      result: 'refused',
      code: 'conflicting_duties',
    });
    const messageId = await releaseBy(target, PEOPLE.comp2);
    const answers = await Promise.all([
      world.steps.releasePayout({ ...call, messageId }),
      world.steps.releasePayout({ ...call, messageId }),
    ]);
    expect(answers.map(({ answer }) => answer.result)).toEqual(['applied', 'applied']);
    const confirmed = await Promise.all([world.steps.confirmPayout(call), world.steps.confirmPayout(call)]);
    expect(confirmed.map(({ unconfirmed }) => unconfirmed)).toEqual([0, 0]);
    await tellAll(payoutId);
    expect(await stageOf(deal)).toBe('closed');
  });

  test('is not released by a message that was not stored for it, whoever sends the engine what', async () => {
    await paidDeal(2_000_000);
    const { target, call, payoutId } = await calculated();
    const elsewhere = await releaseBy('payout/commission/2020-01/1', PEOPLE.comp2);
    const { id } = await row<{ id: string }>(world, `select id from messages where kind = 'fact' limit 1`);
    const forged = [newId('msg'), elsewhere, id];
    for (const messageId of forged) {
      const { head, answer } = await world.steps.releasePayout({ ...call, messageId });
      expect(answer).toMatchObject({ result: 'refused', code: 'not_found' });
      expect(head.unreleased).toBe(head.unconfirmed);
    }
    const tasks = await world.db.query(`select kind from tasks where subject = $1`, [payoutId]);
    expect(tasks.rows).toEqual([{ kind: 'message_unknown' }]);
    await world.db.query('delete from messages where id = $1', [elsewhere]);
    await releaseAll({ target, call, payoutId } as Awaited<ReturnType<typeof calculated>>);
  });

  test('nobody releases their own: the rest goes, theirs waits for somebody else', async () => {
    await world.db.query(`insert into person_roles values ($1, 'compensation', null, '2026-01-01')`, [
      PEOPLE.sdr,
    ]);
    const { deal } = await paidDeal(2_000_000);
    const { target, call, payoutId } = await calculated();
    const own = await releaseBy(target, PEOPLE.sdr, [PEOPLE.sdr]);
    expect((await world.steps.releasePayout({ ...call, messageId: own })).answer).toMatchObject({
      code: 'self_approval',
    });
    const why = `select answer ->> 'pointer' as pointer from messages where id = $1`;
    expect(await row(world, why, own)).toEqual({ pointer: '/payeeIds/0' });
    const others = await releaseBy(target, PEOPLE.sdr);
    expect((await world.steps.releasePayout({ ...call, messageId: others })).head).toMatchObject({
      unreleased: 1,
      unconfirmed: 3,
    });
    await world.steps.confirmPayout(call);
    await tellAll(payoutId);
    expect(await stageOf(deal)).toBe('commission');
    await world.steps.escalatePayoutRun(call);
    const rest = await releaseBy(target, PEOPLE.comp2, [PEOPLE.sdr]);
    await world.steps.releasePayout({ ...call, messageId: rest });
    await world.steps.confirmPayout(call);
    await tellAll(payoutId);
    expect(await stageOf(deal)).toBe('closed');
  });

  test('a bounce after the payout is carried and set off against later commission, half of it at most', async () => {
    const { deal, paymentId } = await paidDeal(1_000_000);
    const first = await calculated();
    await world.steps.releasePayout({
      ...first.call,
      messageId: await releaseBy(first.target, PEOPLE.comp2),
    });
    await world.steps.confirmPayout(first.call);
    await tellAll(first.payoutId);
    await bounce(world, deal, paymentId, 28);
    await paidDeal(400_000);
    const second = await calculated();
    const { rows } = await world.db.query<{ payee_id: string; earned_minor: bigint; amount_minor: bigint }>(
      'select payee_id, earned_minor, amount_minor from payout_lines where payout_id = $1 order by payee_id',
      [second.payoutId],
    );
    // 24,000 taken back and 9,600 earned of the rep: nothing is paid, the rest is carried.
    expect(rows.map((line) => [line.earned_minor, line.amount_minor])).toEqual([
      [-4_800n, 0n],
      [-14_400n, 0n],
      [-3_600n, 0n],
    ]);
    await world.steps.releasePayout({
      ...second.call,
      messageId: await releaseBy(second.target, PEOPLE.comp2),
    });
    await world.steps.confirmPayout(second.call);
    await tellAll(second.payoutId);
    await paidDeal(1_000_000);
    const third = await calculated();
    const { amount } = await row<{ amount: bigint }>(
      world,
      'select amount_minor as amount from payout_lines where payout_id = $1 and payee_id = $2',
      third.payoutId,
      PEOPLE.rep,
    );
    // 24,000 earned, 14,400 owed, at most half of what is earned is recovered.
    expect(amount).toBe(12_000n);
    await world.steps.releasePayout({
      ...third.call,
      messageId: await releaseBy(third.target, PEOPLE.comp2),
    });
  });

  test('what was carried is paid by one run, however many are open', async () => {
    const paid = async ({ payoutId }: { payoutId: string }) =>
      (
        await row<{ amount: bigint }>(
          world,
          'select amount_minor as amount from payout_lines where payout_id = $1 and payee_id = $2',
          payoutId,
          PEOPLE.rep,
        )
      ).amount;
    // Earlier tests leave a balance: 20.00 is the least that is paid, so 7.20 of the rep are carried.
    await settleBalance();
    await paidDeal(30_000);
    const small = await calculated();
    expect(await paid(small)).toBe(0n);
    // Nobody has released them yet: no other run pays the 7.20.
    await paidDeal(100_000);
    const before = await calculated();
    expect(await paid(before)).toBe(2_400n);
    await releaseAll(small);
    await paidDeal(100_000);
    const first = await calculated();
    expect(await paid(first)).toBe(2_400n + 720n);
    await paidDeal(100_000);
    const second = await calculated();
    expect(await paid(second)).toBe(2_400n);
    const atOnce = await paidAtOnce(100_000);
    expect(await paid(atOnce)).toBe(2_400n);
    for (const run of [before, first, second]) await releaseAll(run);
  });

  test('a debt is recovered by one run, however many are open', async () => {
    await settleBalance();
    const { deal, paymentId } = await paidDeal(100_000);
    await releaseAll(await calculated());
    await bounce(world, deal, paymentId, 28);
    const taken = await calculated();
    await paidDeal(1_000_000);
    const first = await calculated();
    await paidDeal(1_000_000);
    const second = await calculated();
    const { rows } = await world.db.query<{ amount: bigint }>(
      `select amount_minor as amount from payout_lines where payout_id in ($1, $2) and payee_id = $3
        order by amount_minor`,
      [first.payoutId, second.payoutId, PEOPLE.rep],
    );
    expect(rows).toEqual([{ amount: 24_000n - 2_400n }, { amount: 24_000n }]);
    for (const run of [taken, first, second]) await releaseAll(run);
  });

  test('a release that a bug of ours breaks is left stuck for a person, and is done when it is told again', async () => {
    await settleBalance();
    await paidDeal(1_000_000);
    const { target, call, head, payoutId } = await calculated();
    const messageId = await releaseBy(target, PEOPLE.comp2);
    const stands = () =>
      row<object>(
        world,
        `select m.parked_for as "parkedFor", m.answer ->> 'result' as result, t.role, t.status, t.lead_id as lead
          from messages m left join tasks t on t.subject = m.id and t.kind = 'step_stuck' where m.id = $1`,
        messageId,
      );
    await whileFailing(world, 'ledger_transactions', async () => {
      const releasing = () => world.steps.releasePayout({ ...call, messageId });
      await expect(releasing()).rejects.toMatchObject({ type: 'StepFailed' });
      await expect(releasing()).rejects.toMatchObject({ type: 'StepFailed' });
      expect(await releasing()).toEqual({ head, answer: { result: 'stuck', code: 'stuck' } });
    });
    const waits = { parkedFor: 'stuck', result: null, role: 'operations', status: 'open', lead: null };
    expect(await stands()).toEqual(waits);
    await world.db.query(`update messages set not_after = now() - interval '1 day' where id = $1`, [
      messageId,
    ]);
    const { answer } = await world.steps.releasePayout({ ...call, messageId });
    expect(answer).toEqual({ result: 'applied' });
    expect(await stands()).toMatchObject({ parkedFor: null, result: 'applied', status: 'resolved' });
    await world.steps.confirmPayout(call);
    await tellAll(payoutId);
  });

  test('is released by nobody who stored no decision for it, whatever the engine is told', async () => {
    await settleBalance();
    await paidDeal(1_000_000);
    const run = await calculated();
    const elsewhere = await releaseBy('payout/commission/2020-01/1', PEOPLE.comp2);
    for (const messageId of [newId('msg'), elsewhere]) {
      expect(await world.steps.releasePayout({ ...run.call, messageId })).toEqual({
        head: run.head,
        answer: { result: 'refused', code: 'not_found' },
      });
    }
    await world.db.query('delete from messages where id = $1', [elsewhere]);
    await releaseAll(run);
  });

  test('with nothing due is refused and leaves no run, as is a month that has not begun', async () => {
    const run = { period: '2025-01', actorId: PEOPLE.comp, at: world.at() };
    const before = await counts(world);
    await expect(openPayoutRun(world.deps, run)).rejects.toMatchObject({
      code: 'nothing_due',
      pointer: '/period',
      detail: expect.stringContaining('2025-01-31'),
    });
    expect(await counts(world)).toEqual(before);
    await expect(openPayoutRun(world.deps, { ...run, period: '2026-13' })).rejects.toMatchObject({
      code: 'invalid_field',
    });
    await expect(openPayoutRun(world.deps, { ...run, period: '2026-04' })).rejects.toMatchObject({
      pointer: '/period',
    });
  });

  test('is refused while another of its month is not calculated, which would take all there is', async () => {
    await paidDeal(1_000_000);
    const run = { period: PERIOD, actorId: PEOPLE.comp, at: world.at(PAYDAY) };
    const opening = await Promise.allSettled([
      openPayoutRun(world.deps, run),
      openPayoutRun(world.deps, run),
    ]);
    const [first] = opening.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const [refusal] = opening.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    const name = `${first?.period}/${first?.run}`;
    expect(refusal).toMatchObject({
      code: 'already_exists',
      pointer: '/period',
      detail: expect.stringContaining(`run ${name} is not calculated yet`),
    });
    // Nor does the Schedule open another one: it starts the one that is there.
    expect(await world.steps.openPayout({ at: run.at })).toBe(name);
    const call = { run: name, at: run.at };
    expect(await world.steps.calculatePayout(call)).toMatchObject({ unreleased: 3 });
    await expect(openPayoutRun(world.deps, run)).rejects.toMatchObject({ code: 'nothing_due' });
    await paidDeal(1_000_000);
    await releaseAll(await calculated());
  });

  test('before the company has said how it pays is refused at the door', async () => {
    const undone = new Error('as it was');
    const run = { period: PERIOD, actorId: PEOPLE.comp, at: world.at(PAYDAY) };
    const without = withTransaction(world.db, async (tx) => {
      await tx.query(`delete from policies where kind = 'payout'`);
      await expect(openPayoutRun({ db: tx }, run)).rejects.toMatchObject({ code: 'not_configured' });
      throw undone;
    });
    await expect(without).rejects.toBe(undone);
  });

  test('a payout that is late is a task and is asked for again', async () => {
    const { deal } = await paidDeal(50_000);
    await own(world, 'escalatePayout', deal.leadId, deal.leadId, 40);
    const { level } = await row<{ level: number }>(
      world,
      `select level from waits where lead_id = $1 and kind = 'payout' and ended_at is null`,
      deal.leadId,
    );
    expect(level).toBe(1);
  });
});
