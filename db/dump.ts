// Writes the schema as the catalogs tell it: schema.sql to read and to compare, tables.ts for the compiler.
import type { Queryable } from './pool.js';

const tsTypes: Record<string, string> = {
  text: 'string',
  int4: 'number',
  int8: 'bigint',
  numeric: 'string',
  bool: 'boolean',
  date: 'string',
  timestamptz: 'Date',
  jsonb: 'unknown',
  bytea: 'Buffer',
  _text: 'string[]',
};

interface Column {
  table: string;
  column: string;
  udt: string;
  type: string;
  nullable: boolean;
  fallback: string | null;
  generated: string;
}

async function columnsOf(db: Queryable): Promise<Map<string, Column[]>> {
  const { rows } = await db.query<Column>(`
    select c.relname as table, a.attname as column, t.typname as udt,
      format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
      pg_get_expr(d.adbin, d.adrelid) as fallback, a.attgenerated::text || a.attidentity::text as generated
    from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and c.relname <> 'migrations'
    order by c.relname collate "C", a.attnum`);
  const tables = new Map<string, Column[]>();
  for (const row of rows) tables.set(row.table, [...(tables.get(row.table) ?? []), row]);
  return tables;
}

/** TypeScript interfaces of every table, as pg hands rows out (bigint for int8, string for numeric). */
export async function tableTypes(db: Queryable): Promise<string> {
  const out = [
    '// Written from the catalogs by `l2c db schema`; a test compares it. Never edited by hand.',
    '',
    'export interface Tables {',
  ];
  for (const [table, columns] of await columnsOf(db)) {
    out.push(`  ${table}: {`);
    for (const c of columns) {
      const type = tsTypes[c.udt];
      if (!type)
        throw new RangeError(`no TypeScript type for column ${c.table}.${c.column} of type ${c.udt}`);
      out.push(`    ${c.column}: ${type}${c.nullable ? ' | null' : ''};`);
    }
    out.push('  };');
  }
  return `${[...out, '}', ''].join('\n')}`;
}

/** The schema as SQL in a stable order: tables with columns and constraints, indexes, triggers, functions. */
export async function schemaSql(db: Queryable): Promise<string> {
  const tables = await columnsOf(db);
  const { rows: constraints } = await db.query<{ table: string; name: string; def: string }>(`
    select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as def
    from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'c', 'f')
      and conrelid <> 0 order by contype desc, conname collate "C"`);
  const { rows: indexes } = await db.query<{ def: string }>(`
    select indexdef as def from pg_indexes where schemaname = 'public' and tablename <> 'migrations'
      and indexname not in (select conname from pg_constraint) order by indexname collate "C"`);
  const { rows: functions } = await db.query<{ def: string }>(`
    select pg_get_functiondef(oid) as def from pg_proc where pronamespace = 'public'::regnamespace
    order by proname collate "C"`);
  const { rows: triggers } = await db.query<{ def: string }>(`
    select pg_get_triggerdef(t.oid) as def from pg_trigger t where not tgisinternal
    order by tgname collate "C", tgrelid::regclass::text collate "C"`);
  const out = [
    '-- Written from the catalogs by `l2c db schema`; a test compares it. Never edited by hand.',
    '',
  ];
  for (const [table, columns] of tables) {
    const lines = columns.map((c) => {
      const kind = c.generated.includes('s')
        ? ` generated always as ${c.fallback} stored`
        : c.generated
          ? ' generated always as identity'
          : c.fallback
            ? ` default ${c.fallback}`
            : '';
      return `  ${c.column} ${c.type}${c.nullable ? '' : ' not null'}${kind}`;
    });
    for (const k of constraints.filter((k) => k.table === table))
      lines.push(`  constraint ${k.name} ${k.def}`);
    out.push(`create table ${table} (\n${lines.join(',\n')}\n);`, '');
  }
  out.push(...indexes.map((i) => `${i.def};`), '');
  out.push(...functions.map((f) => `${f.def.trim()};\n`));
  out.push(...triggers.map((t) => `${t.def};`), '');
  return out.join('\n');
}
