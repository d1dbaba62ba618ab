import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

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
