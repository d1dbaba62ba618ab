// One entry per change, hash-chained per subject: an edit, a deletion or a reordering breaks the chain, a
// cut tail is found by the checkpoints outside the database.
import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/policies/canonical.js';
import type { Tables } from './tables.js';
import type { Writes } from './writes.js';

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
  /** Ids, codes, amounts as text; never a name, an address or free text. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Adds the next entry of a subject's chain to the writes. The caller holds the chain's head. */
export function appendAudit(writes: Writes, head: AuditHead | undefined, change: Change): AuditHead {
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
  const seq = (head?.seq ?? 0n) + 1n;
  const hash = createHash('sha256')
    .update(head?.hash ?? GENESIS)
    .update(entry)
    .digest();
  const row: Partial<Tables['audit_entries']> = { subject, seq, key, action, entry, hash };
  writes.insert('audit_entries', row);
  if (head) writes.update('audit_heads', ['subject'], { subject, seq, hash });
  else writes.insert('audit_heads', { subject, seq, hash });
  return { seq, hash };
}

const plainJson = (value: object): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
