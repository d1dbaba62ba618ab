// Drafting over HTTP: whose account a quote is for, in which language it is written, and which price it finds.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { unitText } from '../../documents/texts.js';
import { addKey, codeOf, startApi, type TestApi } from '../support/api.js';
import { BEGINS_AT, PEOPLE, seedCompany, sku } from '../support/company.js';

let api: TestApi;
let machine: string;
let boss: string;
let n = 0;

beforeAll(async () => {
  api = await startApi();
  await seedCompany(api.database.owner, BEGINS_AT);
  machine = await addKey(api.database.owner, PEOPLE.machine);
  boss = await addKey(api.database.owner, PEOPLE.boss);
});
afterAll(() => api?.close());

const send = (url: string, body: object, as = machine) => api.call(url, { method: 'POST', body, as });
const rows = async (text: string, ...values: unknown[]) =>
  (await api.database.owner.query(text, values)).rows;

async function lead(contact: object = {}): Promise<string> {
  n += 1;
  const email = `buyer${n}@customer${n}.example`;
  const { status, body } = await send('/v1/leads', {
    source: { channel: 'website' },
    contact: { name: `Buyer ${n}`, company: `Customer ${n}`, email, country: 'ES', ...contact },
  });
  expect(status).toBe(201);
  return body.id;
}
const draft = (leadId: string, more: object = {}) =>
  send(`/v1/leads/${leadId}/quotes`, { lines: [{ sku: sku(1), quantity: '2' }], ...more }, boss);

describe('the account of a lead', () => {
  test('is made by its first draft and taken by the next ones', async () => {
    const leadId = await lead();
    const drafts = [];
    for (let i = 0; i < 3; i++) drafts.push(await draft(leadId));
    expect(drafts.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(drafts.map(({ body }) => body.accountId)).size).toBe(1);
    const made = await rows('select id from accounts where legal_name = $1', `Customer ${n}`);
    expect(made).toEqual([{ id: drafts[0]?.body.accountId }]);
  });

  test('is one for drafts made at once', async () => {
    const leadId = await lead();
    const drafts = await Promise.all([1, 2, 3, 4].map(() => draft(leadId)));
    expect(drafts.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(await rows('select id from accounts where legal_name = $1', `Customer ${n}`)).toHaveLength(1);
  });
});

describe('a customer who comes again', () => {
  const again = (email: string) =>
    send('/v1/leads', { source: { channel: 'referral' }, contact: { name: 'Ana', email, country: 'ES' } });
  const emailOf = () => `buyer${n}@customer${n}.example`;
  const closed = (leadId: string) =>
    rows(`update leads set stage = 'closed', outcome = 'lost', closed_at = now() where id = $1`, leadId);

  test('after the first lead is over is drafted on the account of the first', async () => {
    const first = await lead();
    const { body } = await draft(first);
    await closed(first);
    const second = await again(emailOf());
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first);
    expect((await draft(second.body.id)).body.accountId).toBe(body.accountId);
    expect(await rows('select account_id from leads where id = $1', second.body.id)).toEqual([
      { account_id: body.accountId },
    ]);
  });

  test('is drafted on the account a rep has named for them, not on one of their own', async () => {
    const first = await lead();
    await rows(`insert into accounts (id, legal_name, country, created_at) values
      ('account_01kaz4v8tqfv2r0c0q6c2nq4jd', 'Holding SA', 'ES', now())`);
    const { body } = await draft(first, { accountId: 'account_01kaz4v8tqfv2r0c0q6c2nq4jd' });
    await closed(first);
    const second = await again(emailOf());
    expect((await draft(second.body.id)).body.accountId).toBe(body.accountId);
  });

  test('with two leads at once is drafted on one account', async () => {
    const first = await lead();
    const [{ contact_id: contact } = {}] = await rows('select contact_id from leads where id = $1', first);
    const second = await lead();
    await rows('update leads set contact_id = $2 where id = $1', second, contact);
    const drafts = await Promise.all([first, second, first, second].map((id) => draft(id)));
    expect(drafts.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(drafts.map(({ body }) => body.accountId)).size).toBe(1);
  });
});

