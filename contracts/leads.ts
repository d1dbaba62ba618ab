// Leads on the wire: what a source sends, what people read, what they decide.
import { type Static, Type } from 'typebox';
import { OUTCOMES, STAGES } from '../domain/leads/stages.js';
import { need } from './policies/fields.js';
import { REVISION_STATUSES } from './quotes.js';
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

export const CHANNELS = [
  'advertising',
  'social',
  'website',
  'referral',
  'email',
  'event',
  'partner',
  'import',
  'unknown',
  'other',
] as const;

const Channel = Type.Enum([...CHANNELS], { description: 'Where the lead came from', examples: ['website'] });

export const NewLead = Type.Object(
  {
    source: Type.Object(
      {
        channel: Channel,
        campaign: Type.Optional(Text(200, 'Campaign', 'autumn-2026')),
        medium: Type.Optional(Text(100, 'Medium', 'cpc')),
        landingPage: Type.Optional(Text(500, 'Page it landed on', '/pricing')),
        referrer: Type.Optional(Text(500, 'Who or what referred it', 'https://example.org')),
      },
      closed,
    ),
    contact: Type.Optional(
      Type.Object(
        {
          name: Type.Optional(Text(200, 'Name', 'Ana Ruiz')),
          email: Type.Optional(Email),
          phone: Type.Optional(Text(40, 'Phone', '+34 600 000 000')),
          company: Type.Optional(Text(300, 'Company', 'Example S.L.')),
          country: Type.Optional(Country),
          language: Type.Optional(Language),
        },
        { ...closed, minProperties: 1 },
      ),
    ),
    interest: Type.Optional(Text(2000, 'What they are interested in', 'twenty desks')),
    consent: Type.Optional(
      Type.Object(
        {
          purpose: Code(60, 'What for', 'newsletter'),
          granted: Type.Boolean(),
          source: Type.Optional(Text(200, 'Where it was given', 'form footer')),
        },
        closed,
      ),
    ),
    externalId: Type.Optional(ExternalId),
    occurredAt: Type.Optional(Instant),
  },
  {
    ...closed,
    description: 'A first contact, or one more of a person who is known',
    examples: [
      {
        source: { channel: 'website', landingPage: '/pricing' },
        contact: { name: 'Ana Ruiz', email: 'ana@example.com', company: 'Example S.L.', country: 'ES' },
        interest: 'twenty desks',
      },
    ],
  },
);
export type NewLead = Static<typeof NewLead>;

export const WaitView = Type.Object(
  {
    leadId: Id('lead'),
    kind: Type.String({ maxLength: 40, description: 'What is waited for' }),
    subject: Type.String({ maxLength: 60, description: 'The record it is about' }),
    who: Type.Object(
      { role: Type.String({ maxLength: 40 }), personId: Nullable(Type.String({ maxLength: 40 })) },
      closed,
    ),
    since: Instant,
    remindAt: Nullable(Instant),
    until: Instant,
    level: Type.Integer({ description: 'How often it was moved' }),
    onOverdue: Type.String({ maxLength: 60, description: 'The step when time runs out' }),
    overdue: Type.Boolean(),
  },
  { ...closed, description: 'A contract: who owes what, since when, until when, and what happens then' },
);
export type WaitView = Static<typeof WaitView>;

const text = (maxLength: number) => Nullable(Type.String({ maxLength }));

export const ContactView = Type.Object(
  {
    name: text(200),
    email: text(254),
    phone: text(40),
    company: text(300),
    country: text(2),
    language: Language,
  },
  { ...closed, description: 'Who the lead is' },
);

export const QuoteSummary = Type.Object(
  {
    id: Id('quote'),
    revision: Revision,
    status: Type.Enum([...REVISION_STATUSES], { description: 'Of the newest revision' }),
    net: Money,
    gross: Money,
    validUntil: Nullable(Day),
    createdBy: Type.String({ maxLength: 40 }),
    createdAt: Instant,
  },
  { ...closed, description: 'A quote by its newest revision' },
);
export type QuoteSummary = Static<typeof QuoteSummary>;

