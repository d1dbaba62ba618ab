// The door for everything a workflow is told: a row first, the telling after it. The same id with the same
// body attaches to the row that is there; with another body it is refused.

import { sha256 } from '../../db/ids.js';
import type { Queryable } from '../../db/pool.js';
import type { Tables } from '../../db/tables.js';
import { DomainError } from '../../domain/errors.js';
import type { DecisionName, FactName, MessageName } from '../../domain/messages.js';
import { canonicalJson } from '../../domain/policies/canonical.js';
import type { Answer } from '../../domain/steps.js';
import type { FactBodies } from './factBodies.js';

/** A decision nobody could apply in this real time is answered `expired` and never executed later. */
export const DECISION_NOT_AFTER_MS = 120_000;

export const leadTarget = (leadId: string): string => `lead/${leadId}`;
export const hashOf = (body: unknown): Buffer => sha256(canonicalJson(JSON.parse(JSON.stringify(body))));

export interface NewDecision {
  readonly id: string;
  readonly target: string;
  readonly leadId: string | null;
  readonly name: DecisionName | 'releasePayout';
  readonly actorId: string;
  readonly body: object;
  /** Real time. */
  readonly nowMs: number;
}

/** Stores a decision, or finds it: its answer if it has one. Throws `key_reused` for another body. */
export async function putDecision(db: Queryable, decision: NewDecision): Promise<{ answer: Answer | null }> {
  const { id, target, leadId, name, actorId, body, nowMs } = decision;
  const bodyHash = hashOf({ name, target, body });
  const { rows } = await db.query<{ body_hash: Buffer; answer: Answer | null }>({
    name: 'put_decision',
    text: `with put as (
        insert into messages (id, target, lead_id, name, kind, actor_id, body, body_hash, not_after)
        values ($1, $2, $3, $4, 'decision', $5, $6, $7, $8) on conflict (id) do nothing
        returning body_hash, answer)
      select * from put union all select body_hash, answer from messages where id = $1 limit 1`,
    values: [id, target, leadId, name, actorId, body, bodyHash, new Date(nowMs + DECISION_NOT_AFTER_MS)],
  });
  const row = rows[0];
  // Both parts saw the state before a row that another sender has just committed: it is there now.
  if (!row) return putDecision(db, decision);
  if (!row.body_hash.equals(bodyHash)) {
    throw new DomainError(
      'key_reused',
      'this Idempotency-Key was used with another request; choose a new one',
    );
  }
  return { answer: row.answer };
}

/** The row of a fact, for the transaction that stores what has happened. */
export function factRow<Name extends FactName>(fact: {
  readonly id: string;
  readonly leadId: string;
  readonly name: Name;
  readonly actorId: string | null;
  readonly body: FactBodies[Name];
}): Partial<Tables['messages']> {
  const { id, leadId, name, actorId, body } = fact;
  return {
    id,
    target: leadTarget(leadId),
    lead_id: leadId,
    name,
    kind: 'fact',
    actor_id: actorId,
    body,
    body_hash: hashOf({ name, body }),
  };
}

export const MESSAGE_CHANNEL = 'l2c_messages';

/** Wakes the relay when the transaction commits; polling is its fallback. */
export const wakeRelay = (tx: Queryable): Promise<unknown> =>
  tx.query({ name: 'wake_relay', text: `select pg_notify('${MESSAGE_CHANNEL}', '')` });

export type { MessageName };
