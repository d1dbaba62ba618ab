// The record of an import, the locks that let imports, captures and each other alone, and what an import asks.
import type { Queryable, Tx } from './pool.js';
import type { Tables } from './tables.js';

/** Taken shared by each capture and alone by each chunk of an import, until the transaction ends. */
export const INTAKE_LOCK = `hashtextextended('intake', 0)`;

const importLock = `hashtextextended('import:' || $1, 0)`;

/** Takes the lock that says this import runs, for the connection's life; false where another has it. */
export async function holdImport(client: Tx, importId: string): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    `select pg_try_advisory_lock(${importLock}) as held`,
    [importId],
  );
  return rows[0]?.held === true;
}

export const releaseImport = (client: Tx, importId: string): Promise<unknown> =>
  client.query(`select pg_advisory_unlock(${importLock})`, [importId]);

export interface ImportStart {
  readonly id: string;
  readonly mapping: object;
  readonly dryRun: boolean;
  readonly actorId: string;
}

/** Writes the record of an import, or begins it anew: what an earlier run stored is found as duplicates. */
export async function startImport(
  db: Queryable,
  { id, mapping, dryRun, actorId }: ImportStart,
): Promise<void> {
  await db.query({
    name: 'start_import',
    text: `insert into imports (id, kind, mapping, status, dry_run, created_by)
      values ($1, 'leads', $2, 'running', $3, $4)
      on conflict (id) do update set status = 'running', read_count = 0, created_count = 0, duplicate_count = 0,
        rejected_count = 0, failure = null, started_at = now(), ended_at = null`,
    values: [id, mapping, dryRun, actorId],
  });
  await db.query('delete from import_errors where import_id = $1', [id]);
}

export interface ImportCounts {
  readonly read: number;
  readonly created: number;
  readonly duplicates: number;
  readonly rejected: number;
}

/** Adds what one chunk did. */
export async function countImported(db: Queryable, id: string, counts: ImportCounts): Promise<void> {
  await db.query({
    name: 'count_imported',
    text: `update imports set read_count = read_count + $2, created_count = created_count + $3,
      duplicate_count = duplicate_count + $4, rejected_count = rejected_count + $5 where id = $1`,
    values: [id, counts.read, counts.created, counts.duplicates, counts.rejected],
  });
}

/** Closes an import; `failure` says why it went no further. */
export async function endImport(db: Queryable, id: string, failure: string | null): Promise<void> {
  await db.query({
    name: 'end_import',
    text: `update imports set status = $2, failure = $3, ended_at = now() where id = $1`,
    values: [id, failure === null ? 'done' : 'failed', failure],
  });
}

export type ImportRow = Tables['imports'] & { interrupted: boolean };

/** One import; `interrupted` where it should run and no process holds it (it has a moment to begin). */
export async function importById(db: Queryable, id: string): Promise<ImportRow | undefined> {
  const { rows } = await db.query<ImportRow>({
    name: 'import_by_id',
    text: `select i.*, case when status = 'running' and started_at < now() - interval '10 seconds' then pg_try_advisory_xact_lock_shared(${importLock})
      else false end as interrupted from imports i where id = $1`,
    values: [id],
  });
  return rows[0];
}

/** Refused rows by line, after the one a page ended with. */
export async function importErrors(
  db: Queryable,
  id: string,
  page: { readonly afterLine: number; readonly afterColumn: string; readonly limit: number },
): Promise<Tables['import_errors'][]> {
  const { rows } = await db.query<Tables['import_errors']>({
    name: 'import_errors',
    text: `select * from import_errors where import_id = $1 and (line, column_name) > ($2, $3)
      order by line, column_name limit $4`,
    values: [id, page.afterLine, page.afterColumn, page.limit],
  });
  return rows;
}

export interface KnownPerson {
  readonly id: string;
  readonly account_id: string | null;
  readonly email_key: string | null;
  readonly phone_key: string | null;
  readonly open: string | null;
  readonly closed: string | null;
}

// These three have no name: a plan kept from when the tables were small would read all of them for each chunk.

/** Leads that have one of these ids outside, and messages of these ids: who was captured before. */
export async function capturedBefore(
  db: Queryable,
  externalIds: readonly string[],
  messageIds: readonly string[],
): Promise<{ key: string; lead_id: string }[]> {
  const { rows } = await db.query<{ key: string; lead_id: string }>({
    text: `select external_id as key, id as lead_id from leads where external_id = any($1)
      union all select id, lead_id from messages where id = any($2)`,
    values: [externalIds, messageIds],
  });
  return rows;
}

/** Contacts with one of these keys, with the first open and the last closed lead of each. */
export async function knownPeople(
  db: Queryable,
  emails: readonly string[],
  phones: readonly string[],
): Promise<KnownPerson[]> {
  const { rows } = await db.query<KnownPerson>({
    text: `select c.id, c.account_id, c.email_key, c.phone_key,
        (select min(l.id) from leads l where l.contact_id = c.id and l.stage <> 'closed') as open,
        (select max(l.id) from leads l where l.contact_id = c.id and l.stage = 'closed') as closed
      from contacts c where c.email_key = any($1) or c.phone_key = any($2) order by c.id`,
    values: [emails, phones],
  });
  return rows;
}

/** The first account of each of these domains. */
export async function accountsOfDomains(
  db: Queryable,
  domains: readonly string[],
): Promise<{ email_domain: string; id: string }[]> {
  const { rows } = await db.query<{ email_domain: string; id: string }>({
    text: `select email_domain, min(id) as id from accounts where email_domain = any($1) group by email_domain`,
    values: [domains],
  });
  return rows;
}
