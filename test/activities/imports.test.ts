import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { csvRecords } from '../../activities/intake/csvRecords.js';
import { checkImport, importLeads } from '../../activities/intake/imports.js';
import { captureLead } from '../../activities/intake/leads.js';
import type { LeadMapping } from '../../contracts/imports.js';
import { LEAD_MAPPINGS } from '../../contracts/leadMappings.js';
import { newId } from '../../db/ids.js';
import { importById } from '../../db/imports.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

const NOW = Date.UTC(2026, 10, 22, 9);
const actorId = newId('person');
let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await database.owner.query(
    `insert into people (id, name, email, created_at) values ($1, 'Importer', 'importer@example.com', now())`,
    [actorId],
  );
  await database.owner.query(
    `insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day)
     values (to_timestamp($1), to_timestamp($1), 86400)`,
    [NOW / 1000],
  );
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await database.owner.query(
    'truncate leads, contacts, touches, waits, messages, audit_heads, audit_entries, imports, import_errors cascade',
  );
});

const MAPPING: LeadMapping = {
  channel: { column: 'origin', values: { Social: 'social', web: 'website', unknown: 'unknown' } },
  externalId: { column: 'id' },
  occurredAt: { column: 'on', format: 'date' },
  landingPage: { column: 'page' },
  interest: { constant: 'a shop' },
  contact: {
    name: { column: 'name' },
    email: { column: 'email' },
    phone: { column: 'phone' },
    country: { column: 'country' },
    language: { constant: 'es' },
  },
};
const HEADER = 'id,on,page,origin,name,email,phone,country';

async function run(
  text: string | string[],
  more: { mapping?: LeadMapping; dryRun?: boolean; importId?: string } = {},
) {
  const { mapping = MAPPING, dryRun = false, importId = newId('import') } = more;
  const rows = (async function* () {
    yield* [text].flat();
  })();
  const counts = await importLeads({
    db: database.app,
    actorId,
    importId,
    rows,
    mapping,
    dryRun,
    nowMs: NOW,
  });
  const { rows: errors } = await database.owner.query(
    'select line, column_name as column, reason from import_errors where import_id = $1 order by line, column_name',
    [importId],
  );
  return { importId, counts, errors };
}

const rowsOf = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await database.owner.query(sql)).rows as Record<string, unknown>[];
const countOf = async (table: string): Promise<number> =>
  Number((await rowsOf(`select count(*)::int as n from ${table}`))[0]?.n);

