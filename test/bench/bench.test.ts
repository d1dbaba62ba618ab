// The bench itself, at its smallest: every figure is there, and what is counted is within its limits. What is
// timed says nothing at this size and is not looked at.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { figuresOf, type Measured } from '../../bench/figures.js';
import { orderOf } from '../../bench/measures/load.js';
import { markdownOf, type Report } from '../../bench/report.js';
import { type Figure, verdictOf } from '../../bench/verdicts.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/bench.mjs', import.meta.url));
const LIMIT_MS = 180_000;

const FIGURES = [
  'transitions.off',
  'transitions.on',
  'transitions.spread.off',
  'transitions.spread.on',
  'transitions.load',
  'transitions.load.most',
  'events.off',
  'events.on',
  'bytes.off',
  'bytes.on',
  'payload.off',
  'payload.on',
  'personal.off',
  'personal.on',
  'cpu',
  'cpu.k0',
  'cpu.k1',
  'leads',
  'leads.k0',
  'leads.k1',
  'click.p50',
  'click.p99',
  'click.drift',
  'statements',
  'commits',
  'heap',
  'bundle',
  'import',
  'recovery',
  'recovery.lost',
];

describe('the bench', () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-test-bench-'));
  let report: Report;
  let output = '';

  beforeAll(async () => {
    const file = join(folder, 'report.json');
    // A temporary folder of its own shows what is left behind.
    const child = spawn(process.execPath, [SCRIPT, '--mini', '--json', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: folder },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const limit = setTimeout(() => child.kill('SIGTERM'), LIMIT_MS - 10_000);
    const [code] = await once(child, 'exit');
    clearTimeout(limit);
    if (code !== 0) throw new Error(`the bench ended with ${code}:\n${output}`);
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  }, LIMIT_MS);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const figure = (id: string): Figure => {
    const found = report.figures.find((one) => one.id === id);
    if (found === undefined) throw new Error(`there is no figure ${id}`);
    return found;
  };

  test('measures every figure of the design', () => {
    expect(report.figures.map(({ id }) => id).sort()).toEqual([...FIGURES].sort());
    for (const { measured } of report.figures) expect(Number.isFinite(measured)).toBe(true);
  });

  test.each([
    ['transitions.off', 8],
    ['transitions.on', 20],
    ['events.off', 57],
    ['events.on', 81],
  ])('%s are %i, in every run', (id, exactly) => {
    expect(figure(id).measured).toBe(exactly);
  });

  test.each([
    'transitions.spread.off',
    'transitions.spread.on',
    'bytes.off',
    'bytes.on',
    'payload.off',
    'payload.on',
    'personal.off',
    'personal.on',
    'statements',
    'commits',
    'bundle',
    'recovery.lost',
  ])('%s is within what the design demands', (id) => {
    const { must, measured } = figure(id);
    expect(measured).toBeLessThanOrEqual(must ?? Number.NaN);
  });

  test('says on what it was measured', () => {
    expect(report).toMatchObject({ mode: 'mini', seed: 20261122, machine: { cores: expect.any(Number) } });
    expect(Object.keys(report.versions).sort()).toEqual(['node', 'postgres', 'product', 'sdk', 'temporal']);
    expect(output).toContain('state transitions per golden lead');
    expect(output).toContain('rounds in the order product K0 K1');
  });

  test('counts the transitions of the leads under load', () => {
    expect(report.measured.underLoad.leads).toBe(2);
    expect(figure('transitions.load')).toMatchObject({ must: null, aim: null, verdict: 'shown' });
    expect(figure('transitions.load').measured).toBeGreaterThan(0);
    expect(figure('transitions.load.most').measured).toBeGreaterThanOrEqual(
      figure('transitions.load').measured,
    );
  });

  test('prints a report as the table of the documents, every figure in it', () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [SCRIPT, '--markdown', join(folder, 'report.json')],
      { encoding: 'utf8' },
    );
    expect(status).toBe(0);
    expect(stdout).toBe(`${markdownOf(report)}\n`);
    expect(stdout).toContain('| … on an old lead | ≤ 1.25 | ≤ 1.10 |');
  });

  test('leaves the books in order and nothing behind', () => {
    expect(report.broken).toEqual([]);
    expect(readdirSync(folder)).toEqual(['report.json']);
  });
});

