// I1: each ledger transaction and the whole ledger sum to zero per currency; what charge notes charge and take
// back is posted as it reads.
import { chargePostings } from './charges.js';
import type { Check } from './types.js';

export const ledger: Check = {
  invariant: 'I1',
  rules: [
    {
      counted: 'select count(*) from ledger_entries',
      offenders: `
        select transaction_id, format('sums to %s %s', sum(amount_minor), currency)
        from ledger_entries
        group by transaction_id, currency
        having sum(amount_minor) <> 0`,
    },
    {
      offenders: `
        select 'ledger', format('sums to %s %s', sum(amount_minor), currency)
        from ledger_entries
        group by currency
        having sum(amount_minor) <> 0`,
    },
    chargePostings,
  ],
};
