// The load itself in seconds and small numbers: the same code as the long run. Counts are asserted, never times.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { load } from '../../bench/load/main.js';
import { BadOption, readOptions } from '../../bench/load/options.js';
import { levelRows, shedRow } from '../../bench/load/part.js';
import type { LoadReport } from '../../bench/load/report.js';
import { truthOf } from '../../bench/load/truth.js';
import { newId } from '../../db/ids.js';
import { Writes } from '../../db/writes.js';
import { freshDatabase } from '../support/database.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** As the documents have it, with less of everything. */
const COMMAND = 'npm run load -- --minutes 0.1 --open 60';
const LIMIT_MS = 600_000;

const whenLong = process.env.L2C_LONG === '1' ? test : test.skip;

describe('what the load is asked for', () => {
  test.each([
    [['--minutes', '0.01'], '--minutes is "0.01"; it takes a number from 0.02 to 1440'],
    [['--minutes', 'ten'], '--minutes is "ten"; it takes a number from 0.02 to 1440'],
    [['--rate', '0'], '--rate is "0"; it takes a whole number from 1 to 500'],
    [['--rate', '501'], '--rate is "501"; it takes a whole number from 1 to 500'],
    [['--rate', '1.5'], '--rate is "1.5"; it takes a whole number from 1 to 500'],
    [['--clicks', '101'], '--clicks is "101"; it takes a whole number from 1 to 100'],
    [['--open', '19'], '--open is "19"; it takes a whole number from 20 to 200000'],
    [['--seed', ''], '--seed is ""; it takes a whole number from 1 to 4294967295'],
  ])('%j is refused with its name, value and limit', async (argv, sentence) => {
    expect(() => readOptions(argv)).toThrow(new BadOption(sentence));
    expect(await load(argv)).toBe(2);
  });

  test.each([
    [[], ['steady', 'burst', 'cold'], 20],
    [['cold', 'steady', '--rate', '500'], ['steady', 'cold'], 500],
    [['burst', '--rate', '1'], ['burst'], 1],
  ])('%j runs %j', (argv, parts, rate) => {
    expect(readOptions(argv)).toMatchObject({ parts, rate });
  });

  test('a part that does not exist is refused', async () => {
    expect(await load(['nightly'])).toBe(2);
  });
});

describe('a lead that is not as it was answered', () => {
  test('is told: lost, refused and there, there without anybody having sent it, taken never', async () => {
    const database = await freshDatabase();
    try {
      const stored = (tag: string) => ({
        id: newId('lead'),
        external_id: `steady-${tag}`,
        revision: 1,
        stage: 'new',
        stage_since: new Date(),
        channel: 'website',
        captured_at: new Date(),
      });
      const [refused, nobodys] = [stored('00000002'), stored('00000004')];
      await new Writes().insert('leads', refused as never, nobodys as never).run(database.owner);
      const attempt = (tag: string, status: number, leadId?: string) => ({
        tag,
        key: `steady-${tag}`,
        status,
        ms: 1,
        ...(leadId !== undefined && { leadId }),
      });
      const truth = await truthOf(database.owner, 'steady', [
        attempt('00000001', 201, 'lead_1'),
        attempt('00000002', 503),
        attempt('00000003', 429),
        attempt('00000005', 0),
        attempt('00000006', 500),
      ]);
      expect(truth).toMatchObject({ acknowledged: 1, refused: 2, unknown: 2, stored: 2, lost: 1, twice: 0 });
      expect(truth.wrongs).toEqual([
        'steady-00000001 was acknowledged and is lost',
        `steady-00000002 was refused and is there as ${refused.id}`,
        `${refused.id}: messages 0 times, captured 0 times, scored 0 times, touches 0 times`,
        'steady-00000006 was answered 500 ',
        `${nobodys.id} (steady-00000004) is nobody's`,
      ]);
    } finally {
      await database.drop();
    }
  });
});

describe('a missed aim', () => {
  const attempt = (status: number) => ({ tag: '1', key: 'burst-1', status, ms: 1 });
  const figure = 'shed with 503, with 429';

  test.each([
    ['a key sends more than it may and none was shed for it', [201, 503], true, { isMissed: true }],
    [
      'a key sends more than it may and none was shed for being too many',
      [201, 429],
      true,
      { isMissed: true },
    ],
    ['both were met', [503, 429, 429], true, { isMissed: false }],
  ])('of a burst: %s', (_, statuses, isMoreThanAllowed, missed) => {
    expect(shedRow(statuses.map(attempt), isMoreThanAllowed)).toMatchObject({ figure, ...missed });
  });

  test('is none where no key sends more than it may', () => {
    expect(shedRow([attempt(201)], false)).toEqual({ figure, measured: '0, 0' });
  });

  test('of memory: the last whole minute is held against the third', () => {
    const moments = [100, 150, 200, 220, 240, 900].map((worker, minute) => ({
      second: minute * 60 + 1,
      untold: 0,
      unanswered: 0,
      behindS: 0,
      overdue: 0,
      memoryMiB: { worker, api: 50 },
    }));
    expect(levelRows(moments, 5)).toMatchObject([
      { aim: '≤ × 1.15', measured: '× 1.20: 200, 240', isMissed: true },
      { aim: '≤ × 1.15', measured: '× 1.00: 50, 50', isMissed: false },
    ]);
    expect(levelRows(moments, 4)[0]).toMatchObject({ measured: '× 1.10: 200, 220', isMissed: false });
    expect(levelRows(moments, 3.5)[0]).not.toHaveProperty('isMissed');
  });
});

describe('the load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-test-load-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  whenLong(
    'loses nothing, does nothing twice, sheds with 429 or 503 and leaves nothing behind',
    async () => {
      const file = join(folder, 'report.json');
      // A temporary folder of its own shows what is left behind.
      const env = { ...process.env, TMPDIR: folder };
      const command = `${COMMAND} --no-durable --json ${file}`;
      const child = spawn(command, { shell: true, cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], env });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      const [code] = await once(child, 'close');
      expect([code, output]).toEqual([0, expect.stringContaining('nothing lost, nothing twice')]);
      const { parts, wrongs } = JSON.parse(readFileSync(file, 'utf8')) as LoadReport;
      expect([parts.map(({ part }) => part), wrongs]).toEqual([['steady', 'burst', 'cold'], []]);
      const [steady, burst, cold] = parts.map(({ measured }) => measured);
      expect(steady).toMatchObject({ truth: { acknowledged: 120, stored: 120, lost: 0, twice: 0 } });
      expect(burst).toMatchObject({ final: { acknowledged: 1_200, stored: 1_200, lost: 0, twice: 0 } });
      const { refused } = (burst as { captures: { refused: object } }).captures;
      expect(Object.keys(refused).filter((word) => !/^(429|503) /.test(word))).toEqual([]);
      expect(cold).toMatchObject({ leads: 60, soon: 6, allS: expect.any(Number) });
      expect(readdirSync(folder)).toEqual(['report.json']);
    },
    LIMIT_MS,
  );
});
