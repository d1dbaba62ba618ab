// Commission lines, statements and payouts, on the wire.
import { type Static, Type } from 'typebox';
import { MAX_PAGE } from './page.js';
import { written } from './patterns.js';
import { Bps, closed, Day, Id, Instant, ListOf, Money, Nullable, Ref, SignedMoney } from './wire.js';

export const PAYOUT_MODES = ['on_earned', 'monthly'] as const;
export const PAYOUT_STATUSES = ['calculated', 'released', 'confirmed'] as const;

export const Period = Type.String({
  pattern: written('^[0-9]{4}-(0[1-9]|1[0-2])$', 'is not a month, written YYYY-MM'),
  maxLength: 7,
  description: 'A month',
  examples: ['2026-11'],
});

export const CommissionView = Type.Object(
  {
    id: Ref('cline', 'Id of a commission line: GET /v1/explanations/{id} tells why'),
    payeeId: Ref('person'),
    component: Type.String({
      maxLength: 20,
      description: '`direct`, or `override` and the level of the manager',
    }),
    amount: SignedMoney,
    basis: SignedMoney,
    rateBps: Bps,
    family: Type.String({ maxLength: 60 }),
    planVersion: Type.Integer({ minimum: 1 }),
    earnedOn: Day,
    sequence: Type.Integer({ minimum: 0, description: 'Above 0 it corrects another line' }),
    corrects: Nullable(Ref('cline')),
    leadId: Ref('lead'),
    orderId: Ref('order'),
    orderLineId: Ref('oline'),
    invoiceId: Ref('inv'),
    invoiceLineId: Ref('iline'),
    allocationId: Ref('alloc'),
    paymentId: Ref('pay'),
    payoutId: Nullable(Ref('payout')),
  },
  { ...closed, description: 'What one payee earned on one invoice line by one allocation of cash' },
);
export type CommissionView = Static<typeof CommissionView>;

export const StatementView = Type.Object(
  {
    payeeId: Ref('person'),
    period: Period,
    balances: Type.Array(
      Type.Object(
        {
          currency: Type.String({ maxLength: 3 }),
          opening: SignedMoney,
          earned: Money,
          reversed: Money,
          paid: Money,
          carried: SignedMoney,
        },
        { ...closed, description: 'opening + earned − reversed − paid = carried' },
      ),
    ),
    items: Type.Array(CommissionView, { maxItems: MAX_PAGE }),
    next: Nullable(Type.String({ maxLength: 1000, description: 'Cursor of the next page of lines' })),
  },
  { ...closed, description: 'What a payee earned, lost and was paid in a month, and the lines behind it' },
);
export type StatementView = Static<typeof StatementView>;

export const PayoutView = Type.Object(
  {
    id: Ref('payout'),
    mode: Type.Enum([...PAYOUT_MODES]),
    period: Period,
    run: Type.Integer({ minimum: 1 }),
    leadId: Nullable(Ref('lead')),
    status: Type.Enum([...PAYOUT_STATUSES]),
    planVersion: Nullable(Type.Integer({ minimum: 1 })),
    calculatedBy: Nullable(Ref('person', 'Who asked for it: never who releases it')),
    calculatedAt: Instant,
    confirmedAt: Nullable(Instant),
    lines: Type.Array(
      Type.Object(
        {
          payeeId: Ref('person'),
          earned: SignedMoney,
          paid: Money,
          releasedBy: Nullable(Ref('person')),
          releasedAt: Nullable(Instant),
          confirmedAt: Nullable(Instant),
        },
        closed,
      ),
      { description: 'One per payee and currency; a payee sees their own' },
    ),
  },
  { ...closed, description: 'A payout' },
);
export type PayoutView = Static<typeof PayoutView>;

export const NewPayoutRun = Type.Object({ period: Period }, { ...closed, examples: [{ period: '2026-11' }] });
export type NewPayoutRun = Static<typeof NewPayoutRun>;

export const Release = Type.Object(
  {
    payeeIds: Type.Optional(
      ListOf(Id('person', 'A payee of the run'), 1000, 'Absent: everybody but the sender', 1),
    ),
  },
  { ...closed, examples: [{ payeeIds: ['person_01kaz4v8tqfv2r0c0q6c2nq4jd'] }] },
);
export type Release = Static<typeof Release>;
