import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { logOptions } from '../../contracts/redacted.js';

const FOLDERS = ['activities', 'api', 'cli', 'engine', 'observe', 'worker'];
const logsIn = (text: string): string[] => text.match(/\bpino\([^)]*/g) ?? [];

test('every process of ours writes its log without what is personal', () => {
  const opened = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) =>
        logsIn(readFileSync(join(folder, name), 'utf8')).map((log) => `${folder}/${name}: ${log}`),
      ),
  );
  expect(opened).toHaveLength(3);
  expect(opened.filter((log) => !log.includes('pino(logOptions('))).toEqual([]);
  expect(logsIn('pino({ level })')).toHaveLength(1);
});

test('what Postgres quotes of a refused row is not in it', () => {
  const lines: string[] = [];
  const log = pino(logOptions('info'), { write: (line: string) => void lines.push(line) });
  const err = Object.assign(new Error('duplicate key'), {
    detail: 'Key (email)=(ana@ruiz.example)',
    where: 'ana@ruiz.example',
  });
  log.error({ err }, 'a step failed');
  expect(lines.join()).toContain('duplicate key');
  const unread = new Error('invalid input syntax for type date: "ana@ruiz.example"');
  log.error({ err: Object.assign(unread, { code: '22007' }) }, 'a step failed');
  log.error({ err: new Error('not stored', { cause: Object.assign(unread, { code: '22007' }) }) }, 'again');
  expect(lines[1]).toContain('22007');
  expect(lines[1]).toContain('logs.test.ts');
  expect(lines.join()).not.toContain('ana@ruiz');
});
