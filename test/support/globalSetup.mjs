// Before all tests: one Postgres without fsync and one Temporal dev server in memory, under a reaper.
// L2C_TEST_NO_STACK=1 runs tests that need no server; L2C_TEST_NO_BUILD=1 takes dist/ as it is.
// An address that is set already is used as it is.
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export default async function globalSetup() {
  const { env } = process;
  if (env.L2C_TEST_NO_STACK === '1') return;
  if (env.L2C_TEST_NO_BUILD !== '1') {
    const { build } = await import('../../scripts/build.mjs');
    await build();
  }
  const { machineSettings, startStack } = await import('../../dist/engine/stack.js');
  const { findTestServer } = await import('../../dist/engine/temporalCli.js');
  const machine = machineSettings(env);
  const stateDir = mkdtempSync(join(tmpdir(), 'l2c-stack-'));
  // Temporary folders are closed to others; as root the database runs as somebody else.
  chmodSync(stateDir, 0o711);
  globalThis.l2cTestStack = { stateDir };
  env.L2C_TEST_MET_FILE ??= join(stateDir, 'met.txt');
  const stack = await startStack({
    stateDir,
    durable: false,
    timerMaxShiftMs: 20,
    ...machine,
    ...(env.L2C_TEST_DATABASE_URL ? { databaseUrl: env.L2C_TEST_DATABASE_URL } : {}),
    ...(env.L2C_TEST_APP_DATABASE_URL ? { appDatabaseUrl: env.L2C_TEST_APP_DATABASE_URL } : {}),
    ...(env.L2C_TEST_TEMPORAL_ADDRESS ? { temporalAddress: env.L2C_TEST_TEMPORAL_ADDRESS } : {}),
    onEvent: ({ step, status, detail }) => {
      // A server that dies during the run explains the failures that follow.
      if (status === 'failed' || status === 'warning') process.stderr.write(`${status} ${step}: ${detail}\n`);
    },
  });
  globalThis.l2cTestStack.stack = stack;
  env.L2C_TEST_DATABASE_URL = stack.databaseUrl;
  env.L2C_TEST_APP_DATABASE_URL = stack.appDatabaseUrl;
  env.L2C_TEST_TEMPORAL_ADDRESS = stack.temporalAddress;
  env.L2C_TEST_TEMPLATE = await makeTemplate(stack.databaseUrl);
  try {
    env.L2C_TEST_TIME_SKIPPING_BIN ??= (await findTestServer(machine)).path;
  } catch (error) {
    // Only some tests need it; those fail by themselves, after this line has said why.
    process.stderr.write(`warning: ${error.message}\n`);
  }
  env.L2C_TEST_LOG_DIR = join(stateDir, 'log');
}

/** An empty database with the newest schema, made once: a test's own is a copy of it, five times as quick. */
async function makeTemplate(databaseUrl) {
  const { migrate } = await import('../../dist/db/migrate.js');
  const name = `l2c_template_${process.pid}`;
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(`drop database if exists ${name}`); // Of a run that was killed, on a server that outlives it.
  await client.query(`create database ${name}`);
  await client.end();
  await migrate(Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).href);
  return name;
}
