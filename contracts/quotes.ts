// Quotes and approvals on the wire.
import { type Static, Type } from 'typebox';
import { APPROVAL_STATUSES } from '../domain/approvals/types.js';
import {
  Bps,
  Code,
  Country,
  Currency,
  closed,
  Day,
  Email,
  Id,
  Instant,
  ListOf,
  Money,
  Nullable,
  Quantity,
  Revision,
  SignedMoney,
  Text,
  UnitPrice,
} from './wire.js';

export const REVISION_STATUSES = [
  'draft',
  'submitted',
  'rejected',
  'offered',
  'accepted',
  'declined',
  'expired',
  'superseded',
  'withdrawn',
] as const;

export const DraftBody = Type.Object(
  {
    lines: ListOf(
      Type.Object(
        {
          sku: Code(60, 'Stock keeping unit', 'DESK-180'),
          quantity: Quantity,
          discountBps: Type.Optional(Bps),
          unitPrice: Type.Optional(UnitPrice),
        },
        closed,
      ),
      500,
      'What is sold; give discountBps or unitPrice, not both',
      1,
    ),
    accountId: Type.Optional(Id('account', 'Who buys; the lead’s own account or contact where absent')),
    country: Type.Optional(Country),
    currency: Type.Optional(Currency),
    discountBps: Type.Optional(Bps),
    terms: Type.Optional(
      Code(
        60,
        'Id of payment terms of the invoicing policy; the account’s or the default where absent',
        'net30',
      ),
    ),
    validDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
    requestedDeliveryOn: Type.Optional(Day),
  },
  {
    ...closed,
    description:
      'A whole revision: what is not given takes its default, nothing is taken over. `country` is where a ' +
      'customer without an account is; it is needed where their contact says none.',
    examples: [{ lines: [{ sku: 'DESK-180', quantity: '20', discountBps: 1500 }], validDays: 30 }],
  },
);
export type DraftBody = Static<typeof DraftBody>;

const WaterfallStep = Type.Object(
  {
    step: Type.String({ maxLength: 40 }),
    source: Type.String({ maxLength: 200 }),
    bps: Nullable(Type.Integer()),
    amount: SignedMoney,
    running: SignedMoney,
  },
  closed,
);

const QuoteLineView = Type.Object(
  {
    position: Type.Integer(),
    sku: Type.String({ maxLength: 60 }),
    name: Type.String({ maxLength: 300 }),
    family: Type.String({ maxLength: 60 }),
    quantity: Quantity,
    unitPrice: UnitPrice,
    discountBps: Type.Integer({
      description: 'Effective discount off list, rounded up; negative above list',
    }),
    list: Money,
    net: Money,
    tax: Money,
    gross: Money,
    treatment: Type.String({ maxLength: 2, description: 'EN 16931 category' }),
    taxRateBps: Bps,
    waterfall: ListOf(WaterfallStep, 20, 'From list to net; the amounts add up'),
  },
  closed,
);

export const ApprovalView = Type.Object(
  {
    id: Id('appr'),
    leadId: Id('lead'),
    quoteId: Id('quote'),
    revision: Revision,
    sequence: Type.Integer(),
    ruleId: Type.String({ maxLength: 60 }),
    textCode: Type.String({ maxLength: 100 }),
    text: Type.String({ maxLength: 200, description: 'The same as a sentence, in the language asked for' }),
    approver: Nullable(Type.String({ maxLength: 40 })),
    requestedBy: Type.String({ maxLength: 40 }),
    status: Type.Enum([...APPROVAL_STATUSES]),
    total: Money,
    level: Type.Integer(),
    decidedBy: Nullable(Type.String({ maxLength: 40 })),
    actingFor: Nullable(
      Type.String({ maxLength: 40, description: 'The approver, where a delegate decided for them' }),
    ),
    decidedAt: Nullable(Instant),
    reason: Nullable(Type.String({ maxLength: 500 })),
  },
  { ...closed, description: 'One step of an approval' },
);
export type ApprovalView = Static<typeof ApprovalView>;

export const NeededApprovalView = Type.Object(
  {
    sequence: Type.Integer(),
    ruleId: Type.String({ maxLength: 60 }),
    textCode: Type.String({ maxLength: 100 }),
    text: Type.String({ maxLength: 200, description: 'The same as a sentence, in the language asked for' }),
    approver: Nullable(Type.String({ maxLength: 40, description: 'Null: nobody is able' })),
  },
  closed,
);

export const QuoteView = Type.Object(
  {
    id: Id('quote'),
    leadId: Id('lead'),
    accountId: Id('account'),
    revision: Revision,
    newest: Revision,
    status: Type.Enum([...REVISION_STATUSES]),
    currency: Currency,
    discountBps: Bps,
    effectiveDiscountBps: Type.Integer(),
    lines: ListOf(QuoteLineView, 500, 'Priced lines'),
    list: Money,
    net: Money,
    tax: Money,
    gross: Money,
    taxes: ListOf(
      Type.Object(
        { treatment: Type.String({ maxLength: 2 }), rateBps: Bps, base: Money, tax: Money },
        closed,
      ),
      50,
      'Tax per treatment and rate',
    ),
    terms: Type.Object({ id: Type.String(), kind: Type.String(), days: Type.Integer() }),
    validDays: Type.Integer(),
    validUntil: Nullable(Day),
    requestedDeliveryOn: Nullable(Day),
    pins: Type.Record(Type.String(), Type.Integer(), {
      description: 'Versions of the policies that decided it',
    }),
    createdBy: Type.String({ maxLength: 40 }),
    submittedBy: Nullable(Type.String({ maxLength: 40 })),
    reason: Nullable(Type.String({ maxLength: 2000 })),
    approvals: ListOf(ApprovalView, 100, 'Steps asked for this revision'),
    approvalsNeeded: ListOf(
      NeededApprovalView,
      100,
      'Of a draft: who would be asked if it were submitted now',
    ),
  },
  { ...closed, description: 'One revision of a quote' },
);
export type QuoteView = Static<typeof QuoteView>;

export const SubmissionBody = Type.Object({ revision: Revision }, { ...closed, examples: [{ revision: 1 }] });

export const AcceptanceBody = Type.Object(
  {
    revision: Revision,
    acceptedBy: Type.Object({ name: Text(200, 'Name', 'Ana Ruiz'), email: Email }, closed),
    purchaseOrder: Type.Optional(Text(100, 'The customer’s own order number', 'PO-4711')),
  },
  { ...closed, examples: [{ revision: 1, acceptedBy: { name: 'Ana Ruiz', email: 'ana@example.com' } }] },
);

export const DeclineBody = Type.Object(
  { revision: Revision, reason: Text(500, 'Why', 'too expensive') },
  { ...closed, examples: [{ revision: 1, reason: 'too expensive' }] },
);

export const DecisionBody = Type.Object(
  {
    decision: Type.Enum(['approve', 'reject']),
    revision: Revision,
    reason: Type.Optional(Text(500, 'Why', 'margin too thin')),
  },
  { ...closed, examples: [{ decision: 'approve', revision: 1 }] },
);
