import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkImport, importLeads } from '../../activities/intake/imports.js';
import { captureLead } from '../../activities/intake/leads.js';
import type { LeadMapping } from '../../contracts/imports.js';
import { LEAD_MAPPINGS } from '../../contracts/leadMappings.js';
import { newId } from '../../db/ids.js';

import { importById } from '../../db/imports.js';
import {
  actorId,
  countOf,
  database,
  HEADER,
  MAPPING,
  many,
  NOW,
  openImports,
  PEOPLE,
  rowsOf,
  run,
} from '../support/imports.js';
import { until } from '../support/until.js';

openImports();

describe('an import that is repeated, stopped or beside another one', () => {
  test('a second run adds nothing, whether rows have an id of their own or not', async () => {
    const text = [HEADER, ...PEOPLE].join('\n');
    await run(text);
    const before = await rowsOf('select * from messages order by id');
    const again = await run(text);
    expect(again.counts).toEqual({ read: 8, created: 0, duplicates: 8, rejected: 0 });
    expect(await rowsOf('select * from messages order by id')).toEqual(before);
    expect(await countOf('touches')).toBe(7);
  });

  test('a dry run counts the same and writes no lead', async () => {
    const text = [HEADER, ...PEOPLE, 'bad', ...many(4_500), PEOPLE[0]].join('\n');
    const dry = await run(text, { dryRun: true });
    expect(await countOf('leads')).toBe(0);
    expect(await countOf('messages')).toBe(0);
    expect(await countOf('contacts')).toBe(0);
    const real = await run(text);
    expect(dry.counts).toEqual(real.counts);
    expect(dry.errors).toEqual(real.errors);
    expect(dry.errors).toHaveLength(1);
  });

  test('a contact with a closed lead gets a new lead linked to it, with the account it has', async () => {
    await run(`${HEADER}\na,,,web,Ana,ana@example.com,,\n`);
    await database.owner.query(`update leads set stage = 'closed', outcome = 'lost', closed_at = now()`);
    const { counts } = await run(`${HEADER}\nb,,,web,Ana,ana@example.com,,\n`);
    expect(counts.created).toBe(1);
    const [first, second] = await rowsOf('select id, contact_id, previous_lead_id from leads order by id');
    expect(second).toMatchObject({ contact_id: first?.contact_id, previous_lead_id: first?.id });
    expect(await countOf('contacts')).toBe(1);
  });

  test.each([
    [
      'a column the mapping names is missing',
      'id,on,page,name,email,phone,country',
      /no column "origin"; it has id, on/,
    ],
    ['a column stands twice', `${HEADER},id`, /names column "id" twice/],
    ['nothing is in the file', '', /the file is empty/],
  ])('the whole file is refused when %s', async (_name, header, message) => {
    const rows = () =>
      (async function* () {
        yield header;
      })();
    await expect(checkImport(rows(), MAPPING)).rejects.toThrow(message);
    const importId = newId('import');
    await expect(run(header, { importId })).rejects.toThrow(message);
    expect(await importById(database.app, importId)).toMatchObject({
      status: 'failed',
      failure: expect.stringMatching(message),
    });
  });

  test('the record counts along and says when it is done', async () => {
    const { importId } = await run([HEADER, ...many(2_100), 'bad'].join('\n'));
    expect(await importById(database.app, importId)).toMatchObject({
      status: 'done',
      read_count: 2_101,
      created_count: 2_100,
      duplicate_count: 0,
      rejected_count: 1,
      interrupted: false,
    });
  });

  test('two at once on one file make each lead once', async () => {
    const text = [HEADER, ...many(3_000)].join('\n');
    const [one, two] = await Promise.all([run(text), run(text)]);
    expect(one.counts.created + two.counts.created).toBe(3_000);
    expect(one.counts.duplicates + two.counts.duplicates).toBe(3_000);
    expect(await countOf('leads')).toBe(3_000);
    expect(await countOf('messages')).toBe(3_000);
  });

  test('one import never runs twice at the same time', async () => {
    const importId = newId('import');
    const text = [HEADER, ...many(2_000)].join('\n');
    const results = await Promise.allSettled([run(text, { importId }), run(text, { importId })]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await importById(database.app, importId)).toMatchObject({ status: 'done', created_count: 2_000 });
  });

  test('a capture of the same person at the same time finds the imported lead, or the import finds it', async () => {
    const text = [HEADER, ...many(500, (i) => `m${i},,,web,P,p${i}@example.com,,`)].join('\n');
    const capture = (i: number) => ({
      capture: { source: { channel: 'website' }, contact: { email: `p${i}@example.com` } },
      actorId,
      messageId: newId('msg'),
      nowMs: NOW,
    });
    const captures = Array.from({ length: 40 }, (_, i) => captureLead(database.app, capture(i * 12)));
    await Promise.all([run(text), ...captures]);
    expect(await countOf('leads')).toBe(500);
    expect(await countOf('touches')).toBe(540);
  });

  test('killed in the middle, it goes on where it was when it is run again', async () => {
    const script = resolve('test/activities/importInChild.mjs');
    const child = spawn(process.execPath, [script, database.appUrl, actorId, '10000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { importId } = JSON.parse(line.toString().split('\n')[0] ?? '') as { importId: string };
    const before = await countOf('leads');
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(10_000);
    expect(await countOf('messages')).toBe(before);
    await database.owner.query(`update imports set started_at = now() - interval '1 minute' where id = $1`, [
      importId,
    ]);
    // Its connection may still be at the statement it was killed in.
    const seen = await until('nobody runs it any more', async () => {
      const found = await importById(database.app, importId);
      return found?.interrupted && found;
    });
    expect(seen).toMatchObject({ status: 'running', interrupted: true });
    const { counts } = await run([HEADER, ...many(10_000)].join('\n'), { importId });
    expect(counts).toEqual({ read: 10_000, created: 10_000 - before, duplicates: before, rejected: 0 });
    expect(await countOf('leads')).toBe(10_000);
    expect(await countOf('audit_entries')).toBe(10_000);
  });
});

const REAL = resolve('../shared/data/olist_marketing_qualified_leads_dataset.csv');
const real = existsSync(REAL) ? test : test.skip;
real('the real leads of a marketplace come in whole, by the mapping the product knows', async () => {
  const mapping = LEAD_MAPPINGS.olist as LeadMapping;
  const importId = newId('import');
  const counts = await importLeads({
    db: database.app,
    actorId,
    importId,
    rows: createReadStream(REAL),
    mapping,
    dryRun: false,
    nowMs: NOW,
  });
  const lines = readFileSync(REAL, 'utf8').trim().split('\n').slice(1);
  expect(counts).toEqual({ read: lines.length, created: lines.length, duplicates: 0, rejected: 0 });
  const byOrigin = new Map<string | null, number>();
  for (const line of lines) {
    const origin = line.split(',')[3]?.trim() || null;
    byOrigin.set(origin, (byOrigin.get(origin) ?? 0) + 1);
  }
  const stored = await rowsOf(
    `select source ->> 'origin' as origin, count(*)::int as n from leads group by 1`,
  );
  expect(new Map(stored.map(({ origin, n }) => [origin, n]))).toEqual(byOrigin);
  const [first] = lines;
  const [id, on, page] = first?.split(',') ?? [];
  expect(
    await rowsOf(
      `select occurred_at, source ->> 'landingPage' as page from leads where external_id = '${id}'`,
    ),
  ).toEqual([{ occurred_at: new Date(`${on}T00:00:00Z`), page }]);
});
