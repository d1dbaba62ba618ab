// The fields policies have in common, each with its limits, words and example.
import { type TSchema, Type } from 'typebox';
import { CURRENCY_EXPONENTS } from '../../domain/money/currencies.js';
import { ROLES } from '../../domain/people/people.js';
import { written } from '../patterns.js';

export const closed = { additionalProperties: false } as const;

export const word = (description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: written('^[^\\u0000-\\u001f\\u007f]+$', 'is empty, or holds a control character'),
    description,
    examples: [example],
  });
const sentence = (description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: written('^[^\\u0000-\\u001f\\u007f]+$', 'is empty, or holds a control character'),
    description,
    examples: [example],
  });
export const code = (description: string, example: string) =>
  Type.String({
    pattern: written(
      '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$',
      'is not a name of at most 64 letters, digits and _ . : - that begins with a letter or digit',
    ),
    description,
    examples: [example],
  });
/** The name of a need, as policies list it and a qualification records it. */
export const need = (example: string) =>
  Type.String({
    pattern: written('^[a-z][a-zA-Z0-9_]{0,59}$', 'is not a name of letters and digits in camelCase'),
    description: 'A need',
    examples: [example],
  });
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
  pattern: written('^[A-Z]{2}$', 'is not a country code of two capital letters, such as ES'),
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
      pattern: written(
        '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?$',
        'is not an amount of 0 or more with at most 15 digits before the point and 4 behind it, such as 1234.50',
      ),
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
/** A sentence of the company's own, for a code of its own. */
export const Texts = Type.Optional(
  Type.Object(
    {
      en: sentence('In English', 'Came by recommendation'),
      es: sentence('In Spanish', 'Llegó por recomendación'),
    },
    { ...closed, description: 'The sentence itself, for a code we have none for or to say it otherwise' },
  ),
);
