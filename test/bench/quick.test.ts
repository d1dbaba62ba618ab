// The bench as people type it. Only in the long run: it measures for minutes, and its times are looked at by people.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import type { Report } from '../../bench/report.js';

const LIMIT_MS = 900_000;

(process.env.L2C_LONG === '1' ? test : test.skip)(
  'the quick bench ends with its counts within what the design demands and the books in order',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'l2c-test-quick-'));
    try {
      const file = join(folder, 'report.json');
      await promisify(execFile)('bash', ['-c', `npm run bench -- --quick --json ${file}`], {
        timeout: LIMIT_MS,
      });
      const { mode, broken, figures } = JSON.parse(readFileSync(file, 'utf8')) as Report;
      expect({ mode, broken }).toEqual({ mode: 'quick', broken: [] });
      expect(figures.filter(({ kind, verdict }) => kind === 'count' && verdict === 'misses')).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  LIMIT_MS,
);
