// What a workflow and a step tell each other: ids, stages and instants, never a name or a document.
// Workflows import this file: plain constants and types only.
import type { Outcome, Stage } from './leads/stages.js';
import type { DecisionName, FactName, MessageName } from './messages.js';
import type { OwnStep, WaitKind } from './waits.js';

/** The step that applies each fact; a decision's step has the decision's own name. */
export const FACT_STEPS = {
  leadCaptured: 'scoreLead',
  leadTouched: 'rescoreLead',
  deliveryRecorded: 'recordDelivery',
  paymentApplied: 'applyPayment',
  paymentReversed: 'reversePayment',
  waitReassigned: 'adoptWaits',
  commissionPaid: 'settleCommission',
} as const satisfies Readonly<Record<FactName, string>>;

export type FactStep = (typeof FACT_STEPS)[FactName];
/** `look` reads, `markStuck` marks what broke, `giveUpMail` what nobody took. */
export type StepName = DecisionName | FactStep | OwnStep | 'look' | 'markStuck' | 'giveUpMail';

/** One open wait as the workflow needs it: what, for which record, the real instant it is due, its level. */
export type WaitHead = readonly [
  kind: WaitKind,
  subject: string,
  dueAt: number,
  level: number,
  next: 'reminder' | 'overdue',
];

/** The lead as its row stands: the newer revision wins, whoever brings it. */
export interface Head {
  readonly revision: number;
  readonly stage: Stage;
  readonly outcome: Outcome | null;
  /** The earliest due, at most HEAD_WAITS. */
  readonly waits: readonly WaitHead[];
  readonly owner: string | null;
}
/** Bounds the payload of an answer; the others follow when one of these has moved. */
export const HEAD_WAITS = 4;

export interface StepCall {
  readonly leadId: string;
  /**
   * The message id, or `lead/step/revision` for the workflow's own: the effect happens once under it. To load a
   * lead: the message after which parked ones are read, the lead's id for the first batch.
   */
  readonly key: string;
  /** Real time of the workflow, epoch milliseconds; the step turns it into business time. */
  readonly at: number;
  /** Own steps only: the record the wait stands for and the revision it was judged by. */
  readonly subject?: string;
  readonly revision?: number;
  /** To mark an own step stuck: the kind of wait it was due for, and the real instant to try it again. */
  readonly retry?: { readonly kind: WaitKind; readonly at: number };
}

/** What became of a message, kept with its row for ever. */
export interface Answer {
  readonly result: 'applied' | 'no_effect' | 'refused' | 'parked' | 'expired' | 'stuck';
  readonly code?: string;
  readonly detail?: string;
  readonly pointer?: string;
  /** The id of what the step made, if it made something. */
  readonly made?: string;
}

/** What the workflow hears of it: `detail` and `pointer` may quote what a person typed, and stay with the row. */
export type ToldAnswer = Pick<Answer, 'result' | 'code' | 'made'>;

export const toldAnswer = ({ result, code, made }: Answer): ToldAnswer => ({
  result,
  ...(code !== undefined && { code }),
  ...(made !== undefined && { made }),
});

export interface StepAnswer {
  readonly head: Head;
  readonly answer?: ToldAnswer;
  /** Mails written by the step, to be sent by a normal activity. */
  readonly mails?: readonly string[];
}

/** The state a run begins with, whatever began it. */
export interface Opening {
  readonly head: Head;
  /** The oldest unanswered and parked messages, at most INBOX_BATCH, decisions left to the sweep. */
  readonly facts: readonly { readonly id: string; readonly name: MessageName }[];
  /** Where the next batch begins, if there is more: the key to load it by. */
  readonly next?: string;
  /** The oldest queued mails, at most INBOX_BATCH. */
  readonly mails: readonly string[];
  /** More are queued: to be loaded when these have gone. */
  readonly moreMails?: true;
}
export const INBOX_BATCH = 10;

/** What the workflow calls by name; `activities/index.ts` is checked against it. */
export type DealActivities = Record<
  Exclude<StepName, 'look'> | 'giveUpMail',
  (call: StepCall) => Promise<StepAnswer>
> & {
  loadLead(call: StepCall): Promise<Opening>;
};

/** The failure types a step throws; everything else is a bug. */
export const STEP_FAILURES = ['DatabaseAway', 'StepBroken'] as const;
export type StepFailure = (typeof STEP_FAILURES)[number];

/** A call of the monthly payout run's own activities; `run` is its period and number, `2026-11/1`. */
export interface PayoutCall {
  readonly run: string;
  /** Real time of the workflow, epoch milliseconds. */
  readonly at: number;
}

/** The run as its rows stand. */
export interface PayoutHead {
  readonly payoutId: string;
  /** Payees' lines nobody has released; released ones among `unconfirmed` wait for their confirmation. */
  readonly unreleased: number;
  readonly unconfirmed: number;
  /** Real instant by which the rest should be released. */
  readonly dueAt: number;
}

/** The activities of a payout run as its workflow knows them. */
export interface PayoutActivities {
  /** The run to pay on the nominal day `at` (real, epoch ms), null where nothing is to be paid on it. */
  openPayout(call: { readonly at: number }): Promise<string | null>;
  calculatePayout(call: PayoutCall): Promise<PayoutHead>;
  releasePayout(call: PayoutCall & { messageId: string }): Promise<{ head: PayoutHead; answer: ToldAnswer }>;
  confirmPayout(call: PayoutCall): Promise<PayoutHead>;
  escalatePayoutRun(call: PayoutCall): Promise<PayoutHead>;
}
