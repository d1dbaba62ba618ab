// Reading the customer master.
import type { AccountView } from '../contracts/accounts.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export type AccountRow = Tables['accounts'];

export interface AccountFilter {
  readonly externalId?: string;
  readonly country?: string;
  readonly q?: string;
}

interface Page {
  readonly limit: number;
  readonly after: { readonly value: string; readonly id: string } | null;
}

/** Accounts by legal name, one more than the page holds when there are more. */
export async function listAccounts(db: Queryable, page: Page, filter: AccountFilter): Promise<AccountRow[]> {
  const { rows } = await db.query<AccountRow>(
    `select * from accounts a
      where ($1::text is null or (a.legal_name, a.id) > ($1, $2))
        and ($3::text is null or a.external_id = $3) and ($4::text is null or a.country = $4)
        and ($5::text is null or position(lower($5) in lower(a.legal_name)) > 0)
      order by a.legal_name, a.id limit $6`,
    [
      page.after?.value ?? null,
      page.after?.id ?? null,
      filter.externalId ?? null,
      filter.country ?? null,
      filter.q ?? null,
      page.limit + 1,
    ],
  );
  return rows;
}

export async function accountById(db: Queryable, id: string): Promise<AccountRow | undefined> {
  const { rows } = await db.query<AccountRow>('select * from accounts where id = $1', [id]);
  return rows[0];
}

export async function lockAccount(tx: Queryable, id: string): Promise<AccountRow | undefined> {
  const { rows } = await tx.query<AccountRow>('select * from accounts where id = $1 for update', [id]);
  return rows[0];
}

/** Takes the lock under which parents change, so that two edits cannot close a loop together. */
export async function lockAccountTree(tx: Queryable): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('accounts.parent', 0))");
}

/** Tells whether an account is, or stands above, another one. */
export async function isAncestor(db: Queryable, ancestorId: string, accountId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `with recursive up as (
        select id, parent_id from accounts where id = $2
        union select a.id, a.parent_id from accounts a join up on a.id = up.parent_id)
      select from up where id = $1`,
    [ancestorId, accountId],
  );
  return rowCount !== 0;
}

export function accountView(row: AccountRow): AccountView {
  return {
    id: row.id,
    legalName: row.legal_name,
    country: row.country,
    language: row.language as AccountView['language'],
    parentId: row.parent_id,
    vatId: row.vat_id,
    billTo: row.bill_to as AccountView['billTo'],
    email: row.email,
    segment: row.segment,
    terms: row.terms as AccountView['terms'],
    payerAliases: row.payer_aliases,
    externalId: row.external_id,
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
  };
}
