// The schemas of the policies after the order: tax, invoicing, dunning, commission, payout, mails.
import { Type } from 'typebox';
import { TERM_KINDS } from '../../domain/invoices/terms.js';
import { PAYMENT_ORDERS } from '../../domain/payments/debts.js';
import { CREDIT_ROLES, MAIL_KINDS } from '../../domain/policies/types.js';
import { written } from '../patterns.js';
import { amounts, bps, Country, closed, code, Day, hours, list, RoleName, whole, word } from './fields.js';

const TaxClass = code('Tax class of products', 'standard');

export const TaxPolicySchema = Type.Object(
  {
    euCountries: list(Country, 60, 'Member states (GR, not EL)'),
    noVatCountries: list(Country, 250, 'Countries whose sellers charge no VAT'),
    outsideScopeClasses: list(TaxClass, 50, 'Classes outside the scope everywhere'),
    rates: list(
      Type.Object(
        {
          country: Country,
          taxClass: TaxClass,
          fromOn: Day,
          rateBps: bps('Rate', 2_100),
          treatment: Type.Optional(
            Type.Enum(['S', 'E', 'Z'], { description: 'EN 16931 category; S if absent', examples: ['S'] }),
          ),
          exemption: Type.Optional(word('Why it is exempt, as printed', 'VATEX-EU-132')),
        },
        closed,
      ),
      5_000,
      'Rates by country and class, each in force until a later one replaces it',
    ),
  },
  { ...closed, description: 'How sales are taxed' },
);

const Series = Type.String({
  pattern: written(
    '^[A-Z0-9][A-Z0-9-]{0,11}$',
    'is not a series: at most 12 capital letters, digits and dashes, such as INV',
  ),
  description: 'A series',
  examples: ['INV'],
});

export const InvoicingPolicySchema = Type.Object(
  {
    issueOn: Type.Enum(['delivery', 'order'], {
      description: 'What is invoiced when',
      examples: ['delivery'],
    }),
    withinDays: whole(0, 90, 'Days until what was delivered is invoiced', 0),
    series: Type.Object(
      { invoice: Series, creditNote: Series, chargeNote: Series },
      { ...closed, description: 'Gapless numbers; no two kinds share a series' },
    ),
    terms: list(
      Type.Object(
        {
          id: code('Name of the terms', 'net30'),
          kind: Type.Enum([...TERM_KINDS], { description: 'From when days are counted', examples: ['net'] }),
          days: whole(0, 365, 'Days', 30),
        },
        closed,
      ),
      50,
      'Terms of payment',
      1,
    ),
    taskHours: hours('Time finance has to decide about an invoice after its last reminder', 24),
    defaultTermsId: code('Terms where nothing else was agreed', 'net30'),
    smallDifference: Type.Object(
      { shareBps: bps('Share of the gross', 50), maximums: amounts('Amount') },
      { ...closed, description: 'Underpayment taken as paid: the lower of both' },
    ),
    paymentOrder: Type.Optional(
      Type.Enum([...PAYMENT_ORDERS], {
        description:
          'How money settles an invoice with charge notes: principal, interest, fees (also where absent), or ' +
          'by law fees, interest, principal',
        examples: ['principal_first'],
      }),
    ),
  },
  { ...closed, description: 'What is invoiced when, and until when it is paid' },
);

const DunningPlanSchema = Type.Object(
  {
    levels: list(
      Type.Object(
        {
          level: whole(1, 10, 'Level, counted from 1', 1),
          afterDays: whole(1, 365, 'Days after the due date', 7),
          fees: amounts('Fee of the letter'),
        },
        closed,
      ),
      10,
      'Reminders, in order',
    ),
    minGapDays: whole(1, 365, 'Least days between two reminders of one item', 7),
    minOpen: amounts('No letter for less; what follows the last one still follows'),
    afterLast: Type.Object(
      {
        action: Type.Enum(['task', 'write_off'], { description: 'What follows', examples: ['task'] }),
        afterDays: whole(0, 3_650, 'Days after the last reminder', 14),
      },
      closed,
    ),
    interest: Type.Union(
      [
        Type.Object(
          {
            marginBps: bps('Margin on the reference rate', 800),
            referenceRates: list(
              Type.Object(
                { fromOn: Day, rateBps: whole(-1_000, 10_000, 'Reference rate in basis points', 215) },
                closed,
              ),
              200,
              'Reference rates, from the day given',
            ),
          },
          closed,
        ),
        Type.Null(),
      ],
      { description: 'Simple interest, actual/365; null is none', examples: [null] },
    ),
    flatFees: amounts('Flat compensation for late payment'),
  },
  closed,
);

export const DunningPolicySchema = Type.Object(
  {
    business: DunningPlanSchema,
    consumer: DunningPlanSchema,
    promiseGraceDays: whole(0, 60, 'Days granted after a promised day', 3),
  },
  { ...closed, description: 'What happens to an invoice that is not paid' },
);

export const CommissionPolicySchema = Type.Object(
  {
    rates: list(
      Type.Object({ family: code('Product family', 'hardware'), rateBps: bps('Rate', 500) }, closed),
      500,
      'Rate by product family',
    ),
    defaultRateBps: bps('Rate of every other family', 300),
    splits: list(
      Type.Object(
        {
          role: Type.Enum([...CREDIT_ROLES], { description: 'Role in the deal', examples: ['rep'] }),
          shareBps: bps('Share of the basis', 8_000),
        },
        closed,
      ),
      CREDIT_ROLES.length,
      'Shares; they sum to 10,000',
      1,
    ),
    overrides: list(
      Type.Object({ level: whole(1, 9, 'Managers upwards', 1), rateBps: bps('Rate', 100) }, closed),
      9,
      'What managers earn on the basis of their reports',
    ),
    payout: Type.Enum(['onEarned', 'monthly'], {
      description: 'Paid by the lead or by a run',
      examples: ['monthly'],
    }),
  },
  { ...closed, description: 'Who earns what on the cash that arrived' },
);

export const NotificationsPolicySchema = Type.Object(
  {
    mails: list(
      Type.Enum([...MAIL_KINDS], { description: 'A kind of mail', examples: ['offer'] }),
      MAIL_KINDS.length,
      'Mails that are sent; empty is none',
    ),
    defaultLanguage: Type.Enum(['en', 'es'], { description: 'Where nothing is known', examples: ['en'] }),
    senderName: word('Name of the sender', 'Acme Sales'),
    senderEmail: Type.String({
      format: 'email',
      maxLength: 254,
      description: 'Sender',
      examples: ['sales@example.com'],
    }),
  },
  { ...closed, description: 'Which mails are sent' },
);

export const PayoutPolicySchema = Type.Object(
  {
    dayOfMonth: whole(1, 28, 'Day of the monthly run', 5),
    minimums: amounts('Less than this is carried to the next run'),
    maxRecoverBps: bps('Most that is recovered in one run, of the payable', 5_000),
    releaserRole: RoleName,
    releaseHours: hours('Time to release a run', 72),
  },
  { ...closed, description: 'How commissions are paid' },
);
