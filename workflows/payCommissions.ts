// A monthly payout run: calculated once, released payee by payee by people, confirmed as it is released. It
// decides only when; its rows and its activities hold what. Ends when every payee's line is confirmed.
import {
  allHandlersFinished,
  condition,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { Answer, PayoutActivities, PayoutCall, PayoutHead } from '../domain/steps.js';
import { look } from './messages.js';
import { makeTurns } from './turn.js';

export interface PayoutRunInput {
  /** Period and number: `2026-11/1`. */
  readonly run: string;
}
export interface PayoutAnswer {
  readonly head: PayoutHead;
  readonly answer: Answer;
}

export const releasePayout = defineUpdate<PayoutAnswer, [{ messageId: string }]>('releasePayout');

// Tried for ever: a run a month may spend events on an outage, and giving up would leave people unpaid.
const payouts: PayoutActivities = proxyLocalActivities<PayoutActivities>({
  startToCloseTimeout: '10s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '5m' },
});

export async function payCommissions({ run }: PayoutRunInput): Promise<string> {
  const inTurn = makeTurns();
  let head: PayoutHead | undefined;
  let moved = 0;
  const step = async (act: (call: PayoutCall) => Promise<PayoutHead>): Promise<PayoutHead> => {
    head = await inTurn(() => act({ run, at: Date.now() }));
    moved++;
    return head;
  };

  setHandler(releasePayout, async ({ messageId }) => {
    await condition(() => head !== undefined); // Nothing is released before it is calculated.
    const answer = await inTurn(() => payouts.releasePayout({ run, at: Date.now(), messageId }));
    head = answer.head;
    moved++;
    return answer;
  });
  setHandler(look, () => {
    void step(payouts.calculatePayout); // Finds it calculated and reads its rows again.
  });

  let present = await step(payouts.calculatePayout);
  while (present.unconfirmed > 0) {
    const was = moved;
    if (present.unconfirmed > present.unreleased) await step(payouts.confirmPayout);
    else if (!(await condition(() => moved !== was, Math.max(1, present.dueAt - Date.now())))) {
      await step(payouts.escalatePayoutRun);
    }
    present = head ?? present;
  }
  await condition(allHandlersFinished);
  return present.payoutId;
}
