// How the workflow reaches the outside. A write to our own database is a local activity: no state
// transition, one transaction, done once under its key. A call to a neighbour is a normal activity.
import {
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { DecisionName, FactName, MessageName } from '../domain/messages.js';
import { type DealActivities, FACT_STEPS, type FactStep, type StepFailure } from '../domain/steps.js';

// Repeatable for ever in effect: four quick attempts in one task, then the deal's own timer (deal.ts).
export const steps: DealActivities = proxyLocalActivities<DealActivities>({
  startToCloseTimeout: '4s', // Below the workflow task's time-out, so a slow database fails the step first.
  localRetryThreshold: '1s',
  retry: {
    initialInterval: '100ms',
    backoffCoefficient: 3,
    maximumAttempts: 4,
    nonRetryableErrorTypes: ['StepBroken'],
  },
});

// A neighbour: tried for a day, then it is a person's task; the deal itself never waits for a mail.
export const { sendMail } = proxyActivities<{ sendMail(mail: { mailId: string }): Promise<void> }>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '24h',
  summary: 'mail to the customer or a colleague',
  retry: {
    initialInterval: '2s',
    backoffCoefficient: 3,
    maximumInterval: '1h',
    nonRetryableErrorTypes: ['MailRefused'],
  },
});

/**
 * Why a step failed after its quick attempts: the database is away, or slower than the step may take; anything
 * else a step throws is a bug of ours, whether it was counted three times or not (a worker that was restarted
 * counts anew). Undefined for what no step threw. A local activity throws unwrapped.
 */
export function failureOf(error: unknown): StepFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return 'DatabaseAway';
  if (!(cause instanceof ApplicationFailure)) return undefined;
  return cause.type === 'DatabaseAway' ? 'DatabaseAway' : 'StepBroken';
}

/** The step that applies a message: a decision's has its name, a fact's stands in the table. */
export const stepOf = (name: MessageName): DecisionName | FactStep =>
  name in FACT_STEPS ? FACT_STEPS[name as FactName] : (name as DecisionName);
