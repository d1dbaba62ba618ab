// A monthly payout run: calculated once, released payee by payee by people, confirmed as it is released. It
// decides only when; its rows and its activities hold what. Ends when every payee's line is confirmed.
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  defineUpdate,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { PayoutActivities, PayoutCall, PayoutHead, ToldAnswer } from '../domain/steps.js';
import { waitUntil } from './alarm.js';
import { mustNameMessage } from './door.js';
import { look } from './messages.js';
import { makeTurns } from './turn.js';

export interface PayoutRunInput {
  /** Period and number: `2026-11/1`. */
  readonly run: string;
}
export interface PayoutAnswer {
  readonly head: PayoutHead;
  readonly answer: ToldAnswer;
}

export const releasePayout = defineUpdate<PayoutAnswer, [{ messageId: string }]>('releasePayout');

// Tried for ever: a run a month may spend events on an outage, and giving up would leave people unpaid.
export const payouts: PayoutActivities = proxyLocalActivities<PayoutActivities>({
  startToCloseTimeout: '10s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '5m' },
});

const STAGE = defineSearchAttributeKey('Stage', 'KEYWORD');
const WAITS_FOR = defineSearchAttributeKey('WaitsFor', 'KEYWORD');

export async function payCommissions({ run }: PayoutRunInput): Promise<string> {
  const inTurn = makeTurns();
  let head: PayoutHead | undefined;
  let shown = '';
  let moved = 0;
  const adopt = (next: PayoutHead): void => {
    head = next;
    moved++;
    shown = show(run, next, shown);
  };
  const step = async (act: (call: PayoutCall) => Promise<PayoutHead>): Promise<PayoutHead> => {
    const next = await inTurn(() => act({ run, at: Date.now() }));
    adopt(next);
    return next;
  };

  setHandler(
    releasePayout,
    async ({ messageId }) => {
      await condition(() => head !== undefined); // Nothing is released before it is calculated.
      const answer = await inTurn(() => payouts.releasePayout({ run, at: Date.now(), messageId }));
      adopt(answer.head);
      return answer;
    },
    { validator: (call: { messageId: string }) => mustNameMessage('releasePayout', call) },
  );
  setHandler(look, () => {
    void step(payouts.calculatePayout); // Finds it calculated and reads its rows again.
  });

  let present = await step(payouts.calculatePayout);
  while (present.unconfirmed > 0) {
    const was = moved;
    if (present.unconfirmed > present.unreleased) await step(payouts.confirmPayout);
    else {
      await waitUntil(() => moved !== was, present.dueAt, 'release escalatePayoutRun');
      if (moved === was) await step(payouts.escalatePayoutRun);
    }
    present = head ?? present;
  }
  await condition(allHandlersFinished);
  return present.payoutId;
}

/** What operations see; attributes change only with the stage, since each change is an event. */
function show(run: string, { payoutId, unreleased, unconfirmed, dueAt }: PayoutHead, before: string): string {
  const stage = unconfirmed === 0 ? 'confirmed' : unreleased === 0 ? 'released' : 'calculated';
  if (stage !== before) {
    upsertSearchAttributes([
      { key: STAGE, value: stage },
      { key: WAITS_FOR, value: stage === 'calculated' ? 'release' : 'nothing' },
    ]);
  }
  setCurrentDetails(
    [
      `**payout run ${run}** · ${stage} · \`${payoutId}\``,
      '',
      '| payees to release | to confirm | to be released by |',
      '|---|---|---|',
      `| ${unreleased} | ${unconfirmed} | ${new Date(dueAt).toISOString()} |`,
    ].join('\n'),
  );
  return stage;
}
