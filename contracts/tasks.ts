// What a person has to decide, because the engine never guesses.
import { type Static, Type } from 'typebox';
import { closed, Id, Instant, Nullable, Text } from './wire.js';

export const TaskView = Type.Object(
  {
    id: Id('task'),
    kind: Type.String({ maxLength: 60, description: 'What has to be decided' }),
    title: Type.String({ maxLength: 200, description: 'The same to a person, in the language asked for' }),
    toDo: Type.String({ maxLength: 200, description: 'How to get it off the list, in that language' }),
    leadId: Nullable(Type.String({ maxLength: 40 })),
    subject: Type.String({ maxLength: 200, description: 'The record it is about' }),
    role: Type.String({ maxLength: 40, description: 'Who may resolve it' }),
    personId: Nullable(Type.String({ maxLength: 40 })),
    reason: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Codes, ids and amounts that led to it',
    }),
    status: Type.Enum(['open', 'resolved']),
    createdAt: Instant,
    resolvedAt: Nullable(Instant),
    resolvedBy: Nullable(Type.String({ maxLength: 40 })),
    resolution: Nullable(Type.String({ maxLength: 500 })),
  },
  { ...closed, description: 'Something a person has to decide' },
);
export type TaskView = Static<typeof TaskView>;

export const ResolutionBody = Type.Object(
  {
    resolution: Text(500, 'What was decided', 'customer paid by cheque, see payment'),
    decision: Type.Optional(
      Type.Enum(['approve', 'reject'], {
        description:
          'For a request (`credit_note_requested`, `cancellation_requested`), and only there: approving it executes it',
      }),
    ),
  },
  {
    ...closed,
    examples: [
      { resolution: 'called the customer, pays on Friday' },
      { resolution: 'seen the damage report', decision: 'approve' },
    ],
  },
);
export type ResolutionBody = Static<typeof ResolutionBody>;
