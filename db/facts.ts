// A fact for a lead as its row in `messages`: stored with what happened, told by the relay afterwards.
import type { FactName } from '../domain/messages.js';
import { canonicalJson } from '../domain/policies/canonical.js';
import { sha256 } from './ids.js';
import type { Queryable } from './pool.js';
import type { Writes } from './writes.js';

export interface NewFact {
  readonly id: string;
  readonly leadId: string;
  readonly name: FactName;
  readonly actorId: string;
  /** Ids only: what belongs to a person stands in the row it names. */
  readonly body: object;
}

export function addFacts(writes: Writes, ...facts: readonly NewFact[]): void {
  const rows = facts.map(({ id, leadId, name, actorId, body }) => ({
    id,
    target: `lead/${leadId}`,
    lead_id: leadId,
    name,
    kind: 'fact',
    actor_id: actorId,
    body,
    body_hash: sha256(canonicalJson(body)),
  }));
  writes.insert('messages', ...rows);
}

/** Wakes the relay when the transaction commits: once per transaction. */
export async function wakeRelay(db: Queryable): Promise<void> {
  await db.query({ name: 'wake_relay', text: `select pg_notify('l2c_messages', '')` });
}