describe('a record of a CSV file', () => {
  const read = async (pieces: string[]) => {
    const found: unknown[] = [];
    const text = (async function* () {
      yield* pieces;
    })();
    for await (const batch of csvRecords(text, ',')) {
      for (const record of batch)
        found.push('fields' in record ? [record.line, ...record.fields] : [record.line, record.reason]);
    }
    return found;
  };
  const unclosed = 'a quote opens a field and nothing closes it within 65536 characters';

  test.each([
    [
      'a plain line',
      'a,b\n1,2\n',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    [
      'no line end at the end',
      'a\n1',
      [
        [1, 'a'],
        [2, '1'],
      ],
    ],
    [
      'lines of Windows',
      'a,b\r\n1,2\r\n',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    ['a byte order mark', '\uFEFFa,b\n', [[1, 'a', 'b']]],
    ['a byte order mark before a quote', '\uFEFF"a",b\n', [[1, 'a', 'b']]],
    [
      'empty lines',
      'a\n\n\r\n1\n',
      [
        [1, 'a'],
        [4, '1'],
      ],
    ],
    [
      'line breaks in quotes',
      '"x\ny",2\n3,4\n',
      [
        [1, 'x\ny', '2'],
        [3, '3', '4'],
      ],
    ],
    [
      'line breaks of Windows in quotes',
      'a\r\n"x\r\ny"\r\n2\r\n',
      [
        [1, 'a'],
        [2, 'x\r\ny'],
        [4, '2'],
      ],
    ],
    ['quotes in quotes', '"say ""hi""",""\n', [[1, 'say "hi"', '']]],
    [
      'a quote that is never closed',
      'a\n"2\n3\n4',
      [
        [1, 'a'],
        [2, unclosed],
        [3, '3'],
        [4, '4'],
      ],
    ],
    [
      'text behind a closing quote',
      '"1"2\n3\n',
      [
        [1, 'a quoted field goes on after its closing quote'],
        [2, '3'],
      ],
    ],
    [
      'a quote inside a field',
      '5" pipe,1\n3,4\n',
      [
        [1, 'a quote stands in a field that does not begin with one'],
        [2, '3', '4'],
      ],
    ],
    ['only a delimiter', ',\n', [[1, '', '']]],
    ['nothing', '', []],
  ])('%s', async (_name, text, expected) => {
    expect(await read([text])).toEqual(expected);
    expect(await read([...text])).toEqual(expected); // One character at a time: wherever a chunk may end.
  });

  test('a line longer than any row is refused alone', async () => {
    const found = await read(['a\n', 'x'.repeat(70_000), 'x\n', '2\n']);
    expect(found).toEqual([
      [1, 'a'],
      [2, 'the row has more than 65536 characters'],
      [3, '2'],
    ]);
  });
});

describe('an import', () => {
  test('makes of a row what capturing the lead alone makes', async () => {
    await run(`${HEADER}\nx1,2018-02-01,/home,Social,Ana,Ana@Example.com,+34 600 000 001,ES\n`);
    await captureLead(database.app, {
      capture: {
        source: { channel: 'social', origin: 'Social', landingPage: '/home' },
        contact: {
          name: 'Ana',
          email: 'ana.2@example.com',
          phone: '+34 600 000 002',
          country: 'ES',
          language: 'es',
        },
        interest: 'a shop',
        externalId: 'x2',
        occurredAt: '2018-02-01T00:00:00Z',
      },
      actorId,
      messageId: newId('msg'),
      nowMs: NOW,
    });
    const differs =
      /^(id|lead_id|subject|contact_id|external_id|email|email_key|phone|phone_key|key|entry|hash|body|body_hash|target|recorded_at|claimed_until)$/;
    for (const table of [
      'leads',
      'contacts',
      'touches',
      'waits',
      'messages',
      'audit_heads',
      'audit_entries',
    ]) {
      const rows = await rowsOf(`select * from ${table}`);
      const alike = rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !differs.test(name))),
      );
      expect([table, alike[0]]).toEqual([table, alike[1]]);
      expect(rows).toHaveLength(2);
    }
    const entries = await rowsOf(`select subject, entry, encode(hash, 'hex') as hash,
      encode(sha256(decode(repeat('00', 32), 'hex') || convert_to(entry, 'UTF8')), 'hex') as computed
      from audit_entries order by subject`);
    for (const { subject, entry, hash, computed } of entries) {
      expect(hash).toBe(computed);
      const [message] = await rowsOf(`select id from messages where lead_id = '${subject}'`);
      expect(entry).toBe(
        `{"action":"captureLead","actor":"${actorId}","at":"2026-11-22T09:00:00.000Z",` +
          `"detail":{"channel":"social"},"key":"capture/${message?.id}","revision":1,"to":"new"}`,
      );
    }
    expect(await rowsOf('select distinct name, told_at, answer from messages')).toEqual([
      { name: 'leadCaptured', told_at: null, answer: null },
    ]);
  });

  test('lets everything that is told alone go before its leads', async () => {
    await run([HEADER, ...many(100)].join('\n'));
    await captureLead(database.app, {
      capture: { source: { channel: 'website' }, externalId: 'alone' },
      actorId,
      messageId: newId('msg'),
      nowMs: NOW,
    });
    // The order in which the relay claims.
    const [first] = await rowsOf(`select l.external_id from messages m join leads l on l.id = m.lead_id
      where m.told_at is null and (m.claimed_until is null or m.claimed_until < now())
      order by m.claimed_until nulls first, m.recorded_at limit 1`);
    expect(first).toEqual({ external_id: 'alone' });
  });

  test('says of every refused row its line, column and reason, and takes all others', async () => {
    const { counts, errors } = await run(
      `\uFEFF${HEADER}\r\n` +
        'a,2018-02-01,,social,,,,\r\n' + // 2
        'b,2018-02-30,,social,,,,\r\n' + // 3
        'c,2018-02-01,,tv,,,,es\r\n' + // 4
        'd,2018-02-01,,web\r\n' + // 5
        'e,2018-02-01,,web,"two\r\nlines",,,\r\n' + // 6 and 7
        `f,2018-02-01,${'p'.repeat(501)},web,,,,\r\n` + // 8
        'g,2018-02-01,,web,"open,,,\r\n' + // 9
        'h,2018-02-01,,web,nul\0,,,\r\n' + // 10
        'i,,,WEB ,,,,\r\n', // 11
    );
    expect(errors).toEqual([
      { line: 3, column: 'on', reason: '"2018-02-30" is no date that exists' },
      { line: 4, column: 'origin', reason: '"tv" is no word of the mapping' },
      { line: 5, column: '', reason: 'the row has 4 fields, the header 8' },
      { line: 8, column: 'page', reason: 'longer than 500 characters' },
      { line: 9, column: '', reason: 'a quote opens a field and nothing closes it within 65536 characters' },
      {
        line: 10,
        column: 'name',
        reason: 'the text is not UTF-8, or holds a NUL character or half a character',
      },
    ]);
    expect(counts).toEqual({ read: 9, created: 3, duplicates: 0, rejected: 6 });
    const kept = await rowsOf(`select external_id, source from leads order by external_id`);
    expect(kept.map((row) => row.external_id)).toEqual(['a', 'e', 'i']);
    expect(kept.map((row) => (row.source as { origin: string }).origin)).toEqual(['social', 'web', 'WEB ']);
  });

  test('bytes that are no UTF-8 cost their row alone', async () => {
    const text = Buffer.concat([
      Buffer.from(`${HEADER}\na,,,web,Mu`),
      Buffer.from([0xf1]),
      Buffer.from(`oz,,,\nb,,,web,,,,\n`),
    ]);
    const rows = (async function* () {
      for (const byte of text) yield Buffer.from([byte]);
    })();
    const importId = newId('import');
    const counts = await importLeads({
      db: database.app,
      actorId,
      importId,
      rows,
      mapping: MAPPING,
      dryRun: false,
      nowMs: NOW,
    });
    expect(counts).toEqual({ read: 2, created: 1, duplicates: 0, rejected: 1 });
  });

  test('keeps an empty origin apart from the word unknown', async () => {
    await run(`${HEADER}\na,,,,,,,\nb,,,unknown,,,,\n`);
    expect(
      await rowsOf(`select external_id, channel, source ->> 'origin' as origin from leads order by 1`),
    ).toEqual([
      { external_id: 'a', channel: 'unknown', origin: null },
      { external_id: 'b', channel: 'unknown', origin: 'unknown' },
    ]);
  });

  const PEOPLE = [
    'a,,,web,Ana,ana@example.com,,', // 2 new
    'b,,,web,Ana,ANA@example.com ,,', // 3 the same person: a touch
    'a,,,social,Other,other@example.com,,', // 4 the same lead
    'c,,,web,Bob,,+34 600 000 001,', // 5 new
    'd,,,web,Bob,bob@example.com,0034600000001,', // 6 the same phone: a touch, and the address is not kept
    'e,,,web,Bob,bob@example.com,,', // 7 new: nobody has that address
    ',,,web,,,,', // 8 new: nothing is known of it
    ',,,web,,,,', // 9 new: the same few words, another row
  ];

  test('counts rows of known leads and people as duplicates, inside the file as well', async () => {
    const { counts } = await run([HEADER, ...PEOPLE].map((line) => `${line}\n`));
    expect(counts).toEqual({ read: 8, created: 5, duplicates: 3, rejected: 0 });
    expect(await countOf('leads')).toBe(5);
    expect(await countOf('touches')).toBe(7);
    expect(await countOf('contacts')).toBe(3);
    expect(await rowsOf('select name, count(*)::int as n from messages group by name order by name')).toEqual(
      [
        { name: 'leadCaptured', n: 5 },
        { name: 'leadTouched', n: 2 },
      ],
    );
  });

  test('gives, row by row and in one chunk, what capturing one after the other gives', async () => {
    const lines = PEOPLE.filter((line) => !line.startsWith(','));
    const { counts } = await run([HEADER, ...lines].map((line) => `${line}\n`));
    const shape = () =>
      rowsOf(`select l.external_id, c.email_key, c.phone_key,
          (select count(*)::int from touches t where t.lead_id = l.id) as touches
        from leads l left join contacts c on c.id = l.contact_id order by 1`);
    const imported = await shape();
    await database.owner.query(
      'truncate leads, contacts, touches, waits, messages, audit_heads, audit_entries cascade',
    );
    let created = 0;
    const seen = new Set<string>();
    for (const line of lines) {
      const [externalId = '', , , , name = '', email = '', phone = ''] = line.split(',');
      // A row of the same id is the same row again to an import; sent by itself it would be another touch.
      if (externalId !== '' && seen.has(externalId)) continue;
      seen.add(externalId);
      const contact = { name, language: 'es' as const, ...(email && { email }), ...(phone && { phone }) };
      const capture = { source: { channel: 'website' }, externalId, contact };
      const one = await captureLead(database.app, { capture, actorId, messageId: newId('msg'), nowMs: NOW });
      if (one.created) created++;
    }
    expect(await shape()).toEqual(imported);
    expect(created).toBe(counts.created);
  });

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
    expect(await importById(database.app, importId)).toMatchObject({ status: 'running', interrupted: true });
    const { counts } = await run([HEADER, ...many(10_000)].join('\n'), { importId });
    expect(counts).toEqual({ read: 10_000, created: 10_000 - before, duplicates: before, rejected: 0 });
    expect(await countOf('leads')).toBe(10_000);
    expect(await countOf('audit_entries')).toBe(10_000);
  });
});

const many = (count: number, line = (i: number) => `m${i},2018-02-01,/p,web,,,,`): string[] =>
  Array.from({ length: count }, (_, i) => line(i));

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
