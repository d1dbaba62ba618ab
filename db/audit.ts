// One entry per change, hash-chained per subject: an edit, a deletion or a reordering breaks the chain, a
// cut tail is found by the checkpoints outside the database.
import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/policies/canonical.js';
import type { Tables } from './tables.js';
import type { RowSink, Writes } from './writes.js';

/** The hash before the first entry of a chain. */
export const GENESIS = Buffer.alloc(32);

export interface AuditHead {
  readonly seq: bigint;
  readonly hash: Buffer;
}

export interface Change {
  readonly subject: string;
  /** The message id, or what else makes this change happen once. */
  readonly key: string;
  readonly action: string;
  /** Business instant. */
  readonly at: Date;
  readonly actor: string | null;
  readonly revision?: number;
  readonly from?: string;
  readonly to?: string;
  /**
   * Ids, codes, amounts as text, and what the catalogue and our own company are called. Never a person's name, an
   * address or a reason somebody typed: nobody can erase an entry. Such a text stands in the row the change is
   * about, or in the body of the message whose id is the key.
   */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Adds the next entry of a subject's chain to the writes. The caller holds the chain's head. */
export function appendAudit(writes: Writes, head: AuditHead | undefined, change: Change): AuditHead {
  if (!head) return beginAudit(writes, change);
  const { row, ...next } = entryAfter(head, change);
  writes.insert('audit_entries', row);
  writes.update('audit_heads', ['subject'], { subject: change.subject, ...next });
  return next;
}

/** Adds the first entry of a new subject's chain. */
export function beginAudit(writes: RowSink, change: Change): AuditHead {
  const { row, ...head } = entryAfter({ seq: 0n, hash: GENESIS }, change);
  writes.insert('audit_entries', row);
  writes.insert('audit_heads', { subject: change.subject, ...head });
  return head;
}

function entryAfter(head: AuditHead, change: Change): AuditHead & { row: Partial<Tables['audit_entries']> } {
  const { subject, key, action, at, actor, revision, from, to, detail } = change;
  const entry = canonicalJson({
    action,
    actor,
    at: at.toISOString(),
    detail: detail && JSON.parse(plainJson(detail)),
    from,
    key,
    revision,
    to,
  });
  const seq = head.seq + 1n;
  const hash = createHash('sha256').update(head.hash).update(entry).digest();
  return { seq, hash, row: { subject, seq, key, action, entry, hash } };
}

const plainJson = (value: object): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
