// People, their keys and what they may release, on the wire.
import { type Static, Type } from 'typebox';
import { ROLES } from '../domain/people/people.js';
import {
  Code,
  Country,
  closed,
  Day,
  Email,
  ExternalId,
  Id,
  Instant,
  Language,
  ListOf,
  Money,
  Nullable,
  Revision,
  Text,
} from './wire.js';

export const PersonId = Id('person');
const RoleName = Type.Enum([...ROLES], { description: 'A role', examples: ['rep'] });
export const Roles = Type.Array(RoleName, {
  maxItems: ROLES.length,
  uniqueItems: true,
  description: 'Roles; usable from the next day (UTC) on, or at once while the company has no lead yet',
});
export const Limits = ListOf(Money, 20, 'The most this person may release, one amount per currency');
const Territories = Type.Array(Country, {
  maxItems: 250,
  uniqueItems: true,
  description:
    'Countries whose leads this person is given, within the territories of the assignment policy; empty is any',
});

const fields = {
  name: Text(200, 'Name', 'Ana Ruiz'),
  email: Email,
  language: Language,
  managerId: Nullable(PersonId),
  team: Nullable(Text(100, 'Team', 'iberia')),
  capacity: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    description: 'Open leads this person can hold; where the assignment policy says fewer, that counts',
    examples: [200],
  }),
  territories: Territories,
  externalId: Nullable(ExternalId),
};

export const NewPerson = Type.Object(
  {
    name: fields.name,
    email: fields.email,
    language: Type.Optional(fields.language),
    managerId: Type.Optional(fields.managerId),
    team: Type.Optional(fields.team),
    capacity: Type.Optional(fields.capacity),
    territories: Type.Optional(fields.territories),
    externalId: Type.Optional(fields.externalId),
    roles: Type.Optional(Roles),
    limits: Type.Optional(Limits),
  },
  {
    ...closed,
    examples: [
      {
        name: 'Ana Ruiz',
        email: 'ana@example.com',
        language: 'es',
        roles: ['rep'],
        limits: [{ amount: '5000.00', currency: 'EUR' }],
      },
    ],
  },
);
export type NewPerson = Static<typeof NewPerson>;

export const PersonPatch = Type.Partial(Type.Object(fields), {
  ...closed,
  minProperties: 1,
  description: 'The fields to change; the others stay',
  examples: [{ team: 'iberia' }],
});
export type PersonPatch = Static<typeof PersonPatch>;

export const RolesBody = Type.Object(
  { roles: Roles },
  { ...closed, examples: [{ roles: ['rep', 'payee'] }] },
);
export const LimitsBody = Type.Object(
  { limits: Limits },
  { ...closed, examples: [{ limits: [{ amount: '25000.00', currency: 'EUR' }] }] },
);

export const NewDelegation = Type.Object(
  { delegateId: PersonId, fromOn: Day, untilOn: Day },
  { ...closed, description: 'Who stands in, first and last day included' },
);
export const DelegationsBody = Type.Object(
  { delegations: ListOf(NewDelegation, 50, 'All delegations of this person; what is left out ends') },
  {
    ...closed,
    examples: [
      {
        delegations: [
          { delegateId: 'person_01kaz4v8tqfv2r0c0q6c2nq4jd', fromOn: '2026-12-21', untilOn: '2027-01-06' },
        ],
      },
    ],
  },
);

export const DeactivationBody = Type.Object(
  { leftOn: Type.Optional(Day) },
  { ...closed, examples: [{ leftOn: '2026-11-30' }] },
);

export const PersonView = Type.Object(
  {
    id: PersonId,
    ...fields,
    active: Type.Boolean(),
    leftOn: Nullable(Day),
    roles: ListOf(
      Type.Object({ role: RoleName, grantedBy: Nullable(PersonId), grantedOn: Day }, closed),
      ROLES.length,
      'Roles, by whom and since when',
    ),
    limits: Limits,
    delegations: ListOf(
      Type.Object({ id: Id('deleg'), delegateId: PersonId, fromOn: Day, untilOn: Day }, closed),
      50,
      'Who stands in and when',
    ),
    revision: Revision,
    createdAt: Instant,
  },
  { ...closed, description: 'A person' },
);
export type PersonView = Static<typeof PersonView>;

export const KeyScopes = Type.Array(Code(40, 'A scope', 'leads:write'), {
  minItems: 1,
  maxItems: 20,
  uniqueItems: true,
  description: '`read`, `write`, `admin`, or `<resource>:read` and `<resource>:write`',
});

export const NewKey = Type.Object(
  {
    label: Text(100, 'What the key is for', 'Website form'),
    scopes: KeyScopes,
    personId: Type.Optional(PersonId),
    expiresAt: Type.Optional(Instant),
  },
  { ...closed, examples: [{ label: 'Website form', scopes: ['leads:write'] }] },
);

export const KeyView = Type.Object(
  {
    id: Id('key'),
    personId: PersonId,
    label: Type.String({ maxLength: 100 }),
    scopes: KeyScopes,
    expiresAt: Instant,
    revokedAt: Nullable(Instant),
    createdBy: Nullable(PersonId),
    createdAt: Instant,
  },
  { ...closed, description: 'An API key, without its secret' },
);
export type KeyView = Static<typeof KeyView>;

export const KeyOnce = Type.Object(
  {
    ...KeyView.properties,
    token: Nullable(
      Type.String({
        maxLength: 80,
        description: 'The key itself, shown this once; null when the answer is repeated',
      }),
    ),
  },
  closed,
);
export type KeyOnce = Static<typeof KeyOnce>;

export const InvitationOnce = Type.Object(
  {
    id: Id('invite'),
    personId: PersonId,
    expiresAt: Instant,
    token: Nullable(
      Type.String({
        maxLength: 80,
        description: 'Makes one key, shown this once; null when the answer is repeated',
      }),
    ),
  },
  { ...closed, description: 'An invitation: its person redeems it for their first key' },
);
export type InvitationOnce = Static<typeof InvitationOnce>;

export const Redemption = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 80, description: 'The token of the invitation' }),
    label: Text(100, 'What the key is for', 'Ana, laptop'),
  },
  { ...closed, examples: [{ token: 'l2i_01kaz4v8tqfv2r0c0q6c2nq4jd_9N…', label: 'Ana, laptop' }] },
);
