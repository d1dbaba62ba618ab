// The customer master on the wire.
import { type Static, Type } from 'typebox';
import { TERM_KINDS } from '../domain/invoices/terms.js';
import {
  Address,
  Code,
  Country,
  closed,
  Email,
  ExternalId,
  Id,
  Instant,
  Language,
  ListOf,
  Nullable,
  Revision,
  Text,
  VatId,
} from './wire.js';

const Terms = Type.Object(
  {
    kind: Type.Enum([...TERM_KINDS], { description: 'From when the days are counted' }),
    days: Type.Integer({ minimum: 0, maximum: 365 }),
  },
  {
    ...closed,
    description: 'Terms of payment agreed with this customer',
    examples: [{ kind: 'net', days: 30 }],
  },
);

const fields = {
  legalName: Text(300, 'Registered name', 'Globex GmbH'),
  country: Country,
  language: Language,
  parentId: Nullable(Id('account', 'Parent account')),
  vatId: Nullable(VatId),
  billTo: Address,
  email: Nullable(Email),
  segment: Nullable(Code(64, 'Segment', 'enterprise')),
  terms: Nullable(Terms),
  payerAliases: ListOf(
    Text(200, 'Name or IBAN the customer pays under', 'GLOBEX ZAHLUNGEN'),
    20,
    'Other payers',
  ),
  externalId: Nullable(ExternalId),
};

export const NewAccount = Type.Object(
  {
    legalName: fields.legalName,
    country: fields.country,
    language: Type.Optional(fields.language),
    parentId: Type.Optional(fields.parentId),
    vatId: Type.Optional(fields.vatId),
    billTo: Type.Optional(fields.billTo),
    email: Type.Optional(fields.email),
    segment: Type.Optional(fields.segment),
    terms: Type.Optional(fields.terms),
    payerAliases: Type.Optional(fields.payerAliases),
    externalId: Type.Optional(fields.externalId),
  },
  {
    ...closed,
    examples: [{ legalName: 'Globex GmbH', country: 'DE', vatId: 'DE123456789', email: 'ap@globex.example' }],
  },
);
export type NewAccount = Static<typeof NewAccount>;

export const AccountPatch = Type.Partial(Type.Object(fields), {
  ...closed,
  minProperties: 1,
  description: 'The fields to change; running deals keep what they pinned',
  examples: [{ terms: { kind: 'net', days: 60 } }],
});
export type AccountPatch = Static<typeof AccountPatch>;

export const AccountView = Type.Object(
  { id: Id('account'), ...fields, revision: Revision, createdAt: Instant },
  { ...closed, description: 'A customer' },
);
export type AccountView = Static<typeof AccountView>;
