import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi, type TestPerson } from '../support/api.js';

let api: TestApi;
let marketing: TestPerson;
let rep: TestPerson;
beforeAll(async () => {
  api = await startApi();
  marketing = await api.person(['marketing']);
  rep = await api.person(['rep']);
  await api.database.owner.query(`insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day)
    select date_trunc('second', now()), date_trunc('second', now()), 86400
    where not exists (select from clock_segments)`);
});
afterAll(() => api?.close());

const MAPPING = { channel: { column: 'origin', values: { web: 'website' } }, externalId: { column: 'id' } };
const address = (mapping: unknown = MAPPING, more = ''): string =>
  `/v1/lead-imports?mapping=${encodeURIComponent(typeof mapping === 'string' ? mapping : JSON.stringify(mapping))}${more}`;
const csv = { 'content-type': 'text/csv; charset=utf-8' };
const send = (raw: string, options: { mapping?: unknown; more?: string; key?: string; as?: string } = {}) =>
  api.call(address(options.mapping, options.more), {
    method: 'POST',
    as: options.as ?? marketing.token,
    raw,
    headers: csv,
    ...(options.key !== undefined && { key: options.key }),
  });

async function ended(id: string) {
  for (;;) {
    const { body } = await api.call(`/v1/lead-imports/${id}`, { as: marketing.token });
    if (body.status !== 'running') return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('an import over HTTP', () => {
  test('is taken at once, tells where it is, and ends with its counts and refusals', async () => {
    const answer = await send('id,origin\na,web\nb,tv\na,web\n');
    expect(answer.status).toBe(202);
    expect(answer.headers.location).toBe(`/v1/lead-imports/${answer.body.id}`);
    expect(await ended(answer.body.id)).toMatchObject({
      status: 'done',
      dryRun: false,
      read: 3,
      created: 1,
      duplicates: 1,
      rejected: 1,
      errors: [{ line: 3, column: 'origin', reason: '"tv" is no word of the mapping' }],
      failure: null,
    });
  });

  test('lists every refusal, page by page', async () => {
    const { body } = await send(`id,origin\n${'x,tv\n'.repeat(150)}`);
    expect((await ended(body.id)).errors).toHaveLength(100);
    const lines: number[] = [];
    let cursor = '';
    do {
      const page = await api.call(`/v1/lead-imports/${body.id}/errors?limit=70${cursor}`, {
        as: marketing.token,
      });
      lines.push(...page.body.items.map((item: { line: number }) => item.line));
      cursor = page.body.next === null ? '' : `&cursor=${page.body.next}`;
    } while (cursor !== '');
    expect(lines).toEqual(Array.from({ length: 150 }, (_, i) => i + 2));
  });

  test('a dry run counts and writes nothing', async () => {
    const { body } = await send('id,origin\ndry,web\n', { more: '&dryRun=true' });
    expect(await ended(body.id)).toMatchObject({ dryRun: true, created: 1 });
    const { rowCount } = await api.database.owner.query(`select from leads where external_id = 'dry'`);
    expect(rowCount).toBe(0);
  });

  test('the same key and file answer the same import, another file is refused', async () => {
    const first = await send('id,origin\nk,web\n', { key: 'once' });
    await ended(first.body.id);
    const again = await send('id,origin\nk,web\n', { key: 'once' });
    expect(again.status).toBe(202);
    expect(again.headers['idempotent-replay']).toBe('true');
    expect(again.body).toMatchObject({ id: first.body.id, created: 1 });
    expect(await send('id,origin\nl,web\n', { key: 'once' })).toMatchObject({
      status: 422,
      body: { code: 'key_reused' },
    });
  });

  test('the same key goes on with an import that was cut off', async () => {
    const first = await send('id,origin\nr,web\n', { key: 'resumed' });
    await ended(first.body.id);
    await api.database.owner.query(
      `update imports set status = 'running', ended_at = null, started_at = now() - interval '1 minute' where id = $1`,
      [first.body.id],
    );
    const cut = await api.call(`/v1/lead-imports/${first.body.id}`, { as: marketing.token });
    expect(cut.body).toMatchObject({ status: 'failed', failure: expect.stringContaining('interrupted') });
    const again = await send('id,origin\nr,web\n', { key: 'resumed' });
    expect(again.body).toMatchObject({ id: first.body.id, status: 'running' });
    expect(await ended(first.body.id)).toMatchObject({ status: 'done', created: 0, duplicates: 1 });
  });

  test('a mapping the product knows goes by its name', async () => {
    const file = 'mql_id,first_contact_date,landing_page_id,origin\nm,2018-02-01,p,paid search\n';
    const { body } = await send(file, { mapping: 'olist' });
    await ended(body.id);
    const { rows } = await api.database.owner.query(
      `select channel, source from leads where external_id = 'm'`,
    );
    expect(rows).toEqual([{ channel: 'advertising', source: { origin: 'paid search', landingPage: 'p' } }]);
  });
});

describe('a row without an id', () => {
  test.each([
    ['is refused where the mapping says so and nothing else says who it is', 'refuse', [2, 4], 1],
    ['is taken where the mapping accepts it', 'accept', [4], 2],
    ['is known again where another file brings it', undefined, [4], 1],
  ])('%s', async (_what, blank, lines, created) => {
    const file = `id,origin,mail\n,web,\n,web,${blank}@row.example\nx,web,no mail\n`;
    const externalId = { column: 'id', ...(blank && { blank }) };
    const mapping = { ...MAPPING, externalId, contact: { email: { column: 'mail' } } };
    const { body } = await send(file, { mapping });
    const done = await ended(body.id);
    expect(done.errors.map(({ line }: { line: number }) => line)).toEqual(lines);
    expect(done.created).toBe(created);
  });
});

describe('an import is refused at the door', () => {
  const file = 'id,origin\na,web\n';
  test.each([
    ['an unknown name of a mapping', 'nobody', file, 400, 'invalid_field', '/query/mapping'],
    ['a mapping that is no JSON', '{', file, 400, 'malformed_body', undefined],
    [
      'an unknown field of the mapping',
      { ...MAPPING, more: 1 },
      file,
      400,
      'invalid_field',
      '/query/mapping/more',
    ],
    [
      'a channel nobody knows',
      { channel: { constant: 'tv' } },
      file,
      400,
      'invalid_field',
      '/query/mapping/channel/constant',
    ],
    [
      'a column the file lacks',
      { ...MAPPING, externalId: { column: 'key' } },
      file,
      400,
      'invalid_field',
      '/mapping/externalId/column',
    ],
    ['an empty file', MAPPING, '', 400, 'invalid_field', undefined],
  ])('%s', async (_name, mapping, text, status, code, pointer) => {
    const answer = await send(text, { mapping });
    expect(answer).toMatchObject({ status, body: { code } });
    if (pointer !== undefined) {
      expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    }
  });

  test('a body that is no CSV', async () => {
    const answer = await api.call(address(), { method: 'POST', as: marketing.token, body: { id: 1 } });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  test('a person who may not', async () => {
    expect(await send(file, { as: rep.token })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('an import nobody made is not found', async () => {
    const id = 'import_01kaz4v8tqfv2r0c0q6c2nq4jd';
    for (const path of ['', '/errors']) {
      const answer = await api.call(`/v1/lead-imports/${id}${path}`, { as: marketing.token });
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  });
});
