// Erasing a contact: who is asked for, whom they stand for, and the one function that takes a person out.
import { INTAKE_LOCK } from './imports.js';
import type { Queryable, Tx } from './pool.js';

export interface ErasureRow {
  readonly id: string;
  readonly erasedAt: Date | null;
  readonly leads: readonly { readonly id: string; readonly stage: string }[];
  readonly keptInvoices: number;
}

/**
 * Takes the locks a capture of this person takes, so that none begins a lead meanwhile, then the leads and the
 * contact; undefined where there is no such contact.
 */
export async function lockForErasure(tx: Tx, contactId: string): Promise<ErasureRow | undefined> {
  await tx.query({
    name: 'lock_erasure_keys',
    text: `select pg_advisory_xact_lock_shared(${INTAKE_LOCK}), pg_advisory_xact_lock(hashtextextended(k, 0))
      from (select 'email:' || email_key as k from contacts where id = $1 and email_key is not null
        union all select 'phone:' || phone_key from contacts where id = $1 and phone_key is not null
        union all select 'external:' || external_id from leads where contact_id = $1 and external_id is not null
        order by 1) keys`,
    values: [contactId],
  });
  await tx.query('select from leads where contact_id = $1 order by id for no key update', [contactId]);
  const { rows } = await tx.query<ErasureRow>({
    name: 'erasure_of',
    text: `select c.id, c.erased_at as "erasedAt",
        (select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'stage', l.stage) order by l.id), '[]')
          from leads l where l.contact_id = c.id) as leads,
        (select count(*)::int from invoices i join leads l on l.id = i.lead_id
          where l.contact_id = c.id) as "keptInvoices"
      from contacts c where c.id = $1 for update of c`,
    values: [contactId],
  });
  return rows[0];
}

/** Takes the person out of every row the application itself may not change (db/migrations/0023). */
export const eraseContactRows = (tx: Tx, contactId: string, at: Date): Promise<unknown> =>
  tx.query('select erase_contact($1, $2)', [contactId, at]);

/** The mails that were written to a contact's leads, by the day of their file. */
export async function mailsOfContact(
  db: Queryable,
  contactId: string,
): Promise<{ id: string; queuedAt: Date }[]> {
  const { rows } = await db.query<{ id: string; queuedAt: Date }>(
    `select m.id, m.queued_at as "queuedAt" from mails m join leads l on l.id = m.lead_id
      where l.contact_id = $1 order by m.id`,
    [contactId],
  );
  return rows;
}
