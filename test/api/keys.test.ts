import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { codeOf, startApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  await api?.close();
});

const make = (body: object, as = api.admin.token) =>
  api.call('/v1/keys', { method: 'POST', as, body: { label: 'a key', scopes: ['read'], ...body } });

test('a key is shown once and works within its scopes', async () => {
  const rep = await api.person(['rep']);
  const { status, body, headers } = await make({ personId: rep.personId, scopes: ['products:read'] });
  expect(status).toBe(201);
  expect(headers['cache-control']).toBe('no-store');
  expect((await api.call('/v1/products', { as: body.token })).status).toBe(200);
  expect(codeOf(await api.call('/v1/accounts', { as: body.token }))).toBe('403 forbidden');
  const { token: _, ...known } = body;
  const list = await api.call(`/v1/keys?personId=${rep.personId}`);
  expect(list.body.items).toContainEqual(known);
});

test('a key lasts a year unless told otherwise, and never more than two', async () => {
  const days = (iso: string) => Math.round((Date.parse(iso) - Date.now()) / 86_400_000);
  expect(days((await make({})).body.expiresAt)).toBe(365);
  const at = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString();
  expect((await make({ expiresAt: at(729) })).status).toBe(201);
  expect(codeOf(await make({ expiresAt: at(731) }))).toBe('400 invalid_field');
});

test('who is no admin makes, sees and revokes only their own', async () => {
  const rep = await api.person(['rep']);
  const own = await make({}, rep.token);
  expect([own.status, own.body.personId]).toEqual([201, rep.personId]);
  expect(codeOf(await make({ personId: api.admin.personId }, rep.token))).toBe('403 forbidden');
  const seen = await api.call('/v1/keys', { as: rep.token });
  expect(new Set(seen.body.items.map((key: { personId: string }) => key.personId))).toEqual(
    new Set([rep.personId]),
  );
  expect(codeOf(await api.call(`/v1/keys?personId=${api.admin.personId}`, { as: rep.token }))).toBe(
    '403 forbidden',
  );
  const all = await api.call('/v1/keys?limit=200');
  const adminKey = all.body.items.find((key: { personId: string }) => key.personId === api.admin.personId);
  expect(codeOf(await api.call(`/v1/keys/${adminKey.id}`, { method: 'DELETE', as: rep.token }))).toBe(
    '404 not_found',
  );
  expect(codeOf(await api.call(`/v1/keys/${adminKey.id}`, { as: rep.token }))).toBe('404 not_found');
  const { token: _, ...shown } = own.body;
  expect((await api.call(`/v1/keys/${own.body.id}`, { as: rep.token })).body).toEqual(shown);
  const gone = await api.call(`/v1/keys/${own.body.id}`, { method: 'DELETE', as: rep.token });
  expect(gone.body.revokedAt).not.toBeNull();
  expect(codeOf(await api.call('/v1/keys', { as: own.body.token }))).toBe('401 unauthenticated');
});

test('revoking twice changes nothing the second time', async () => {
  const { body } = await make({});
  const once = await api.call(`/v1/keys/${body.id}`, { method: 'DELETE' });
  const twice = await api.call(`/v1/keys/${body.id}`, { method: 'DELETE' });
  expect(twice.body).toEqual(once.body);
  const { rows } = await api.database.owner.query(
    'select action from audit_entries where subject = $1 order by seq',
    [body.id],
  );
  expect(rows).toEqual([{ action: 'keyCreated' }, { action: 'keyRevoked' }]);
  expect(codeOf(await api.call(`/v1/keys/${newId('key')}`, { method: 'DELETE' }))).toBe('404 not_found');
});

test('no key makes one that may more than itself', async () => {
  const { body } = await make({ scopes: ['keys:write', 'leads:read'] });
  expect((await make({ scopes: ['leads:read'] }, body.token)).status).toBe(201);
  for (const scope of ['admin', 'write', 'read', 'leads:write', 'people:write']) {
    expect(codeOf(await make({ scopes: [scope] }, body.token))).toBe('403 forbidden');
  }
  const { body: writer } = await make({ scopes: ['write'] });
  expect(codeOf(await make({ scopes: ['read'] }, writer.token))).toBe('403 forbidden');
});

test('nobody who left or never was gets a key', async () => {
  const rep = await api.person(['rep']);
  await api.database.owner.query('update people set active = false where id = $1', [rep.personId]);
  expect(codeOf(await make({ personId: rep.personId }))).toBe('422 unknown_reference');
  expect(codeOf(await make({ personId: newId('person') }))).toBe('422 unknown_reference');
});
