// After all tests: waits until the servers are gone, so that Jest never ends before its children. After all of them,
// and not after some, every refusal of the table must have been given to one of them over HTTP.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import pg from 'pg';

export default async function globalTeardown(config) {
  const { l2cTestStack } = globalThis;
  if (l2cTestStack === undefined) return;
  const missing = isWhole(config) ? await neverMet() : [];
  await dropTemplate();
  await l2cTestStack.stack?.stop();
  rmSync(l2cTestStack.stateDir, { recursive: true, force: true });
  if (missing.length > 0)
    throw new Error(`no test was given these refusals over HTTP: ${missing.join(', ')}`);
}

/** A server that was there before the run keeps nothing of it. */
async function dropTemplate() {
  const { L2C_TEST_TEMPLATE: template, L2C_TEST_DATABASE_URL: server } = process.env;
  if (template === undefined) return;
  const client = new pg.Client(server);
  await client.connect();
  await client.query(`drop database if exists ${template}`);
  await client.end();
}

const isWhole = ({ nonFlagArgs = [], testNamePattern, shard }) =>
  nonFlagArgs.length === 0 && !testNamePattern && !shard;

async function neverMet() {
  const file = process.env.L2C_TEST_MET_FILE;
  const met = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
  const { ERRORS } = await import('../../dist/domain/errors.js');
  return Object.keys(ERRORS).filter((code) => !met.has(code));
}
