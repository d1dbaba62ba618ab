// Money that came, where it was put, and money that went back, on the wire.
import { type Static, Type } from 'typebox';
import { PAYMENT_METHODS } from '../domain/payments/cashAccount.js';
import { Code, closed, Day, Id, Instant, ListOf, Money, Nullable, Ref, SignedMoney, Text } from './wire.js';

export const ALLOCATION_CAUSES = ['payment', 'by_hand', 'recovery', 'reversal', 'credit'] as const;

export const NewPayment = Type.Object(
  {
    reference: Text(140, 'Names the payment at its provider, once for ever', 'TRX-2026-11-22-0042'),
    provider: Type.Optional(
      Code(60, 'Who gave the reference: a bank or a payment provider; `bank` where absent', 'bank'),
    ),
    amount: Money,
    paidOn: Day,
    method: Type.Enum([...PAYMENT_METHODS]),
    invoiceNumber: Type.Optional(
      Text(60, 'The invoice or charge note the payer names; an unknown one is no error', 'INV-00042'),
    ),
    remittance: Type.Optional(Text(500, 'What the payer wrote', 'Invoice 42, thank you')),
    payer: Type.Optional(Text(200, 'Name or account of the payer', 'GLOBEX ZAHLUNGEN')),
    accountId: Type.Optional(Id('account', 'The customer, where it is known')),
  },
  {
    ...closed,
    examples: [
      {
        reference: 'TRX-2026-11-22-0042',
        amount: { amount: '1210.00', currency: 'EUR' },
        paidOn: '2026-11-22',
        method: 'bank_transfer',
        invoiceNumber: 'INV-00042',
      },
    ],
  },
);
export type NewPayment = Static<typeof NewPayment>;

export const AllocationView = Type.Object(
  {
    id: Ref('alloc', 'Id of an allocation'),
    paymentId: Ref('pay', 'Id of a payment'),
    invoiceId: Nullable(Ref('inv', 'Id of an invoice; null where the cash is on a charge note')),
    chargeNoteId: Nullable(Ref('charge', 'Id of a charge note; null where the cash is on an invoice')),
    leadId: Ref('lead'),
    amount: SignedMoney,
    valueOn: Day,
    cause: Type.Enum([...ALLOCATION_CAUSES]),
    undoes: Nullable(Ref('alloc', 'The allocation it takes back, in whole or in part')),
  },
  {
    ...closed,
    description: 'Cash put on an invoice or a charge note; below 0 it takes another allocation back',
  },
);
export type AllocationView = Static<typeof AllocationView>;

const Reversal = Type.Object(
  {
    id: Ref('reversal'),
    reference: Type.String({ maxLength: 140 }),
    reversedOn: Day,
    reason: Type.String({ maxLength: 500 }),
    bankCharge: Money,
    recordedBy: Ref('person'),
  },
  closed,
);

export const PaymentSummary = Type.Object(
  {
    id: Ref('pay', 'Id of a payment'),
    provider: Type.String({ maxLength: 60 }),
    reference: Type.String({ maxLength: 140 }),
    amount: Money,
    unapplied: Money,
    paidOn: Day,
    method: Type.Enum([...PAYMENT_METHODS]),
    invoiceNumber: Nullable(Type.String()),
    remittance: Nullable(Type.String()),
    payer: Nullable(Type.String()),
    accountId: Nullable(Ref('account')),
    entityId: Ref('entity'),
    recordedBy: Ref('person'),
    receivedAt: Instant,
    reversedAt: Nullable(Instant),
  },
  { ...closed, description: 'A payment' },
);
export type PaymentSummary = Static<typeof PaymentSummary>;

export const PaymentView = Type.Object(
  {
    ...PaymentSummary.properties,
    allocations: Type.Array(AllocationView),
    reversal: Nullable(Reversal),
    tasks: Type.Array(
      Type.Object(
        {
          id: Ref('task'),
          kind: Type.String({
            maxLength: 60,
            description: 'Why a person looks at it',
            examples: ['payment_unmatched'],
          }),
          status: Type.Enum(['open', 'resolved']),
        },
        closed,
      ),
    ),
  },
  { ...closed, description: 'A payment with what became of it' },
);
export type PaymentView = Static<typeof PaymentView>;

export const NewAllocations = Type.Object(
  {
    allocations: ListOf(
      Type.Object(
        {
          invoiceId: Type.Optional(Id('inv', 'Id of an invoice')),
          chargeNoteId: Type.Optional(Id('charge', 'Id of a charge note, instead of an invoice')),
          amount: Money,
        },
        closed,
      ),
      100,
      'What goes on which invoice or charge note, each once',
      1,
    ),
  },
  {
    ...closed,
    examples: [
      {
        allocations: [
          { invoiceId: 'inv_01kaz4v8tqfv2r0c0q6c2nq4jd', amount: { amount: '120.00', currency: 'EUR' } },
        ],
      },
    ],
  },
);
export type NewAllocations = Static<typeof NewAllocations>;

export const NewReversal = Type.Object(
  {
    reference: Text(140, 'Names the bounce or chargeback', 'RET-2026-11-25-0007'),
    reversedOn: Day,
    reason: Text(500, 'Why', 'insufficient funds'),
    bankCharge: Type.Optional(Money),
  },
  {
    ...closed,
    examples: [
      {
        reference: 'RET-2026-11-25-0007',
        reversedOn: '2026-11-25',
        reason: 'insufficient funds',
        bankCharge: { amount: '3.50', currency: 'EUR' },
      },
    ],
  },
);
export type NewReversal = Static<typeof NewReversal>;
