// Decides the postings of commission earned, reversed and paid out (docs/money.md, Ledger). Amounts come from the
// commission lines, in minor units of the payee's currency.
import { type Account, atLeastZero, balanced, credit, debit, type PostingLine } from './accounts.js';

export interface PayeeAmount {
  readonly payee: string;
  readonly amountMinor: bigint;
}

/** Commission earned: commission_expense / commission_payable. */
export function postCommissionEarned(earned: PayeeAmount): PostingLine[] {
  return move('commission earned', earned, 'commission_expense', 'commission_payable');
}

/** Commission reversed: commission_payable / commission_expense. */
export function postCommissionReversed(reversed: PayeeAmount): PostingLine[] {
  return move('commission reversed', reversed, 'commission_payable', 'commission_expense');
}

/** Payout released: commission_payable / payout_clearing. */
export function postPayoutReleased(payout: PayeeAmount): PostingLine[] {
  return move('payout released', payout, 'commission_payable', 'payout_clearing');
}

/** Payout confirmed by the bank: payout_clearing / cash. */
export function postPayoutConfirmed(payout: PayeeAmount): PostingLine[] {
  return move('payout confirmed', payout, 'payout_clearing', 'cash');
}

function move(event: string, { payee, amountMinor }: PayeeAmount, from: Account, to: Account): PostingLine[] {
  atLeastZero({ amountMinor });
  const party = (account: Account) =>
    account === 'commission_payable' || account === 'payout_clearing' ? payee : undefined;
  return balanced(event, [debit(from, amountMinor, party(from)), credit(to, amountMinor, party(to))]);
}
