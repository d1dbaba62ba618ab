// What a decision is answered with while it is not known, and a message as it stands.
import { type Static, Type } from 'typebox';
import { closed, Instant, Nullable } from './wire.js';

const MessageId = Type.String({
  maxLength: 40,
  description: 'Id of the message',
  examples: ['msg_01kaz4v8tqfv2r0c0q6c2nq4jd'],
});

/** 202: stored, not answered yet. It will be applied or refused within two minutes, never later. */
export const Pending = Type.Object(
  {
    message: Type.String({
      maxLength: 80,
      description: 'Where its answer will be',
      examples: ['/v1/messages/msg_01kaz4v8tqfv2r0c0q6c2nq4jd'],
    }),
    state: Type.Literal('pending'),
  },
  { ...closed, description: 'Stored; ask its address for the answer' },
);
export type Pending = Static<typeof Pending>;

export const MessageView = Type.Object(
  {
    id: MessageId,
    name: Type.String({ maxLength: 60 }),
    kind: Type.Enum(['decision', 'fact']),
    target: Type.String({ maxLength: 200, description: 'Id of the workflow it is for' }),
    leadId: Nullable(Type.String({ maxLength: 40 })),
    actorId: Nullable(Type.String({ maxLength: 40 })),
    state: Type.Enum(['pending', 'parked', 'applied', 'no_effect', 'refused', 'expired']),
    parkedFor: Nullable(Type.String({ maxLength: 100 })),
    code: Nullable(Type.String({ maxLength: 60 })),
    detail: Nullable(Type.String({ maxLength: 2000 })),
    made: Nullable(Type.String({ maxLength: 60, description: 'Id of what it made' })),
    recordedAt: Instant,
    toldAt: Nullable(Instant),
    answeredAt: Nullable(Instant),
    notAfter: Nullable(Instant),
  },
  { ...closed, description: 'Something a workflow was told, and what became of it' },
);
export type MessageView = Static<typeof MessageView>;
