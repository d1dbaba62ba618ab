// What the engine knows of our task queue: tasks nobody has taken, who asks for them, and workflows whose tasks
// keep failing. The SDK's own metrics end with the worker; these are there when no worker is.
import type { Engine } from '../activities/intake/telling.js';

const CALL_MS = 3_000;
/** Numbers of the engine's API. */
const QUEUES = { workflow: 1, activity: 2 } as const;

export interface QueueKind {
  readonly kind: keyof typeof QUEUES;
  readonly backlog: number;
  readonly backlogAgeMs: number;
  readonly pollers: number;
}

export interface TaskQueueStats {
  readonly kinds: readonly QueueKind[];
  /** Running workflows of this queue that report problems (`TemporalReportedProblems`). */
  readonly stuck: number;
}

/** Asks the engine. Rejects when it does not answer within 3 s. */
export async function queueStats({ client, taskQueue }: Engine): Promise<TaskQueueStats> {
  const { namespace } = client.options;
  return client.connection.withDeadline(Date.now() + CALL_MS, async () => {
    const kinds = Object.entries(QUEUES) as [QueueKind['kind'], 1 | 2][];
    // Each to its end: whoever closes the connection after us must find no call in flight.
    const [counted, ...asked] = await Promise.allSettled([
      client.workflow.count(
        `TaskQueue = '${taskQueue}' and ExecutionStatus = 'Running' and TemporalReportedProblems is not null`,
      ),
      ...kinds.map(([, taskQueueType]) =>
        client.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: taskQueue },
          taskQueueType,
          reportStats: true,
        }),
      ),
    ]);
    return {
      stuck: must(counted).count,
      kinds: asked.map(must).map(({ stats, pollers }, at) => ({
        kind: kinds[at]?.[0] ?? 'workflow',
        backlog: Number(stats?.approximateBacklogCount ?? 0),
        backlogAgeMs: msOf(stats?.approximateBacklogAge),
        pollers: pollers?.length ?? 0,
      })),
    };
  });
}

function must<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

type Duration = { seconds?: unknown; nanos?: number | null } | null | undefined;

const msOf = (duration: Duration): number =>
  Number(duration?.seconds ?? 0) * 1000 + (duration?.nanos ?? 0) / 1e6;
