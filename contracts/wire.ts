// The words every body is made of: money, decimal text, days, instants, ids. Each string has a longest
// length, each list a most items; a value that passes here cannot break Postgres or the domain by its shape.
import { type TSchema, Type } from 'typebox';
import Format from 'typebox/format';
import { isDay } from '../domain/calendar/days.js';
import { isZone } from '../domain/calendar/zones.js';
import { CURRENCY_EXPONENTS } from '../domain/money/currencies.js';
import { written } from './patterns.js';

/** RFC 3339 with an offset, an hour below 24 and a second below 60: what `Date` reads without guessing. */
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

// The built-in formats take years below 1000 and a sixtieth second; neither has an instant in Postgres.
Format.Set('date', isDay);
Format.Set('date-time', (text) => {
  const found = INSTANT.exec(text);
  return found !== null && isDay(found[1] ?? '');
});
Format.Set('time-zone', isZone);

/** What every object of ours is: unknown fields are refused, never dropped. */
export const closed = { additionalProperties: false } as const;

/** No control characters but tab and line feed, and something besides blanks. */
const VISIBLE =
  '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f]' +
  '[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$';

/** Text of a person: trimmed of nothing, at least one visible character, no control characters but line breaks. */
export const Text = (maxLength: number, description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: written(VISIBLE, 'is blank, or holds a control character'),
    description,
    examples: [example],
  });

/** A machine's word: letters, digits and `_.:-`. */
export const Code = (maxLength: number, description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: written('^[A-Za-z0-9][A-Za-z0-9_.:/-]*$', 'holds more than letters, digits and _ . : / -'),
    description,
    examples: [example],
  });

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const ListOf = <T extends TSchema>(items: T, maxItems: number, description: string, minItems = 0) =>
  Type.Array(items, { minItems, maxItems, description });

/** Prefix and 26 characters of base 32, as `newId` writes them. */
export const Id = (prefix: string, description = `Id of a ${prefix}`) =>
  Type.String({
    pattern: written(
      `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`,
      `is no id of this kind: one is ${prefix}_ and 26 letters and digits`,
    ),
    maxLength: prefix.length + 27,
    description,
    examples: [`${prefix}_01kaz4v8tqfv2r0c0q6c2nq4jd`],
  });

/** An id in an answer: also one that was given by hand to a record of the first start. */
export const Ref = (prefix: string, description = `Id of a ${prefix}`) =>
  Type.String({
    pattern: written(`^${prefix}_[0-9a-z_]{1,34}$`, `is no id of this kind: one begins with ${prefix}_`),
    maxLength: 60,
    description,
    examples: [`${prefix}_01kaz4v8tqfv2r0c0q6c2nq4jd`],
  });

export const Day = Type.String({
  format: 'date',
  maxLength: 10,
  description: 'A day that exists, YYYY-MM-DD',
  examples: ['2026-11-22'],
});

export const Instant = Type.String({
  format: 'date-time',
  maxLength: 40,
  description: 'An instant with its offset (RFC 3339)',
  examples: ['2026-11-22T09:30:00Z'],
});

export const Zone = Type.String({
  format: 'time-zone',
  minLength: 1,
  maxLength: 64,
  description: 'IANA time zone',
  examples: ['Europe/Madrid'],
});

export const Currency = Type.Enum([...CURRENCY_EXPONENTS.keys()], {
  description: 'Active ISO 4217 code',
  examples: ['EUR'],
});

/** Decimal text that is never negative; how many decimals a currency has is judged by `parseAmount`. */
export const Amount = Type.String({
  pattern: written(
    '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?$',
    'is not an amount of 0 or more with at most 15 digits before the point and 4 behind it, such as 1234.50',
  ),
  maxLength: 20,
  description: 'Decimal text, at most 15 digits before the point, never negative',
  examples: ['1234.50'],
});

export const Money = Type.Object(
  { amount: Amount, currency: Currency },
  { ...closed, description: 'An amount', examples: [{ amount: '1234.50', currency: 'EUR' }] },
);

/** As `Money`, for answers in which the amount may be below zero. */
export const SignedMoney = Type.Object(
  {
    amount: Type.String({ maxLength: 21, description: 'Decimal text', examples: ['-1234.50'] }),
    currency: Currency,
  },
  { ...closed, description: 'An amount that may be negative' },
);

export const Quantity = Type.String({
  pattern: written(
    '^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,6})?$',
    'is not a number of 0 or more with at most 12 digits before the point and 6 behind it, such as 2.5',
  ),
  maxLength: 19,
  description: 'Decimal text with at most six decimals, never negative',
  examples: ['2.5'],
});

export const UnitPrice = Type.String({
  pattern: written(
    '^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,6})?$',
    'is not a number of 0 or more with at most 12 digits before the point and 6 behind it, such as 2.5',
  ),
  maxLength: 19,
  description: 'Decimal text with at most six decimals, never negative',
  examples: ['19.990000'],
});

export const Bps = Type.Integer({
  minimum: 0,
  maximum: 10_000,
  description: 'Basis points: 10000 is 100 %',
  examples: [1500],
});

export const Revision = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: 'Counts the changes; the ETag of an edit',
  examples: [1],
});

export const Country = Type.String({
  pattern: written('^[A-Z]{2}$', 'is not a country code of two capital letters, such as ES'),
  maxLength: 2,
  description: 'ISO 3166-1 alpha-2',
  examples: ['ES'],
});

export const Language = Type.Enum(['en', 'es'], { description: 'Language of documents and mails' });

export const Email = Type.String({
  pattern: written(
    '^[^\\s@"<>(),;:\\\\\\[\\]\\u0000-\\u001f]{1,64}@[^\\s@"<>(),;:\\\\\\[\\]\\u0000-\\u001f]{1,250}$',
    'is not an e-mail address, such as ana@example.com',
  ),
  minLength: 3,
  maxLength: 254,
  description: 'E-mail address',
  examples: ['ana@example.com'],
});

/** Country and the characters behind it, as every European number is written; no blanks, dots or dashes. */
export const VatId = Type.String({
  pattern: written(
    '^[A-Z]{2}[0-9A-Z+*]{2,13}$',
    'is not a VAT number: two letters of the country and 2 to 13 letters and digits, such as DE123456789',
  ),
  maxLength: 15,
  description: 'VAT identification number with its country, such as DE123456789',
  examples: ['DE123456789'],
});

export const ExternalId = Text(200, 'Id of the record in the system it came from', 'crm-4711');

export const Address = Type.Object(
  {
    name: Type.Optional(Text(200, 'Name above the street', 'Acme S.L.')),
    street: Type.Optional(Text(200, 'Street and number', 'Calle Mayor 1')),
    postcode: Type.Optional(Text(20, 'Postcode', '28013')),
    city: Type.Optional(Text(100, 'City', 'Madrid')),
    region: Type.Optional(Text(100, 'Region or state', 'Madrid')),
    country: Type.Optional(Country),
  },
  { ...closed, description: 'A postal address' },
);
