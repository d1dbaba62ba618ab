// When nothing is under way: the counts of a history are the same in each run only when every message meets a
// workflow that has nothing else to do.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Lead, Watch } from './golden.js';

const POLL_MS = 15;
const PATIENCE_MS = 30_000;

/** Waits until a workflow has neither task nor activity pending; with `end`, until its run is over. */
export async function untilQuiet(client: Client, workflowId: string, end = false): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ; ) {
    const { raw, status } = await client.workflow.getHandle(workflowId).describe();
    const pending = raw.pendingWorkflowTask || (raw.pendingActivities?.length ?? 0) > 0;
    if (end ? status.name !== 'RUNNING' : !pending) return;
    if (Date.now() > until) throw new Error(`${workflowId} is not quiet after ${PATIENCE_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

/** Sends each call of a golden lead into quiet, and waits for the end of its run. */
export function quietly(client: Client, after?: (call: string, lead: Lead) => Promise<void>): Watch {
  return {
    async after(call, lead) {
      await untilQuiet(client, lead.workflowId, call === 'payment');
      await after?.(call, lead);
    },
  };
}
