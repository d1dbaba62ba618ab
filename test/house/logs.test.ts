import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { REDACTED } from '../../contracts/redacted.js';

const FOLDERS = ['activities', 'api', 'cli', 'engine', 'worker'];
const logsIn = (text: string): string[] => text.match(/\bpino\(\{[^)]*/g) ?? [];

test('every process of ours writes its log without what is personal', () => {
  const opened = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) =>
        logsIn(readFileSync(join(folder, name), 'utf8')).map((log) => `${folder}/${name}: ${log}`),
      ),
  );
  expect(opened).toHaveLength(3);
  expect(opened.filter((log) => !log.includes('redact: [...REDACTED]'))).toEqual([]);
  expect(logsIn('pino({ level })')).toHaveLength(1);
});

test('what Postgres quotes of a refused row is not in it', () => {
  const lines: string[] = [];
  const log = pino({ redact: [...REDACTED] }, { write: (line: string) => void lines.push(line) });
  const err = Object.assign(new Error('duplicate key'), {
    detail: 'Key (email)=(ana@ruiz.example)',
    where: 'ana@ruiz.example',
  });
  log.error({ err }, 'a step failed');
  expect(lines.join()).toContain('duplicate key');
  expect(lines.join()).not.toContain('ana@ruiz');
});
