// Decides what each e-mail has to know: plain data, with nothing to look up. No field holds another person's
// name or address; leads are named by their id.
import type { WaitKind } from '../domain/waits.js';

export const MAIL_TEMPLATES = [
  'offer',
  'offerReminder',
  'order',
  'cancellation',
  'invoice',
  'creditNote',
  'receipt',
  'reminder',
  'approvalRequest',
  'approvalReminder',
  'escalation',
  'task',
] as const;
export type MailTemplate = (typeof MAIL_TEMPLATES)[number];

interface ToSomebody {
  /** The recipient's own name; null greets without one. */
  readonly recipientName: string | null;
  /** The selling company, which signs. */
  readonly sellerName: string;
  /** Where the record can be seen or acted on, http or https; null leaves the button out. */
  readonly url: string | null;
}

interface Amount {
  readonly currency: string;
  readonly amountMinor: bigint;
}

export interface OfferMail extends ToSomebody, Amount {
  readonly quoteNumber: string;
  readonly revision: number;
  readonly validUntilOn: string;
}

export interface OrderMail extends ToSomebody, Amount {
  readonly orderNumber: string;
  readonly orderedOn: string;
  readonly purchaseOrder: string | null;
  /** Last day of delivery as promised; null promises none. */
  readonly deliverByOn: string | null;
}

export interface CancellationMail extends ToSomebody, Amount {
  readonly orderNumber: string;
  readonly orderedOn: string;
  readonly purchaseOrder: string | null;
  readonly cancelledOn: string;
}

export interface InvoiceMail extends ToSomebody, Amount {
  readonly invoiceNumber: string;
  readonly dueOn: string;
  readonly iban: string | null;
}

export interface CreditNoteMail extends ToSomebody, Amount {
  readonly creditNoteNumber: string;
  readonly invoiceNumber: string;
}

export interface ReceiptMail extends ToSomebody, Amount {
  readonly invoiceNumber: string;
  readonly paidOn: string;
  /** What the invoice still owes after this payment. */
  readonly openMinor: bigint;
}

export interface ReminderMail extends ToSomebody {
  /** Dunning level of the letter, from 1: the highest of its items. */
  readonly level: number;
  readonly currency: string;
  readonly items: readonly {
    readonly invoiceNumber: string;
    readonly dueOn: string;
    readonly openMinor: bigint;
  }[];
  /** Fees and interest that are open on these invoices; `isNew` where the note comes with this letter. */
  readonly charges: readonly {
    readonly number: string;
    readonly dueOn: string;
    readonly openMinor: bigint;
    readonly isNew: boolean;
  }[];
  /** Of items and charges. */
  readonly totalMinor: bigint;
  readonly iban: string | null;
  /** On the last level: what follows from which day on. */
  readonly announces: { readonly action: 'task' | 'write_off'; readonly on: string } | null;
}

export interface ApprovalMail extends ToSomebody, Amount {
  readonly quoteNumber: string;
  readonly revision: number;
  readonly discountBps: number;
  /** Why it needs approval, in the recipient's language. */
  readonly why: string;
  /** Last day to decide before the next level is asked. */
  readonly decideByOn: string;
}

export interface EscalationMail extends ToSomebody {
  readonly wait: WaitKind;
  /** Id of the lead, never a person's or company's name. */
  readonly leadId: string;
  readonly sinceOn: string;
  readonly dueOn: string;
}

export interface TaskMail extends ToSomebody {
  /** What is to be decided, in the recipient's language. */
  readonly title: string;
  /** How to get it off the list, in the same language. */
  readonly toDo: string;
  /** Id or number of the record it is about. */
  readonly reference: string;
  readonly dueOn: string | null;
}

/** What each template needs. */
export interface MailData {
  offer: OfferMail;
  offerReminder: OfferMail;
  order: OrderMail;
  cancellation: CancellationMail;
  invoice: InvoiceMail;
  creditNote: CreditNoteMail;
  receipt: ReceiptMail;
  reminder: ReminderMail;
  approvalRequest: ApprovalMail;
  approvalReminder: ApprovalMail;
  escalation: EscalationMail;
  task: TaskMail;
}

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}
