// What verification and reconciling ask and tell the engine, each call under a deadline.
import { status as grpc } from '@grpc/grpc-js';
import { type ConnectionOptions, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { openEngineClient } from '../activities/intake/engineClient.js';
import { startWorkflow, tellLook } from '../activities/intake/telling.js';
import type { PayloadKey } from '../contracts/payloadKeys.js';
import { tellsOf } from './historyTells.js';
import type { ReconcileEngine } from './reconcile.js';

const CALL_MS = 10_000;
/** A page of the list: more than one takes, and no longer than somebody waits for a page that never comes. */
const PAGE_MS = 30_000;

export interface LeadEngine extends ReconcileEngine {
  close(): Promise<void>;
}

/** Opens the engine of the leads. Nothing is connected before the first call. */
export function openLeadEngine(options: {
  readonly connection: ConnectionOptions;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly payloadKeys: readonly PayloadKey[];
}): LeadEngine {
  const { client, close } = openEngineClient(options.connection, options.namespace, options.payloadKeys);
  const soon = <T>(work: () => Promise<T>): Promise<T> =>
    client.connection.withDeadline(Date.now() + CALL_MS, work);
  const { taskQueue } = options;
  return {
    close,
    async describe(workflowId) {
      try {
        const { status } = await soon(() => client.workflow.getHandle(workflowId).describe());
        return status.name === 'RUNNING' ? 'open' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'missing';
        throw error;
      }
    },
    async *listOpen() {
      const open = client.workflow.list({
        // A funnel or another company may share the namespace; its leads stand in other rows.
        query: `WorkflowType in ('leadToCash', 'payCommissions') and ExecutionStatus = 'Running' and TaskQueue = '${taskQueue}'`,
      });
      const pages = open[Symbol.asyncIterator]();
      for (;;) {
        const next = await client.connection.withDeadline(Date.now() + PAGE_MS, () => pages.next());
        if (next.done) return;
        yield next.value.workflowId;
      }
    },
    async start(workflowId) {
      if (await startWorkflow({ client, taskQueue }, workflowId, CALL_MS)) return;
      throw new Error(`the engine did not take ${workflowId}`);
    },
    async tells(workflowId) {
      try {
        return tellsOf(await soon(() => client.workflow.getHandle(workflowId).fetchHistory()));
      } catch (error) {
        // A history is asked for by a plain call, whose refusal the SDK does not translate.
        if (isGrpcServiceError(error) && error.code === grpc.NOT_FOUND) return undefined;
        throw error;
      }
    },
    async terminate(workflowId) {
      try {
        await soon(() => client.workflow.getHandle(workflowId).terminate('its row is what counts'));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    async look(workflowId) {
      await tellLook({ client, taskQueue }, workflowId, CALL_MS);
    },
  };
}
