// Payloads of the engine as its tools send them to be decoded: protobuf's JSON, in which all bytes are base64.
import { type Static, Type } from 'typebox';
import { written } from './patterns.js';
import { closed } from './wire.js';

/** More than one page of the engine's user interface holds. */
export const MOST_PAYLOADS = 1_000;
const MOST_METADATA = 20;

// Both alphabets: that is how protobuf's JSON is read.
const BASE64 = written('^[A-Za-z0-9+/_-]*={0,2}$', 'is not base64');
const Bytes = (maxLength: number, description: string, examples: string[]) =>
  Type.String({ maxLength, pattern: BASE64, description, examples });

const EncodedPayload = Type.Object(
  {
    metadata: Type.Optional(
      Type.Record(
        Type.String({ pattern: written('^[a-zA-Z0-9._/-]{1,100}$', 'is no name of metadata') }),
        Bytes(1_000, 'A value in base64', ['YmluYXJ5L2VuY3J5cHRlZA==']),
        {
          maxProperties: MOST_METADATA,
          ...closed,
          description: '`encoding`, and `encryption-key-id` of what is encrypted',
          examples: [{ encoding: 'YmluYXJ5L2VuY3J5cHRlZA==', 'encryption-key-id': 'MjAyNi0xMQ==' }],
        },
      ),
    ),
    data: Type.Optional(Bytes(262_144, 'Its content in base64', ['ImxlYWRfMDEi'])),
  },
  closed,
);
export type EncodedPayload = Static<typeof EncodedPayload>;

/** The engine's own command line leaves the list out where there is nothing in it. */
export const EncodedPayloads = Type.Object(
  { payloads: Type.Optional(Type.Array(EncodedPayload, { maxItems: MOST_PAYLOADS })) },
  {
    ...closed,
    description: 'Payloads of the engine',
    examples: [{ payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'ImxlYWRfMDEi' }] }],
  },
);
export type EncodedPayloads = Static<typeof EncodedPayloads>;
