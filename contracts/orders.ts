// Orders, what was delivered of them and what is waited for, on the wire.
import { type Static, Type } from 'typebox';
import { TERM_KINDS } from '../domain/invoices/terms.js';
import { CHARGED_ON } from '../domain/quotes/price.js';
import { WaitView } from './leads.js';
import {
  Bps,
  Code,
  closed,
  Day,
  Id,
  Instant,
  ListOf,
  Money,
  Nullable,
  Quantity,
  Ref,
  Revision,
  Text,
} from './wire.js';

export const ORDER_STATUSES = ['open', 'delivered', 'cancelled'] as const;
export const BILL_ON = ['delivery', 'order'] as const;
export const DELIVERY_STATUSES = ['recorded', 'applied', 'refused'] as const;

export const MessageAddress = Type.String({
  maxLength: 60,
  pattern: '^/v1/messages/msg_[0-9a-z]{26}$',
  description: 'Where to ask what became of it',
  examples: ['/v1/messages/msg_01kaz4v8tqfv2r0c0q6c2nq4jd'],
});

/** Terms as an order, quote or invoice pinned them. */
export const PinnedTerms = Type.Object(
  {
    id: Type.Optional(Code(64, 'Name of the terms in the policy', 'net30')),
    kind: Type.Enum([...TERM_KINDS]),
    days: Type.Integer({ minimum: 0 }),
  },
  { ...closed, description: 'Terms of payment' },
);

export const OrderSummary = Type.Object(
  {
    id: Ref('order'),
    number: Type.String({ maxLength: 60, examples: ['SO-2026-00042'] }),
    leadId: Ref('lead'),
    quoteId: Ref('quote'),
    quoteRevision: Revision,
    accountId: Ref('account'),
    entityId: Ref('entity'),
    status: Type.Enum([...ORDER_STATUSES]),
    net: Money,
    tax: Money,
    gross: Money,
    billOn: Type.Enum([...BILL_ON], { description: 'What an invoice is issued on' }),
    orderedOn: Day,
    deliverBy: Day,
  },
  { ...closed, description: 'An order' },
);
export type OrderSummary = Static<typeof OrderSummary>;

const OrderLine = Type.Object(
  {
    id: Ref('oline', 'Id of the order line'),
    position: Type.Integer({ minimum: 1 }),
    productId: Ref('product'),
    sku: Type.String({ maxLength: 60 }),
    name: Type.String(),
    family: Type.String({ maxLength: 60 }),
    unit: Type.String(),
    chargedOn: Type.Enum([...CHARGED_ON], {
      description: 'Lines charged with the first delivery, such as freight, are not delivered apart',
    }),
    ordered: Quantity,
    delivered: Quantity,
    billed: Quantity,
    net: Money,
    invoiced: Money,
    taxTreatment: Type.String({ maxLength: 2, description: 'EN 16931 code' }),
    taxRateBps: Bps,
  },
  closed,
);

export const Delivery = Type.Object(
  {
    id: Ref('dlv', 'Id of the delivery'),
    key: Type.String({ maxLength: 200 }),
    status: Type.Enum([...DELIVERY_STATUSES], {
      description: '`recorded`: the lead has not heard of it yet; `refused`: the order was cancelled first',
    }),
    deliveredAt: Instant,
    deliveredOn: Day,
    proof: Nullable(Type.String()),
    recordedBy: Ref('person'),
    invoiceId: Nullable(Ref('inv')),
    lines: Type.Array(Type.Object({ orderLineId: Ref('oline'), quantity: Quantity }, closed)),
  },
  { ...closed, description: 'A delivery' },
);
export type Delivery = Static<typeof Delivery>;

export const OrderView = Type.Object(
  {
    ...OrderSummary.properties,
    acceptedBy: Nullable(Type.Object({ name: Type.String(), email: Nullable(Type.String()) }, { ...closed })),
    purchaseOrder: Nullable(Type.String()),
    terms: PinnedTerms,
    orderedAt: Instant,
    cancelledAt: Nullable(Instant),
    cancelReason: Nullable(Type.String()),
    lines: Type.Array(OrderLine),
    deliveries: Type.Array(Delivery),
    invoices: Type.Array(
      Type.Object(
        {
          id: Ref('inv', 'Id of an invoice'),
          kind: Type.Enum(['invoice', 'credit_note']),
          number: Type.String({ maxLength: 60 }),
          gross: Money,
          open: Money,
          dueOn: Day,
        },
        closed,
      ),
    ),
    waits: Type.Array(WaitView),
  },
  { ...closed, description: 'An order with its lines, deliveries, invoices and open waits' },
);
export type OrderView = Static<typeof OrderView>;

export const NewDelivery = Type.Object(
  {
    lines: ListOf(
      Type.Object({ orderLineId: Id('oline', 'Id of the order line'), quantity: Quantity }, closed),
      200,
      'What was delivered, each order line once',
      1,
    ),
    deliveredAt: Instant,
    key: Type.Optional(
      Code(200, 'Your own name of this delivery: the same key never makes two of an order', 'DN-2026-117'),
    ),
    proof: Type.Optional(Text(500, 'What proves it', 'signed by Ana Ruiz, pallet 7')),
  },
  {
    ...closed,
    examples: [
      {
        lines: [{ orderLineId: 'oline_01kaz4v8tqfv2r0c0q6c2nq4jd', quantity: '2' }],
        deliveredAt: '2026-11-22T09:30:00Z',
        key: 'DN-2026-117',
      },
    ],
  },
);
export type NewDelivery = Static<typeof NewDelivery>;

export const RecordedDeliveryView = Type.Object(
  { delivery: Delivery, message: MessageAddress },
  { ...closed, description: 'The delivery as recorded; its lead hears of it by the message' },
);

export const Cancellation = Type.Object(
  { reason: Text(500, 'Why', 'the customer closed the site') },
  { ...closed, examples: [{ reason: 'the customer closed the site' }] },
);
export type Cancellation = Static<typeof Cancellation>;

export const CancellationRequestView = Type.Object(
  { taskId: Id('task', 'Id of the task another person approves or rejects') },
  { ...closed, description: 'A cancellation that was asked for' },
);
export type CancellationRequestView = Static<typeof CancellationRequestView>;
