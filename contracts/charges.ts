// Charge notes on the wire: reminder fees and late interest, what became of them, and how one is waived.
import { type Static, Type } from 'typebox';
import { CHARGE_KINDS, CHARGE_STATUSES } from '../domain/collections/charges.js';
import { DryRun, WrittenOff } from './invoices.js';
import { AllocationView } from './payments.js';
import { closed, Day, Instant, Money, Nullable, Ref, Text } from './wire.js';

const ChargeNoteId = Ref('charge', 'Id of a charge note');

export const ChargeNoteSummary = Type.Object(
  {
    id: ChargeNoteId,
    number: Type.String({ maxLength: 60, examples: ['CH-000042'] }),
    invoiceId: Ref('inv', 'The invoice it is charged for'),
    leadId: Ref('lead'),
    accountId: Ref('account'),
    entityId: Ref('entity'),
    letterId: Ref('letter', 'The reminder it came with'),
    level: Type.Integer({ minimum: 1, description: 'Dunning level of the reminder' }),
    issuedOn: Day,
    dueOn: Day,
    fee: Money,
    interest: Money,
    total: Money,
    allocated: Money,
    waived: Money,
    writtenOff: Money,
    open: Money,
    status: Type.Enum([...CHARGE_STATUSES], { description: 'By its balance' }),
  },
  {
    ...closed,
    description: 'A charge note: outside the scope of VAT, never part of the total of its invoice',
  },
);
export type ChargeNoteSummary = Static<typeof ChargeNoteSummary>;

const InterestPeriod = Type.Object(
  {
    fromOn: Day,
    untilOn: Day,
    days: Type.Integer({ minimum: 1 }),
    principal: Money,
    rateBps: Type.Integer({ minimum: 1, description: 'Reference rate and margin', examples: [1_015] }),
  },
  { ...closed, description: 'Simple interest: principal × rate × days ÷ 365; rounded once per note' },
);

export const ChargeNoteView = Type.Object(
  {
    ...ChargeNoteSummary.properties,
    invoiceNumber: Type.String({ maxLength: 60, examples: ['INV-000042'] }),
    issuedAt: Instant,
    interestFromOn: Nullable(Day),
    interestUntilOn: Nullable(Day),
    lines: Type.Array(
      Type.Object(
        {
          position: Type.Integer({ minimum: 1 }),
          kind: Type.Enum([...CHARGE_KINDS]),
          amount: Money,
          taxTreatment: Type.Literal('O', { description: 'EN 16931: outside the scope of VAT' }),
          periods: Nullable(Type.Array(InterestPeriod, { description: 'How interest was counted' })),
        },
        closed,
      ),
    ),
    allocations: Type.Array(AllocationView),
    waivers: Type.Array(
      Type.Object(
        {
          id: Ref('waiver'),
          amount: Money,
          waivedOn: Day,
          reason: Type.String(),
          decidedBy: Ref('person'),
        },
        closed,
      ),
    ),
    writeOffs: Type.Array(WrittenOff),
  },
  { ...closed, description: 'A charge note with its lines, cash, waivers and write-offs' },
);
export type ChargeNoteView = Static<typeof ChargeNoteView>;

export const ChargeWaiver = Type.Object(
  { reason: Text(500, 'Why', 'the parcel was late, goodwill'), dryRun: DryRun },
  { ...closed, examples: [{ reason: 'the parcel was late, goodwill' }] },
);
export type ChargeWaiver = Static<typeof ChargeWaiver>;

export const WaiverEffect = Type.Object(
  { chargeNoteId: ChargeNoteId, amount: Money, fee: Money, interest: Money },
  { ...closed, description: 'What a waiver would take back' },
);
export type WaiverEffect = Static<typeof WaiverEffect>;
