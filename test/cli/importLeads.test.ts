import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { main } from '../../cli/main.js';
import { startApi, type TestApi, type TestPerson } from '../support/api.js';

let api: TestApi;
let marketing: TestPerson;
let url: string;
const folder = mkdtempSync(join(tmpdir(), 'l2c-import-'));
beforeAll(async () => {
  api = await startApi();
  marketing = await api.person(['marketing']);
  await api.database.owner.query(`insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day)
    select date_trunc('second', now()), date_trunc('second', now()), 86400
    where not exists (select from clock_segments)`);
  url = await api.app.listen({ port: 0, host: '127.0.0.1' });
  const header = 'mql_id,first_contact_date,landing_page_id,origin\n';
  writeFileSync(join(folder, 'good.csv'), `${header}a,2018-01-01,p,social\nb,2018-01-01,p,\n`);
  writeFileSync(join(folder, 'bad.csv'), `${header}c,2018-01-01,p,social\nd,2018-02-30,p,social\n`);
  writeFileSync(
    join(folder, 'mapping.json'),
    JSON.stringify({ channel: { constant: 'event' }, externalId: { column: 'mql_id' } }),
  );
  writeFileSync(join(folder, 'wrong.json'), '{"channel":{"constant":"tv"}}');
});
afterAll(async () => {
  await api?.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (file: string, mapping: string, more: { url?: string; key?: string; args?: string[] } = {}) =>
  main([
    'import',
    'leads',
    join(folder, file),
    '--mapping',
    mapping.endsWith('.json') ? join(folder, mapping) : mapping,
    '--url',
    more.url ?? url,
    '--key',
    more.key ?? marketing.token,
    ...(more.args ?? []),
  ]);

test.each([
  ['every row taken', 'good.csv', 'olist', 0],
  ['every row known', 'good.csv', 'olist', 0],
  ['a row refused', 'bad.csv', 'olist', 1],
  ['a mapping from a file', 'good.csv', 'mapping.json', 0],
  ['a mapping the API refuses', 'good.csv', 'wrong.json', 2],
  ['a mapping that is not there', 'good.csv', 'nobody.json', 2],
  ['a file that is not there', 'nowhere.csv', 'olist', 2],
])('l2c import leads: %s', async (_name, file, mapping, code) => {
  expect(await run(file, mapping)).toBe(code);
});

test('a key nobody has ends with 2, an API that is not there with 3', async () => {
  expect(await run('good.csv', 'olist', { key: 'l2c_nobody' })).toBe(2);
  expect(await run('good.csv', 'olist', { url: 'http://127.0.0.1:1' })).toBe(3);
});

test('a dry run writes no lead', async () => {
  writeFileSync(
    join(folder, 'dry.csv'),
    'mql_id,first_contact_date,landing_page_id,origin\ndry,2018-01-01,p,social\n',
  );
  expect(await run('dry.csv', 'olist', { args: ['--dry-run', '--json'] })).toBe(0);
  const { rowCount } = await api.database.owner.query(`select from leads where external_id = 'dry'`);
  expect(rowCount).toBe(0);
});
