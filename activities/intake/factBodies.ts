// The body of every fact as it is written beside what happened, and as its step reads it. The table says the same
// to the generated document; a field that is added or dropped in one of the two alone does not compile.
import type { FieldsOf } from '../../contracts/messageFields.js';
import type { FactName } from '../../domain/messages.js';

/** Something was received of the lead. */
interface TouchFact {
  readonly touchId: string;
  /** Hash of what was sent: the same capture again is the same lead. */
  readonly captured: string;
}

export interface PaymentFact {
  readonly paymentId: string;
  /** The allocations of this lead alone. */
  readonly allocationIds: readonly string[];
}

export interface ReversalFact extends PaymentFact {
  readonly reversalId: string;
}

/** Somebody has left: who takes over their waits and who their leads; null where there is nothing to take over. */
export interface HandOver {
  readonly fromId: string;
  readonly toId: string | null;
  readonly ownerId: string | null;
  /** Approvals of this lead that the heir is asked for now; absent where there are none. */
  readonly approvalIds?: readonly string[];
}

export interface FactBodies extends Record<FactName, object> {
  readonly leadCaptured: TouchFact;
  readonly leadTouched: TouchFact;
  readonly deliveryRecorded: { readonly deliveryId: string };
  readonly paymentApplied: PaymentFact;
  readonly paymentReversed: ReversalFact;
  readonly waitReassigned: HandOver;
  readonly commissionPaid: { readonly payoutId: string };
}

const touch = { touchId: 'required', captured: 'required' } as const;

export const FACT_FIELDS = {
  leadCaptured: touch,
  leadTouched: touch,
  deliveryRecorded: { deliveryId: 'required' },
  paymentApplied: { paymentId: 'required', allocationIds: 'required' },
  paymentReversed: { paymentId: 'required', reversalId: 'required', allocationIds: 'required' },
  waitReassigned: { fromId: 'required', toId: 'required', ownerId: 'required', approvalIds: 'optional' },
  commissionPaid: { payoutId: 'required' },
} as const satisfies { readonly [N in FactName]: FieldsOf<FactBodies[N]> };
