// The nouns of the API that rights speak of, and to which of them each message of a workflow belongs.
import type { MessageName } from '../../domain/messages.js';

export const RESOURCES = [
  'leads',
  'contacts',
  'imports',
  'quotes',
  'approvals',
  'orders',
  'invoices',
  'payments',
  'tasks',
  'waits',
  'messages',
  'commissions',
  'statements',
  'payouts',
  'explanations',
  'ledger',
  'accounts',
  'products',
  'priceBooks',
  'people',
  'keys',
  'policies',
  'entities',
] as const;
export type Resource = (typeof RESOURCES)[number];

export const MESSAGE_RESOURCES = {
  qualifyLead: 'leads',
  reassignLead: 'leads',
  withdrawLead: 'leads',
  submitQuote: 'quotes',
  decideApproval: 'approvals',
  acceptQuote: 'quotes',
  declineQuote: 'quotes',
  cancelOrder: 'orders',
  writeOffInvoice: 'invoices',
  creditInvoice: 'invoices',
  leadCaptured: 'leads',
  leadTouched: 'leads',
  deliveryRecorded: 'orders',
  paymentApplied: 'payments',
  paymentReversed: 'payments',
  waitReassigned: 'people',
  commissionPaid: 'payouts',
} as const satisfies Readonly<Record<MessageName, Resource>>;
