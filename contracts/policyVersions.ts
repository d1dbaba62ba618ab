// Versions of the rules in force, on the wire. What a body may say stands in contracts/policies.ts.
import { type Static, Type } from 'typebox';
import { POLICY_KINDS } from '../domain/policies/types.js';
import { PersonId } from './people.js';
import { closed, Instant, ListOf, Nullable } from './wire.js';

export const Kind = Type.Enum([...POLICY_KINDS], { description: 'Kind of policy', examples: ['approval'] });
export const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647, examples: [3] });

/** Any object: the schema of its kind judges it, so that the answer names the fields of that kind. */
export const PolicyDocument = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), {
  maxProperties: 50,
  description: 'The policy; its fields depend on the kind',
});

const Approval = Type.Object({ personId: PersonId, approvedAt: Instant }, closed);

export const PolicyView = Type.Object(
  {
    kind: Kind,
    version: Version,
    hash: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'SHA-256 of the canonical JSON of the body',
    }),
    createdBy: Nullable(PersonId),
    createdAt: Instant,
    approvals: ListOf(Approval, 100, 'Who approved this version; commission plans need two'),
    body: Type.Unknown(),
  },
  { ...closed, description: 'One version of a policy' },
);
export type PolicyView = Static<typeof PolicyView>;

export const PolicySummary = Type.Omit(PolicyView, ['body'], closed);
export type PolicySummary = Static<typeof PolicySummary>;
