// What K1 reads before it writes, as most programs do: a select for each table a step looks at, of the rows that belong
// to its lead. The product asks for all of it in one statement, written for sessions that plan it once.
import type pg from 'pg';
import type { Read } from '../children/statements.js';

/** How the rows of a lead are found, by table: a condition on `t` with the lead's id as its only parameter. */
export type Belongings = Readonly<Record<string, string>>;

/** Keys that refer to one row in two columns are rare: a line of a quote names its revision. */
const REFERENCES = `select conrelid::regclass::text as child, confrelid::regclass::text as parent,
    array(select attname::text from unnest(conkey) with ordinality k (attnum, at)
      join pg_attribute a on a.attrelid = conrelid and a.attnum = k.attnum order by at) as columns,
    array(select attname::text from unnest(confkey) with ordinality k (attnum, at)
      join pg_attribute a on a.attrelid = confrelid and a.attnum = k.attnum order by at) as keys
  from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`;

interface Reference {
  readonly child: string;
  readonly parent: string;
  readonly columns: readonly string[];
  readonly keys: readonly string[];
}

/** The tables whose rows name a lead, and those whose rows name such a row: its orders, their lines. */
export async function belongingsOf(owner: pg.Client): Promise<Belongings> {
  const { rows } = await owner.query<Reference>(REFERENCES);
  const own = rows.filter(({ parent, columns }) => parent === 'leads' && columns.join() === 'lead_id');
  const found: Record<string, string> = { leads: 't.id = $1' };
  for (const { child } of own) found[child] = 't.lead_id = $1';
  for (const { child, parent, columns, keys } of rows) {
    if (found[child] !== undefined || !own.some((one) => one.child === parent)) continue;
    found[child] =
      `(${columns.map((column) => `t."${column}"`).join(', ')}) in (select ${keys.join(', ')} from ${parent} where lead_id = $1)`;
  }
  return found;
}

const TABLES = /\b(?:from|join)\s+([a-z_]+)/g;
const LOCKS = /^lock_/;

/**
 * The selects for the tables that `reads` look at, each table once. What locks stays as it is. Not read at all is what
 * belongs to no lead (people, products, policies), which a program may well keep in memory, and what the lead has no row
 * of: `filled` names the tables it has. The product looks into those too, but another program might know better.
 */
export function plainReads(
  reads: readonly Read[],
  belongings: Belongings,
  filled: ReadonlySet<string>,
  leadId: string,
): Read[] {
  const locks = reads.filter(({ name }) => LOCKS.test(name ?? ''));
  const asked = reads.filter((read) => !locks.includes(read));
  const tables = new Set(asked.flatMap(({ text }) => [...text.matchAll(TABLES)].map(([, table]) => table)));
  const selects = [...tables].flatMap((table = ''): Read[] => {
    const condition = belongings[table];
    if (condition === undefined || !filled.has(table)) return [];
    const text = `select t.* from ${table} t where ${condition}`;
    return [{ transaction: null, name: `of_lead_${table}`, text, values: JSON.stringify([leadId]) }];
  });
  return [...locks, ...selects];
}
