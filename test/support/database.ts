// Databases for tests: copies, in 50 ms, of a template that the run migrated once; dropped when they are closed.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Db, openPool } from '../../db/pool.js';

const SERVER = process.env.L2C_TEST_DATABASE_URL ?? '';
/** Empty, with the newest schema. */
export const TEMPLATE = process.env.L2C_TEST_TEMPLATE ?? 'run_without_L2C_TEST_NO_STACK';

export interface TestDatabase {
  /** Address for the role that owns the schema. */
  readonly ownerUrl: string;
  /** Address for the role the application runs as. */
  readonly appUrl: string;
  /** For fixtures and for looking; may do everything. */
  readonly owner: Db;
  /** What the code under test gets: no DDL, no way to change what must stay. */
  readonly app: Db;
  /** Closes both pools and drops the database. */
  drop(): Promise<void>;
}

/** A database of its own, with the newest schema and no rows. */
export async function freshDatabase(): Promise<TestDatabase> {
  const name = `api_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name} template ${TEMPLATE}`);
  const ownerUrl = addressOf(name);
  const appUrl = appAddressOf(name);
  const options = { max: 8, applicationName: 'l2c-test' };
  const owner = openPool(ownerUrl, options);
  const app = openPool(appUrl, options);
  return {
    ownerUrl,
    appUrl,
    owner,
    app,
    async drop() {
      await Promise.all([owner.end(), app.end()]);
      await dropDatabase(name);
    },
  };
}

function addressOf(database: string): string {
  const url = new URL(SERVER);
  url.pathname = `/${database}`;
  return url.href;
}

/** The application's own login where the run has one, else the owner who steps down to that role. */
function appAddressOf(database: string): string {
  const given = process.env.L2C_TEST_APP_DATABASE_URL;
  const url = new URL(given ?? SERVER);
  url.pathname = `/${database}`;
  if (given === undefined) url.searchParams.set('options', '-c role=l2c_app');
  return url.href;
}

/** Postgres' own cleaner may sit in a database for a moment, and nobody but a superuser may send it away. */
export async function dropDatabase(name: string, attemptsLeft = 200): Promise<void> {
  try {
    await onServer(`drop database if exists ${name} with (force)`);
  } catch (error) {
    if ((error as { code?: string }).code !== '42501' || attemptsLeft === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await dropDatabase(name, attemptsLeft - 1);
  }
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
