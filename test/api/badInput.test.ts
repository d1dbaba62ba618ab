import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Call, startApi, type TestApi } from '../support/api.js';

let api: TestApi;
let bookId = '';

const PRODUCT = {
  sku: 'CRM-SEAT',
  name: { en: 'CRM seat' },
  family: 'software',
  supply: 'services',
  taxClass: 'standard',
  unit: 'seat',
};
const BOOK = { name: 'Europe', currency: 'EUR', validFrom: '2026-01-01' };
const PERSON = { name: 'Ana Ruiz', email: 'ana@example.com' };

beforeAll(async () => {
  api = await startApi();
  const { body } = await api.call('/v1/price-books', { method: 'POST', body: BOOK });
  bookId = body.id;
});
afterAll(async () => {
  await api?.close();
});

/** Everything a refused request must not have touched. */
async function rows(): Promise<string> {
  const { rows } = await api.database.owner.query(`select
    (select count(*) from people) || '/' || (select count(*) from products) || '/' ||
    (select count(*) from price_books) || '/' || (select count(*) from accounts) || '/' ||
    (select count(*) from audit_entries) || '/' || (select count(*) from idempotency_keys) as counts`);
  return rows[0].counts;
}

async function refused(
  url: string,
  call: Call,
): Promise<{ status: number; code: string; pointers: string[]; details: string }> {
  const before = await rows();
  const { status, body, headers } = await api.call(url, call);
  expect(await rows()).toBe(before);
  expect(headers['content-type']).toContain('application/problem+json');
  const errors: { pointer: string; detail: string }[] = body.errors ?? [];
  return {
    status,
    code: body.code,
    pointers: errors.map(({ pointer }) => pointer),
    details: [body.detail, ...errors.map(({ detail }) => detail)].join(' | '),
  };
}

