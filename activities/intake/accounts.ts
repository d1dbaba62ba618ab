// Writing the customer master. Running deals keep what they pinned; the audit names the fields that changed,
// not their values, because a sole trader's name and address are personal data.
import type { AccountPatch, AccountView, NewAccount } from '../../contracts/accounts.js';
import { accountById, accountView, isAncestor, lockAccount, lockAccountTree } from '../../db/accounts.js';
import { newId } from '../../db/ids.js';
import type { Tx } from '../../db/pool.js';
import type { Tables } from '../../db/tables.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { languageOf } from '../../domain/leads/language.js';
import { normaliseDomain } from '../../domain/leads/normalise.js';
import { atRevision, type By, columnsOf, commitChange } from './masterData.js';

const COLUMNS = {
  legalName: 'legal_name',
  country: 'country',
  language: 'language',
  parentId: 'parent_id',
  vatId: 'vat_id',
  billTo: 'bill_to',
  email: 'email',
  segment: 'segment',
  terms: 'terms',
  payerAliases: 'payer_aliases',
  externalId: 'external_id',
} as const;

/** Stores an account. `already_exists` when its externalId is taken, `unknown_reference` for its parent. */
export async function createAccount(tx: Tx, by: By, body: NewAccount): Promise<AccountView> {
  const id = newId('account');
  const language = languageOf(body.country);
  const row = { id, language, ...columnsWithDomain(body), created_at: by.at } as Partial<Tables['accounts']>;
  const writes = new Writes().insert('accounts', row);
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'accountCreated',
    revision: 1,
    detail: detailOf(body),
  });
  return stored(tx, id);
}

/** Changes the fields of a patch. `not_found`, `stale_version`, `unknown_reference` for a loop of parents. */
export async function editAccount(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  patch: AccountPatch,
): Promise<AccountView> {
  if (typeof patch.parentId === 'string') {
    await lockAccountTree(tx);
    if (await isAncestor(tx, id, patch.parentId)) {
      throw new DomainError(
        'unknown_reference',
        `${patch.parentId} is ${id} or stands below it`,
        '/parentId',
      );
    }
  }
  const row = atRevision(await lockAccount(tx, id), id, expected);
  const revision = row.revision + 1;
  const changed = { ...columnsWithDomain(patch), id, revision } as Partial<Tables['accounts']>;
  const writes = new Writes().update('accounts', ['id'], changed);
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'accountEdited',
    revision,
    detail: detailOf(patch),
  });
  return stored(tx, id);
}

function columnsWithDomain(body: NewAccount | AccountPatch): Record<string, unknown> {
  const domain = body.email === undefined ? {} : { email_domain: normaliseDomain(body.email) };
  return { ...columnsOf(body as AccountPatch, COLUMNS), ...domain };
}

function detailOf(body: NewAccount | AccountPatch): Record<string, unknown> {
  const { country, parentId, segment, terms } = body;
  return { fields: Object.keys(body).sort(), country, parentId, segment, terms };
}

async function stored(tx: Tx, id: string): Promise<AccountView> {
  const row = await accountById(tx, id);
  if (row === undefined) throw new RangeError(`account ${id} was written and is not there`);
  return accountView(row);
}
