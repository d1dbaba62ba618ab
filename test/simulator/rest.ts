// A workflow between two tasks: with one under way a replay would have to go beyond its history.
import type { temporal } from '@temporalio/proto';
import { until, type World } from '../support/world.js';

export type History = temporal.api.history.v1.IHistory;

/** Waits until no task of a workflow is under way; its history then. */
export function restOf({ engine }: World, workflowId: string): Promise<History> {
  const handle = engine.client.workflow.getHandle(workflowId);
  return until(`${workflowId} is at rest`, async () => {
    const present = await handle.fetchHistory();
    return isAtRest(present) && present;
  });
}

function isAtRest({ events }: History): boolean {
  const last = events?.findLast(
    (event) =>
      event.workflowTaskScheduledEventAttributes ??
      event.workflowTaskStartedEventAttributes ??
      event.workflowTaskCompletedEventAttributes,
  );
  return Boolean(last?.workflowTaskCompletedEventAttributes);
}
