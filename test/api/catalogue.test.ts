import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { codeOf, startApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  await api?.close();
});

const product = (sku: string, more: object = {}) => ({
  sku,
  name: { en: `Product ${sku}` },
  family: 'software',
  supply: 'services',
  taxClass: 'standard',
  unit: 'seat',
  ...more,
});
const post = (url: string, body: object, as = api.admin.token) => api.call(url, { method: 'POST', body, as });

describe('products', () => {
  test('are added with their defaults, changed, and found', async () => {
    const { body } = await post('/v1/products', product('CRM-1', { cost: '12.345678' }));
    expect(body).toMatchObject({
      cost: '12.345678',
      discountable: true,
      chargedOn: 'each_delivery',
      active: true,
    });
    const url = `/v1/products/${body.id}`;
    const patch = { method: 'PATCH', body: { active: false, cost: null }, ifMatch: 1 } as const;
    const changed = await api.call(url, patch);
    expect(changed.body).toMatchObject({ active: false, cost: null, revision: 2 });
    expect(codeOf(await api.call(url, patch))).toBe('412 stale_version');
    expect((await api.call('/v1/products?active=false&q=crm')).body.items).toEqual([changed.body]);
    expect((await api.call('/v1/products?active=true&q=crm')).body.items).toEqual([]);
    expect((await api.call('/v1/products?q=%25')).body.items).toEqual([]);
  });

  test('a sku is given once', async () => {
    await post('/v1/products', product('ONCE'));
    const again = await post('/v1/products', product('ONCE'));
    expect(codeOf(again)).toBe('409 already_exists');
    expect(again.body.errors).toEqual([{ pointer: '/sku', detail: 'a product has this sku: ONCE' }]);
  });

  test('only who may, adds or changes one', async () => {
    const rep = await api.person(['rep']);
    expect(codeOf(await post('/v1/products', product('NO'), rep.token))).toBe('403 forbidden');
    const narrow = await api.person(['manager'], { scopes: ['read'] });
    expect(codeOf(await post('/v1/products', product('NO'), narrow.token))).toBe('403 forbidden');
    expect(codeOf(await api.call('/v1/products', { as: null }))).toBe('401 unauthenticated');
  });
});

describe('pages', () => {
  test('walk through a list without gap or repetition, also while it changes', async () => {
    for (let i = 0; i < 7; i++) await post('/v1/products', product(`PAGE-${i}`, { family: 'paged' }));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await api.call(`/v1/products?family=paged&limit=3${at}`);
      seen.push(...body.items.map((item: { sku: string }) => item.sku));
      // One comes in before the place we are at, one after it.
      if (cursor === null) {
        await post('/v1/products', product('PAGE-0a', { family: 'paged' }));
        await post('/v1/products', product('PAGE-9', { family: 'paged' }));
      }
      cursor = body.next;
    } while (cursor !== null);
    expect(seen).toEqual(['PAGE-0', 'PAGE-1', 'PAGE-2', 'PAGE-3', 'PAGE-4', 'PAGE-5', 'PAGE-6', 'PAGE-9']);
  });

  test('a page that ends exactly with the list has no next', async () => {
    for (let i = 0; i < 2; i++) await post('/v1/products', product(`EVEN-${i}`, { family: 'even' }));
    const { body } = await api.call('/v1/products?family=even&limit=2');
    expect([body.items.length, body.next]).toEqual([2, null]);
  });
});

describe('accounts', () => {
  test('keep the id of the system they came from, once, and are found by it', async () => {
    const { body, status } = await post('/v1/accounts', {
      legalName: 'Globex GmbH',
      country: 'DE',
      email: 'ap@billing.globex.example',
      terms: { kind: 'net', days: 30 },
      payerAliases: ['GLOBEX ZAHLUNGEN'],
      externalId: 'seller-1',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ language: 'en', billTo: {}, terms: { kind: 'net', days: 30 } });
    expect((await api.call('/v1/accounts?externalId=seller-1')).body.items).toEqual([body]);
    expect(
      codeOf(await post('/v1/accounts', { legalName: 'Other', country: 'DE', externalId: 'seller-1' })),
    ).toBe('409 already_exists');
    const { rows } = await api.database.owner.query('select email_domain from accounts where id = $1', [
      body.id,
    ]);
    expect(rows[0].email_domain).toBe('billing.globex.example');
  });

  test('have parents, but no loops of them', async () => {
    const a = (await post('/v1/accounts', { legalName: 'A', country: 'DE' })).body;
    const b = (await post('/v1/accounts', { legalName: 'B', country: 'DE', parentId: a.id })).body;
    const under = (parentId: string) =>
      api.call(`/v1/accounts/${a.id}`, { method: 'PATCH', ifMatch: 1, body: { parentId } });
    expect(codeOf(await under(b.id))).toBe('422 unknown_reference');
    expect(codeOf(await under(a.id))).toBe('422 unknown_reference');
    expect(codeOf(await under(newId('account')))).toBe('422 unknown_reference');
    expect(
      codeOf(await post('/v1/accounts', { legalName: 'C', country: 'DE', parentId: newId('account') })),
    ).toBe('422 unknown_reference');
    const [x, y] = [
      (await post('/v1/accounts', { legalName: 'X', country: 'DE' })).body,
      (await post('/v1/accounts', { legalName: 'Y', country: 'DE' })).body,
    ];
    const both = await Promise.all([
      api.call(`/v1/accounts/${x.id}`, { method: 'PATCH', ifMatch: 1, body: { parentId: y.id } }),
      api.call(`/v1/accounts/${y.id}`, { method: 'PATCH', ifMatch: 1, body: { parentId: x.id } }),
    ]);
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 422]);
  });

  test('the audit names the fields, not what stands in them', async () => {
    const { body } = await post('/v1/accounts', {
      legalName: 'Ignatius Bloom',
      country: 'DE',
      email: 'i@bloom.example',
    });
    const { rows } = await api.database.owner.query('select entry from audit_entries where subject = $1', [
      body.id,
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0].entry).not.toMatch(/bloom/i);
    expect(JSON.parse(rows[0].entry).detail.fields).toEqual(['country', 'email', 'legalName']);
  });
});

