// A worker of a release in a process of its own, so that it can be killed as a machine kills it: the product's steps
// with the workflow bundle of L2C_BUNDLE.
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import pino from 'pino';

const {
  L2C_ADDRESS: address,
  L2C_DATABASE: url,
  L2C_QUEUE: taskQueue,
  L2C_DIST: dist,
  L2C_BUNDLE: codePath,
} = process.env;
const { PolicyStore } = await import(`${dist}/db/policies.js`);
const { openPool } = await import(`${dist}/db/pool.js`);
const { startWorker } = await import(`${dist}/worker/worker.js`);

Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('ERROR', () => undefined), // Tasks that fail are looked for in the histories.
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});
const connection = await Connection.connect({ address });
await startWorker(
  {
    connection: { address },
    namespace: 'default',
    taskQueue,
    workflowBundle: { codePath },
    maxCachedWorkflows: 100,
    shutdownGraceMs: 1_000,
  },
  {
    db: openPool(url, { max: 8, applicationName: 'released-worker' }),
    policies: new PolicyStore(),
    log: pino({ level: 'silent' }),
    mailer: undefined,
    engine: { client: new Client({ connection, namespace: 'default' }), taskQueue },
  },
);
process.stdout.write('ready\n');
