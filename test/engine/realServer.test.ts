// The real server's configuration and where its programs come from; nothing is built here and no Go has to be there.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { findRealServer, SERVER_VERSION } from '../../engine/realServerBinaries.js';
import { dynamicConfig, SERVICES, type ServicePorts, serverConfig } from '../../engine/realServerConfig.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/realServer.mjs', import.meta.url));

describe('the configuration of the real server', () => {
  const ports = Object.fromEntries(
    SERVICES.map((name, index) => [name, { grpc: 21_000 + index, membership: 22_000 + index }]),
  ) as ServicePorts;
  const config = parse(
    serverConfig({
      ports,
      postgres: { port: 25_432, user: 'temporal', password: 'a "quoted": #one\\' },
      dynamicFile: '/folder/with: colon/dynamic.yaml',
    }),
  );

  test('has all four services on the loopback, each on its own two ports', () => {
    expect(config.services).toEqual({
      frontend: { rpc: { grpcPort: 21_000, membershipPort: 22_000, bindOnIP: '127.0.0.1' } },
      history: { rpc: { grpcPort: 21_001, membershipPort: 22_001, bindOnIP: '127.0.0.1' } },
      matching: { rpc: { grpcPort: 21_002, membershipPort: 22_002, bindOnIP: '127.0.0.1' } },
      worker: { rpc: { grpcPort: 21_003, membershipPort: 22_003, bindOnIP: '127.0.0.1' } },
    });
    expect(config.global.membership.broadcastAddress).toBe('127.0.0.1');
    expect(config.clusterMetadata.clusterInformation.active.rpcAddress).toBe('127.0.0.1:21000');
  });

  test('keeps four shards in one database and what is listed in another, both by pgx', () => {
    const { defaultStore, visibilityStore, numHistoryShards, datastores } = config.persistence;
    expect(numHistoryShards).toBe(4);
    const both = [datastores[defaultStore].sql, datastores[visibilityStore].sql];
    expect(both.map(({ databaseName }) => databaseName)).toEqual(['temporal', 'temporal_visibility']);
    for (const sql of both) {
      expect(sql).toMatchObject({ pluginName: 'postgres12_pgx', connectAddr: '127.0.0.1:25432' });
      expect(sql).toMatchObject({ user: 'temporal', password: 'a "quoted": #one\\' });
    }
  });

  test.each([
    [undefined, undefined],
    [20, [{ value: '20ms' }]],
  ])('with timers rounded by %s ms it has the tuning of the dev server', (shiftMs, shift) => {
    expect(config.dynamicConfigClient.filepath).toBe('/folder/with: colon/dynamic.yaml');
    const dynamic = parse(dynamicConfig(shiftMs));
    expect(dynamic['history.workflowTaskRetryMaxInterval']).toEqual([{ value: '5s' }]);
    expect(dynamic['matching.numTaskqueueReadPartitions']).toEqual([{ value: 1 }]);
    expect(dynamic['system.forceSearchAttributesCacheRefreshOnRead']).toEqual([{ value: false }]);
    expect(dynamic['history.timerProcessorMaxTimeShift']).toEqual(shift);
  });
});

describe('the programs of the real server', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'l2c-real-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const cached = (): string => join(home, 'cache', `temporal-server-${SERVER_VERSION}`);
  const settings = () => ({
    cacheDir: join(home, 'cache'),
    searchPath: join(home, 'bin'),
    env: { PATH: '/usr/bin:/bin' },
  });

  function program(path: string, body: string): void {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }

  /** A go that installs what answers with a version, as the real one does with the last part of the path. */
  const go = (version: string): void =>
    program(
      join(home, 'bin', 'go'),
      `[ "$1" = install ] || exit 9
      what=\${3%@*}; [ "\${3#*@}" = v${SERVER_VERSION} ] || exit 8
      mkdir -p "$GOBIN"; echo "$what" >&2
      printf '#!/bin/sh\\necho "temporal version ${version}"\\n' > "$GOBIN/\${what##*/}"
      chmod 755 "$GOBIN/\${what##*/}"`,
    );

  test('without Go the message says what to install, and where programs may be put instead', async () => {
    await expect(findRealServer(settings())).rejects.toThrow(
      /no go on PATH to build it: install Go 1\.25 or newer \(https:\/\/go\.dev\/dl\/\)/,
    );
    await expect(findRealServer(settings())).rejects.toThrow(cached());
  });

  test('with Go they are built once, into the cache, and taken from there afterwards', async () => {
    go(SERVER_VERSION);
    const told: string[] = [];
    const onProgress = (detail: string): void => void told.push(detail);
    const programs = { server: join(cached(), 'server'), sqlTool: join(cached(), 'sql') };
    expect(await findRealServer({ ...settings(), onProgress })).toEqual({ ...programs, from: 'go' });
    expect(told.join('\n')).toContain(`go.temporal.io/server/cmd/tools/sql@v${SERVER_VERSION}`);
    rmSync(join(home, 'bin', 'go'));
    expect(await findRealServer(settings())).toEqual({ ...programs, from: 'cache' });
  });

  test('programs of another release in the cache are built anew', async () => {
    for (const name of ['server', 'sql']) program(join(cached(), name), 'echo "temporal version 1.29.0"');
    go(SERVER_VERSION);
    expect((await findRealServer(settings())).from).toBe('go');
  });

  test('what Go says when it fails is passed on', async () => {
    program(join(home, 'bin', 'go'), 'echo "go: module lookup disabled by GOPROXY=off" >&2; exit 1');
    await expect(findRealServer(settings())).rejects.toThrow(
      /cmd\/server@v\S+ ended with 1:\ngo: module lookup disabled by GOPROXY=off/,
    );
  });

  function script(...args: string[]): { status: number | null; stderr: string } {
    const env = { ...process.env, TMPDIR: home, PATH: join(home, 'bin'), L2C_CACHE_DIR: join(home, 'cache') };
    return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8', env });
  }

  test('the command is not run where there is no server to run it against, and nothing is left', () => {
    const { status, stderr } = script('--timer-shift-ms', '20', '/bin/sh', '-c', 'touch "$TMPDIR/ran"');
    expect([status, stderr]).toEqual([3, expect.stringContaining('install Go 1.25')]);
    expect(readdirSync(home)).toEqual([]);
  });

  test.each([
    [['--timer-shift-ms', '0']],
    [['--timer-shift-ms', 'npm']],
    [['--timer-shift-ms']],
    [['--durable', 'npm']],
  ])('%j is refused with the usage', (args) => {
    expect(script(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('usage: ') });
  });
});
