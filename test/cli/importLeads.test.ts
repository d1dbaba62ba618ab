import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { main } from '../../cli/main.js';
import { identify } from '../../engine/processes.js';
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

test('without an address the product that runs here is asked, whatever its port', async () => {
  const { port } = new URL(url);
  writeFileSync(join(folder, 'stack.json'), JSON.stringify({ owner: identify(process.pid), children: {} }));
  writeFileSync(join(folder, 'ports.json'), JSON.stringify({ api: Number(port) }));
  const args = ['import', 'leads', join(folder, 'good.csv'), '--mapping', 'olist', '--key', marketing.token];
  const before = process.env.L2C_STATE_DIR;
  process.env.L2C_STATE_DIR = folder;
  try {
    expect(await main(args)).toBe(0);
  } finally {
    if (before === undefined) delete process.env.L2C_STATE_DIR;
    else process.env.L2C_STATE_DIR = before;
  }
});

test('what answers there and is another program is told from the product', async () => {
  const stranger = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<p>'),
  );
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const { port } = stranger.address() as { port: number };
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    expect(await run('good.csv', 'olist', { url: `http://127.0.0.1:${port}` })).toBe(3);
    expect(written.mock.calls.join()).toContain(
      `what answers at http://127.0.0.1:${port} is not this product`,
    );
  } finally {
    written.mockRestore();
    await new Promise((resolve) => stranger.close(resolve));
  }
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
