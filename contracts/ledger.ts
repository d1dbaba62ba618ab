// The ledger as it is read.
import { type Static, Type } from 'typebox';
import { closed, Day, Instant, Nullable, Ref, SignedMoney } from './wire.js';

export const LedgerTransaction = Type.Object(
  {
    id: Ref('ledger'),
    businessKey: Type.String({ maxLength: 300, description: 'What happened, once for ever' }),
    kind: Type.String({ maxLength: 60 }),
    entityId: Ref('entity'),
    leadId: Nullable(Ref('lead')),
    postedOn: Day,
    recordedAt: Instant,
    entries: Type.Array(
      Type.Object(
        {
          line: Type.Integer({ minimum: 1 }),
          account: Type.String({ maxLength: 40 }),
          amount: SignedMoney,
          party: Nullable(Type.String({ maxLength: 60, description: 'Customer, payee or payment' })),
        },
        closed,
      ),
      { description: 'Above 0 debit, below 0 credit; they sum to 0 per currency' },
    ),
  },
  { ...closed, description: 'A transaction of the double-entry ledger' },
);
export type LedgerTransaction = Static<typeof LedgerTransaction>;