describe('price books', () => {
  test('hold the price of each product to six decimals, set as a whole', async () => {
    await post('/v1/products', product('P-1'));
    await post('/v1/products', product('P-2'));
    const { body: book } = await post('/v1/price-books', {
      name: 'EU',
      currency: 'EUR',
      validFrom: '2026-01-01',
    });
    const url = `/v1/price-books/${book.id}`;
    const set = (ifMatch: number, entries: object[]) =>
      api.call(`${url}/entries`, { method: 'PUT', ifMatch, body: { entries } });
    const done = await set(1, [
      { sku: 'P-1', unitPrice: '49.9' },
      { sku: 'P-2', unitPrice: '0.000001' },
    ]);
    expect(done.body).toMatchObject({ entries: 2, revision: 2 });
    expect((await api.call(`${url}/entries`)).body).toEqual({
      items: [
        { sku: 'P-1', unitPrice: '49.900000' },
        { sku: 'P-2', unitPrice: '0.000001' },
      ],
      next: null,
    });
    const unknown = await set(2, [
      { sku: 'P-1', unitPrice: '1' },
      { sku: 'NONE', unitPrice: '1' },
    ]);
    expect([codeOf(unknown), unknown.body.errors[0].pointer]).toEqual(['422 unknown_sku', '/entries/1/sku']);
    expect(
      codeOf(
        await set(2, [
          { sku: 'P-1', unitPrice: '1' },
          { sku: 'P-1', unitPrice: '2' },
        ]),
      ),
    ).toBe('400 invalid_field');
    expect(codeOf(await set(1, []))).toBe('412 stale_version');
    expect((await set(2, [])).body.entries).toBe(0);
  });

  test('are found by currency and day, and end', async () => {
    const { body } = await post('/v1/price-books', {
      name: 'US 25',
      currency: 'USD',
      validFrom: '2025-01-01',
    });
    const url = `/v1/price-books/${body.id}`;
    expect(
      codeOf(await api.call(url, { method: 'PATCH', ifMatch: 1, body: { validUntil: '2024-12-31' } })),
    ).toBe('400 invalid_field');
    expect(
      (await api.call(url, { method: 'PATCH', ifMatch: 1, body: { validUntil: '2025-12-31' } })).status,
    ).toBe(200);
    const on = async (day: string) =>
      (await api.call(`/v1/price-books?currency=USD&on=${day}`)).body.items.length;
    expect([await on('2024-12-31'), await on('2025-12-31'), await on('2026-01-01')]).toEqual([0, 1, 0]);
    expect(
      codeOf(await post('/v1/price-books', { name: 'US 25', currency: 'USD', validFrom: '2025-01-01' })),
    ).toBe('409 already_exists');
    expect(codeOf(await api.call(`/v1/price-books/${newId('book')}/entries`))).toBe('404 not_found');
  });
});

test('a legal entity is registered and read', async () => {
  const { body, status } = await post('/v1/entities', {
    name: 'Acme Europe S.L.',
    country: 'ES',
    vatId: 'ESB12345678',
    zone: 'Europe/Madrid',
    language: 'es',
    address: { street: 'Calle Mayor 1', city: 'Madrid' },
    iban: 'ES9121000418450200051332',
    email: 'billing@example.com',
  });
  expect(status).toBe(201);
  expect((await api.call(`/v1/entities/${body.id}`)).body).toEqual(body);
  expect((await api.call('/v1/entities')).body.items).toEqual([body]);
  const second = { name: 'Acme US Inc.', country: 'US', zone: 'America/New_York', language: 'en' };
  const refused = await post('/v1/entities', { ...second, address: {}, email: 'us@example.com' });
  expect(codeOf(refused)).toBe('409 one_entity_only');
  expect(refused.body.detail).toContain(body.id);
  expect((await api.call('/v1/entities')).body.items).toEqual([body]);
  expect(codeOf(await api.call(`/v1/entities/${newId('entity')}`))).toBe('404 not_found');
});
