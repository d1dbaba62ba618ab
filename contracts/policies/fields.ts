// The fields policies have in common, each with its limits, words and example.
import { type TSchema, Type } from 'typebox';
import { CURRENCY_EXPONENTS } from '../../domain/money/currencies.js';
import { ROLES } from '../../domain/people/people.js';

export const closed = { additionalProperties: false } as const;

export const word = (description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
    description,
    examples: [example],
  });
export const code = (description: string, example: string) =>
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$', description, examples: [example] });
export const whole = (minimum: number, maximum: number, description: string, example: number) =>
  Type.Integer({ minimum, maximum, description, examples: [example] });
export const bps = (description: string, example: number) =>
  whole(0, 10_000, `${description}, in basis points`, example);
export const hours = (description: string, example: number) =>
  whole(1, 8_760, `${description}, in hours`, example);
export const list = <T extends TSchema>(items: T, maxItems: number, description: string, minItems = 0) =>
  Type.Array(items, { minItems, maxItems, description });

export const Day = Type.String({
  format: 'date',
  description: 'A day, YYYY-MM-DD',
  examples: ['2026-11-22'],
});
export const Country = Type.String({
  pattern: '^[A-Z]{2}$',
  description: 'ISO 3166-1 alpha-2',
  examples: ['ES'],
});
export const Currency = Type.Enum([...CURRENCY_EXPONENTS.keys()], {
  description: 'Active ISO 4217 code',
  examples: ['EUR'],
});
export const RoleName = Type.Enum([...ROLES], { description: 'A role', examples: ['manager'] });
export const Money = Type.Object(
  {
    amount: Type.String({
      pattern: '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?$',
      description: 'Decimal text, at most 15 digits before the point, never negative',
      examples: ['1234.50'],
    }),
    currency: Currency,
  },
  { ...closed, examples: [{ amount: '1234.50', currency: 'EUR' }] },
);
export const amounts = (description: string) => list(Money, 20, `${description}; at most one per currency`);
export const PersonId = code('A person', 'person_01');
export const TextCode = code('Key of the sentence shown to people', 'score.referral');
