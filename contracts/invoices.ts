// Invoices, credit notes and what stands on them, on the wire.
import { type Static, Type } from 'typebox';
import { INVOICE_STATUSES } from '../domain/invoices/balance.js';
import { AllocationView } from './payments.js';
import {
  Bps,
  closed,
  Day,
  Id,
  Instant,
  ListOf,
  Money,
  Nullable,
  Quantity,
  Ref,
  SignedMoney,
  Text,
} from './wire.js';

/** What was given up of an invoice or a charge note, or recovered after all (below 0). */
export const WrittenOff = Type.Object(
  {
    id: Ref('writeoff'),
    amount: SignedMoney,
    writtenOffOn: Day,
    reason: Type.String(),
    decidedBy: Nullable(Ref('person')),
  },
  closed,
);

export const INVOICE_KINDS = ['invoice', 'credit_note'] as const;

const InvoiceId = Ref('inv', 'Id of an invoice or credit note');
const Treatment = Type.String({ maxLength: 2, description: 'EN 16931 code', examples: ['S'] });

export const InvoiceSummary = Type.Object(
  {
    id: InvoiceId,
    kind: Type.Enum([...INVOICE_KINDS]),
    number: Type.String({ maxLength: 60, examples: ['INV-00042'] }),
    leadId: Ref('lead'),
    orderId: Ref('order'),
    deliveryId: Nullable(Ref('dlv')),
    creditsId: Nullable(Ref('inv', 'The invoice this note credits')),
    accountId: Ref('account'),
    entityId: Ref('entity'),
    issuedOn: Day,
    taxPointOn: Day,
    dueOn: Day,
    net: Money,
    tax: Money,
    gross: Money,
    allocated: Money,
    credited: Money,
    smallDifference: Money,
    writtenOff: Money,
    open: Money,
    status: Nullable(
      Type.Enum([...INVOICE_STATUSES], { description: 'By its balance; null for a credit note' }),
    ),
    overdue: Type.Boolean({ description: 'Something is open after the last day in time' }),
    dunningLevel: Type.Integer({ minimum: 0 }),
  },
  { ...closed, description: 'An invoice or credit note' },
);
export type InvoiceSummary = Static<typeof InvoiceSummary>;

const InvoiceLine = Type.Object(
  {
    id: Ref('iline', 'Id of an invoice line'),
    position: Type.Integer({ minimum: 1 }),
    orderLineId: Ref('oline'),
    sku: Type.String({ maxLength: 60 }),
    name: Type.String(),
    quantity: Quantity,
    net: SignedMoney,
    tax: SignedMoney,
    gross: SignedMoney,
    taxTreatment: Treatment,
    taxRateBps: Bps,
    credited: SignedMoney,
    allocated: SignedMoney,
    tolerated: SignedMoney,
    writtenOff: SignedMoney,
    open: SignedMoney,
  },
  closed,
);

export const InvoiceView = Type.Object(
  {
    ...InvoiceSummary.properties,
    issuedAt: Instant,
    reason: Nullable(Type.String()),
    createdBy: Nullable(Ref('person')),
    approvedBy: Nullable(Ref('person')),
    lines: Type.Array(InvoiceLine),
    taxes: Type.Array(
      Type.Object({ treatment: Treatment, rateBps: Bps, base: SignedMoney, tax: SignedMoney }, closed),
    ),
    allocations: Type.Array(AllocationView),
    creditNotes: Type.Array(
      Type.Object(
        {
          id: InvoiceId,
          number: Type.String(),
          issuedOn: Day,
          gross: Money,
          reason: Nullable(Type.String()),
        },
        closed,
      ),
    ),
    chargeNotes: Type.Array(
      Type.Object(
        {
          id: Ref('charge', 'Id of a charge note'),
          number: Type.String(),
          issuedOn: Day,
          total: Money,
          open: Money,
        },
        closed,
      ),
      { description: 'Fees and interest charged for it; never part of its total' },
    ),
    reminders: Type.Array(
      Type.Object(
        { level: Type.Integer({ minimum: 1 }), letterId: Ref('letter'), decidedOn: Day, open: Money },
        closed,
      ),
    ),
    writeOffs: Type.Array(WrittenOff),
  },
  {
    ...closed,
    description: 'An invoice with its lines, taxes, cash, credit notes, charge notes and reminders',
  },
);
export type InvoiceView = Static<typeof InvoiceView>;

