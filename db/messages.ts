// Messages as people read them.
import type { MessageView } from '../contracts/messages.js';
import type { Answer } from '../domain/steps.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

type Row = Omit<Tables['messages'], 'answer'> & { answer: Answer | null };

export async function messageById(db: Queryable, id: string): Promise<Row | undefined> {
  const { rows } = await db.query<Row>({
    name: 'message_by_id',
    text: 'select * from messages where id = $1',
    values: [id],
  });
  return rows[0];
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

export function messageView(row: Row): MessageView {
  const { answer } = row;
  const waiting = row.parked_for === null ? 'pending' : 'parked';
  return {
    id: row.id,
    name: row.name,
    kind: row.kind as MessageView['kind'],
    target: row.target,
    leadId: row.lead_id,
    actorId: row.actor_id,
    state: answer === null ? waiting : (answer.result as MessageView['state']),
    parkedFor: row.parked_for,
    code: answer?.code ?? null,
    detail: answer?.detail ?? null,
    made: answer?.made ?? null,
    recordedAt: row.recorded_at.toISOString(),
    toldAt: iso(row.told_at),
    answeredAt: iso(row.answered_at),
    notAfter: iso(row.not_after),
  };
}
