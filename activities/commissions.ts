// Commission of one lead: earned when cash has come, paid by the lead itself or by a monthly run, and then the
// deal is over.
import { lockPayees, readCarried, readDueLines, TO_EARN, TO_PAY } from '../db/commissions.js';
import { newId } from '../db/ids.js';
import { post } from '../db/ledger.js';
import type { Tx } from '../db/pool.js';
import { DEAL } from '../db/progress.js';
import { atOnce, payoutOf } from '../domain/commissions/payouts.js';
import { postPayoutConfirmed, postPayoutReleased } from '../domain/ledger/commissions.js';
import type { Answer } from '../domain/steps.js';
import type { DealChange } from './dealChange.js';
import { awaitPayout, type EarningsJson, settleEarnings } from './earnings.js';
import type { FactBodies } from './intake/factBodies.js';
import { type DealJson, type DealState, moveOn, stateOf } from './progress.js';
import { makeStep, type StepDeps } from './step.js';

type ToEarn = EarningsJson & { deal: DealJson };
interface ToPay {
  deal: DealJson;
  payees: string[];
  planVersion: number | null;
}
interface Settled {
  deal: DealJson;
}

const HOUR_MS = 3_600_000;
const SETTLED = `jsonb_build_object('deal', ${DEAL})`;

export function makeCommissionSteps(deps: StepDeps) {
  return {
    earnCommission: makeStep<ToEarn>(deps, { name: 'earnCommission', load: TO_EARN, judge: earnCommission }),
    payCommission: makeStep<ToPay>(deps, { name: 'payCommission', load: TO_PAY, judge: payCommission }),
    settleCommission: makeStep<Settled>(deps, {
      name: 'settleCommission',
      load: SETTLED,
      judge: settleCommission,
    }),
    escalatePayout: makeStep<Settled>(deps, { name: 'escalatePayout', load: SETTLED, judge: escalatePayout }),
  };
}

async function earnCommission(deal: DealChange<ToEarn>): Promise<void> {
  const state = stateOf(deal);
  const lines = await settleEarnings(deal, state);
  deal.end('earning');
  await awaitPayout(deal, state);
  deal.detail = { lines };
  moveOn(deal, state);
}

/** The plan's approval by two persons is the release, so the system releases and confirms at once. */
async function payCommission(deal: DealChange<ToPay>, tx: Tx): Promise<void> {
  const state = stateOf(deal);
  deal.end('release');
  if (deal.own.payees.length > 0) await pay(deal, tx, state);
  if (state.unsettled === 0) deal.end('payout');
  else if (!deal.wait('payout')) {
    // What is left stands in a monthly run that nobody has released yet.
    const { releaseHours } = await deal.policy('payout', state.order.pins.payout);
    deal.begin('payout', { until: deal.atMs + Math.max(1, releaseHours) * HOUR_MS });
  }
  moveOn(deal, state);
}

async function pay(deal: DealChange<ToPay>, tx: Tx, state: DealState): Promise<void> {
  // After the lead's lock: payees are locked by payouts only, which lock no lead.
  await lockPayees(tx, deal.own.payees);
  const due = await readDueLines(tx, deal.lead.id);
  const carried = await readCarried(tx, [...new Set(due.map(({ payeeId }) => payeeId))]);
  const payees = [...new Set(due.map(({ payeeId, currency }) => `${payeeId}/${currency}`))];
  const rule = atOnce(await deal.policy('payout', state.order.pins.payout));
  const payoutId = newId('payout');
  const lines = payees.map((key) => {
    const mine = due.filter(({ payeeId, currency }) => `${payeeId}/${currency}` === key);
    const { payeeId, currency } = mine[0] as (typeof mine)[number];
    const earnedMinor = mine.reduce((sum, line) => sum + line.amountMinor, 0n);
    const before = carried.find((one) => one.payeeId === payeeId && one.currency === currency);
    const amountMinor = payoutOf(earnedMinor, before?.carriedMinor ?? 0n, rule);
    return { payeeId, currency, earnedMinor, amountMinor };
  });
  if (lines.length === 0) return;
  const instants = { released_at: deal.at, confirmed_at: deal.at };
  deal.writes
    .insert('payouts', {
      id: payoutId,
      mode: 'on_earned',
      period: state.today.slice(0, 7),
      run: 1,
      lead_id: deal.lead.id,
      status: 'confirmed',
      plan_version: deal.own.planVersion,
      policy_version: state.order.pins.payout ?? deal.version('payout'),
      calculated_at: deal.at,
      confirmed_at: deal.at,
    })
    .insert(
      'payout_lines',
      ...lines.map(({ payeeId, currency, earnedMinor, amountMinor }) => ({
        payout_id: payoutId,
        payee_id: payeeId,
        currency,
        earned_minor: earnedMinor,
        amount_minor: amountMinor,
        ...instants,
      })),
    )
    .insert('payout_items', ...due.map(({ id }) => ({ commission_line_id: id, payout_id: payoutId })));
  const { entityId } = state.order;
  const leadId = deal.lead.id;
  for (const currency of new Set(lines.map((line) => line.currency))) {
    const paid = lines.filter((line) => line.currency === currency);
    const common = { entityId, leadId, postedOn: state.today, currency };
    const amounts = paid.map(({ payeeId, amountMinor }) => ({ payee: payeeId, amountMinor }));
    post(
      deal.writes,
      {
        ...common,
        businessKey: `payout/${payoutId}/${currency}/released`,
        kind: 'payout_released',
        lines: amounts.flatMap(postPayoutReleased),
      },
      {
        ...common,
        businessKey: `payout/${payoutId}/${currency}/confirmed`,
        kind: 'payout_confirmed',
        lines: amounts.flatMap(postPayoutConfirmed),
      },
    );
  }
  state.unsettled -= due.length;
  deal.detail = { payoutId, lines: due.length };
}

/** A monthly run has paid lines of this lead. */
function settleCommission(deal: DealChange<Settled>): Answer | void {
  if (deal.stage === 'closed') return { result: 'no_effect' };
  const state = stateOf(deal);
  if (state.unsettled === 0) deal.end('payout').end('release');
  deal.detail = { payoutId: (deal.body as FactBodies['commissionPaid']).payoutId };
  moveOn(deal, state);
}

async function escalatePayout(deal: DealChange<Settled>): Promise<void> {
  const state = stateOf(deal);
  const wait = deal.wait('payout', deal.call.subject);
  if (!wait) return;
  if (state.unsettled === 0) deal.end('payout', wait.subject);
  else {
    const { releaseHours } = await deal.policy('payout', state.order.pins.payout);
    deal.task('payout_overdue', deal.lead.id, 'compensation', { lines: state.unsettled });
    const until = deal.atMs + Math.max(1, releaseHours) * HOUR_MS;
    deal.move(wait, { until, level: wait.level + 1 });
  }
  moveOn(deal, state);
}
