// Collecting one invoice: it waits for the payment and reminds until it is paid or written off. Restartable
// from {invoiceId, level, nextAt} as its open wait stores them; a lead collects each of its invoices with it.
import type { WaitHead } from '../domain/steps.js';
import type { Contract } from './waits.js';

/** The next step of an invoice's dunning plan: a reminder per level, then what the plan says comes last. */
export function collectInvoice([, invoiceId]: WaitHead): Contract {
  return { wait: 'payment', subject: invoiceId, overdue: 'sendReminder' };
}
