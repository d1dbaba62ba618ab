// How the workflow reaches the outside. A write to our own database is a local activity: no state
// transition, one transaction, done once under its key. A call to a neighbour is a normal activity.
import {
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
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

/** The type of a step's failure; a local activity throws it unwrapped, a normal one inside ActivityFailure. */
export function failureOf(error: unknown): StepFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  return type === 'DatabaseAway' || type === 'StepBroken' ? type : undefined;
}

/** The step that applies a message: a decision's has its name, a fact's stands in the table. */
export const stepOf = (name: MessageName): DecisionName | FactStep =>
  name in FACT_STEPS ? FACT_STEPS[name as FactName] : (name as DecisionName);