describe('a field with a bad value is a 400 that names field, value and limit, and changes nothing', () => {
  test.each([
    [
      'text for a number',
      '/v1/people',
      { ...PERSON, capacity: '1e3' },
      '/capacity',
      '"1e3" is not of type integer',
    ],
    [
      'null for a number',
      '/v1/people',
      { ...PERSON, capacity: null },
      '/capacity',
      'null is not of type integer',
    ],
    [
      'true for a number',
      '/v1/people',
      { ...PERSON, capacity: true },
      '/capacity',
      'true is not of type integer',
    ],
    [
      'a fraction for a whole number',
      '/v1/people',
      { ...PERSON, capacity: 1.5 },
      '/capacity',
      '1.5 is not of type integer',
    ],
    [
      'a negative number',
      '/v1/people',
      { ...PERSON, capacity: -1 },
      '/capacity',
      '-1 is too small, the limit is >= 0',
    ],
    [
      'a number above the limit',
      '/v1/people',
      { ...PERSON, capacity: 1_000_001 },
      '/capacity',
      '1000001 is too large, the limit is <= 1000000',
    ],
    ['a number for text', '/v1/people', { ...PERSON, name: 5 }, '/name', '5 is not of type string'],
    ['empty text', '/v1/people', { ...PERSON, name: '' }, '/name', '"" is too short, the least is 1'],
    ['only blanks', '/v1/people', { ...PERSON, name: '   ' }, '/name', '"   " does not match'],
    [
      'text above the limit',
      '/v1/people',
      { ...PERSON, name: 'x'.repeat(201) },
      '/name',
      'is too long, the limit is 200 characters',
    ],
    ['no e-mail', '/v1/people', { ...PERSON, email: 'ana' }, '/email', '"ana" does not match'],
    ['a missing field', '/v1/people', { name: 'Ana' }, '/email', 'is required and missing'],
    ['an unknown field', '/v1/people', { ...PERSON, admin: true }, '/admin', 'is not a field of this object'],
    [
      'an unknown field inside',
      '/v1/products',
      { ...PRODUCT, name: { en: 'x', fr: 'y' } },
      '/name/fr',
      'is not a field',
    ],
    [
      'an unknown word',
      '/v1/products',
      { ...PRODUCT, supply: 'gifts' },
      '/supply',
      '"gifts" is none of goods, services',
    ],
    [
      'an unknown role',
      '/v1/people',
      { ...PERSON, roles: ['king'] },
      '/roles/0',
      '"king" is none of rep, manager',
    ],
    ['a role twice', '/v1/people', { ...PERSON, roles: ['rep', 'rep'] }, '/roles', 'holds an item twice'],
    ['a list where an object belongs', '/v1/people', [], '', 'a list of 0 is not of type object'],
    [
      'a negative amount',
      '/v1/people',
      { ...PERSON, limits: [{ amount: '-1.00', currency: 'EUR' }] },
      '/limits/0/amount',
      '"-1.00" does not match',
    ],
    [
      'an amount as a number',
      '/v1/people',
      { ...PERSON, limits: [{ amount: 10, currency: 'EUR' }] },
      '/limits/0/amount',
      '10 is not of type string',
    ],
    [
      'an amount with an exponent',
      '/v1/people',
      { ...PERSON, limits: [{ amount: '1e3', currency: 'EUR' }] },
      '/limits/0/amount',
      '"1e3" does not match',
    ],
    [
      'an amount of 16 digits',
      '/v1/people',
      { ...PERSON, limits: [{ amount: '1234567890123456', currency: 'EUR' }] },
      '/limits/0/amount',
      '"1234567890123456" does not match',
    ],
    [
      'more decimals than the currency has',
      '/v1/people',
      { ...PERSON, limits: [{ amount: '1.234', currency: 'EUR' }] },
      '/limits/0/amount',
      '"1.234" has 3 decimals, the limit is 2',
    ],
    [
      'decimals of a currency without',
      '/v1/people',
      { ...PERSON, limits: [{ amount: '1.2', currency: 'JPY' }] },
      '/limits/0/amount',
      'the limit is 0',
    ],
    [
      'an unknown currency',
      '/v1/people',
      { ...PERSON, limits: [{ amount: '1', currency: 'XXX' }] },
      '/limits/0/currency',
      '"XXX" is none of',
    ],
    [
      'a currency twice',
      '/v1/people',
      {
        ...PERSON,
        limits: [
          { amount: '1', currency: 'EUR' },
          { amount: '2', currency: 'EUR' },
        ],
      },
      '/limits/1/currency',
      'EUR has two limits',
    ],
    [
      '30 February',
      '/v1/price-books',
      { ...BOOK, validFrom: '2026-02-30' },
      '/validFrom',
      '"2026-02-30" is not a day that exists',
    ],
    [
      'the year 0',
      '/v1/price-books',
      { ...BOOK, validFrom: '0000-01-01' },
      '/validFrom',
      '"0000-01-01" is not a day that exists',
    ],
    [
      'an end before the start',
      '/v1/price-books',
      { ...BOOK, validUntil: '2025-12-31' },
      '/validUntil',
      '2025-12-31 lies before validFrom 2026-01-01',
    ],
    [
      'an unknown time zone',
      '/v1/entities',
      { name: 'A', country: 'ES', zone: 'Mars/Base', language: 'es', address: {}, email: 'a@b.es' },
      '/zone',
      '"Mars/Base" is not a time zone',
    ],
    [
      'an instant without zone',
      '/v1/keys',
      { label: 'a', scopes: ['read'], expiresAt: '2026-12-01T10:00:00' },
      '/expiresAt',
      'is not an instant that exists',
    ],
    [
      'an instant on 30 February',
      '/v1/keys',
      { label: 'a', scopes: ['read'], expiresAt: '2027-02-30T10:00:00Z' },
      '/expiresAt',
      'is not an instant that exists',
    ],
    [
      'second 60',
      '/v1/keys',
      { label: 'a', scopes: ['read'], expiresAt: '2026-12-31T23:59:60Z' },
      '/expiresAt',
      'is not an instant that exists',
    ],
    [
      'an expiry in the past',
      '/v1/keys',
      { label: 'a', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' },
      '/expiresAt',
      'is not between now and 730 days',
    ],
    [
      'an unknown scope',
      '/v1/keys',
      { label: 'a', scopes: ['everything'] },
      '/scopes/0',
      'everything is none of read, write, admin',
    ],
    [
      'an id of another kind',
      '/v1/people',
      { ...PERSON, managerId: 'lead_01kaz4v8tqfv2r0c0q6c2nq4jd' },
      '/managerId',
      'does not match',
    ],
    ['a control character', '/v1/people', { ...PERSON, name: 'Ana\u0007' }, '/name', 'does not match'],
    ['NUL in a value', '/v1/people', { ...PERSON, name: 'Ana\0' }, '/name', 'NUL'],
    ['NUL in a field name', '/v1/people', { ...PERSON, 'a\0b': 1 }, '', 'field name'],
    ['half a surrogate pair', '/v1/people', { ...PERSON, name: 'Ana \ud800' }, '/name', 'surrogate'],
    [
      '200 characters made of 1,400',
      '/v1/people',
      { ...PERSON, name: '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'.repeat(200) },
      '/name',
      'is too long',
    ],
    [
      'too many items',
      '/v1/people',
      { ...PERSON, limits: Array.from({ length: 21 }, () => ({ amount: '1', currency: 'EUR' })) },
      '/limits',
      'has too many items, the limit is 20',
    ],
  ] as [string, string, unknown, string, string][])('%s', async (_what, url, body, pointer, detail) => {
    const answer = await refused(url, { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field' });
    expect(answer.pointers).toContain(pointer);
    expect(answer.details).toContain(detail);
  });

  test('an empty patch is refused', async () => {
    const answer = await refused(`/v1/people/${api.admin.personId}`, {
      method: 'PATCH',
      ifMatch: 1,
      body: {},
    });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field' });
  });

  test.each([
    ['-1', '"-1" does not match'],
    ['1.1234567', 'does not match'],
    ['1234567890123', 'does not match'],
    ['1e3', '"1e3" does not match'],
    ['+1', '"+1" does not match'],
    ['01', '"01" does not match'],
    ['', '"" does not match'],
  ])('a unit price of %j', async (unitPrice, detail) => {
    const answer = await refused(`/v1/price-books/${bookId}/entries`, {
      method: 'PUT',
      ifMatch: 1,
      body: { entries: [{ sku: 'CRM-SEAT', unitPrice }] },
    });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field', pointers: ['/entries/0/unitPrice'] });
    expect(answer.details).toContain(detail);
  });
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
    expect(await refused('/v1/people', { method: 'POST', raw })).toMatchObject({ status, code });
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'text/csv', 'application/jsonx'])(
    'content of type %s',
    async (type) => {
      const call: Call = { method: 'POST', raw: 'name=x', headers: { 'content-type': type } };
      expect(await refused('/v1/people', call)).toMatchObject({
        status: 415,
        code: 'unsupported_media_type',
      });
    },
  );
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
    const answer = await refused(url, {});
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field' });
    expect(answer.pointers).toContain(pointer);
  });

  test('a broken percent sign in an address', async () => {
    expect(await refused('/v1/people/%zz', {})).toMatchObject({ status: 400, code: 'invalid_field' });
  });

  test.each([
    ['a blank', 'a b'],
    ['201 characters', 'x'.repeat(201)],
    ['an umlaut', 'schlüssel'],
  ])('an Idempotency-Key with %s', async (_what, key) => {
    const answer = await refused('/v1/products', { method: 'POST', body: PRODUCT, key });
    expect(answer).toMatchObject({
      status: 400,
      code: 'invalid_field',
      pointers: ['/headers/idempotency-key'],
    });
  });

  test.each(['3', 'W/"3"', '*', '"0"', '"3", "4"', '"x"'])('an If-Match of %s', async (ifMatch) => {
    const answer = await refused(`/v1/people/${api.admin.personId}`, {
      method: 'PATCH',
      body: { team: 'a' },
      ifMatch,
    });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field', pointers: ['/headers/if-match'] });
  });

  test('what does not exist is 404, an address that is none too, and a wrong method names the right ones', async () => {
    expect(await refused(`/v1/people/${NOBODY}`, {})).toMatchObject({ status: 404, code: 'not_found' });
    expect(await refused('/v1/nothing', {})).toMatchObject({ status: 404, code: 'not_found' });
    const { status, body, headers } = await api.call('/v1/people', { method: 'DELETE' });
    expect({ status, code: body.code, allow: headers.allow }).toEqual({
      status: 405,
      code: 'method_not_allowed',
      allow: 'GET, HEAD, POST',
    });
  });
});
