// How a route takes a decision: stored and sent by the intake, answered with the record as it stands after it,
// with the refusal, or with the message's address while nobody knows.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { decide } from '../activities/intake/decide.js';
import { leadTarget, type NewDecision } from '../activities/intake/messages.js';
import { Pending } from '../contracts/messages.js';
import { DomainError, type ErrorCode } from '../domain/errors.js';
import type { Answer } from '../domain/steps.js';
import { actorOf } from './auth/actor.js';
import type { AppDeps } from './deps.js';
import { idempotencyKey, messageIdFor } from './idempotency.js';

/** The 202 of every decision, to spread into `schema.response`. */
export const pendingResponse = { 202: Pending };

export interface Decision {
  readonly name: NewDecision['name'];
  readonly leadId: string | null;
  /** Workflow to tell; the lead's own where absent. */
  readonly target?: string;
  readonly body: object;
}

/**
 * Runs a decision to its answer. 200 with `view(answer)`, the stored refusal as a problem, 202 with the
 * message's address after the deadline.
 */
export async function answerDecision<View>(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: AppDeps,
  decision: Decision,
  view: (answer: Answer) => Promise<View>,
): Promise<View | Pending> {
  const { personId } = actorOf(request);
  const id = messageIdFor(personId, idempotencyKey(request));
  const { leadId, name, body } = decision;
  const target = decision.target ?? leadTarget(leadId ?? '');
  const answer = await decide(deps, { id, target, leadId, name, actorId: personId, body, nowMs: Date.now() });
  const address = `/v1/messages/${id}`;
  reply.header('message-location', address);
  const pending = (): Pending => {
    reply.code(202).header('retry-after', '2');
    return { message: address, state: 'pending' };
  };
  if (answer === null) return pending();
  if (answer.result === 'refused' || answer.result === 'expired') {
    const code = (answer.code ?? 'expired') as ErrorCode;
    throw new DomainError(code, answer.detail ?? 'nobody could apply it in time', answer.pointer, {
      message: address,
    });
  }
  try {
    return await view(answer);
  } catch (err) {
    // It is done; a record that cannot be read just now must not sound like a refusal.
    request.log.warn({ err, message: id }, 'decided, but the record could not be read');
    return pending();
  }
}
