// The codec endpoint as the engine's user interface and command line call it, and as others must not.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Payload } from '@temporalio/common';
import { payloadCodec } from '../../activities/intake/payloadCodec.js';
import { readPayloadKeys } from '../../contracts/payloadKeys.js';
import { MOST_PAYLOADS } from '../../contracts/payloads.js';
import { type Call, codeOf, startApi, type TestApi, type TestPerson } from '../support/api.js';

const UI = 'https://temporal.example';
const entry = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [present, before, foreign] = [entry('2026-11'), entry('2026-03'), entry('elsewhere')];
const keysOf = (...entries: string[]) => readPayloadKeys(entries.join(',')).keys;

let api: TestApi;
let operator: TestPerson;
beforeAll(async () => {
  api = await startApi({ payloadKeys: keysOf(present, before), codecOrigins: [UI] });
  operator = await api.person(['operations']);
});
afterAll(() => api?.close());

const b64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const plain = (value: unknown) => ({
  metadata: { encoding: b64('json/plain') },
  data: b64(JSON.stringify(value)),
});
const asSent = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, b64(value as Uint8Array)]),
  ),
  data: b64(data ?? ''),
});
/** As a client or worker with these keys leaves it in a history. */
async function stored(value: unknown, ...entries: string[]) {
  const payload = {
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(JSON.stringify(value)),
  };
  const [encrypted] = await payloadCodec(keysOf(...entries)).encode([payload]);
  return asSent(encrypted as Payload);
}
const decode = (body: object, call: Call = {}) =>
  api.call('/v1/codec/decode', {
    method: 'POST',
    as: operator.token,
    body,
    headers: { 'x-namespace': 'default' },
    ...call,
  });

async function chain(): Promise<{ actor: string; action: string; detail: object }[]> {
  const { rows } = await api.database.owner.query<{ entry: string }>(
    `select entry from audit_entries where subject = 'codec' order by seq`,
  );
  return rows.map((row) => JSON.parse(row.entry));
}

describe('payloads of a history', () => {
  test('are decrypted in their order, with any of the keys; plain ones come back as they are', async () => {
    const payloads = [await stored({ n: 1 }, present), plain('two'), await stored([3], before)];
    const { status, body, headers } = await decode({ payloads });
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(body.payloads).toEqual([plain({ n: 1 }), plain('two'), plain([3])]);
  });

  test('leave an entry: who decrypted how many of which key, and nothing of what they hold', async () => {
    const known = (await chain()).length;
    const secret = await stored('lead_01secret', present);
    expect((await decode({ payloads: [secret, secret, await stored(1, before)] })).status).toBe(200);
    const entries = (await chain()).slice(known);
    expect(entries).toEqual([
      expect.objectContaining({
        actor: operator.personId,
        action: 'payloadsDecoded',
        detail: { namespace: 'default', payloadsByKey: { '2026-03': 1, '2026-11': 2 } },
      }),
    ]);
    expect(JSON.stringify(entries)).not.toContain('secret');
  });

  test('asked for by several at once, each has its entry, and the chain holds', async () => {
    const known = (await chain()).length;
    const payloads = [await stored(1, present)];
    const answers = await Promise.all(Array.from({ length: 8 }, () => decode({ payloads })));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await chain()).toHaveLength(known + 8);
    const { rows } = await api.database.owner.query(
      `select hash = sha256(coalesce(lag(hash) over (order by seq), decode(repeat('00', 32), 'hex'))
        || convert_to(entry, 'UTF8')) as holds from audit_entries where subject = 'codec'`,
    );
    expect(rows.every(({ holds }) => holds)).toBe(true);
  });

  test.each([
    ['nothing was encrypted', { payloads: [plain(1)] }, { payloads: [plain(1)] }],
    ['there is nothing, as the command line asks', {}, { payloads: [] }],
  ])('leave none when %s', async (_when, sent, answer) => {
    const known = (await chain()).length;
    expect((await decode(sent)).body).toEqual(answer);
    expect(await chain()).toHaveLength(known);
  });

  test('go back through encode: with the first key, and the same is decoded', async () => {
    const body = { payloads: [plain({ a: 1 })] };
    const encoded = await api.call('/v1/codec/encode', { method: 'POST', as: operator.token, body });
    const [payload] = encoded.body.payloads;
    expect(Buffer.from(payload.metadata['encryption-key-id'], 'base64').toString()).toBe('2026-11');
    expect((await decode(encoded.body)).body).toEqual(body);
    const nothing = await api.call('/v1/codec/encode', { method: 'POST', as: operator.token, body: {} });
    expect(nothing.body).toEqual({ payloads: [] });
  });
});

