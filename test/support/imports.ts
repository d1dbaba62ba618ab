// Imports into a database of their own, for the test files about them.
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { importLeads } from '../../activities/intake/imports.js';
import type { LeadMapping } from '../../contracts/imports.js';
import { newId } from '../../db/ids.js';
import { freshDatabase, type TestDatabase } from './database.js';

export const NOW = Date.UTC(2026, 10, 22, 9);
export const actorId = newId('person');
export let database: TestDatabase;

/** Opens the database of a test file and empties it before each test; call it at the top of the file. */
export function openImports(): void {
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
}

export const MAPPING: LeadMapping = {
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
export const HEADER = 'id,on,page,origin,name,email,phone,country';

export async function run(
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

export const rowsOf = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await database.owner.query(sql)).rows as Record<string, unknown>[];
export const countOf = async (table: string): Promise<number> =>
  Number((await rowsOf(`select count(*)::int as n from ${table}`))[0]?.n);

export const many = (count: number, line = (i: number) => `m${i},2018-02-01,/p,web,,,,`): string[] =>
  Array.from({ length: count }, (_, i) => line(i));

export const PEOPLE = [
  'a,,,web,Ana,ana@example.com,,', // 2 new
  'b,,,web,Ana,ANA@example.com ,,', // 3 the same person: a touch
  'a,,,social,Other,other@example.com,,', // 4 the same lead
  'c,,,web,Bob,,+34 600 000 001,', // 5 new
  'd,,,web,Bob,bob@example.com,0034600000001,', // 6 the same phone: a touch, and the address is not kept
  'e,,,web,Bob,bob@example.com,,', // 7 new: nobody has that address
  ',,,web,,,,', // 8 new: nothing is known of it
  ',,,web,,,,', // 9 new: the same few words, another row
];
