import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import pino from 'pino';
import { checkCheckpoint } from '../../cli/verify/checkpoints.js';
import { verify } from '../../cli/verify/verify.js';
import { checkpointKey, writeCheckpoint } from '../../worker/checkpoint.js';
import { startCheckpoints } from '../../worker/checkpoints.js';
import { until } from '../support/until.js';
import { brokenIn, closeBooks, engineWith, openBooks, rehash, withBooks } from '../support/withBooks.js';

beforeAll(openBooks);

let state: string;
let dir: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'l2c-checkpoint-'));
  dir = join(state, 'checkpoints');
});
afterEach(() => rmSync(state, { recursive: true }));
afterAll(closeBooks);

const write = async (db: pg.Pool, at?: Date) =>
  writeCheckpoint({ db, dir, key: await checkpointKey(state), ...(at && { at }) });
const files = () => readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
const lines = (file = files()[0] as string) => readFileSync(join(dir, file), 'utf8').trimEnd().split('\n');

const headsOf = (line = '{"heads":"AwA="}') =>
  inflateRawSync(Buffer.from((JSON.parse(line) as { heads: string }).heads, 'base64')).toString();

/** One more entry of a chain, as a step writes it. */
const ADD = `with before as (select * from audit_heads where subject = 'lead_fresh'),
  added as (insert into audit_entries (subject, seq, key, action, entry, hash)
    select subject, seq + 1, 'note/' || seq, 'note', e.entry, sha256(hash || convert_to(e.entry, 'UTF8'))
    from before, lateral (select format('{"action":"note","key":"note/%s"}', seq) as entry) e
    returning subject, seq, hash)
  update audit_heads h set seq = a.seq, hash = a.hash from added a where h.subject = a.subject`;

/** The last entry is gone, and nothing inside the database shows it. */
const CUT = `delete from audit_entries e using audit_heads h
    where h.subject = 'lead_fresh' and e.subject = h.subject and e.seq = h.seq;
  update audit_heads h set seq = e.seq, hash = e.hash from audit_entries e
    where h.subject = 'lead_fresh' and e.subject = h.subject and e.seq = h.seq - 1`;

const withCheckpoint = (work: (db: pg.Pool) => Promise<void>) =>
  withBooks('select 1', async (db) => {
    await write(db);
    await work(db);
  });

const verified = async (db: pg.Pool, fast = false) =>
  brokenIn(await verify({ db, engine: engineWith(), checkpoints: dir, fast }));

describe('writing', () => {
  test('the first one holds every head, the next what changed, and none when nothing did', () =>
    withBooks('select 1', async (db) => {
      expect(await write(db)).toMatchObject({ kind: 'full', heads: 8 });
      await db.query(ADD);
      expect(await write(db)).toMatchObject({ kind: 'changes' });
      expect(headsOf(lines()[1])).toMatch(/^lead_fresh:3:[0-9a-f]{64}$/m);
      // Neighbours' transactions on this server may make a head come twice; when they are over, nothing does.
      while (await write(db)) await new Promise((done) => setTimeout(done, 20));
      const before = lines().length;
      expect(await write(db)).toBeUndefined();
      expect(lines()).toHaveLength(before);
      expect(await verified(db)).toEqual({});
    }));

  test('a change under way at one checkpoint is in the next', () =>
    withBooks('select 1', async (db) => {
      const slow = await db.connect();
      await slow.query('begin');
      await slow.query(ADD);
      await write(db);
      await db.query(`update audit_heads set hash = hash where subject = 'lead_lost'`);
      await write(db);
      expect(headsOf(lines()[1])).toMatch(/^lead_lost:/m);
      await slow.query('commit');
      slow.release();
      await write(db);
      expect(headsOf(lines()[2])).toMatch(/^lead_fresh:3:/m);
    }));

  test('two writers at once write one checkpoint', () =>
    withBooks('select 1', async (db) => {
      await Promise.all([write(db), write(db), write(db)]);
      expect(files()).toHaveLength(1);
      expect(lines().filter((line) => line.includes('"kind":"full"'))).toHaveLength(1);
      expect(await verified(db)).toEqual({});
    }));

  test('a day later all heads are written to a file of their own that follows the last', () =>
    withCheckpoint(async (db) => {
      expect(await write(db, new Date(Date.now() + 86_400_001))).toMatchObject({ kind: 'full', heads: 8 });
      expect(files()).toHaveLength(2);
      expect(await verified(db)).toEqual({});
    }));

  test('the key is one, however often one process asks for it at once', async () => {
    for (let round = 0; round < 20; round++) {
      const folder = mkdtempSync(join(state, 'key-'));
      const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => checkpointKey(folder)));
      expect(others.map((key) => first?.equals(key))).toEqual([true, true, true]);
    }
  });

  test('the key is made once, for its owner alone', async () => {
    const key = await checkpointKey(state);
    expect(statSync(join(state, 'checkpoint.key')).mode & 0o777).toBe(0o600);
    expect((await checkpointKey(state)).equals(key)).toBe(true);
    expect(readdirSync(state)).toEqual(['checkpoint.key']);
  });

  test('a line cut short by a crash is cut off and written again', () =>
    withCheckpoint(async (db) => {
      appendFileSync(join(dir, files()[0] as string), '{"at":"2026-');
      await db.query(ADD);
      expect(await verified(db)).toEqual({});
      await write(db);
      expect(lines()).toHaveLength(2);
      expect(await verified(db)).toEqual({});
    }));

  test('a file in which nothing was finished is followed by a whole one', () =>
    withBooks('select 1', async (db) => {
      await write(db, new Date(Date.now() - 60_000));
      writeFileSync(join(dir, files()[0] as string), '{"at":"2026-');
      expect(await write(db)).toMatchObject({ kind: 'full', heads: 8 });
      expect(await verified(db)).toEqual({});
    }));
});

