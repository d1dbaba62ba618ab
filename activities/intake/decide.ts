// A decision from the click to its answer: stored, sent, asked again while that makes sense. Whatever happens
// after the row is stored, the worst answer is "not yet", with the message's address.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../db/pool.js';
import type { Stage } from '../../domain/leads/stages.js';
import { type DecisionName, outcomeOf } from '../../domain/messages.js';
import type { Answer } from '../../domain/steps.js';
import { type NewDecision, putDecision } from './messages.js';
import {
  type Addressed,
  answerOf,
  type Engine,
  storeRefusal,
  type ToldMarks,
  tellDecision,
  tellLook,
} from './telling.js';

export interface DecideDeps {
  readonly db: Db;
  readonly engine: Engine;
  readonly marks: ToldMarks;
  readonly log: { warn(about: object, text: string): void };
}

/** The answer, or null while it is not known: the sweep goes on with it. */
export type Decided = Answer | null;

/** Longer than workflow-task plus sticky time-out, so that a worker that was killed is waited for. */
export const DECISION_DEADLINE_MS = 7_000;
const AGAIN_MS = 150;

export async function decide(deps: DecideDeps, decision: NewDecision): Promise<Decided> {
  const { answer } = await putDecision(deps.db, decision);
  if (answer) return answer;
  try {
    return await pursue(deps, decision, Date.now() + DECISION_DEADLINE_MS);
  } catch (err) {
    // It is stored and may be applied by now: whatever broke since, "nothing has happened" would be a lie.
    deps.log.warn({ message: decision.id, err }, 'a decision is stored and its answer not known yet');
    return null;
  }
}

/** Sends a stored decision until it is answered or the deadline (real time) has passed. */
export async function pursue(
  { db, engine, marks }: Omit<DecideDeps, 'log'>,
  message: Addressed,
  deadlineMs: number,
  attempt?: number,
): Promise<Decided> {
  for (let start = false; ; ) {
    const withinMs = deadlineMs - Date.now();
    if (withinMs <= 0) return answerOf(db, message.id);
    const told = await tellDecision(engine, message, { withinMs, start, ...(attempt && { attempt }) });
    switch (told.kind) {
      case 'answered':
        if (!told.answer || told.answer.result === 'stuck') return answerOf(db, message.id);
        marks.add(message.id);
        // Why stands in the row alone: it may quote what somebody typed, and a history keeps what it is told.
        return told.answer.result === 'applied' ? told.answer : answerOf(db, message.id);
      case 'refused': {
        if (await storeRefusal(db, message, told)) return told.answer;
        const answered = await answerOf(db, message.id);
        if (answered) return answered;
        await tellLook(engine, message.target, Math.max(1, deadlineMs - Date.now())); // It is behind its row.
        break;
      }
      case 'absent': {
        const closed = await refusedByClosedRow(db, message);
        if (closed) return closed;
        start = true;
        break;
      }
      case 'unknown': {
        const answered = await answerOf(db, message.id);
        if (answered) marks.add(message.id);
        return answered;
      }
      case 'draining':
      case 'again':
        break;
    }
    await sleep(AGAIN_MS);
  }
}

/** No workflow: a closed lead refuses what does not reopen it, by its row alone. */
async function refusedByClosedRow(db: Db, message: Addressed): Promise<Answer | null> {
  if (message.leadId === null) return null;
  const { rows } = await db.query<{ stage: Stage; revision: number }>({
    name: 'stage_of_lead',
    text: 'select stage, revision from leads where id = $1',
    values: [message.leadId],
  });
  const lead = rows[0];
  if (lead?.stage !== 'closed') return null;
  const outcome = outcomeOf(lead.stage, message.name as DecisionName);
  if (outcome.kind !== 'refuse') return null;
  const answer: Answer = { result: 'refused', code: outcome.code, detail: outcome.detail };
  if (await storeRefusal(db, message, { answer, revision: lead.revision })) return answer;
  return answerOf(db, message.id);
}