export const DryRun = Type.Optional(
  Type.Boolean({ description: 'Shows the whole effect and changes nothing', examples: [true] }),
);

/** A write-off is decided by the deal's own workflow: only what the invoice itself says is known before. */
const DryWriteOff = Type.Optional(
  Type.Boolean({
    description:
      'Shows the open amounts of its lines and charge notes that would be given up, and changes nothing. Whether ' +
      'this person may do it (`conflicting_duties`), the ledger and the end of the lead come with the real call',
    examples: [true],
  }),
);

export const WriteOff = Type.Object(
  { reason: Text(500, 'Why', 'insolvency, file 12/2026'), dryRun: DryWriteOff },
  { ...closed, examples: [{ reason: 'insolvency, file 12/2026' }] },
);
export type WriteOff = Static<typeof WriteOff>;

export const WriteOffEffect = Type.Object(
  {
    invoiceId: InvoiceId,
    amount: Money,
    lines: Type.Array(Type.Object({ invoiceLineId: Ref('iline'), amount: SignedMoney }, closed)),
    chargeNotes: Type.Array(
      Type.Object({ chargeNoteId: Ref('charge', 'Id of a charge note'), amount: Money }, closed),
      { description: 'Open fees and interest that are given up with it' },
    ),
  },
  { ...closed, description: 'What a write-off would take' },
);
export type WriteOffEffect = Static<typeof WriteOffEffect>;

export const NewCreditNote = Type.Object(
  {
    reason: Text(500, 'Why', 'two units came damaged'),
    lines: Type.Optional(
      ListOf(
        Type.Object({ invoiceLineId: Id('iline', 'Id of an invoice line'), net: Money }, closed),
        200,
        'Net to credit per line; absent: everything that is left of the invoice',
        1,
      ),
    ),
    dryRun: DryRun,
  },
  {
    ...closed,
    examples: [
      {
        reason: 'two units came damaged',
        lines: [
          { invoiceLineId: 'iline_01kaz4v8tqfv2r0c0q6c2nq4jd', net: { amount: '40.00', currency: 'EUR' } },
        ],
      },
    ],
  },
);
export type NewCreditNote = Static<typeof NewCreditNote>;

export const CreditEffectView = Type.Object(
  {
    invoiceId: InvoiceId,
    lines: Type.Array(
      Type.Object(
        { invoiceLineId: Ref('iline'), net: SignedMoney, tax: SignedMoney, gross: SignedMoney },
        closed,
      ),
    ),
    net: Money,
    tax: Money,
    gross: Money,
    openBefore: Money,
    openAfter: Money,
    releases: Type.Array(
      Type.Object(
        {
          allocationId: Ref('alloc'),
          paymentId: Ref('pay'),
          invoiceLineId: Ref('iline'),
          amount: Money,
          unapplied: Money,
        },
        closed,
      ),
      { description: 'Cash that leaves its line, and how much of it leaves the invoice' },
    ),
    unapplied: Money,
    commissions: Type.Array(Type.Object({ payeeId: Ref('person'), amount: SignedMoney }, closed), {
      description: 'What it takes from each payee, below 0, or gives',
    }),
  },
  { ...closed, description: 'Everything a credit note changes' },
);
export type CreditEffectView = Static<typeof CreditEffectView>;

export const CreditRequestView = Type.Object(
  {
    taskId: Nullable(Ref('task', 'Approved or rejected there by another person; null for a dry run')),
    effect: CreditEffectView,
  },
  { ...closed, description: 'A credit note that was asked for' },
);
export type CreditRequestView = Static<typeof CreditRequestView>;