describe('checking', () => {
  test('a tail cut off with its head is noticed', () =>
    withCheckpoint(async (db) => {
      await db.query(`begin; ${CUT}; update leads set revision = 1 where id = 'lead_fresh';
        delete from messages where id = 'msg_lead_fresh_2'; commit`);
      expect(brokenIn(await verify({ db, engine: engineWith() }))).toEqual({});
      expect(await verified(db)).toEqual({ I5: ['lead_fresh'] });
      expect(await verified(db, true)).toEqual({ I5: ['lead_fresh'] });
    }));

  test('a chain built anew with hashes that fit is noticed', () =>
    withCheckpoint(async (db) => {
      await db.query(`begin;
        update audit_entries set entry = replace(entry, '"actor":null', '"actor":"per_rep"')
        where subject = 'lead_won' and seq = 3; ${rehash}; commit`);
      expect(brokenIn(await verify({ db, engine: engineWith() }))).toEqual({});
      expect(await verified(db)).toEqual({ I5: ['lead_won'] });
    }));

  test('a tail cut off is noticed although a newer checkpoint was written without it', () =>
    withCheckpoint(async (db) => {
      await db.query(`begin; ${CUT}; commit`);
      await write(db);
      const { broken } = await checkCheckpoint({ db, path: dir });
      expect(broken.map(({ subject }) => subject)).toEqual(['lead_fresh', 'lead_fresh']);
      expect(broken[0]?.detail).toMatch(/^stood at 2 at .* and at 1 at /);
    }));

  test.each([
    ['heads that were not signed', (text: string) => text.replace(/"root":"../, '"root":"zz'), /signature/],
    ['another time', (text: string) => text.replace(/"at":"2/, '"at":"3'), /signature/],
    [
      'other heads under the same root',
      (text: string) => text.replace(/"heads":"[^"]*"/, '"heads":"AwA="'),
      /not the 8/,
    ],
    ['no JSON', () => '???\n', /is no checkpoint/],
  ])('a line with %s is no checkpoint', (_what, change, detail) =>
    withCheckpoint(async (db) => {
      const file = join(dir, files()[0] as string);
      writeFileSync(file, change(readFileSync(file, 'utf8')));
      const { broken } = await checkCheckpoint({ db, path: dir });
      expect(broken.map((one) => one.detail)).toEqual([expect.stringMatching(detail)]);
    }),
  );

  test('a line taken out is noticed', () =>
    withCheckpoint(async (db) => {
      for (let n = 0; n < 2; n++) {
        await db.query(ADD);
        await write(db);
      }
      const [first, , third] = lines();
      writeFileSync(join(dir, files()[0] as string), `${first}\n${third}\n`);
      const { broken } = await checkCheckpoint({ db, path: dir });
      expect(broken.map(({ detail }) => detail)).toEqual(['does not follow the checkpoint before it']);
    }));

  test('a checkpoint signed with another key is none', () =>
    withCheckpoint(async (db) => {
      const publicKey = await checkpointKey(mkdtempSync(join(state, 'other-')));
      expect((await checkCheckpoint({ db, path: dir, publicKey })).brokenCount).toBe(1);
    }));

  test('an empty folder is said to hold none', () =>
    withBooks('select 1', async (db) => {
      expect(await verified(db)).toEqual({ I5: [dir] });
    }));
});

test('a first checkpoint that could not be written is tried again at once, not a minute later', async () => {
  await withBooks('select 1', async (db) => {
    writeFileSync(dir, 'somebody left a file where the folder goes');
    const warnings: unknown[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => warnings.push(line) });
    const checkpoints = startCheckpoints({ db, dir, key: await checkpointKey(state), log });
    await until('the first failed', async () => warnings.length > 0);
    rmSync(dir);
    await until('one is there', async () => existsSync(dir) && files().length === 1);
    await checkpoints.stop();
    expect(await verified(db)).toEqual({});
  });
});
