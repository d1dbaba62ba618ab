// Every wait of a lead is a contract: who owes it, in which stages it stands, what the lead's own
// workflow does when a reminder is due and when its time runs out. How long it lasts is policy data.
// Workflows import this file: plain constants only.
import type { Stage } from './leads/stages.js';
import type { Role } from './people/people.js';
import type { TaskKind } from './tasks.js';

/** What the workflow does by itself: the names its history shows. */
export const OWN_STEPS = [
  'escalateQualification',
  'recycleLead',
  'remindRep',
  'remindApprover',
  'escalateApproval',
  'remindCustomer',
  'expireOffer',
  'escalateDelivery',
  'issueInvoice',
  'sendReminder',
  'earnCommission',
  'payCommission',
  'escalatePayout',
  'escalateTask',
] as const;
export type OwnStep = (typeof OWN_STEPS)[number];

export interface WaitRule {
  /** Who has to act; `customer` and `engine` are nobody's role. */
  owes: Role | 'customer' | 'engine';
  stages: readonly Stage[];
  /** The step run at the wait's reminder, if it has one. */
  onReminder: OwnStep | null;
  /** The step when its time is over, which moves the wait or the stage; `scoreLead` is the capture's own. */
  onOverdue: OwnStep | 'scoreLead';
}

const AFTER_ORDER = ['ordered', 'delivering', 'collecting', 'commission'] as const;
const OPEN = ['new', 'nurturing', 'qualified', 'quoting', 'approval', 'offered', ...AFTER_ORDER] as const;

export const WAITS = {
  intake: { owes: 'engine', stages: OPEN, onReminder: null, onOverdue: 'scoreLead' },
  qualification: { owes: 'rep', stages: ['new'], onReminder: null, onOverdue: 'escalateQualification' },
  interest: { owes: 'customer', stages: ['nurturing'], onReminder: null, onOverdue: 'recycleLead' },
  quote: { owes: 'rep', stages: ['qualified', 'quoting'], onReminder: null, onOverdue: 'remindRep' },
  approval: {
    owes: 'manager',
    stages: ['approval'],
    onReminder: 'remindApprover',
    onOverdue: 'escalateApproval',
  },
  acceptance: {
    owes: 'customer',
    stages: ['offered'],
    onReminder: 'remindCustomer',
    onOverdue: 'expireOffer',
  },
  delivery: {
    owes: 'fulfilment',
    stages: ['ordered', 'delivering'],
    onReminder: null,
    onOverdue: 'escalateDelivery',
  },
  invoicing: { owes: 'engine', stages: AFTER_ORDER, onReminder: null, onOverdue: 'issueInvoice' },
  payment: { owes: 'customer', stages: AFTER_ORDER, onReminder: null, onOverdue: 'sendReminder' },
  earning: { owes: 'engine', stages: AFTER_ORDER, onReminder: null, onOverdue: 'earnCommission' },
  payout: { owes: 'compensation', stages: AFTER_ORDER, onReminder: null, onOverdue: 'escalatePayout' },
  release: { owes: 'engine', stages: AFTER_ORDER, onReminder: null, onOverdue: 'payCommission' },
  task: { owes: 'finance', stages: AFTER_ORDER, onReminder: null, onOverdue: 'escalateTask' },
} as const satisfies Readonly<Record<string, WaitRule>>;

/** The task that tells somebody a wait is overdue; it is over when the wait is. */
export const OVERDUE_TASKS = {
  qualification: 'qualification_overdue',
  quote: 'quote_overdue',
  approval: 'approval_overdue',
  delivery: 'delivery_overdue',
  payout: 'payout_overdue',
} as const satisfies Partial<Record<keyof typeof WAITS, TaskKind>>;

/** The task to give a lead an owner: it went to nobody, because the owner of last resort has left. */
export const NO_OWNER = 'no_owner' satisfies TaskKind;

/** Tasks about a deal's progress: nobody has to do anything about them once the lead is closed. */
export const TASKS_OVER_WITH_LEAD = [
  ...Object.values(OVERDUE_TASKS),
  'invoice_unpaid',
  'task_overdue',
  NO_OWNER,
] as const satisfies readonly TaskKind[];

export type WaitKind = keyof typeof WAITS;
export const WAIT_KINDS = Object.keys(WAITS) as readonly WaitKind[];

/** @internal The kinds of wait that may stand in a stage: what tests hold the stages against. */
export function waitsIn(stage: Stage): WaitKind[] {
  return WAIT_KINDS.filter((kind) => (WAITS[kind].stages as readonly Stage[]).includes(stage));
}
