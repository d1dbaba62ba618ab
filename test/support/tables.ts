// Every table as it stands, so that a test can say "nothing changed" and name what did.
import type { Db } from '../../db/pool.js';

/** Names of our tables. */
export async function tableNames(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** One hash per table over all its rows, in any order; `but` gives a condition for rows that do not count. */
export async function fingerprint(
  db: Db,
  but: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, string>>> {
  const hashes: [string, string][] = [];
  for (const name of await tableNames(db)) {
    const where = but[name] === undefined ? '' : `where not (${but[name]})`;
    const { rows } = await db.query<{ hash: string }>(
      `select count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash
        from "${name}" t ${where}`,
    );
    hashes.push([name, rows[0]?.hash ?? '']);
  }
  return Object.fromEntries(hashes);
}
