// How the columns of a file become leads: the mapping a caller sends, and what is told about an import.
import { type Static, type TSchema, Type } from 'typebox';
import { CHANNELS } from './leads.js';
import { closed, Id, Instant, ListOf, Nullable } from './wire.js';

/** No row of a file has more columns than this. */
export const MAX_COLUMNS = 200;
/** An upload is larger than any list of leads a person would send by hand, and smaller than a disk. */
export const MAX_UPLOAD_BYTES = 200 * 1024 * 1024;
/** A file of which so many rows are refused has the wrong mapping; going on would only fill the error list. */
export const MAX_REJECTED = 100_000;

const Column = Type.String({ minLength: 1, maxLength: 200, description: 'Name in the header line' });
const Channel = Type.Enum([...CHANNELS], { description: 'A channel of ours' });

/** A field from a column, or the same text for every row. */
const Field = (maxLength: number) =>
  Type.Union([
    Type.Object({ column: Column }, closed),
    Type.Object({ constant: Type.String({ minLength: 1, maxLength }) }, closed),
  ]);

export const INSTANT_FORMATS = ['date', 'datetime', 'instant', 'us-date'] as const;
export type InstantFormat = (typeof INSTANT_FORMATS)[number];

const Format = Type.Enum([...INSTANT_FORMATS], {
  description:
    '`date` 2018-02-26, `datetime` 2018-02-26 19:58:54 (UTC), `instant` RFC 3339 with offset, `us-date` 2/26/2018',
});
const When = Type.Object({ column: Column, format: Format }, closed);

const optional = <T extends Record<string, TSchema>>(fields: T) => Type.Partial(Type.Object(fields), closed);

export const LeadMapping = Type.Object(
  {
    channel: Type.Union([
      Type.Object({ constant: Channel }, closed),
      Type.Object(
        {
          column: Column,
          values: Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Channel, {
            maxProperties: 500,
            description: 'Channel by word of the column; upper and lower case are one',
          }),
          blank: Type.Optional(Channel),
          default: Type.Optional(Channel),
        },
        {
          ...closed,
          description:
            'The word itself is kept as the source’s origin. `blank` is for an empty field (channel `unknown` ' +
            'where it is left out, without an origin), `default` for a word not listed; without it such a row is refused.',
        },
      ),
    ]),
    delimiter: Type.Optional(
      Type.Enum([',', ';', '\t'], { description: 'What stands between two fields; a comma where left out' }),
    ),
    externalId: Type.Optional(
      Type.Object(
        {
          column: Column,
          blank: Type.Optional(
            Type.Enum(['refuse', 'accept'], {
              description:
                'A row with neither an id nor an e-mail nor a phone: `accept` (as where it is left out) knows it again ' +
                'only while the row reads the same; `refuse` does not take it',
            }),
          ),
        },
        closed,
      ),
    ),
    occurredAt: Type.Optional(When),
    sourceWonOn: Type.Optional(When),
    campaign: Type.Optional(Field(200)),
    medium: Type.Optional(Field(100)),
    landingPage: Type.Optional(Field(500)),
    referrer: Type.Optional(Field(500)),
    interest: Type.Optional(Field(2000)),
    contact: Type.Optional(
      optional({
        name: Field(200),
        email: Field(254),
        phone: Field(40),
        company: Field(300),
        country: Field(2),
        language: Field(2),
      }),
    ),
  },
  {
    ...closed,
    examples: [
      {
        channel: { column: 'origin', values: { 'paid search': 'advertising' }, default: 'other' },
        externalId: { column: 'mql_id' },
        occurredAt: { column: 'first_contact_date', format: 'date' },
      },
    ],
  },
);
export type LeadMapping = Static<typeof LeadMapping>;

/** A mapping stands in the address of a request, so it is short. */
export const MAX_MAPPING_LENGTH = 8_000;

export const ImportQuery = Type.Object(
  {
    mapping: Type.String({
      minLength: 1,
      maxLength: MAX_MAPPING_LENGTH,
      description: 'A mapping as JSON, or the name of one the product knows: olist, olist-won',
      examples: ['olist'],
    }),
    dryRun: Type.Optional(Type.Boolean({ description: 'Read, check and count; write no lead' })),
  },
  closed,
);

const Count = (description: string) => Type.Integer({ minimum: 0, maximum: 2_147_483_647, description });

export const ImportError = Type.Object(
  {
    line: Type.Integer({
      minimum: 1,
      description: 'Line of the file on which the row begins; the header is 1',
    }),
    column: Nullable(
      Type.String({ maxLength: 200, description: 'Null where the row as a whole is at fault' }),
    ),
    reason: Type.String({ maxLength: 1000 }),
  },
  closed,
);

/** The view of an import shows the first of its errors; the rest is a list of its own. */
export const SHOWN_ERRORS = 100;

export const ImportView = Type.Object(
  {
    id: Id('import'),
    status: Type.Enum(['running', 'done', 'failed']),
    dryRun: Type.Boolean(),
    read: Count('Rows read, the header not counted'),
    created: Count('New leads'),
    duplicates: Count('Rows whose lead is known; one of the same person adds a touch'),
    rejected: Count('Rows refused'),
    errors: ListOf(ImportError, SHOWN_ERRORS, 'The first refusals'),
    failure: Nullable(Type.String({ maxLength: 1000, description: 'Why it went no further' })),
    startedAt: Instant,
    endedAt: Nullable(Instant),
  },
  { ...closed, description: 'An import of leads' },
);
export type ImportView = Static<typeof ImportView>;
