// A lead as people read it: who it is, for those who work with customers, and which quotes it has.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addKey, codeOf, startApi, type TestApi } from '../support/api.js';
import { BEGINS_AT, PEOPLE, seedCompany, sku } from '../support/company.js';

let api: TestApi;
let boss: string;
let leadId: string;

const CONTACT = {
  name: 'Ana Ruiz',
  email: 'ana@ruiz.example',
  phone: '+34 600 000 001',
  company: 'Ruiz',
  country: 'ES',
};

beforeAll(async () => {
  api = await startApi();
  await seedCompany(api.database.owner, BEGINS_AT);
  boss = await addKey(api.database.owner, PEOPLE.boss);
  const body = { source: { channel: 'website' }, contact: CONTACT };
  leadId = (await api.call('/v1/leads', { method: 'POST', body, as: boss })).body.id;
});
afterAll(() => api?.close());

const read = (as: string, path = '') => api.call(`/v1/leads/${leadId}${path}`, { as });
const draft = (quantity: string) => {
  const body = { lines: [{ sku: sku(1), quantity }] };
  return api.call(`/v1/leads/${leadId}/quotes`, { method: 'POST', body, as: boss });
};

test.each([
  ['rep', true, true],
  ['manager', true, true],
  ['marketing', true, true],
  ['finance', true, true],
  ['fulfilment', true, false],
  ['compensation', false, true],
] as const)('for %s a lead shows its contact: %s, its quotes: %s', async (role, contact, quotes) => {
  const { token } = await api.person([role]);
  const { body } = await read(token);
  expect(body.contact).toEqual(contact ? { ...CONTACT, language: 'es' } : null);
  expect(body.quotes).toEqual(quotes ? [] : null);
  expect((await read(token, '/quotes')).status).toBe(quotes ? 200 : 403);
});

test('a payee sees no lead at all, and a contact whose data was erased is gone', async () => {
  const { token } = await api.person(['payee']);
  expect(codeOf(await read(token))).toBe('403 forbidden');
  await api.database.owner.query('update contacts set erased_at = now()');
  expect((await read(boss)).body.contact).toBe(null);
  await api.database.owner.query('update contacts set erased_at = null');
});

test('its quotes are listed by their newest revision, the newest quote first, page by page', async () => {
  const first = (await draft('1')).body;
  const second = (await draft('2')).body;
  const lines = [{ sku: sku(1), quantity: '3' }];
  await api.call(`/v1/quotes/${first.id}/revisions`, { method: 'POST', body: { lines }, as: boss });
  const { body } = await read(boss);
  const summary = body.quotes.map(({ id, revision, status, net }: Record<string, unknown>) => ({
    id,
    revision,
    status,
    net,
  }));
  const eur = (amount: string) => ({ amount, currency: 'EUR' });
  expect(summary).toEqual([
    { id: second.id, revision: 1, status: 'draft', net: eur('100.00') },
    { id: first.id, revision: 2, status: 'draft', net: eur('150.00') },
  ]);
  const page = (await read(boss, '/quotes?limit=1')).body;
  expect(page.items).toEqual(body.quotes.slice(0, 1));
  const rest = (await read(boss, `/quotes?limit=1&cursor=${encodeURIComponent(page.next)}`)).body;
  expect([rest.items, rest.next]).toEqual([body.quotes.slice(1), null]);
  const unknown = leadId.replace(/.{4}$/, '0000');
  expect(codeOf(await api.call(`/v1/leads/${unknown}/quotes`, { as: boss }))).toBe('404 not_found');
});

test('a refusal has its title in the language asked for, whoever has not signed in included', async () => {
  const headers = { 'accept-language': 'es-MX,en;q=0.5' };
  const { body } = await api.call(`/v1/leads/${leadId}`, { as: 'nobody', headers });
  expect(body).toMatchObject({ code: 'unauthenticated', title: 'Identifíquese primero' });
});

test('each reason of the score is a sentence in the language asked for, in the company’s words where it has some', async () => {
  await api.database.owner.query(`update leads set score_reasons = $2 where id = $1`, [
    leadId,
    JSON.stringify([
      { rule: 'phone', points: 10, textCode: 'score.phone' },
      { rule: 'vip', points: 5, textCode: 'score.vip', texts: { en: 'Knows Ana', es: 'Conoce a Ana' } },
    ]),
  ]);
  const said = async (language: string) => {
    const { body } = await api.call(`/v1/leads/${leadId}`, {
      as: boss,
      headers: { 'accept-language': language },
    });
    return body.scoreReasons.map(({ text }: { text: string }) => text);
  };
  expect(await said('es')).toEqual(['Dejó un número de teléfono', 'Conoce a Ana']);
  expect(await said('en-GB')).toEqual(['Left a telephone number', 'Knows Ana']);
});