describe('the country of a customer', () => {
  const nowhere = () => lead({ country: undefined });

  test('nobody knows is asked for, because the tax depends on it; nothing is written', async () => {
    const leadId = await nowhere();
    const refused = await draft(leadId);
    expect(codeOf(refused)).toBe('400 invalid_field');
    expect(refused.body.errors[0].pointer).toBe('/country');
    expect(refused.body.detail).toMatch(/country or accountId/);
    expect(await rows('select id from quotes where lead_id = $1', leadId)).toEqual([]);
  });

  test.each([
    ['ES', 'S', 2_100],
    ['DE', 'S', 2_100],
    ['US', 'G', 0],
  ])('%s, said with the draft, decides the tax and is the account’s', async (country, treatment, rate) => {
    const { status, body } = await draft(await nowhere(), { country });
    expect(status).toBe(201);
    expect(body.taxes).toMatchObject([{ treatment, rateBps: rate }]);
    expect(await rows('select country from accounts where id = $1', body.accountId)).toEqual([{ country }]);
  });

  test('that is not the account’s is refused', async () => {
    const leadId = await lead();
    expect((await draft(leadId)).status).toBe(201);
    const other = await draft(leadId, { country: 'DE' });
    expect(codeOf(other)).toBe('400 invalid_field');
    expect(other.body.detail).toMatch(/DE is not the country of account/);
  });
});

describe('the language of what the customer reads', () => {
  test.each([
    ['Spanish, said so', { language: 'es', country: 'DE' }, 'es', 'Artículo 1'],
    ['English, said so', { language: 'en', country: 'ES' }, 'en', 'Item 1'],
    ['of Spain, without a word of it', { country: 'ES' }, 'es', 'Artículo 1'],
    ['of Mexico, without a word of it', { country: 'MX' }, 'es', 'Artículo 1'],
    ['of Germany, without a word of it', { country: 'DE' }, 'en', 'Item 1'],
    ['of nowhere: the default of the policy', { country: undefined }, 'en', 'Item 1'],
  ])('%s', async (_whose, contact, language, name) => {
    const { body } = await draft(
      await lead(contact),
      'country' in contact && !contact.country ? { country: 'DE' } : {},
    );
    expect(body.lines[0].name).toBe(name);
    const [account] = await rows('select language from accounts where id = $1', body.accountId);
    expect(account).toEqual({ language });
  });

  test.each(['piece', 'hour', 'licence', 'seat', 'flat rate'])('the unit %s has its Spanish word', (unit) => {
    if (unit !== 'hour') expect(unitText(unit, 'es')).not.toBe(unitText(unit, 'en'));
    expect(unitText(unit, 'es')).not.toBe(unit);
  });
});

describe('the price of a product', () => {
  const book = (name: string, more: object = {}) =>
    send('/v1/price-books', { name, currency: 'EUR', validFrom: '2026-01-02', ...more }, api.admin.token);

  test('stays found while a newer book is empty, and is the newer one once it has it', async () => {
    const leadId = await lead();
    const before = await draft(leadId);
    const made = await book('1e3');
    expect(made.status).toBe(201);
    const after = await draft(leadId);
    expect([after.status, after.body.net]).toEqual([201, before.body.net]);
    const put = await api.call(`/v1/price-books/${made.body.id}/entries`, {
      method: 'PUT',
      ifMatch: 1,
      body: { entries: [{ sku: sku(1), unitPrice: '7' }] },
    });
    expect(put.status).toBe(200);
    const both = await draft(leadId, { lines: [1, 2].map((i) => ({ sku: sku(i), quantity: '1' })) });
    expect(both.body.lines.map((line: { unitPrice: string }) => line.unitPrice)).toEqual(['7', '60']);
    expect(both.body.lines[0].waterfall[0].source).toBe(`price_book:${made.body.id}@2`);
  });

  test('no book has is refused without naming one', async () => {
    const refused = await draft(await lead(), { currency: 'EUR', lines: [{ sku: 'NEW', quantity: '1' }] });
    expect(codeOf(refused)).toBe('422 unknown_sku');
    await rows(`insert into products (id, sku, name, family, supply, unit, tax_class, lead_days, created_at)
      values ('product_new', 'NEW', '{"en":"New"}', 'hardware', 'goods', 'piece', 'standard', 1, now())`);
    const none = await draft(await lead(), { lines: [{ sku: 'NEW', quantity: '1' }] });
    expect(codeOf(none)).toBe('422 no_price');
    expect(none.body.detail).toBe('no price book in force has a price for NEW in EUR');
  });
});
