// The bench itself, at its smallest: every figure is there, and what is counted is within its limits. What is
// timed says nothing at this size and is not looked at.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Figure } from '../../bench/figures.js';
import type { Report } from '../../bench/report.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/bench.mjs', import.meta.url));
const LIMIT_MS = 180_000;

const FIGURES = [
  'transitions.off',
  'transitions.on',
  'transitions.spread.off',
  'transitions.spread.on',
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
  });

  test('leaves the books in order and nothing behind', () => {
    expect(report.broken).toEqual([]);
    expect(readdirSync(folder)).toEqual(['report.json']);
  });
});
