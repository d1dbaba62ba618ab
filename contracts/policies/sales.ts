// The schemas of the policies up to the offer: scoring, assignment, qualification, approval, quoting.
import { Type } from 'typebox';
import { SCORE_FIELDS, SCORE_OPERATORS } from '../../domain/policies/types.js';
import {
  amounts,
  bps,
  Country,
  Currency,
  closed,
  code,
  hours,
  list,
  need,
  PersonId,
  RoleName,
  TextCode,
  Texts,
  whole,
  word,
} from './fields.js';

export const ScoringPolicySchema = Type.Object(
  {
    rules: list(
      Type.Object(
        {
          id: code('Name of the rule, shown as the reason', 'referral'),
          field: Type.Enum([...SCORE_FIELDS], { description: 'What is looked at', examples: ['channel'] }),
          operator: Type.Enum([...SCORE_OPERATORS], { description: 'How', examples: ['is'] }),
          value: Type.Optional(
            Type.Union([word('A word', 'referral'), list(word('A word', 'ES'), 300, 'Words', 1)], {
              description: 'A word or words, as the operator takes',
              examples: ['referral'],
            }),
          ),
          points: whole(-1_000, 1_000, 'Points when the rule holds', 25),
          textCode: TextCode,
          texts: Texts,
        },
        closed,
      ),
      200,
      'Every rule that holds gives its points',
    ),
    engagement: Type.Object(
      {
        touches: list(
          Type.Object(
            {
              kind: code('Kind of touch', 'email_opened'),
              points: whole(-1_000, 1_000, 'Points of one fresh touch', 5),
              textCode: TextCode,
              texts: Texts,
            },
            closed,
          ),
          100,
          'Points by kind of touch',
        ),
        recency: list(
          Type.Object(
            {
              withinDays: whole(0, 3_650, 'Age of the touch in days, this one included', 7),
              weightBps: bps('Share of the points that counts', 10_000),
            },
            closed,
          ),
          20,
          'Weights by age, youngest first; older touches count nothing',
        ),
        maxPoints: whole(0, 10_000, 'Most that engagement counts together', 30),
      },
      closed,
    ),
    grades: list(
      Type.Object(
        {
          grade: code('Grade', 'A'),
          fromPoints: whole(-100_000, 100_000, 'Points from which the grade is given', 60),
        },
        closed,
      ),
      10,
      'Best first; the last one takes the rest',
      1,
    ),
  },
  { ...closed, description: 'How good a lead is' },
);

export const AssignmentPolicySchema = Type.Object(
  {
    territories: list(
      Type.Object(
        {
          id: code('Territory', 'iberia'),
          countries: list(Country, 250, 'Countries; empty is any'),
          channels: list(word('Channel', 'referral'), 100, 'Channels; empty is any'),
          repIds: list(PersonId, 500, 'Reps in it', 1),
        },
        closed,
      ),
      200,
      'The first that matches is taken',
    ),
    maxOpenLeads: whole(0, 1_000_000, 'Open leads one rep may hold', 50),
    capacities: list(
      Type.Object(
        { repId: PersonId, maxOpenLeads: whole(0, 1_000_000, 'Open leads this rep may hold', 20) },
        closed,
      ),
      500,
      'Reps with a capacity of their own',
    ),
    fallbackOwnerId: PersonId,
  },
  { ...closed, description: 'Who owns a lead' },
);

export const QualificationPolicySchema = Type.Object(
  {
    dueHours: hours('Time to qualify a lead', 24),
    escalateHours: hours('Time until the next manager is told', 24),
    maxEscalations: whole(0, 20, 'Managers told before the admin', 2),
    nurtureDays: whole(1, 3_650, 'Days a lead is nurtured before it comes back', 90),
    maxNurtureRounds: whole(0, 20, 'Times it comes back before it is disqualified', 2),
    needs: list(
      need('budget'),
      50,
      'Needs that may be recorded when a lead is qualified; others are refused',
    ),
    disqualifyReasons: list(code('A reason', 'no_budget'), 50, 'Reasons that may be given', 1),
  },
  { ...closed, description: 'Until when a lead is qualified, and what happens otherwise' },
);

const ApproverSchema = Type.Union(
  [
    Type.Object({ kind: Type.Literal('role'), role: RoleName }, closed),
    Type.Object({ kind: Type.Literal('manager'), level: whole(1, 20, 'Managers upwards', 1) }, closed),
    Type.Object({ kind: Type.Literal('person'), personId: PersonId }, closed),
  ],
  { description: 'Who is asked', examples: [{ kind: 'manager', level: 1 }] },
);

export const ApprovalPolicySchema = Type.Object(
  {
    currencies: list(Currency, 20, 'Currencies the thresholds speak of', 1),
    rules: list(
      Type.Object(
        {
          id: code('Name of the rule', 'discount-10'),
          sequence: whole(1, 100, 'Steps of a lower sequence are asked first', 1),
          when: Type.Object(
            {
              discountAboveBps: Type.Optional(bps('Discount strictly above', 1_000)),
              discountUpToBps: Type.Optional(bps('Discount at most', 2_000)),
              marginBelowBps: Type.Optional(whole(-100_000, 10_000, 'Margin below, in basis points', 2_500)),
              totalAbove: Type.Optional(amounts('Net total strictly above')),
              paymentAboveDays: Type.Optional(whole(0, 3_650, 'Days to pay strictly above', 60)),
              families: Type.Optional(
                list(code('Product family', 'hardware'), 100, 'Any of these families', 1),
              ),
              nonStandardTerms: Type.Optional(
                Type.Boolean({ description: 'Terms that are not standard', examples: [true] }),
              ),
            },
            { ...closed, minProperties: 1, description: 'All that are given must hold' },
          ),
          approver: ApproverSchema,
          textCode: TextCode,
          texts: Texts,
        },
        closed,
      ),
      200,
      'The matrix',
    ),
    remindHours: hours('Time until the approver is reminded', 4),
    escalateHours: hours('Time until the next manager is asked', 24),
    maxEscalations: whole(0, 20, 'Managers asked before the admin', 3),
  },
  { ...closed, description: 'Who approves a quote' },
);

export const QuotingPolicySchema = Type.Object(
  {
    defaultCurrency: Currency,
    currencies: list(Currency, 20, 'Currencies that are quoted', 1),
    defaultValidDays: whole(1, 3_650, 'Days an offer stands', 30),
    maxValidDays: whole(1, 3_650, 'Most days an offer may stand', 90),
    maxDiscountBps: bps('Highest discount anybody may give', 5_000),
    maxLines: whole(1, 500, 'Most lines of one quote', 200),
    dueHours: hours('Time to send a quote', 48),
    maxReminders: whole(0, 20, 'Reminders to the rep before a task opens', 3),
    remindCustomerDaysBefore: list(
      whole(0, 365, 'Days before the last valid day', 3),
      10,
      'When the customer is reminded, earliest first',
    ),
  },
  { ...closed, description: 'What may be quoted and how long it stands' },
);
