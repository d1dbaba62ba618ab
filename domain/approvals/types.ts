// The words of an approval: what the matrix is asked, what it answers, what a decision is judged by.
// Shapes only; approvalsNeeded.ts, mayDecide.ts and escalation.ts decide.

import type { RuleTexts } from '../policies/types.js';

export const APPROVAL_STATUSES = ['waiting', 'open', 'approved', 'rejected', 'void'] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];
/** Still to be decided: asked, or asked once an earlier step is approved. */
export const UNDECIDED = ['waiting', 'open'] as const satisfies readonly ApprovalStatus[];

/** What the matrix looks at in a revision of a quote. */
export interface QuoteFacts {
  currency: string;
  /** Net total after discounts. */
  totalMinor: bigint;
  /** The highest discretionary discount of any line, or of the quote if that is higher. */
  discountBps: number;
  /** Null where no cost is known. */
  marginBps: number | null;
  paymentDays: number;
  families: readonly string[];
  nonStandardTerms: boolean;
  /** Who made the revision, whoever submits it. */
  makerId: string;
  /** Persons with direct credit, split or fee on the deal. A hierarchy override is none. */
  beneficiaryIds: readonly string[];
}

/** Of a quote, what says who may not approve it. */
export type ApproverFacts = Pick<QuoteFacts, 'currency' | 'totalMinor' | 'makerId' | 'beneficiaryIds'>;

export type PassedOverReason = 'requester' | 'maker' | 'profits' | 'limit' | 'inactive';

/** One step, in the order of asking. Steps of one sequence are asked at the same time. */
export interface NeededApproval {
  sequence: number;
  ruleId: string;
  textCode: string;
  /** The company's own words for the code. */
  texts: RuleTexts | null;
  /** Null: nobody is able; overdue for the admin at once. */
  approverId: string | null;
  /** Who stands in for the approver on the day of asking, if that person may decide at all. */
  delegateId: string | null;
  /** The approver's limit in the quote's currency. */
  limitMinor: bigint | null;
}

/** A stored step as a decision or a timer meets it. */
export interface OpenApproval {
  status: ApprovalStatus;
  sequence: number;
  approverId: string | null;
  quoteRevision: number;
  contentHash: string;
  requesterId: string;
}
