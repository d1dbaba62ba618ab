import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { demandOfPattern } from '../../contracts/patterns.js';
import { type Call, refused, startApi, type TestApi } from '../support/api.js';

let api: TestApi;

const PRODUCT = {
  sku: 'CRM-SEAT',
  name: { en: 'CRM seat' },
  family: 'software',
  supply: 'services',
  taxClass: 'standard',
  unit: 'seat',
};

beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  await api?.close();
});

describe('a body that cannot be read is refused before anybody looks at its meaning', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  test.each([
    ['no JSON', '{"name":', 400, 'malformed_body'],
    ['JSON with a comment', '{"name":"x"} // why', 400, 'malformed_body'],
    ['nothing at all', '', 400, 'invalid_field'],
    ['a depth of 10,000', deep(10_000), 400, 'malformed_body'],
    ['a depth of 33', deep(33), 400, 'malformed_body'],
    ['a depth of 32, which is no object', deep(32), 400, 'invalid_field'],
    ['10,000 levels of objects', '{"a":'.repeat(10_000), 400, 'malformed_body'],
    [
      'bytes that are no UTF-8',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      400,
      'malformed_body',
    ],
    ['a raw NUL', '{"name":"a\0b"}', 400, 'malformed_body'],
    ['__proto__', '{"name":"a","email":"a@b.c","__proto__":{"admin":true}}', 400, 'invalid_field'],
    ['2 MB', JSON.stringify({ name: 'x'.repeat(2_000_000) }), 413, 'body_too_large'],
  ] as [string, string | Buffer, number, string][])('%s', async (_what, raw, status, code) => {
    expect(await refused(api, '/v1/people', { method: 'POST', raw })).toMatchObject({ status, code });
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'text/csv', 'application/jsonx'])(
    'content of type %s',
    async (type) => {
      const call: Call = { method: 'POST', raw: 'name=x', headers: { 'content-type': type } };
      expect(await refused(api, '/v1/people', call)).toMatchObject({
        status: 415,
        code: 'unsupported_media_type',
      });
    },
  );
});

test.each([
  ['at the top', '{"name":"a","email":"a@b.example","name":"b"}', '/name'],
  ['with blanks before the colon', '{"name" :"a","email":"a@b.example", "name"\n: "b"}', '/name'],
  ['in another spelling', '{"name":"a","n\\u0061me":"b"}', '/name'],
  ['deeper', '{"limits":[{"amount":"1"},{"amount":"1","currency":"EUR","amount":"2"}]}', '/limits/1/amount'],
])('a field that stands twice is refused: %s', async (_where, raw, pointer) => {
  const answer = await refused(api, '/v1/people', { method: 'POST', raw });
  expect(answer).toMatchObject({ status: 400, code: 'invalid_field', pointers: [pointer] });
});

test('one name in two objects, and in a text, stands once in each', async () => {
  const raw = `{"name":"say \\"name\\": twice","email":"n@b.example","limits":[
    {"amount":"1","currency":"EUR"},{"amount":"2","currency":"USD"}]}`;
  expect((await api.call('/v1/people', { method: 'POST', raw })).status).toBe(201);
});

test('too deep a body names the place where it goes too deep', async () => {
  const raw = `{"limits":${'['.repeat(40)}`;
  const { pointers } = await refused(api, '/v1/people', { method: 'POST', raw });
  expect(pointers).toEqual([`/limits${'/0'.repeat(31)}`]);
});

test.each(['/v1/people?bogus=1', '/v1/leads?dryRun=true'])('a parameter nobody reads: %s', async (url) => {
  const { status, pointers } = await refused(api, url, { method: 'POST', body: {} });
  expect([status, pointers]).toEqual([400, [`/query/${url.split(/[?=]/)[1]}`]]);
});

