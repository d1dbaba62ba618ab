// Which fields the body of a decision has as it stands in `messages`: those of the request, by its contract, and
// those the route adds. Each row is held against the interface its step reads, so neither changes alone.
import type { Static, TObject } from 'typebox';
import type { DecisionName } from '../domain/messages.js';
import type {
  ApprovalDecision,
  InvoiceCredit,
  InvoiceWriteOff,
  OrderCancellation,
  Qualification,
  QuoteAcceptance,
  QuoteDecline,
  QuoteSubmission,
  Reassignment,
  Withdrawal,
} from './decisions.js';
import { WriteOff } from './invoices.js';
import { OwnerBody, QualificationBody, ReasonBody } from './leads.js';
import { Cancellation } from './orders.js';
import { AcceptanceBody, DecisionBody, DeclineBody, SubmissionBody } from './quotes.js';

/** Every field of a body, and whether it may be absent. */
export type FieldsOf<Body> = {
  readonly [F in keyof Body]-?: Partial<Pick<Body, F>> extends Pick<Body, F> ? 'optional' : 'required';
};

/** The body each decision is stored with. */
export interface DecisionBodies extends Record<DecisionName, object> {
  readonly qualifyLead: Qualification;
  readonly reassignLead: Reassignment;
  readonly withdrawLead: Withdrawal;
  readonly submitQuote: QuoteSubmission;
  readonly decideApproval: ApprovalDecision;
  readonly acceptQuote: QuoteAcceptance;
  readonly declineQuote: QuoteDecline;
  readonly cancelOrder: OrderCancellation;
  readonly writeOffInvoice: InvoiceWriteOff;
  readonly creditInvoice: InvoiceCredit;
}

/** What two persons decide names the request the second of them approved. */
const approved = { taskId: 'optional', note: 'optional' } as const;
const { reason } = fieldsOf(WriteOff); // A dry run is no message.

export const DECISION_FIELDS = {
  qualifyLead: fieldsOf(QualificationBody),
  reassignLead: { ...fieldsOf(OwnerBody), revision: 'optional' },
  withdrawLead: fieldsOf(ReasonBody),
  submitQuote: { quoteId: 'required', ...fieldsOf(SubmissionBody) },
  decideApproval: { approvalId: 'required', quoteId: 'required', ...fieldsOf(DecisionBody) },
  acceptQuote: { quoteId: 'required', ...fieldsOf(AcceptanceBody) },
  declineQuote: { quoteId: 'required', ...fieldsOf(DeclineBody) },
  cancelOrder: { orderId: 'required', ...fieldsOf(Cancellation), requestedBy: 'optional', ...approved },
  writeOffInvoice: { invoiceId: 'required', reason },
  creditInvoice: {
    invoiceId: 'required',
    lines: 'optional',
    reason: 'required',
    requestedBy: 'required',
    ...approved,
  },
} satisfies { readonly [N in DecisionName]: FieldsOf<DecisionBodies[N]> };

function fieldsOf<Body extends TObject>(contract: Body): FieldsOf<Static<Body>> {
  const required: readonly string[] = contract.required ?? [];
  const named = Object.keys(contract.properties).map((name) => [
    name,
    required.includes(name) ? 'required' : 'optional',
  ]);
  return Object.fromEntries(named) as FieldsOf<Static<Body>>;
}
