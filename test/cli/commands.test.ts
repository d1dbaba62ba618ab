import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { identify } from '../../engine/processes.js';

const L2C = join(process.cwd(), 'cli', 'l2c.mjs');
const stateDir = mkdtempSync(join(tmpdir(), 'l2c-commands-'));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function l2c(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const bare = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', L2C_STATE_DIR: stateDir };
  return new Promise((resolve) => {
    execFile(process.execPath, [L2C, ...args], { env: { ...bare, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('l2c ends', () => {
  test.each([
    ['a command there is none of', ['fly'], {}, 2, /unknown command 'fly'/],
    ['an option there is none of', ['verify', '--faster'], {}, 2, /unknown option '--faster'/],
    ['a number that is none', ['verify', '--quiet-ms', '1e3'], {}, 2, /1e3 is no whole number/],
    ['a setting out of its limits', ['doctor'], { L2C_PORT: '70000' }, 2, /L2C_PORT is "70000".*0 to 65535/],
    [
      'a role without its owner',
      ['verify'],
      { L2C_APP_DATABASE_URL: 'postgres://l2c_app@127.0.0.1:1/l2c' },
      2,
      /L2C_APP_DATABASE_URL without DATABASE_URL/,
    ],
    [
      'a database that is away',
      ['verify', '--without-engine'],
      { DATABASE_URL: 'postgres://owner@127.0.0.1:1/l2c' },
      3,
      /DATABASE_URL .*cannot be used.*Correct it, start that database/s,
    ],
  ] as const)('for %s', async (_what, args, env, code, said) => {
    const ended = await l2c([...args], env);
    expect(ended.stderr).toMatch(said);
    expect(ended.code).toBe(code);
  });

  test.each([
    ['a wrong command line', ['verify', '--faster'], {}, 2, 'usage', /unknown option/],
    ['a wrong setting', ['doctor'], { L2C_PORT: '70000' }, 2, 'usage', /L2C_PORT is "70000"/],
    [
      'a database that is away',
      ['verify', '--without-engine'],
      { DATABASE_URL: 'postgres://owner@127.0.0.1:1/l2c' },
      3,
      'unreachable',
      /(start that database|start what should answer there)/i,
    ],
    [
      'a mapping there is none of',
      ['import', 'leads', 'package.json', '--mapping', 'nope', '--key', 'k'],
      {},
      2,
      'usage',
      /no mapping called nope .*olist, olist-won, or the path of a JSON file/,
    ],
    [
      'an address that is none',
      ['import', 'leads', 'package.json', '--mapping', 'olist', '--key', 'k', '--url', 'notaurl'],
      {},
      2,
      'usage',
      /notaurl is no address/,
    ],
    [
      'a folder in place of a file',
      ['import', 'leads', 'cli', '--mapping', 'olist', '--key', 'k'],
      {},
      2,
      'usage',
      /cli is a folder/,
    ],
    [
      'a product that does not run',
      ['import', 'leads', 'package.json', '--mapping', 'olist', '--key', 'k'],
      { L2C_PORT: '1' },
      3,
      'unreachable',
      /nobody answers at http:\/\/127\.0\.0\.1:1 .*npm start/,
    ],
    ['a start that cannot begin', ['start'], { LOG_LEVEL: 'loud' }, 2, 'usage', /LOG_LEVEL is "loud"/],
  ] as const)(
    'as JSON for %s, and in one sentence without it',
    async (_what, args, env, code, kind, said) => {
      const [asJson, asText] = await Promise.all([l2c([...args, '--json'], env), l2c([...args], env)]);
      const { ok, error } = JSON.parse(asJson.stdout) as { ok: boolean; error: Record<string, unknown> };
      expect({ ok, code: asJson.code, ...error }).toMatchObject({ ok: false, code: kind, exit: code });
      expect(error.message).toMatch(said);
      expect([asJson.code, asJson.stderr]).toEqual([code, '']);
      expect(asText.code).toBe(code);
      expect(asText.stderr).toMatch(said);
      expect(asText.stderr).not.toMatch(/\n {4}at /);
    },
  );

  test('with 0 for its help and its version', async () => {
    expect(await l2c(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    const help = await l2c(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('Ends with 0 when all is well');
  });
});

test('the settings in force are shown, and no password among them', async () => {
  const env = { DATABASE_URL: 'postgres://owner:hush@db/l2c', SMTP_URL: 'smtp://me:secret@mail:587' };
  const { code, stdout } = await l2c(['config', '--json'], env);
  expect(code).toBe(0);
  const shown = new Map(
    (JSON.parse(stdout) as { name: string; value: string | null; from: string }[]).map((row) => [
      row.name,
      row,
    ]),
  );
  expect(shown.get('DATABASE_URL')).toMatchObject({
    value: 'postgres://owner:***@db/l2c',
    from: 'environment',
  });
  expect(shown.get('CLOCK_SECONDS_PER_DAY')).toMatchObject({ value: '86400', from: 'default' });
  expect(stdout).not.toMatch(/hush|secret@/);
  expect(shown.get('L2C_STATE_DIR')).toMatchObject({ value: stateDir, from: 'environment' });
  const { stdout: table } = await l2c(['config'], { ...env, FORCE_COLOR: '1' });
  expect(table).not.toContain('\u001b');
});

describe('the doctor', () => {
  let taken: Server;
  beforeAll(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => taken.close(resolve)));

  test('finds a port that is taken, says which and what to do, and starts nothing', async () => {
    const { port } = taken.address() as { port: number };
    const { code, stdout } = await l2c(['doctor', '--json'], { L2C_PORT: String(port) });
    const { findings } = JSON.parse(stdout) as { findings: { check: string; ok: boolean; detail: string }[] };
    expect(findings.find(({ check }) => check === 'ports')).toEqual({
      check: 'ports',
      ok: false,
      detail: expect.stringContaining(`taken on 127.0.0.1: ${port} (api)`),
    });
    expect(findings.find(({ check }) => check === 'node')).toMatchObject({ ok: true });
    expect(code).toBe(1);
  });

  test('names a database that is away, and how to have one', async () => {
    const env = { DATABASE_URL: 'postgres://owner@127.0.0.1:1/l2c' };
    const { code, stdout } = await l2c(['doctor'], env);
    expect(stdout).toMatch(/✗ database .*start that database, or unset it/);
    expect(code).toBe(1);
  });

  test('finds all that beside a start that runs, and keeps no password for a database nobody reached', async () => {
    const own = mkdtempSync(join(tmpdir(), 'l2c-doctor-'));
    const owner = identify(process.pid);
    writeFileSync(join(own, 'stack.json'), JSON.stringify({ owner, children: {} }));
    writeFileSync(join(own, 'ports.json'), JSON.stringify({ api: 23_456, temporal: 1 }));
    const env = { DATABASE_URL: 'postgres://owner:hush@127.0.0.1:1/l2c', L2C_STATE_DIR: own };
    const { code, stdout, stderr } = await l2c(['doctor'], env);
    expect(stdout).toMatch(/✗ database .*start that database/);
    expect(stdout).toMatch(/✓ api +http:\/\/127\.0\.0\.1:23456, a start runs/);
    expect(stdout).toMatch(new RegExp(`✓ state folder .*process ${process.pid} runs in it`));
    expect([code, stderr]).toEqual([1, '']);
    expect(existsSync(join(own, 'external-secrets.json'))).toBe(false);
    const { stdout: settings } = await l2c(['config'], env);
    expect(settings).toMatch(/L2C_PORT +│ 23456 +│ state folder/);
    rmSync(own, { recursive: true });
  });
});