describe('a request that is refused leaves no entry', () => {
  test.each([
    ['admin', 200],
    ['auditor', 200],
    ['operations', 200],
    ['integration', 403],
    ['finance', 403],
    ['manager', 403],
    ['rep', 403],
    ['payee', 403],
  ] as const)('asked by %s it is %d', async (role, status) => {
    const person = await api.person([role]);
    const known = (await chain()).length;
    const body = { payloads: [await stored('seen?', present)] };
    const answer = await decode(body, { as: person.token });
    expect(answer.status).toBe(status);
    expect(await chain()).toHaveLength(known + (status === 200 ? 1 : 0));
    expect(JSON.stringify(answer.body).includes(b64('"seen?"'))).toBe(status === 200);
    const encode = await api.call('/v1/codec/encode', { method: 'POST', as: person.token, body });
    expect(encode.status).toBe(status);
  });

  test.each([
    ['no sign-in', null, '401 unauthenticated'],
    ['a token nobody made', 'l2c_nobody', '401 unauthenticated'],
  ])('with %s', async (_with, as, code) => {
    for (const url of ['/v1/codec/decode', '/v1/codec/encode']) {
      expect(codeOf(await api.call(url, { method: 'POST', as, body: {} }))).toBe(code);
    }
  });

  test('by a key whose scopes do not reach histories', async () => {
    const key = await api.person(['operations'], { scopes: ['leads:read'] });
    expect(codeOf(await decode({}, { as: key.token }))).toBe('403 forbidden');
    const reading = await api.person(['operations'], { scopes: ['histories:read'] });
    expect((await decode({}, { as: reading.token })).status).toBe(200);
  });

  test('for a key that is not there, even beside payloads that could be read', async () => {
    const known = (await chain()).length;
    const payloads = [await stored(1, present), await stored(2, foreign)];
    const { status, body } = await decode({ payloads });
    expect([status, body.code]).toEqual([422, 'unknown_reference']);
    expect(body.detail).toBe(
      'a payload is encrypted with the key "elsewhere"; L2C_PAYLOAD_KEYS has 2026-11, 2026-03',
    );
    expect(body.errors).toMatchObject([{ pointer: '/payloads/1/metadata/encryption-key-id' }]);
    expect(await chain()).toHaveLength(known);
  });

  test('for content that was touched', async () => {
    const payload = await stored(1, present);
    const bytes = Buffer.from(payload.data, 'base64');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    const { status, body } = await decode({ payloads: [{ ...payload, data: b64(bytes) }] });
    expect([status, body.code]).toEqual([400, 'invalid_field']);
    expect(body.errors).toMatchObject([{ pointer: '/payloads/0/data' }]);
  });

  test('for another namespace', async () => {
    const { status, body } = await decode({}, { headers: { 'x-namespace': 'other' } });
    expect([status, body.code]).toEqual([400, 'invalid_field']);
    expect(body.detail).toContain('"other" is not the namespace default');
  });

  const many = (n: number) => ({ payloads: Array.from({ length: n }, () => ({})) });
  test.each([
    ['more payloads than one request may hold', many(MOST_PAYLOADS + 1), '/payloads', '1000'],
    ['payloads that are no list', { payloads: {} }, '/payloads', 'array'],
    ['a field nobody knows', { payload: [] }, '/payload', 'is not a field'],
    ['a payload that is text', { payloads: ['x'] }, '/payloads/0', 'object'],
    [
      'metadata that is not base64',
      { payloads: [{ metadata: { encoding: 'binary/encrypted!' } }] },
      '/payloads/0/metadata/encoding',
      'is not base64',
    ],
    ['data that is not base64', { payloads: [{ data: '***' }] }, '/payloads/0/data', 'is not base64'],
    [
      'data of more than 256 KiB',
      { payloads: [{ data: 'A'.repeat(262_145) }] },
      '/payloads/0/data',
      '262144',
    ],
    [
      'metadata that never ends',
      {
        payloads: [{ metadata: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`m${i}`, 'AAAA'])) }],
      },
      '/payloads/0/metadata',
      '20',
    ],
  ])('with %s', async (_with, sent, pointer, limit) => {
    const { status, body } = await decode(sent);
    expect([status, body.code]).toEqual([400, 'invalid_field']);
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect(body.detail).toContain(limit);
  });

  test('with as many payloads as it may hold it is answered', async () => {
    expect((await decode(many(MOST_PAYLOADS))).body.payloads).toHaveLength(MOST_PAYLOADS);
  });

  test('with more than a mebibyte in all', async () => {
    const data = 'A'.repeat(250_000);
    expect(codeOf(await decode({ payloads: Array.from({ length: 5 }, () => ({ data })) }))).toBe(
      '413 body_too_large',
    );
  });
});

test('without keys it says so, decodes what is plain and encodes nothing', async () => {
  const open = await startApi();
  try {
    const post = (url: string, body: object) => open.call(url, { method: 'POST', body });
    const body = { payloads: [plain(1)] };
    expect((await post('/v1/codec/decode', body)).body).toEqual(body);
    expect((await post('/v1/codec/encode', body)).body).toEqual(body);
    const refused = await post('/v1/codec/decode', { payloads: [await stored(1, present)] });
    expect(codeOf(refused)).toBe('422 unknown_reference');
    expect(refused.body.detail).toContain('L2C_PAYLOAD_KEYS is not set');
  } finally {
    await open.close();
  }
});

describe('a browser at the origin of the Temporal UI', () => {
  const preflight = (url: string, origin: string) =>
    api.app.inject({
      method: 'OPTIONS',
      url,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-namespace',
      },
    });

  test.each([
    ['/v1/codec/decode', UI, UI],
    ['/v1/codec/encode', UI, UI],
    ['/v1/leads', UI, undefined],
    ['/v1/codec/decode', 'https://evil.example', undefined],
  ])('may call %s from %s: %s', async (url, origin, allowed) => {
    const { headers } = await preflight(url, origin);
    const named = headers['access-control-allow-origin'];
    expect(named === origin ? named : undefined).toBe(allowed);
    if (allowed === undefined) return;
    expect(headers['access-control-allow-headers']).toBe('authorization,content-type,x-namespace');
    const { headers: answered } = await decode({}, { headers: { origin } });
    expect(answered['access-control-allow-origin']).toBe(allowed);
  });
});
