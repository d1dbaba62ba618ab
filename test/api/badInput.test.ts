import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { refused, startApi, type TestApi } from '../support/api.js';

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
    ['only blanks', '/v1/people', { ...PERSON, name: '   ' }, '/name', '"   " is blank'],
    [
      'text above the limit',
      '/v1/people',
      { ...PERSON, name: 'x'.repeat(201) },
      '/name',
      'is too long, the limit is 200 characters',
    ],
    [
      'no e-mail',
      '/v1/people',
      { ...PERSON, email: 'ana' },
      '/email',
      '"ana" is not an e-mail address, such as ana@example.com',
    ],
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
      '"-1.00" is not an amount of 0 or more',
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
      '"1e3" is not a',
    ],
    [
      'an amount of 16 digits',
      '/v1/people',
      { ...PERSON, limits: [{ amount: '1234567890123456', currency: 'EUR' }] },
      '/limits/0/amount',
      'is not an amount of 0 or more with at most 15 digits',
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
      'is no id of this kind: one is person_ and 26 letters and digits',
    ],
    [
      'a control character',
      '/v1/people',
      { ...PERSON, name: 'Ana\u0007' },
      '/name',
      'is blank, or holds a control character',
    ],
    [
      'a number for a VAT number',
      '/v1/accounts',
      { legalName: 'A', country: 'DE', vatId: '1e3' },
      '/vatId',
      'is not a VAT number',
    ],
    [
      'a day for a VAT number',
      '/v1/accounts',
      { legalName: 'A', country: 'DE', vatId: '2026-02-30' },
      '/vatId',
      'is not a VAT number',
    ],
    [
      'an unknown currency',
      '/v1/price-books',
      { name: 'B', currency: 'EURO', validFrom: '2026-01-01' },
      '/currency',
      'such as EUR, USD or GBP',
    ],
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
    const answer = await refused(api, url, { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field' });
    expect(answer.pointers).toContain(pointer);
    expect(answer.details).toContain(detail);
  });

  test.each([
    ['an e-mail that is none', { email: "'; drop table" }, '/contact/email', 'is not an e-mail address'],
    ['a contact that says nothing', {}, '/contact', 'has too few fields, the least is 1'],
  ])('a lead with %s', async (_what, contact, pointer, detail) => {
    const { token } = await api.person(['rep']);
    const body = { source: { channel: 'website' }, contact };
    const answer = await refused(api, '/v1/leads', { method: 'POST', body, as: token });
    expect(answer).toMatchObject({ status: 400, pointers: [pointer] });
    expect(answer.details).toContain(detail);
  });

  test('an empty patch is refused', async () => {
    const answer = await refused(api, `/v1/people/${api.admin.personId}`, {
      method: 'PATCH',
      ifMatch: 1,
      body: {},
    });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field' });
  });

  test.each([
    ['-1', '"-1" is not a number of 0 or more'],
    ['1.1234567', '6 behind it'],
    ['1234567890123', 'at most 12 digits'],
    ['1e3', '"1e3" is not a number'],
    ['+1', '"+1" is not a number'],
    ['01', '"01" is not a number'],
    ['', '"" is not a number'],
  ])('a unit price of %j', async (unitPrice, detail) => {
    const answer = await refused(api, `/v1/price-books/${bookId}/entries`, {
      method: 'PUT',
      ifMatch: 1,
      body: { entries: [{ sku: 'CRM-SEAT', unitPrice }] },
    });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_field', pointers: ['/entries/0/unitPrice'] });
    expect(answer.details).toContain(detail);
  });
});
