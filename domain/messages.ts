// The one table of what a lead can be told: decisions (may be refused) and facts (have happened), who
// may send each, and what each means in every stage. It does not judge rights or amounts: the step does.
// Workflows import this file: plain constants only.
import type { ErrorCode } from './errors.js';
import { STAGES, type Stage } from './leads/stages.js';
import type { Role } from './people/people.js';

/** Why a decision is refused for its stage: a code of the error table and the sentence beside it. */
export const STAGE_REFUSALS = {
  closed: { code: 'lead_closed', detail: 'the lead is closed' },
  not_qualified: { code: 'wrong_stage', detail: 'the lead is not qualified yet' },
  already_qualified: { code: 'already_decided', detail: 'the lead was qualified already' },
  has_order: { code: 'wrong_stage', detail: 'the lead has an order: cancel the order instead' },
  no_quote: { code: 'wrong_stage', detail: 'the lead has no quote yet' },
  not_submitted: { code: 'wrong_stage', detail: 'no revision of a quote is offered: submit one first' },
  in_approval: { code: 'wrong_stage', detail: 'the quote is still in approval' },
  already_accepted: { code: 'already_decided', detail: 'the offer was accepted already' },
  no_approval: { code: 'wrong_stage', detail: 'no approval is open for this lead' },
  approval_decided: { code: 'already_decided', detail: 'the approval was decided already' },
  no_order: { code: 'wrong_stage', detail: 'the lead has no order yet' },
} as const satisfies Readonly<Record<string, { code: ErrorCode; detail: string }>>;
export type StageRefusal = keyof typeof STAGE_REFUSALS;

/** `apply`: the step runs and judges · `reopen`: it opens the closed lead again · else it stays as it is. */
export type MessageOutcome =
  | { kind: 'apply' | 'reopen' | 'park' | 'no_effect' }
  | { kind: 'refuse'; reason: StageRefusal; code: ErrorCode; detail: string };

type Cell = 'apply' | 'reopen' | 'park' | 'no_effect' | StageRefusal;
/** One cell per stage, in the order of STAGES. */
type Row = readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell];

export interface MessageRule {
  kind: 'decision' | 'fact';
  roles: readonly Role[];
  /** new nurturing qualified quoting approval offered ordered delivering collecting commission closed */
  cells: Row;
}

const A = 'apply';
const R = 'reopen';
const P = 'park';
const N = 'no_effect';
const C = 'closed';
const NQ = 'not_qualified';
const AQ = 'already_qualified';
const HO = 'has_order';
const NX = 'no_quote';
const NS = 'not_submitted';
const IA = 'in_approval';
const QA = 'already_accepted';
const NA = 'no_approval';
const AD = 'approval_decided';
const NO = 'no_order';

const CUSTOMER_SIDE = ['rep', 'manager', 'integration'] as const;
const MONEY_SIDE = ['finance', 'integration'] as const;

