// Why an amount is what it is: the chain of records behind it, each with its amount and its source, and the
// same as sentences for a person.
import { type Static, Type } from 'typebox';
import { closed, Language, Nullable, SignedMoney } from './wire.js';

export const EXPLAINED = [
  'payout',
  'commission',
  'correction',
  'rate',
  'split',
  'basis',
  'allocation',
  'payment',
  'invoice',
  'invoice_line',
  'tax',
  'credit_note',
  'write_off',
  'charge_note',
  'reminder',
  'fee',
  'interest',
  'waiver',
  'order_line',
  'order',
  'price',
  'quote',
  'approval',
  'lead',
] as const;

export const ExplanationStep = Type.Object(
  {
    what: Type.Enum([...EXPLAINED]),
    id: Type.String({ maxLength: 120, description: 'The record' }),
    amount: Nullable(SignedMoney),
    source: Nullable(
      Type.String({ maxLength: 300, description: 'The rule, policy or document it comes from' }),
    ),
    version: Nullable(
      Type.Integer({ minimum: 1, description: 'Version of the policy, revision of the quote' }),
    ),
    text: Type.String({ description: 'The same as a sentence' }),
  },
  closed,
);
export type ExplanationStep = Static<typeof ExplanationStep>;

export const ExplanationView = Type.Object(
  {
    id: Type.String({ maxLength: 120 }),
    what: Type.Enum(['commission', 'payout', 'invoice', 'charge_note', 'quote']),
    language: Language,
    amount: Nullable(SignedMoney),
    chain: Type.Array(ExplanationStep),
    sentences: Type.Array(Type.String()),
  },
  { ...closed, description: 'The chain behind an amount, from the amount to the source of the lead' },
);
export type ExplanationView = Static<typeof ExplanationView>;
