// The real server as people type it: built where Go is at hand, the smallest bench on it, and nothing left. Only in the
// long run, and only where there is Go or one built before: building it takes minutes.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Report } from '../../bench/report.js';
import { CACHE_DIR } from '../../engine/temporalCli.js';
import { whyNoRealServer } from '../support/realServer.js';

const LIMIT_MS = 2_400_000;
const whyNot = await whyNoRealServer();

(whyNot ? describe.skip : describe)(`the real Temporal server${whyNot ? ` (${whyNot})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-test-real-'));
  let report: Report;

  beforeAll(async () => {
    const file = join(folder, 'report.json');
    const command = `npm run real-server -- npm run bench -- --mini --json ${file}`;
    await promisify(execFile)('bash', ['-c', command], {
      timeout: LIMIT_MS,
      maxBuffer: 16 * 1024 * 1024,
      // A temporary folder of its own shows what is left behind.
      env: { ...process.env, TMPDIR: folder, L2C_CACHE_DIR: process.env.L2C_CACHE_DIR ?? CACHE_DIR },
    });
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  }, LIMIT_MS);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const measured = (id: string): number | undefined =>
    report.figures.find((figure) => figure.id === id)?.measured;

  // The same figures as test/bench/bench.test.ts holds the development server to.
  test.each([
    ['transitions.off', 8],
    ['transitions.on', 20],
    ['events.off', 57],
    ['events.on', 81],
    ['recovery.lost', 0],
  ])('%s are %i, as on the development server', (id, exactly) => {
    expect(measured(id)).toBe(exactly);
  });

  test('is the release of docker-compose.yml, its database counted beside it', () => {
    expect(readFileSync('docker-compose.yml', 'utf8')).toContain(
      `temporalio/server:${report.versions.temporal}`,
    );
    const [round = {}] = report.measured.load.rounds;
    for (const name of ['product', 'K1']) {
      expect(Object.keys(round[name]?.cpu ?? {}).sort()).toEqual(
        ['api', 'engine', 'engineDb', 'postgres', 'worker'].sort(),
      );
    }
  });

  test('leaves the books in order and nothing behind', () => {
    expect(report.broken).toEqual([]);
    expect(readdirSync(folder)).toEqual(['report.json']);
  });
});
