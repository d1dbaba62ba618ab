// The codec by itself: what goes in comes out, what was touched does not, and every refusal names its key.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { keyIdOf, PayloadProblem, payloadCodec } from '../../activities/intake/payloadCodec.js';
import { type PayloadKey, readPayloadKeys } from '../../contracts/payloadKeys.js';

const [OLD, NEW] = ['2026-03', '2026-11'].map((id) => `${id}:${randomBytes(32).toString('base64')}`) as [
  string,
  string,
];
const keysOf = (...entries: string[]): PayloadKey[] => readPayloadKeys(entries.join(',')).keys;
const codecOf = (...entries: string[]) => payloadCodec(keysOf(...entries));
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) as Payload;
const through = async (value: unknown, write: string[], read: string[]): Promise<unknown> => {
  const stored = await codecOf(...write).encode([payloadOf(value)]);
  const [payload] = await codecOf(...read).decode(stored);
  return defaultPayloadConverter.fromPayload(payload as Payload);
};
const problemOf = (reading: Promise<unknown>): Promise<PayloadProblem> =>
  reading.then(
    () => {
      throw new Error('it was read');
    },
    (error) => {
      if (error instanceof PayloadProblem) return error;
      throw error;
    },
  );

describe('a payload', () => {
  test('comes back as it went, whatever it holds', () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await through(value, [NEW], [NEW])).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 100 },
    ));

  test('keeps its metadata, and its absence of data', async () => {
    const codec = codecOf(NEW);
    const nothing = payloadOf(undefined);
    const [back] = await codec.decode(await codec.encode([nothing]));
    expect(defaultPayloadConverter.fromPayload(back as Payload)).toBeUndefined();
    expect(Buffer.from(back?.metadata?.encoding ?? []).toString()).toBe('binary/null');
  });

  test('shows nothing of itself, and twice the same looks different', async () => {
    const codec = codecOf(NEW);
    const [one, two] = await codec.encode([payloadOf('lead_01secret'), payloadOf('lead_01secret')]);
    for (const stored of [one, two]) {
      expect(Object.keys(stored?.metadata ?? {}).sort()).toEqual(['encoding', 'encryption-key-id']);
      expect(Buffer.from(stored?.data ?? []).toString('latin1')).not.toContain('lead_01secret');
    }
    expect(Buffer.from(one?.data ?? [])).not.toEqual(Buffer.from(two?.data ?? []));
    expect(keyIdOf(one as Payload)).toBe('2026-11');
  });

  test('is left as it is without keys', async () => {
    const plain = payloadOf({ leadId: 'lead_1' });
    expect(await codecOf().encode([plain])).toEqual([plain]);
    expect(keyIdOf(plain)).toBeUndefined();
  });

  test.each([
    ['a plain one, once a key is set', [], [NEW]],
    ['one that was written while keys only decrypt', ['plain', OLD], []],
    ['one of the key before, while keys only decrypt', [OLD], ['plain', NEW, OLD]],
    ['one of the key before, once it is the second', [OLD], [NEW, OLD]],
    ['one of the next key, handed out before it is used', [NEW], [OLD, NEW]],
  ])('is read: %s', async (_which, write, read) => {
    expect(await through({ leadId: 'lead_1' }, write, read)).toEqual({ leadId: 'lead_1' });
  });
});

describe('a payload that cannot be read names its key', () => {
  test.each([
    ['no key is set', [], 'no_key', 'encrypted with the key "2026-11"; L2C_PAYLOAD_KEYS is not set'],
    ['its key was taken away', [OLD], 'unknown_key', 'the key "2026-11"; L2C_PAYLOAD_KEYS has 2026-03'],
    [
      'another key goes by its name',
      [`2026-11:${randomBytes(32).toString('base64')}`],
      'damaged',
      'does not decrypt with the key 2026-11',
    ],
  ] as const)('when %s', async (_when, read, reason, sentence) => {
    const stored = await codecOf(NEW).encode([payloadOf(1)]);
    const problem = await problemOf(codecOf(...read).decode([payloadOf('plain'), ...stored]));
    expect(problem).toMatchObject({ reason, index: 1, keyId: '2026-11' });
    expect(problem.message).toContain(sentence);
    expect(problem.message).not.toContain(NEW.slice(8));
  });

  test('when any bit of it was turned, or it was cut', async () => {
    const codec = codecOf(NEW);
    const [stored] = await codec.encode([payloadOf('12.50')]);
    const data = Buffer.from(stored?.data ?? []);
    for (let bit = 0; bit < data.length * 8; bit++) {
      const turned = Buffer.from(data);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { reason } = await problemOf(codec.decode([{ ...stored, data: turned }]));
      expect(reason).toBe('damaged');
    }
    for (const length of [0, 1, 12, 27, 28, data.length - 1]) {
      const cut = { ...stored, data: data.subarray(0, length) };
      expect((await problemOf(codec.decode([cut]))).reason).toBe('damaged');
    }
  });

  test('when it was written under another id of the same key', async () => {
    const secret = NEW.split(':')[1];
    const [stored] = await codecOf(`a:${secret}`).encode([payloadOf(1)]);
    const renamed = { ...stored, metadata: { ...stored?.metadata, 'encryption-key-id': Buffer.from('b') } };
    const problem = await problemOf(codecOf(`b:${secret}`).decode([renamed]));
    expect(problem.reason).toBe('damaged');
  });
});
