// The audit chains of what is not a lead (people, accounts, policies): heads are made and locked here, because
// no row of their own stands for the chain before its first entry.
import { type AuditHead, appendAudit, type Change, GENESIS } from './audit.js';
import type { Queryable } from './pool.js';
import type { Writes } from './writes.js';

/**
 * Locks the heads of chains, making those that are missing, in the order of their subjects (so that two
 * transactions never wait for each other). Take these locks after all rows of business, before numbers.
 */
export async function lockChains(
  tx: Queryable,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, AuditHead>> {
  const { rows } = await tx.query<AuditHead & { subject: string }>({
    name: 'audit_heads_lock',
    text: `insert into audit_heads (subject, seq, hash) select s, 0, $2 from unnest($1::text[]) s
      on conflict (subject) do update set seq = audit_heads.seq returning subject, seq, hash`,
    values: [[...new Set(subjects)].sort(), GENESIS],
  });
  return new Map(rows.map(({ subject, seq, hash }) => [subject, { seq, hash }]));
}

/** Locks the chain of a subject and adds one entry to the writes of the caller's transaction. */
export async function recordChange(tx: Queryable, writes: Writes, change: Change): Promise<void> {
  const chains = await lockChains(tx, [change.subject]);
  appendAudit(writes, chains.get(change.subject), change);
}
