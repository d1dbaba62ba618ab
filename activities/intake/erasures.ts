// Erasing a person whose leads are all closed: their rows in one transaction, with an entry in the contact's own
// chain; the files of their mails after it. Histories, the audit chain and the ledger never held them.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ERASURE_REASONS } from '../../contracts/contacts.js';
import { recordChange } from '../../db/chains.js';
import { eraseContactRows, lockForErasure } from '../../db/erasures.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import type { By } from './masterData.js';

export interface Erased {
  readonly contactId: string;
  readonly erasedAt: Date;
  readonly leadIds: readonly string[];
  readonly keptInvoices: number;
}

/**
 * Erases a contact, or finds it erased. `not_found`; `wrong_stage` naming the leads that are still open: a deal
 * that runs needs whom it is with.
 */
export async function eraseContact(
  tx: Tx,
  by: By,
  contactId: string,
  reason: (typeof ERASURE_REASONS)[number],
): Promise<Erased> {
  const found = await lockForErasure(tx, contactId);
  if (!found) throw new DomainError('not_found', `there is no contact ${contactId}`);
  const { leads, keptInvoices } = found;
  const leadIds = leads.map(({ id }) => id);
  if (found.erasedAt) return { contactId, erasedAt: found.erasedAt, leadIds, keptInvoices };
  const open = leads.filter(({ stage }) => stage !== 'closed');
  if (open.length > 0) {
    const which = open.slice(0, 10).map(({ id, stage }) => `${id} is ${stage}`);
    const rest = open.length > 10 ? ` and ${open.length - 10} more` : '';
    throw new DomainError(
      'wrong_stage',
      `${contactId} can be erased once all its leads are closed: ${which.join(', ')}${rest}`,
    );
  }
  await eraseContactRows(tx, contactId, by.at);
  const writes = new Writes();
  await recordChange(tx, writes, {
    subject: contactId,
    key: 'contactErased',
    action: 'contactErased',
    at: by.at,
    actor: by.personId,
    detail: { reason, leads: leadIds.length, keptInvoices },
  });
  await writes.run(tx);
  return { contactId, erasedAt: by.at, leadIds, keptInvoices };
}

/**
 * Removes the files of a mail, one for each of its letters; returns how many were there. `queuedAt` as it was sent
 * with.
 */
export async function removeMailFiles(
  outboxDir: string,
  mail: { readonly id: string; readonly queuedAt: number },
): Promise<number> {
  const folder = join(outboxDir, new Date(mail.queuedAt).toISOString().slice(0, 10));
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []; // Mails go by SMTP, or none was sent that day.
    throw error;
  });
  const files = names.filter((name) => name.replace(/^\./, '').startsWith(mail.id));
  for (const name of files) await rm(join(folder, name), { force: true });
  return files.length;
}
