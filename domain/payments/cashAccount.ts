// Decides on which account money arrives, so that it is counted once: the bank line or the provider's payout
// clears it later (docs/money.md, Payments).
import type { CashAccount } from '../ledger/accounts.js';

export const PAYMENT_METHODS = ['bank_transfer', 'provider', 'cash', 'card', 'direct_debit'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** Cash is cash; what a bank moves waits for its statement; what a provider collects, for its payout. */
const ARRIVES_ON: Readonly<Record<PaymentMethod, CashAccount>> = {
  bank_transfer: 'bank_clearing',
  direct_debit: 'bank_clearing',
  provider: 'psp_clearing',
  card: 'psp_clearing',
  cash: 'cash',
};

export function cashAccountOf(method: PaymentMethod): CashAccount {
  return ARRIVES_ON[method];
}
