import { createHmac } from 'node:crypto';
import pg from 'pg';

/** Owns the database and migrates it; not a superuser. */
export const OWNER = 'l2c_owner';
/** What the application runs as; the migrations grant it what it may do. */
export const APP = 'l2c_app';
/** The database of an embedded Postgres. */
export const DATABASE = 'l2c';

const LEAST_VERSION = 150_000;

/**
 * Makes the owner's role and database on a Postgres of our own, or finds them. The owner may create databases
 * (the lead funnel and the tests use one each), not roles.
 *
 * @param adminUrl address of the maintenance database, as administrator
 */
export async function ensureOwnDatabase(adminUrl: string, ownerPassword: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await ensureRole(client, OWNER, ownerPassword, 'CREATEDB');
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) {
      await client.query(`create database ${DATABASE} owner ${OWNER}`);
      await client.query(`revoke all on database ${DATABASE} from public`);
    }
  });
}

/**
 * Makes the role the application runs as, through someone who may, and lets it connect to the owner's database.
 *
 * @param creatorUrl address of that database for the one who creates: the administrator, or the owner
 * @returns the same address for `l2c_app`
 * @throws Error with the SQL an administrator can run, when the creator may not or the role has another password
 */
export async function ensureAppRole(creatorUrl: string, keptPassword: string): Promise<string> {
  const appUrl = withRole(creatorUrl, APP, keptPassword);
  await withClient(creatorUrl, async (client) => {
    try {
      await ensureRole(client, APP, keptPassword, '');
    } catch (error) {
      if ((error as pg.DatabaseError).code !== '42501') throw error;
      const { username } = new URL(creatorUrl);
      throw new Error(
        `${username} may not create the role ${APP}. Let an administrator run: ` +
          `create role ${APP} login password '…'; then set L2C_APP_DATABASE_URL to the database's address for it`,
        { cause: error },
      );
    }
    await client.query(`grant connect on database ${pg.escapeIdentifier(client.database ?? '')} to ${APP}`);
  });
  try {
    await withClient(appUrl, (client) => client.query('select 1'));
  } catch (error) {
    if (!['28P01', '28000'].includes((error as pg.DatabaseError).code ?? '')) throw error;
    throw new Error(
      `the role ${APP} exists with a password this state folder does not know: set L2C_APP_DATABASE_URL to the ` +
        `database's address for it, or let an administrator run: alter role ${APP} password '…'`,
      { cause: error },
    );
  }
  return appUrl;
}

/**
 * The password of `l2c_app` beside an external database: derived from the owner's, so that two machines with the
 * same DATABASE_URL agree on it without telling each other; `fallback` where the owner has none.
 */
export function derivedAppPassword(ownerUrl: string, fallback: string): string {
  const { password } = new URL(ownerUrl);
  if (password === '') return fallback;
  return createHmac('sha256', decodeURIComponent(password)).update(APP).digest('base64url');
}

/**
 * Checks that an existing database answers and is new enough.
 *
 * @param variable the setting the address came from, for the message
 * @returns its version, as `18.4`
 */
export async function checkDatabase(url: string, variable: string): Promise<string> {
  try {
    return await withClient(url, async (client) => {
      const { rows } = await client.query<{ name: string; number: number }>(
        "select current_setting('server_version') as name, current_setting('server_version_num')::int as number",
      );
      const version = rows[0];
      if (version === undefined || version.number < LEAST_VERSION) {
        throw new Error(`it is PostgreSQL ${version?.name}, the least is 15`);
      }
      return version.name;
    });
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    throw new Error(
      `${variable} (${masked(url)}) cannot be used: ${message || code}. Correct it, start that database, or ` +
        'unset it to use one of our own',
      { cause: error },
    );
  }
}

/** An address without its password, for messages. */
export function masked(url: string): string {
  return URL.canParse(url) ? withRole(url, new URL(url).username, '') : 'not an address';
}

function withRole(url: string, role: string, password: string): string {
  const address = new URL(url);
  address.username = role;
  address.password = password;
  return address.href;
}

async function ensureRole(client: pg.Client, role: string, password: string, rights: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role]);
  if (rowCount !== 0) return;
  try {
    const secret = client.escapeLiteral(password);
    await client.query(`create role ${role} login nosuperuser ${rights} password ${secret}`);
  } catch (error) {
    // Two starts beside the same database: the other one was quicker, with the same password or it will show.
    if (!['42710', '23505'].includes((error as pg.DatabaseError).code ?? '')) throw error;
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined); // The query under way fails with the same reason.
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
