// Decides which accounts the subledger has and checks a posting. Who posts what is in the files beside it.

export const ACCOUNTS = [
  'receivable',
  'revenue',
  'tax_payable',
  'deferred_revenue',
  'customer_deposits',
  'cash',
  'bank_clearing',
  'psp_clearing',
  'unapplied_cash',
  'payment_fees',
  'bank_charges',
  'cash_discount',
  'small_differences',
  'fee_income',
  'interest_income',
  'bad_debt',
  'bad_debt_recovered',
  'commission_expense',
  'commission_payable',
  'payout_clearing',
  'draw_advances',
] as const;
export type Account = (typeof ACCOUNTS)[number];

/** Accounts on which money from outside arrives: the bank itself, by hand, through a provider. */
export const CASH_ACCOUNTS = ['cash', 'bank_clearing', 'psp_clearing'] as const satisfies readonly Account[];
export type CashAccount = (typeof CASH_ACCOUNTS)[number];

/** One line of a posting, in minor units of the transaction's currency: debit positive, credit negative. */
export interface PostingLine {
  readonly account: Account;
  readonly amountMinor: bigint;
  /** The customer or payee whose balance the line moves; set on receivable, unapplied cash and payables. */
  readonly party?: string;
}

export function debit(account: Account, amountMinor: bigint, party?: string): PostingLine {
  return party === undefined ? { account, amountMinor } : { account, amountMinor, party };
}

export function credit(account: Account, amountMinor: bigint, party?: string): PostingLine {
  return debit(account, -amountMinor, party);
}

/**
 * Checks that a posting sums to zero and drops its empty lines; an event of nothing gives no lines.
 * RangeError otherwise, because the amounts handed to the builder contradict each other.
 */
export function balanced(event: string, lines: readonly PostingLine[]): PostingLine[] {
  const sum = lines.reduce((total, line) => total + line.amountMinor, 0n);
  if (sum !== 0n) throw new RangeError(`posting of ${event} is out of balance by ${sum}`);
  return lines.filter(({ amountMinor }) => amountMinor !== 0n);
}

/** RangeError for an amount below 0, which would turn an event into its opposite. */
export function atLeastZero(amounts: Readonly<Record<string, bigint>>): void {
  for (const [name, amountMinor] of Object.entries(amounts)) {
    if (amountMinor < 0n) throw new RangeError(`${name} is ${amountMinor}, must not be below 0`);
  }
}
