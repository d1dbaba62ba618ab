// Decides when an invoice is due. Terms are data of the customer, the quote or the policy; this file only
// turns them and the issue date into a day. Weekends are not moved: the terms say what was agreed.
import { addDays, endOfMonth } from '../calendar/days.js';

export const TERM_KINDS = ['net', 'end_of_month'] as const;

/** `net`: n days after issue. `end_of_month`: n days after the last day of the month of issue. */
export interface PaymentTerms {
  readonly kind: (typeof TERM_KINDS)[number];
  readonly days: number;
}

/** The last day on which payment is in time. */
export function dueOn(terms: PaymentTerms, issuedOn: string): string {
  if (!Number.isInteger(terms.days) || terms.days < 0) throw new RangeError(`terms of ${terms.days} days`);
  return addDays(terms.kind === 'net' ? issuedOn : endOfMonth(issuedOn), terms.days);
}