// Columns: new nurturing qualified quoting approval offered ordered delivering collecting commission closed
export const MESSAGES = {
  qualifyLead: decision(['rep', 'manager'], [A, A, AQ, AQ, AQ, AQ, AQ, AQ, AQ, AQ, C]),
  reassignLead: decision(['manager', 'admin'], [A, A, A, A, A, A, A, A, A, A, C]),
  withdrawLead: decision(['rep', 'manager'], [A, A, A, A, A, A, HO, HO, HO, HO, C]),
  submitQuote: decision(['rep', 'manager'], [NQ, NQ, A, A, A, A, QA, QA, QA, QA, C]),
  decideApproval: decision(
    ['manager', 'finance', 'compensation', 'admin', 'rep', 'marketing', 'fulfilment'],
    // Whoever names an approval saw one: outside its stage it was decided, or voided with its revision.
    [NA, NA, NA, AD, A, AD, AD, AD, AD, AD, C],
  ),
  acceptQuote: decision(CUSTOMER_SIDE, [NX, NX, NS, NS, IA, A, QA, QA, QA, QA, C]),
  declineQuote: decision(CUSTOMER_SIDE, [NX, NX, NS, NS, IA, A, QA, QA, QA, QA, C]),
  cancelOrder: decision(['manager', 'finance'], [NO, NO, NO, NO, NO, NO, A, A, A, A, C]),
  writeOffInvoice: decision(['finance'], [NO, NO, NO, NO, NO, NO, A, A, A, A, C]),
  creditInvoice: decision(['finance'], [NO, NO, NO, NO, NO, NO, A, A, A, A, R]),
  // Whatever a lead was told before it: while nobody has received the lead, it lacks score and owner.
  leadCaptured: fact(['marketing', 'rep', 'manager', 'integration'], [A, A, A, A, A, A, A, A, A, A, N]),
  leadTouched: fact(['marketing', 'rep', 'manager', 'integration'], [A, A, A, A, A, A, A, A, A, A, N]),
  deliveryRecorded: fact(['fulfilment', 'integration'], [P, P, P, P, P, P, A, A, A, A, R]),
  paymentApplied: fact(MONEY_SIDE, [P, P, P, P, P, P, A, A, A, A, R]),
  paymentReversed: fact(MONEY_SIDE, [P, P, P, P, P, P, A, A, A, A, R]),
  waitReassigned: fact(['admin', 'manager'], [A, A, A, A, A, A, A, A, A, A, N]),
  commissionPaid: fact(['compensation', 'finance'], [P, P, P, P, P, P, A, A, A, A, N]),
} as const satisfies Readonly<Record<string, MessageRule>>;

export type MessageName = keyof typeof MESSAGES;
export type DecisionName = {
  [N in MessageName]: (typeof MESSAGES)[N]['kind'] extends 'decision' ? N : never;
}[MessageName];
export type FactName = Exclude<MessageName, DecisionName>;

export const MESSAGE_NAMES = Object.keys(MESSAGES) as readonly MessageName[];
/** The list by kind, which tests go through. */
export const DECISIONS = MESSAGE_NAMES.filter((name) => MESSAGES[name].kind === 'decision') as DecisionName[];
/** @internal The same of facts. */
export const FACTS = MESSAGE_NAMES.filter((name) => MESSAGES[name].kind === 'fact') as FactName[];

/** Returns what a message means in a stage; total over STAGES and MESSAGES. */
export function outcomeOf(stage: Stage, message: MessageName): MessageOutcome {
  const cell = MESSAGES[message].cells[STAGES.indexOf(stage)];
  if (cell === undefined) throw new RangeError(`no outcome for ${message} in stage ${stage}`);
  switch (cell) {
    case 'apply':
    case 'reopen':
    case 'park':
    case 'no_effect':
      return { kind: cell };
    default:
      return { kind: 'refuse', reason: cell, ...STAGE_REFUSALS[cell] };
  }
}

/** Tells whether a role is among those that may send a message at all. */
export function maySend(roles: readonly Role[], message: MessageName): boolean {
  return roles.some((role) => (MESSAGES[message].roles as readonly Role[]).includes(role));
}

/** What a rep decides of their own leads alone; a manager, and a machine acting for all, of every lead. */
const OF_OWN_LEADS: readonly MessageName[] = [
  'qualifyLead',
  'withdrawLead',
  'submitQuote',
  'acceptQuote',
  'declineQuote',
];

/** Tells whether somebody with these roles may send a message only to leads they own. */
export function onOwnLeadsOnly(roles: readonly Role[], message: MessageName): boolean {
  const ofEvery = roles.some((role) => role === 'manager' || role === 'admin' || role === 'integration');
  return OF_OWN_LEADS.includes(message) && !ofEvery;
}

function decision(roles: readonly Role[], cells: Row): MessageRule & { kind: 'decision' } {
  return { kind: 'decision', roles, cells };
}

function fact(roles: readonly Role[], cells: Row): MessageRule & { kind: 'fact' } {
  return { kind: 'fact', roles, cells };
}
