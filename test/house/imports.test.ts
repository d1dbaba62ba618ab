// Every import rule is broken once in a copy of the tree and must be caught: a rule that cannot fail guards nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const BREACHES = [
  [
    'domain-is-pure',
    'domain/breach.ts',
    `import { readFileSync } from 'node:fs'; export const x = readFileSync;`,
  ],
  [
    'workflows-reach-nothing-outside',
    'workflows/breach.ts',
    `import { Type } from 'typebox'; export const x = Type;`,
  ],
  [
    'workflows-import-domain-only',
    'workflows/breach.ts',
    `import { newId } from '../db/ids.js'; export const x = newId;`,
  ],
  [
    'contracts-import-domain-only',
    'contracts/breach.ts',
    `import { newId } from '../db/ids.js'; export const x = newId;`,
  ],
  [
    'db-imports-domain-and-contracts-only',
    'db/breach.ts',
    `import { look } from '../workflows/messages.js'; export const x = look;`,
  ],
  [
    'documents-import-domain-only',
    'documents/breach.ts',
    `import { newId } from '../db/ids.js'; export const x = newId;`,
  ],
  [
    'activities-import-downwards',
    'activities/breach.ts',
    `import { buildApp } from '../api/app.js'; export const x = buildApp;`,
  ],
  [
    'api-writes-through-intake',
    'api/breach.ts',
    `import { makeStep } from '../activities/step.js'; export const x = makeStep;`,
  ],
  [
    'api-and-worker-stand-alone',
    'worker/breach.ts',
    `import { startStack } from '../engine/stack.js'; export const x = startStack;`,
  ],
  [
    'verify-shares-no-code',
    'cli/verify/breach.ts',
    `import { newId } from '../../db/ids.js'; export const x = newId;`,
  ],
  ['no-circles', 'domain/breach.ts', `import { y } from './breach2.js'; export const x = () => y;`],
] as const;
const FOLDERS = [
  'activities',
  'api',
  'cli',
  'contracts',
  'db',
  'documents',
  'domain',
  'engine',
  'worker',
  'workflows',
];

let tree: string;
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'l2c-imports-'));
  for (const folder of FOLDERS) cpSync(folder, join(tree, folder), { recursive: true });
  for (const file of ['config.ts', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
    cpSync(file, join(tree, file));
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

function violations(folders: readonly string[]): string[] {
  const cruise = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [cruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders];
  const { stdout } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 28 });
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
  return summary.violations.map(({ rule }) => rule.name);
}

describe('import rules', () => {
  test('the tree keeps all of them', () => {
    expect(violations([...FOLDERS, 'config.ts'])).toEqual([]);
  });

  test.each(BREACHES)('%s catches a breach', (rule, file, code) => {
    const breach = join(tree, file);
    mkdirSync(join(breach, '..'), { recursive: true });
    writeFileSync(breach, code);
    const second = join(tree, 'domain/breach2.ts');
    if (rule === 'no-circles')
      writeFileSync(second, `import { x } from './breach.js'; export const y = () => x;`);
    try {
      expect(violations([file])).toContain(rule);
    } finally {
      rmSync(breach);
      rmSync(second, { force: true });
    }
  });
});

test('one protobufjs of version 8 serves the engine’s packages', () => {
  const listing = execFileSync(process.execPath, [npmCli(), 'ls', 'protobufjs', '--json', '--all'], {
    encoding: 'utf8',
  });
  const versions = new Set(
    [...listing.matchAll(/"protobufjs": \{\s+"version": "(\d+)[^"]*"/g)].map(([, major]) => major),
  );
  expect([...versions].filter((major) => major === '8')).toHaveLength(1);
});

const npmCli = (): string =>
  process.env.npm_execpath ?? resolve(process.execPath, '../../lib/node_modules/npm/bin/npm-cli.js');
