// The stages and outcomes of a lead, which change is allowed, and which stage a lead shows.
// It decides nothing about who may do what (domain/messages.ts) or when (workflows).

export const STAGES = [
  'new',
  'nurturing',
  'qualified',
  'quoting',
  'approval',
  'offered',
  'ordered',
  'delivering',
  'collecting',
  'commission',
  'closed',
] as const;
export type Stage = (typeof STAGES)[number];

export const OUTCOMES = ['won', 'lost', 'disqualified', 'cancelled', 'written_off'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Every allowed change of stage; what is missing here is refused by the step and by the database.
 * A lead may skip stages whose work is already done (paid in advance, delivered in one go).
 */
export const STAGE_TRANSITIONS: Readonly<Record<Stage, readonly Stage[]>> = {
  new: ['nurturing', 'qualified', 'closed'],
  nurturing: ['new', 'qualified', 'closed'],
  qualified: ['quoting', 'approval', 'offered', 'closed'],
  quoting: ['approval', 'offered', 'closed'],
  approval: ['quoting', 'offered', 'closed'],
  offered: ['quoting', 'approval', 'ordered', 'closed'],
  ordered: ['delivering', 'collecting', 'commission', 'closed'],
  delivering: ['collecting', 'commission', 'closed'],
  collecting: ['delivering', 'commission', 'closed'],
  commission: ['delivering', 'collecting', 'closed'],
  // The one way back: a return, bounce or recovery after the end is collected again.
  closed: ['collecting'],
};

/** Tells whether a lead may go from one stage to another; staying is always allowed. */
export function mayMove(from: Stage, to: Stage): boolean {
  return from === to || STAGE_TRANSITIONS[from].includes(to);
}

/** The outcomes a lead may close with out of each stage. */
export const OUTCOMES_FROM: Readonly<Record<Stage, readonly Outcome[]>> = {
  new: ['disqualified', 'lost'],
  nurturing: ['disqualified', 'lost'],
  qualified: ['disqualified', 'lost'],
  quoting: ['lost'],
  approval: ['lost'],
  offered: ['lost'],
  ordered: ['won', 'cancelled', 'written_off'],
  delivering: ['won', 'cancelled', 'written_off'],
  collecting: ['won', 'cancelled', 'written_off'],
  commission: ['won', 'cancelled', 'written_off'],
  closed: [],
};

/** What a step knows of the lead after its writes; enough to name the stage. */
export interface LeadProgress {
  /** Ended before an order: disqualified, lost or withdrawn. */
  ended: boolean;
  qualification: 'pending' | 'nurturing' | 'qualified';
  /** The furthest of the lead's quotes; `drafting` once a revision was sent back or withdrawn. */
  quote: 'none' | 'drafting' | 'approving' | 'offered' | 'accepted';
  /** Null before acceptance. What was cancelled needs no delivery. */
  order: { delivered: 'none' | 'some' | 'all' } | null;
  /** Something was delivered (or ordered, by policy) and is not invoiced yet. */
  uninvoiced: boolean;
  /** Invoices that still have something open; unpaid charge notes stay open by themselves. */
  openInvoices: number;
  /** Commission lines that are neither released, set off nor carried, and cash not yet earned on. */
  unsettledCommissions: number;
}

/**
 * Returns the stage a lead shows: its earliest unfinished one.
 * An order paid in advance but not delivered is `ordered`, whatever happened later in the chain.
 */
export function stageOf(progress: LeadProgress): Stage {
  if (progress.ended) return 'closed';
  if (progress.order !== null) {
    if (progress.order.delivered === 'none') return 'ordered';
    if (progress.order.delivered === 'some') return 'delivering';
    if (progress.uninvoiced || progress.openInvoices > 0) return 'collecting';
    return progress.unsettledCommissions > 0 ? 'commission' : 'closed';
  }
  switch (progress.qualification) {
    case 'pending':
      return 'new';
    case 'nurturing':
      return 'nurturing';
    case 'qualified':
      return QUOTE_STAGE[progress.quote];
  }
}

const QUOTE_STAGE: Readonly<Record<LeadProgress['quote'], Stage>> = {
  none: 'qualified',
  drafting: 'quoting',
  approving: 'approval',
  offered: 'offered',
  accepted: 'ordered',
};

/**
 * Returns the outcome of an order of which nothing is left to do: `written_off` or `cancelled` only
 * if no cash was kept, otherwise `won` (docs/money.md, Life of a lead). An order of zero value is won.
 */
export function outcomeWhenSettled(order: {
  cancelled: boolean;
  keptMinor: bigint;
  writtenOffMinor: bigint;
}): Outcome {
  if (order.keptMinor > 0n) return 'won';
  if (order.cancelled) return 'cancelled';
  return order.writtenOffMinor > 0n ? 'written_off' : 'won';
}