test('no pattern of any call is told as a regular expression', async () => {
  const { body } = await api.call('/openapi.json');
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'pattern' && typeof inner === 'string') found.add(inner);
      walk(inner);
    }
  };
  for (const path of Object.values(body.paths)) {
    for (const call of Object.values(path as object)) {
      walk((call as { parameters?: unknown }).parameters);
      walk((call as { requestBody?: unknown }).requestBody);
    }
  }
  expect(found.size).toBeGreaterThan(15);
  expect([...found].filter((pattern) => demandOfPattern(pattern) === undefined)).toEqual([]);
});

describe('addresses, queries and headers', () => {
  const NOBODY = 'person_00000000000000000000000000';
  test.each([
    ['a limit of 0', '/v1/people?limit=0', '/query/limit'],
    ['a limit of 201', '/v1/people?limit=201', '/query/limit'],
    ['a limit in words', '/v1/people?limit=many', '/query/limit'],
    ['a limit with an exponent', '/v1/people?limit=1e2', '/query/limit'],
    ['a limit of true', '/v1/people?limit=true', '/query/limit'],
    ['a limit with decimals', '/v1/people?limit=5.7', '/query/limit'],
    ['an empty limit', '/v1/people?limit=', '/query/limit'],
    ['a limit twice', '/v1/people?limit=1&limit=2', '/query/limit'],
    ['a yes for a boolean', '/v1/people?active=yes', '/query/active'],
    ['an unknown filter', '/v1/people?color=red', '/query/color'],
    ['a cursor of ours that was bent', '/v1/people?cursor=abc', '/query/cursor'],
    [
      'a cursor of another list',
      `/v1/people?cursor=${Buffer.from('["products","A","p"]').toString('base64url')}`,
      '/query/cursor',
    ],
    [
      'a cursor that holds a list',
      `/v1/people?cursor=${Buffer.from('["people",["A"],"p"]').toString('base64url')}`,
      '/query/cursor',
    ],
    ['NUL in a query', '/v1/people?q=a%00b', '/query/q'],
    ['NUL in an address', '/v1/people/person_%00', '/params/id'],
    ['an id of another kind', '/v1/people/lead_00000000000000000000000000', '/params/id'],
    ['an id that is none', '/v1/people/..%2F..%2Fetc', '/params/id'],
    ['an unknown kind', '/v1/policies/weather', '/params/kind'],
    ['a version of 0', '/v1/policies/approval?version=0', '/query/version'],
    ['a version beyond int', '/v1/policies/approval?version=99999999999', '/query/version'],
  ])('%s', async (_what, url, pointer) => {
    const answer = await refused(api, url, {});
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field' });
    expect(answer.pointers).toContain(pointer);
  });

  test('a broken percent sign in an address', async () => {
    expect(await refused(api, '/v1/people/%zz', {})).toMatchObject({ status: 400, code: 'invalid_field' });
  });

  test.each([
    ['a blank', 'a b'],
    ['201 characters', 'x'.repeat(201)],
    ['an umlaut', 'schlüssel'],
  ])('an Idempotency-Key with %s', async (_what, key) => {
    const answer = await refused(api, '/v1/products', { method: 'POST', body: PRODUCT, key });
    expect(answer).toMatchObject({
      status: 400,
      code: 'invalid_field',
      pointers: ['/headers/idempotency-key'],
    });
  });

  test.each(['3', 'W/"3"', '*', '"0"', '"3", "4"', '"x"'])('an If-Match of %s', async (ifMatch) => {
    const answer = await refused(api, `/v1/people/${api.admin.personId}`, {
      method: 'PATCH',
      body: { team: 'a' },
      ifMatch,
    });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field', pointers: ['/headers/if-match'] });
  });

  test('what does not exist is 404, an address that is none too, and a wrong method names the right ones', async () => {
    expect(await refused(api, `/v1/people/${NOBODY}`, {})).toMatchObject({ status: 404, code: 'not_found' });
    expect(await refused(api, '/v1/nothing', {})).toMatchObject({ status: 404, code: 'not_found' });
    const { status, body, headers } = await api.call('/v1/people', { method: 'DELETE' });
    expect({ status, code: body.code, allow: headers.allow }).toEqual({
      status: 405,
      code: 'method_not_allowed',
      allow: 'GET, HEAD, POST',
    });
  });
});
