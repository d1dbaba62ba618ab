import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { Queryable } from './pool.js';

const here = fileURLToPath(new URL('migrations', import.meta.url));

/**
 * Brings the schema of the database at `ownerUrl` to the newest migration, forward only, in one order.
 * Returns the names that ran. Throws when a migration fails; nothing of it is kept then.
 */
export async function migrate(ownerUrl: string): Promise<string[]> {
  if (!existsSync(here)) throw new Error(`no migrations at ${here}: run the build again`);
  const ran = await runner({
    databaseUrl: ownerUrl,
    dir: here,
    migrationsTable: 'migrations',
    direction: 'up',
    checkOrder: true,
    log: () => undefined,
  });
  return ran.map((migration) => migration.name);
}

/** Answers the names of migrations this database has not seen, in their order. */
export async function pendingMigrations(db: Queryable): Promise<string[]> {
  const { rows: tables } = await db.query<{ found: boolean }>(
    "select to_regclass('migrations') is not null as found",
  );
  const { rows } = tables[0]?.found
    ? await db.query<{ name: string }>('select name from migrations')
    : { rows: [] };
  const ran = new Set(rows.map(({ name }) => name));
  const all = readdirSync(here).filter((file) => file.endsWith('.sql'));
  return all
    .map((file) => file.slice(0, -'.sql'.length))
    .filter((name) => !ran.has(name))
    .sort();
}
