// Carries the trace of a decision to the step it runs: one header, unread, from the update to the local activity of
// the same message. Nothing of a tracing library is bundled, no command is added, nothing happens without a header.
import type { WorkflowInterceptors } from '@temporalio/workflow';
import type { StepCall } from '../domain/steps.js';
import type { DecisionCall } from './messages.js';

/** The name the SDK's own tracing uses, so that other clients' traces go on here. */
const HEADER = '_tracer-data';

export function interceptors(): WorkflowInterceptors {
  // By message, not by context: a step waits for its turn, and the turn belongs to whoever had it before.
  const carried = new Map<string, NonNullable<unknown>>();
  return {
    inbound: [
      {
        // No `async`: a tick more would order a handler's end otherwise than old histories have it.
        handleUpdate(input, next) {
          const header = input.headers[HEADER];
          const [call] = input.args as [DecisionCall?];
          if (!header || !call) return next(input);
          carried.set(call.messageId, header);
          const done = next(input);
          const forget = () => void carried.delete(call.messageId);
          done.then(forget, forget);
          return done;
        },
      },
    ],
    outbound: [
      {
        scheduleLocalActivity(input, next) {
          const [call] = input.args as [StepCall?];
          const header = carried.get(call?.key ?? '');
          if (!header) return next(input);
          return next({ ...input, headers: { ...input.headers, [HEADER]: header } });
        },
      },
    ],
  };
}