describe('what is said of a report', () => {
  const figure = { id: 'x', figure: 'leads', unit: '/s', kind: 'time', bound: 'at least' } as const;

  test.each([
    [{ must: 2, aim: 10, measured: 1 }, 'misses'],
    [{ must: 2, aim: 10, measured: 9 }, 'missesAim'],
    [{ must: 2, aim: 10, measured: 10 }, 'aim'],
    [{ must: null, aim: 10, measured: 9 }, 'missesAim'],
    [{ must: 2, aim: null, measured: 2 }, 'must'],
    [{ must: null, aim: null, measured: 9 }, 'shown'],
  ] as const)('%j: %s', (limits, verdict) => {
    expect(verdictOf({ ...figure, ...limits })).toBe(verdict);
  });

  const block = { leadsPerSecond: 4, cpu: { api: 100 }, cpuMs: 100 };
  const report = (rounds: readonly object[], figures: readonly object[]) =>
    ({
      mode: 'full',
      seed: 1,
      seconds: 9,
      machine: { cpu: 'Chip', cores: 2, memoryGiB: 4, load: [0, 1] },
      versions: { node: '20' },
      broken: [],
      measured: { load: { rounds } },
      figures,
    }) as unknown as Report;

  test('the table shows must, aim and what is missed, judged anew', () => {
    const figures = [
      { ...figure, must: 2, aim: 10, measured: 8.9, verdict: 'must', note: 'a | b' },
      { ...figure, bound: 'at most', must: 0.6, aim: null, measured: 0.7, verdict: 'must' },
    ];
    const rounds = [
      { product: block, K0: block },
      { K0: block, product: block },
    ];
    expect(markdownOf(report(rounds, figures)).split('\n')).toEqual([
      '| figure | must | aim | measured | verdict | with |',
      '| --- | --- | --- | --- | --- | --- |',
      '| leads | ≥ 2 | ≥ 10 | 8.90 /s | MISSES AIM | a \\| b |',
      '| leads | ≤ 0.60 | – | 0.70 /s | MISSES MUST |  |',
      '',
      'full, seed 1, 9 s, on 2 × Chip, 4 GiB, load 0.0 → 1.0.',
      'rounds in the order product K0, K0 product.',
      'node 20.',
      'every invariant holds.',
    ]);
  });

  test('a file that is no report is refused', () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, '--markdown', SCRIPT], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining('is no report of the bench')]);
  });

  test('without controls there are no ratios against them', () => {
    const rounds = [{ product: block }];
    const counted = [{ transitions: 8, events: 57, bytes: 1, largestPayload: 1, personal: [] }];
    const measured = {
      counts: { off: counted, on: counted },
      load: { users: 16, leads: 2, rounds },
      underLoad: { leads: 2, median: 8, most: 9 },
      clicks: {},
      drift: { first: 1, last: 1 },
      statements: {},
      heap: {},
      bundles: {},
      recovery: {},
      importing: {},
    } as unknown as Measured;
    const ids = figuresOf(measured).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['cpu', 'leads', 'transitions.load.most']));
    expect(ids.filter((id) => /\.k[01]$/.test(id))).toEqual([]);
    expect(markdownOf(report(rounds, []))).toContain('1 rounds without controls');
  });
});

describe('the order of the rounds', () => {
  test('lets each of three follow each other equally often, and no two rounds be alike', () => {
    const orders = [0, 1, 2, 3, 4, 5].map((round) => orderOf(['product', 'K0', 'K1'], round).join(' '));
    expect(new Set(orders).size).toBe(6);
    for (const pair of ['product K0', 'product K1', 'K0 product', 'K0 K1', 'K1 product', 'K1 K0']) {
      expect(orders.filter((order) => order.includes(pair))).toHaveLength(2);
    }
  });

  test('of two is turned', () => {
    expect([0, 1, 2, 3].map((round) => orderOf(['a', 'b'], round).join(''))).toEqual([
      'ab',
      'ba',
      'ba',
      'ab',
    ]);
  });
});