export const LeadView = Type.Object(
  {
    id: Id('lead'),
    revision: Revision,
    stage: Type.Enum([...STAGES]),
    stageSince: Instant,
    outcome: Nullable(Type.Enum([...OUTCOMES])),
    outcomeReason: Nullable(Type.String({ maxLength: 2000 })),
    channel: Channel,
    source: Type.Record(Type.String(), Type.Unknown(), { description: 'Campaign, medium, page as given' }),
    interest: Nullable(Type.String({ maxLength: 2000 })),
    needs: Nullable(Type.Record(Type.String(), Type.Unknown())),
    externalId: Nullable(Type.String({ maxLength: 200 })),
    score: Nullable(Type.Integer()),
    grade: Nullable(Type.String({ maxLength: 20 })),
    scoreReasons: ListOf(
      Type.Object({
        rule: Type.String(),
        points: Type.Integer(),
        textCode: Type.String(),
        text: Type.String({
          maxLength: 200,
          description: 'The same as a sentence, in the language asked for',
        }),
      }),
      500,
      'Each rule that held, with its points; they sum to the score',
    ),
    owner: Nullable(Type.String({ maxLength: 40 })),
    firstContactBy: Nullable(Type.String({ maxLength: 40 })),
    accountId: Nullable(Type.String({ maxLength: 40 })),
    suggestedAccountId: Nullable(Type.String({ maxLength: 40 })),
    contactId: Nullable(Type.String({ maxLength: 40 })),
    contact: Type.Union([ContactView, Type.Null()], {
      description: 'Null where none was given, and for who may not see people’s data',
    }),
    quotes: Type.Union([ListOf(QuoteSummary, 50, 'The newest first'), Type.Null()], {
      description: 'At most 50, the rest at /v1/leads/{id}/quotes; null for who may not see quotes',
    }),
    previousLeadId: Nullable(Type.String({ maxLength: 40 })),
    capturedAt: Instant,
    occurredAt: Nullable(Instant),
    sourceWonOn: Nullable(Type.String({ maxLength: 10 })),
    closedAt: Nullable(Instant),
    reopened: Type.Integer(),
    waitingFor: ListOf(WaitView, 1000, 'Open waits, the earliest first'),
  },
  { ...closed, description: 'A lead as its row stands' },
);
export type LeadView = Static<typeof LeadView>;

export const LeadListItem = Type.Omit(LeadView, ['scoreReasons', 'needs', 'contact', 'quotes'], closed);

export const TimelineEntry = Type.Object(
  {
    seq: Type.Integer(),
    at: Instant,
    action: Type.String({ maxLength: 60 }),
    text: Type.String({ description: 'Who did what, in the language of Accept-Language: en or es' }),
    actor: Nullable(Type.String({ maxLength: 40 })),
    revision: Nullable(Type.Integer()),
    from: Nullable(Type.String({ maxLength: 20 })),
    to: Nullable(Type.String({ maxLength: 20 })),
    reason: Nullable(
      Type.String({
        maxLength: 500,
        description: 'Why, as typed for a qualification, withdrawal or change of owner; null once erased',
      }),
    ),
    detail: Type.Unknown(),
  },
  {
    ...closed,
    description: 'One change of the lead as its audit chain holds it, with the reason of its message',
  },
);

export const QualificationBody = Type.Object(
  {
    decision: Type.Enum(['qualify', 'disqualify', 'nurture']),
    reason: Type.Optional(Code(60, 'One of the reasons of the qualification policy', 'no_budget')),
    needs: Type.Optional(
      Type.Record(need('budget'), Text(500, 'What they said', '20 desks'), {
        maxProperties: 50,
        description: 'By the needs of the qualification policy',
      }),
    ),
    firstContactBy: Type.Optional(Id('person', 'Who made first contact and shares in the commission')),
  },
  { ...closed, examples: [{ decision: 'qualify', needs: { budget: '10,000 EUR' } }] },
);

export const ReasonBody = Type.Object(
  { reason: Text(500, 'Why', 'the customer asked us to stop') },
  { ...closed, examples: [{ reason: 'the customer asked us to stop' }] },
);

export const OwnerBody = Type.Object(
  { ownerId: Id('person'), reason: Text(500, 'Why', 'speaks Portuguese') },
  { ...closed, examples: [{ ownerId: 'person_01kaz4v8tqfv2r0c0q6c2nq4jd', reason: 'speaks Portuguese' }] },
);
