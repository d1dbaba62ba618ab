// Runs workflows of this folder in a worker of its own and prints what becomes of them; webpack does not run inside
// Jest. `L2C_THREAD=sdk`: the thread as the SDK has it; `stacks` and `lean`: ours with and without stack traces.
// `L2C_LOOPS`: those that never come back.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const { L2C_ADDRESS: address, L2C_QUEUE: taskQueue, L2C_DIST: dist } = process.env;
const { L2C_THREAD: thread, L2C_LOOPS: loops } = process.env;
const { inLeanThread } = await import(`${dist}/worker/workflowThread.js`);
const LIMIT_MS = 400;

const logger = new DefaultLogger('ERROR', () => undefined);
Runtime.install({ shutdownSignals: [], logger });
const workflowsPath = fileURLToPath(new URL('./workflows.mjs', import.meta.url));
const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
const native = await NativeConnection.connect({ address });
const create = () =>
  Worker.create({ connection: native, taskQueue, workflowBundle, isolateExecutionTimeout: LIMIT_MS });
const worker = await (thread === 'sdk' ? create() : inLeanThread(thread === 'stacks', create));
const connection = await Connection.connect({ address });
const { workflow } = new Client({ connection });
const begin = (type) =>
  workflow.start(type, { workflowId: `${type}-${taskQueue}`, taskQueue, workflowExecutionTimeout: '30s' });

/** Why its first failed task failed. */
async function failureOf(handle) {
  for (;;) {
    const { events } = await handle.fetchHistory();
    const failed = events.find(({ workflowTaskFailedEventAttributes: attributes }) => attributes);
    if (failed) return failed.workflowTaskFailedEventAttributes.failure.message;
    await sleep(50);
  }
}

const found = await worker.runUntil(async () => {
  const before = await (await begin('scopes')).result();
  const failures = {};
  for (const type of loops.split(',')) {
    const handle = await begin(type);
    failures[type] = await failureOf(handle);
    await handle.terminate();
  }
  const again = await workflow.start('scopes', { workflowId: `after-${taskQueue}`, taskQueue });
  return { before, failures, after: await again.result() };
});
console.log(JSON.stringify(found));
await native.close();
await connection.close();
