// Everything a lead's workflow can be told, as constants shared with the senders. Decisions are updates,
// because whoever decides learns at once whether it holds; facts have happened and are never refused: as updates they
// are taken in (door.ts), as signals they wait for somebody who does. Each carries the id of its row in `messages` and
// nothing that belongs to a person.
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { StepAnswer } from '../domain/steps.js';
import type { WaitView } from './story.js';

export interface DecisionCall {
  readonly messageId: string;
  /** Revision of the lead the sender saw; a validator refuses when the stage makes it pointless. */
  readonly revision?: number;
}

/** What became of a decision; the lead itself is read from Postgres. */
export type Decided = Pick<StepAnswer, 'answer'>;

export const qualifyLead = defineUpdate<Decided, [DecisionCall]>('qualifyLead');
export const reassignLead = defineUpdate<Decided, [DecisionCall]>('reassignLead');
export const withdrawLead = defineUpdate<Decided, [DecisionCall]>('withdrawLead');
export const submitQuote = defineUpdate<Decided, [DecisionCall]>('submitQuote');
export const decideApproval = defineUpdate<Decided, [DecisionCall]>('decideApproval');
export const acceptQuote = defineUpdate<Decided, [DecisionCall]>('acceptQuote');
export const declineQuote = defineUpdate<Decided, [DecisionCall]>('declineQuote');
export const cancelOrder = defineUpdate<Decided, [DecisionCall]>('cancelOrder');
export const writeOffInvoice = defineUpdate<Decided, [DecisionCall]>('writeOffInvoice');
export const creditInvoice = defineUpdate<Decided, [DecisionCall]>('creditInvoice');
export const decisions = {
  qualifyLead,
  reassignLead,
  withdrawLead,
  submitQuote,
  decideApproval,
  acceptQuote,
  declineQuote,
  cancelOrder,
  writeOffInvoice,
  creditInvoice,
};

export const leadCaptured = defineSignal<[messageId: string]>('leadCaptured');
export const leadTouched = defineSignal<[messageId: string]>('leadTouched');
export const deliveryRecorded = defineSignal<[messageId: string]>('deliveryRecorded');
export const paymentApplied = defineSignal<[messageId: string]>('paymentApplied');
export const paymentReversed = defineSignal<[messageId: string]>('paymentReversed');
export const waitReassigned = defineSignal<[messageId: string]>('waitReassigned');
export const commissionPaid = defineSignal<[messageId: string]>('commissionPaid');
export const facts = {
  leadCaptured,
  leadTouched,
  deliveryRecorded,
  paymentApplied,
  paymentReversed,
  waitReassigned,
  commissionPaid,
};

/** "Read your row again": after a reset, a restore, a new clock segment, or when a sender finds you behind. */
export const look = defineSignal('look');

export const getStage = defineQuery<string>('getStage');
export const getWaits = defineQuery<WaitView[]>('getWaits');

export interface LeadInput {
  readonly leadId: string;
  /** The fact of the capture, where it began the run: its step brings the state, so that nothing else reads it. */
  readonly captured?: string;
}
