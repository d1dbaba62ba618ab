// Erasing a person on the wire.
import { type Static, Type } from 'typebox';
import { closed, Id, Instant, ListOf } from './wire.js';

/** Why somebody is erased: a code, because a typed reason would be one more text about them. */
export const ERASURE_REASONS = [
  'person_asked',
  'consent_withdrawn',
  'retention_over',
  'recorded_wrongly',
] as const;

export const ErasureBody = Type.Object(
  { reason: Type.Enum([...ERASURE_REASONS], { description: 'Why', examples: ['person_asked'] }) },
  { ...closed, examples: [{ reason: 'person_asked' }] },
);
export type ErasureBody = Static<typeof ErasureBody>;

export const ErasureView = Type.Object(
  {
    contactId: Id('contact'),
    erasedAt: Instant,
    leadIds: ListOf(Id('lead'), 10_000, 'Leads of this person, all of them closed'),
    keptInvoices: Type.Integer({
      minimum: 0,
      description: 'Invoices and credit notes, kept as tax law demands',
    }),
    mailsRemoved: Type.Integer({ minimum: 0, description: 'Mails removed from the folder of sent mails' }),
  },
  { ...closed, description: 'What became of a person: erased, but for the documents the law keeps' },
);
export type ErasureView = Static<typeof ErasureView>;
