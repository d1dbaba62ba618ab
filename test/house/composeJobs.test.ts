// The jobs of docker-compose.yml, run: the very text a container's shell gets, on a Postgres and an engine of here.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { ADMIN, databaseUrl } from '../../engine/postgres.js';
import { machineSettings, startStack } from '../../engine/stack.js';
import { StateFolder } from '../../engine/stateFolder.js';
import { SEARCH_ATTRIBUTES } from '../../engine/temporal.js';
import { findTemporalCli, firstOnPath } from '../../engine/temporalCli.js';
import { commandOf, service } from '../support/compose.js';

const run = promisify(execFile);
const machine = machineSettings(process.env);
const folder = mkdtempSync(join(tmpdir(), 'l2c-compose-'));
chmodSync(folder, 0o711); // As root the database runs as somebody else.
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As the container does: `/bin/sh -eu -c` with this environment and no other. */
const job = (script: string, env: Record<string, string>) =>
  run('/bin/sh', ['-euc', script], { env, timeout: 60_000 });

const hasPsql = (await firstOnPath('psql', process.env.PATH)) !== undefined;

(hasPsql ? describe : describe.skip)(`the database job${hasPsql ? '' : ' (skipped: no psql)'}`, () => {
  test('sets passwords of any characters, and those that are changed later', async () => {
    const stack = await startStack({ ...machine, stateDir: folder, durable: false, withoutEngine: true });
    try {
      const { adminPassword } = await new StateFolder(folder).secrets();
      const port = Number(new URL(stack.databaseUrl).port);
      const urlOf = (user: string, password: string, database: string) =>
        databaseUrl({ user, password, port, database });
      const ask = async (url: string, sql: string) => {
        const client = new pg.Client(url);
        await client.connect();
        try {
          return (await client.query(sql)).rows;
        } finally {
          await client.end();
        }
      };
      const admin = urlOf(ADMIN, adminPassword, 'postgres');
      // As on an empty server.
      for (const sql of ['drop database l2c', 'drop role l2c_app', 'drop role l2c_owner'])
        await ask(admin, sql);
      const first = { OWNER_PASSWORD: `it's"$HOME\\`, APP_PASSWORD: '/@#%:', TEMPORAL_PASSWORD: 'f00' };
      const later = { OWNER_PASSWORD: "x' superuser --", APP_PASSWORD: ':second', TEMPORAL_PASSWORD: 'f00' };
      for (const passwords of [first, later]) {
        await job(commandOf(service('database')), {
          ...passwords,
          PATH: process.env.PATH ?? '',
          PGHOST: '127.0.0.1',
          PGPORT: String(port),
          PGUSER: ADMIN,
          PGPASSWORD: adminPassword,
        });
        for (const [role, password, database] of [
          ['l2c_owner', passwords.OWNER_PASSWORD, 'l2c'],
          ['l2c_app', passwords.APP_PASSWORD, 'l2c'],
          ['temporal', passwords.TEMPORAL_PASSWORD, 'temporal_visibility'],
        ] as const) {
          const rows = await ask(
            urlOf(role, password, database),
            'select rolname, rolsuper from pg_roles where rolname = current_user',
          );
          expect(rows).toEqual([{ rolname: role, rolsuper: false }]);
        }
      }
      await expect(ask(urlOf('l2c_app', first.APP_PASSWORD, 'l2c'), 'select 1')).rejects.toThrow('password');
    } finally {
      await stack.stop();
    }
  });

  test('a server that refuses it is a job that failed', async () => {
    const env = {
      OWNER_PASSWORD: 'a',
      APP_PASSWORD: 'b',
      TEMPORAL_PASSWORD: 'c',
      PATH: process.env.PATH ?? '',
    };
    const away = { ...env, PGHOST: '127.0.0.1', PGPORT: '1', PGUSER: ADMIN, PGPASSWORD: 'd' };
    await expect(job(commandOf(service('database')), away)).rejects.toThrow('Command failed');
  });
});

const NAMESPACE = `job-${process.pid}`;
const namespaceJob = commandOf(service('temporal-namespace')).replaceAll('lead-to-cash', NAMESPACE);

describe('the namespace job', () => {
  test('asks until the engine answers, and tries again what it refused', async () => {
    const bin = join(folder, 'fake');
    mkdirSync(bin);
    // Each thing it is asked for fails twice; what was made is there, each in a file of its own.
    const fake = `#!/bin/sh
      cd ${bin}
      echo "$3 $*" >> asked
      tried() { echo >> "tried-$1"; [ "$(wc -l < "tried-$1")" -gt 2 ]; }
      case "$2 $3" in
        'cluster health') tried health ;;
        'namespace describe') [ -e made-namespace ] ;;
        'namespace create') tried namespace && touch made-namespace ;;
        'search-attribute list') touch made-attributes; tried list && cat made-attributes ;;
        'search-attribute create') tried "$7" && echo "$7 Keyword" >> made-attributes ;;
        *) exit 9 ;;
      esac`;
    writeFileSync(join(bin, 'temporal'), fake, { mode: 0o755 });
    writeFileSync(join(bin, 'sleep'), '#!/bin/sh\n', { mode: 0o755 });
    await job(namespaceJob, { PATH: `${bin}:${process.env.PATH}` });
    const asked = readFileSync(join(bin, 'asked'), 'utf8').trim().split('\n');
    const times = (what: string) => asked.filter((line) => line.includes(what)).length;
    expect(asked.findIndex((line) => !line.startsWith('health'))).toBe(3);
    expect(times('namespace create')).toBe(3);
    for (const name of SEARCH_ATTRIBUTES) expect(times(`--name ${name}`)).toBe(3);
  });

  const address = process.env.L2C_TEST_TEMPORAL_ADDRESS;
  (address ? test : test.skip)('makes an engine what the workflows need, and again nothing', async () => {
    const bin = join(folder, 'real');
    mkdirSync(bin);
    symlinkSync((await findTemporalCli(machine)).path, join(bin, 'temporal'));
    const env = { PATH: `${bin}:${process.env.PATH}`, TEMPORAL_ADDRESS: address ?? '', HOME: folder };
    for (let times = 0; times < 2; times += 1) await job(namespaceJob, env);
    const connection = await Connection.connect({ address: address ?? '' });
    try {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: NAMESPACE,
      });
      expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining([...SEARCH_ATTRIBUTES]));
      const { config } = await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
    } finally {
      await connection.close();
    }
  });
});
