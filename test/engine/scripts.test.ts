import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'l2c-scripts-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, content: object | string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
}

// The scripts are plain Node and have no types of their own.
const script = (name: string) => import(resolve('scripts', name)) as Promise<unknown>;

describe('the dependencies are compared with the lock file', () => {
  const here = { os: [process.platform], cpu: [process.arch] };
  const elsewhere = { os: ['plan9'], cpu: [process.arch] };
  test.each<[string, object, object, string[]]>([
    ['the same version', { version: '1.0.0' }, { version: '1.0.0' }, []],
    ['another version', { version: '1.0.1' }, { version: '1.0.0' }, ['part 1.0.1 (is 1.0.0)']],
    ['nothing there', { version: '1.0.0' }, {}, ['part 1.0.0']],
    [
      'a binary of this platform is missing',
      { version: '1.0.0', optional: true, ...here },
      {},
      ['part 1.0.0'],
    ],
    ['a binary of another platform is missing', { version: '1.0.0', optional: true, ...elsewhere }, {}, []],
    ['an optional part without platform is missing', { version: '1.0.0', optional: true }, {}, []],
    [
      'an optional part is old',
      { version: '1.0.1', optional: true },
      { version: '1.0.0' },
      ['part 1.0.1 (is 1.0.0)'],
    ],
  ])('%s', async (_case, wanted, found, expected) => {
    write('package-lock.json', { packages: { '': {}, 'node_modules/part': wanted } });
    const there = Object.keys(found).length > 0 ? { 'node_modules/part': found } : {};
    write('node_modules/.package-lock.json', { packages: there });
    const { missingPackages } = (await script('install.mjs')) as { missingPackages(root: string): string[] };
    expect(missingPackages(root)).toEqual(expected);
  });

  test('a linked node_modules that lacks something is left alone', async () => {
    write('package-lock.json', { packages: { 'node_modules/part': { version: '1.0.0' } } });
    write('other/.package-lock.json', { packages: {} });
    symlinkSync(join(root, 'other'), join(root, 'node_modules'));
    const { install } = (await script('install.mjs')) as { install(options: object): Promise<string> };
    await expect(install({ root })).rejects.toThrow(/is a link to .*other, which lacks part 1\.0\.0/);
  });
});

test('a build writes what changed, drops what is gone, and an error leaves the last one as it was', async () => {
  const { build } = (await script('build.mjs')) as { build(options: object): Promise<boolean> };
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  write('package.json', { type: 'module' });
  write('tsconfig.build.json', {
    compilerOptions: { rootDir: '.', outDir: 'dist', module: 'nodenext', strict: true, types: [] },
    include: ['db', 'worker'],
  });
  write('db/leads.ts', 'export const a: number = 1;\n');
  write('db/old.ts', 'export const b = 1;\n');
  write('db/migrations/0001.sql', 'select 1;\n');
  write(
    'worker/bundle.ts',
    "export {};\n(globalThis as any).process.getBuiltinModule('fs').writeFileSync((globalThis as any).process.argv[2], 'x');\n",
  );
  const has = (name: string) => existsSync(join(root, 'dist', name));
  await expect(build({ root })).resolves.toBe(true);
  expect(['db/leads.js', 'db/old.js', 'db/migrations/0001.sql', 'workflow-bundle.js'].map(has)).not.toContain(
    false,
  );
  await expect(build({ root })).resolves.toBe(false);

  rmSync(join(root, 'db/old.ts'));
  rmSync(join(root, 'db/migrations/0001.sql'));
  await expect(build({ root })).resolves.toBe(true);
  expect(['db/leads.js', 'db/old.js', 'db/migrations/0001.sql'].map(has)).toEqual([true, false, false]);

  write('db/leads.ts', "export const a: number = 'one';\n");
  await expect(build({ root })).rejects.toThrow(/db\/leads\.ts\(1,14\): error TS2322/);
  expect(has('db/leads.js')).toBe(true);
  await expect(build({ root })).rejects.toThrow('TS2322');
});

describe('the last line of npm test', () => {
  const passing = "test('it holds', () => expect(1).toBe(1));\n";
  const failing = "test('it breaks', () => expect(1).toBe(2));\n";
  test.each<[string, Record<string, string>, number, string]>([
    ['no test ran', {}, 1, '0 passed, 0 failed'],
    ['all passed', { 'a.test.mjs': passing }, 0, '1 passed, 0 failed'],
    ['one failed', { 'a.test.mjs': passing + failing }, 1, '1 passed, 1 failed'],
    [
      'a file cannot be loaded',
      { 'a.test.mjs': passing, 'b.test.mjs': "import './none.mjs';" },
      1,
      '1 passed, 1 failed',
    ],
  ])('when %s', (_case, files, status, last) => {
    for (const [name, content] of Object.entries(files)) write(name, content);
    const config = JSON.stringify({ rootDir: root, testMatch: ['**/*.test.mjs'] });
    const args = ['scripts/test.mjs', `--config=${config}`, '--passWithNoTests'];
    const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(run.stdout.trimEnd().split('\n').at(-1)).toBe(last);
    expect(run.status).toBe(status);
  });
});
