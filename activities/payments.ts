// What money that came or bounced does to its lead. Balances and postings were written by the intake.
import { type ItemJson, TO_APPLY, TO_REVERSE } from '../db/collections.js';
import type { Answer } from '../domain/steps.js';
import type { DealChange } from './dealChange.js';
import { itemOf, nextStepAt } from './dunning.js';
import { awaitPayout, type EarningsJson, settleEarnings } from './earnings.js';
import type { PaymentFact, ReversalFact } from './intake/factBodies.js';
import { type DealJson, type DealState, moveOn, stateOf } from './progress.js';
import { makeStep, type StepDeps } from './step.js';

interface ToApply {
  deal: DealJson;
  /** Allocations of the message that have no commission line yet. */
  unearned: number;
}
type ToReverse = EarningsJson & { deal: DealJson; items: ItemJson[] };

export function makePaymentSteps(deps: StepDeps) {
  return {
    applyPayment: makeStep<ToApply>(deps, { name: 'applyPayment', load: TO_APPLY, judge: applyPayment }),
    reversePayment: makeStep<ToReverse>(deps, {
      name: 'reversePayment',
      load: TO_REVERSE,
      judge: reversePayment,
    }),
  };
}

async function applyPayment(deal: DealChange<ToApply>): Promise<Answer | void> {
  // Another step may have earned on this cash and closed the lead before its message was told.
  if (deal.stage === 'closed' && deal.own.unearned === 0) return { result: 'no_effect' };
  const { paymentId, allocationIds } = deal.body as PaymentFact;
  const state = stateOf(deal);
  endSettled(deal, state);
  deal.begin('earning', { until: deal.atMs });
  await deal.mail('receipt', paymentId);
  deal.detail = { paymentId, allocationIds };
  moveOn(deal, state);
}

/** Nobody owes a payment on what has nothing open. */
export function endSettled<L>(
  deal: DealChange<L>,
  { openInvoices }: DealState,
  how: 'fulfilled' | 'void' = 'fulfilled',
): void {
  for (const { kind, subject } of [...deal.waits]) {
    if ((kind === 'payment' || kind === 'task') && !openInvoices.has(subject)) deal.end(kind, subject, how);
  }
}

async function reversePayment(deal: DealChange<ToReverse>): Promise<void> {
  const { paymentId, reversalId } = deal.body as ReversalFact;
  const state = stateOf(deal);
  const lines = await settleEarnings(deal, state);
  await awaitPayout(deal, state);
  for (const json of deal.own.items) {
    if (deal.wait('payment', json.invoiceId) || deal.wait('task', json.invoiceId)) continue;
    const policy = await deal.policy('dunning', json.pins.dunning);
    const until = nextStepAt(itemOf(json), policy, state.today, state.order.zone);
    deal.begin('payment', { subject: json.invoiceId, until, level: json.level });
  }
  deal.detail = { paymentId, reversalId, lines };
  moveOn(deal, state);
}
