// The kinds of task a person can get: whoever writes a task names one of these, and documents/taskTitles.ts has
// words for each. Who gets a task and what it is about is decided where it is written. Plain constants only:
// what workflows import is typed by them.

export const TASK_KINDS = [
  // A wait of the deal that nobody ended in time.
  'qualification_overdue',
  'quote_overdue',
  'approval_overdue',
  'delivery_overdue',
  'payout_overdue',
  'task_overdue',
  // What a deal needs from somebody before it can go on.
  'no_owner',
  'invoice_unpaid',
  'return_due',
  'refund_due',
  'delivery_beyond_order',
  'delivery_after_cancellation',
  'plan_without_approvals',
  'payout_unreleased',
  'credit_note_requested',
  'cancellation_requested',
  // A payment whose invoice is not sure, or that left something over.
  'payment_unknown_invoice',
  'payment_settled_invoice',
  'payment_currency_mismatch',
  'payment_overpaid',
  'payment_other_customer',
  'payment_several_candidates',
  'payment_no_candidate',
  'payment_unknown_payer',
  // What the engine cannot do without somebody.
  'rules_missing',
  'message_parked',
  'step_stuck',
  'mail_failed',
  'message_unknown',
  'restored_behind',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Those about one message, over once it has its answer, whoever answers it. */
export const TASKS_OF_MESSAGES: readonly TaskKind[] = ['message_parked', 'step_stuck', 'rules_missing'];
