// Runs the workflow of scopes.mjs in a worker of its own and prints what it answers; webpack does not run inside
// Jest. `L2C_TRACES=on`: the thread as the SDK has it.
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const { L2C_ADDRESS: address, L2C_QUEUE: taskQueue, L2C_DIST: dist, L2C_TRACES: traces } = process.env;
const { withoutStackTraces } = await import(`${dist}/worker/workflowThread.js`);

const logger = new DefaultLogger('ERROR');
Runtime.install({ shutdownSignals: [], logger });
const workflowsPath = fileURLToPath(new URL('./scopes.mjs', import.meta.url));
const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
const native = await NativeConnection.connect({ address });
const create = () => Worker.create({ connection: native, taskQueue, workflowBundle });
const worker = await (traces === 'on' ? create() : withoutStackTraces(create));
const connection = await Connection.connect({ address });
const { workflow } = new Client({ connection });
const workflowId = `scopes-${taskQueue}`;
const answer = await worker.runUntil(async () => {
  const handle = await workflow.start('scopes', { workflowId, taskQueue, workflowExecutionTimeout: '20s' });
  return handle.result();
});
console.log(JSON.stringify(answer));
await native.close();
await connection.close();
