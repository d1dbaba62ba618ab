// The image of the Dockerfile without docker: its command `l2c`, and in long runs all that its second stage holds,
// put together in a folder and run.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { machineSettings, type Stack, startStack } from '../../engine/stack.js';
import { commandOf, service } from '../support/compose.js';
import { sampled } from '../support/sampled.js';

const run = promisify(execFile);
const LIMIT_MS = 900_000;
const dockerfile = readFileSync('Dockerfile', 'utf8');
const image = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
const copied = [...image.matchAll(/^COPY .* \/app\/(\S+) \S+$/gm)].map(([, name]) => name ?? '');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const folder = mkdtempSync(join(tmpdir(), 'l2c-image-'));
chmodSync(folder, 0o711); // As root the database runs as somebody else.
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes the command by the image's own line, with the product in `app` instead of /app. */
function madeCommand(app: string, bin: string): string {
  const [, line = ''] = /^RUN (.* > \/usr\/local\/bin\/l2c\b.*)$/m.exec(image) ?? [];
  mkdirSync(bin, { recursive: true });
  execFileSync('/bin/sh', ['-ec', line.replaceAll('/usr/local/bin', bin).replaceAll('/app/', `${app}/`)]);
  return join(bin, 'l2c');
}

test('the image has a command l2c, which runs what is copied', async () => {
  const command = madeCommand(resolve('.'), join(folder, 'short'));
  const [, program = ''] = /node (\S+)/.exec(readFileSync(command, 'utf8')) ?? [];
  const [within = ''] = program.slice(resolve('.').length + 1).split('/');
  expect(copied).toEqual(['package.json', 'node_modules', 'dist']);
  expect(copied).toContain(within);
  expect((await run(command, ['--version'])).stdout).toBe(`${version}\n`);
});

test('every command that operations calls in the image is one, in a service there is', async () => {
  const told = readFileSync('docs/operations.md', 'utf8');
  const calls = [...told.matchAll(/docker compose run (?:--?\S+ |\.\/\S+ )*(\S+) l2c ([a-z-]+)/g)];
  expect(calls.length).toBeGreaterThan(4);
  const { stdout: help } = await run(process.execPath, ['dist/cli/l2c.js', '--help']);
  for (const [call, name = '', command] of calls) {
    expect([call, service(name).environment?.DATABASE_URL]).toEqual([
      call,
      expect.stringContaining('l2c_owner'),
    ]);
    expect(help).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  }
  for (const [, name = ''] of told.matchAll(/docker compose (?:exec(?: -T)?|logs|run --rm) (\w[\w-]*)/g)) {
    expect(service(name)).toBeDefined();
  }
  expect(told).toContain('openssl rand -hex 24');
});

test('what compose runs is copied too', () => {
  for (const name of ['api', 'worker', 'schema']) {
    const [, program = ''] = /^node (\S+)/.exec(commandOf(service(name))) ?? [];
    expect([program, existsSync(program), copied]).toEqual([
      program,
      true,
      expect.arrayContaining([program.split('/')[0]]),
    ]);
  }
});

const whenLong = process.env.L2C_LONG === '1' ? describe : describe.skip;

whenLong('what the second stage holds, in a folder', () => {
  const app = join(folder, 'app');
  const state = join(folder, 'state');
  const children: ChildProcess[] = [];
  let stack: Stack | undefined;
  let l2c = '';
  let env: Record<string, string> = {};

  beforeAll(async () => {
    mkdirSync(app);
    for (const name of ['package.json', 'package-lock.json', '.npmrc']) cpSync(name, join(app, name));
    cpSync('dist', join(app, 'dist'), { recursive: true });
    const omitted = ['--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
    await run('npm', ['ci', ...omitted, '--prefer-offline'], { cwd: app });
    l2c = madeCommand(app, join(folder, 'bin'));
    mkdirSync(state);
    stack = await startStack({ ...machineSettings(process.env), stateDir: join(folder, 'servers') });
    env = {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      NODE_ENV: 'production',
      TZ: 'UTC',
      L2C_APP_DATABASE_URL: stack.appDatabaseUrl,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      L2C_STATE_DIR: state,
      L2C_TRACES_URL: 'http://127.0.0.1:9/v1/traces', // Its libraries are loaded where it is set.
    };
  }, LIMIT_MS);

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await stack?.stop();
  }, LIMIT_MS);

  /** The process, and all it has said; resolves when it says `sign`, rejects with what it said when it ends. */
  async function started(program: string, sign: string, given = {}): Promise<ChildProcess> {
    const child = spawn(process.execPath, [program], { cwd: app, env: { ...env, ...given } });
    children.push(child);
    let said = '';
    await new Promise<void>((done, fail) => {
      const heard = (chunk: Buffer): void => {
        said += chunk.toString();
        if (said.includes(sign)) done();
      };
      child.stdout.on('data', heard);
      child.stderr.on('data', heard);
      child.once('exit', (code) => fail(new Error(`${program} ended with ${code}: ${said}`)));
    });
    return child;
  }

  /** As `docker compose run --rm schema l2c …`. */
  const asSchema = (...args: string[]) =>
    run(l2c, args, { cwd: app, env: { ...env, DATABASE_URL: stack?.databaseUrl ?? '' } });

  test(
    'begins, works and is repaired with nothing but that',
    async () => {
      const { stdout: size } = await run('du', ['-sm', app]);
      sampled(`the image without Node and Debian is ${size.split('\t')[0]} MB`);
      expect((await run(l2c, ['--help'], { env })).stdout).toContain('reconcile');
      // Before the schema is there the API does not begin; the schema's job says the first key, once.
      await expect(started('dist/api/main.js', 'listening', { L2C_PORT: '0' })).rejects.toThrow(
        'does not exist',
      );
      expect((await asSchema('db', 'migrate')).stdout).toMatch(/key, shown this once: l2c_\S+\n/);
      expect((await asSchema('db', 'migrate')).stdout).toBe('schema is up to date\n');
      const worker = await started('dist/worker/main.js', 'the worker works');
      const api = await started('dist/api/main.js', 'listening', { L2C_PORT: '0' });
      expect((await asSchema('verify')).stdout).toContain('I12');
      expect((await asSchema('reconcile', '--dry-run', '--json')).stdout).toContain('"checkedRows": 0');
      expect((await asSchema('admin-key', '--json')).stdout).toContain('"token": "l2c_');
      for (const child of [worker, api]) {
        const ended = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        expect(await ended).toBe(0);
      }
    },
    LIMIT_MS,
  );
});
