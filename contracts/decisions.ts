// Bodies of decisions as they stand in `messages`: what the API checked and the step reads.

export interface Qualification {
  readonly decision: 'qualify' | 'disqualify' | 'nurture';
  readonly reason?: string;
  readonly needs?: Readonly<Record<string, string>>;
  /** Who made first contact and shares in the commission for it; the deciding rep where nobody is named. */
  readonly firstContactBy?: string;
}

export interface Reassignment {
  readonly ownerId: string;
  readonly reason: string;
  /** Of the lead, as the sender read it; any where absent. */
  readonly revision?: number;
}

export interface Withdrawal {
  readonly reason: string;
}

export interface QuoteSubmission {
  readonly quoteId: string;
  readonly revision: number;
}

export interface ApprovalDecision {
  readonly quoteId: string;
  readonly approvalId: string;
  readonly decision: 'approve' | 'reject';
  readonly revision: number;
  readonly reason?: string;
}

export interface QuoteAcceptance {
  readonly quoteId: string;
  readonly revision: number;
  readonly acceptedBy: { readonly name: string; readonly email: string };
  readonly purchaseOrder?: string;
}

export interface QuoteDecline {
  readonly quoteId: string;
  readonly revision: number;
  readonly reason: string;
}

/** Alone while nothing is invoiced; otherwise the approval of an open request by somebody else. */
export interface OrderCancellation extends Partial<Approved> {
  readonly orderId: string;
  readonly reason: string;
}

/** The open request a decision approves; it is resolved with what it asked for, so it is approved once. */
export interface Approved {
  /** Who asked for it: never the person who approves it by sending the decision. */
  readonly requestedBy: string;
  readonly taskId: string;
  /** What the approver said to it. */
  readonly note?: string;
}

export interface InvoiceWriteOff {
  readonly invoiceId: string;
  readonly reason: string;
}

export interface InvoiceCredit extends Omit<Approved, 'taskId'>, Partial<Pick<Approved, 'taskId'>> {
  readonly invoiceId: string;
  /** Absent: everything that is left of the invoice. Amounts as text of minor units, above 0. */
  readonly lines?: readonly { readonly invoiceLineId: string; readonly netMinor: string }[];
  readonly reason: string;
}

/** To a payout run: whose amounts the sender releases; absent, everybody's but their own. */
export interface PayoutRelease {
  readonly payeeIds?: readonly string[];
}
