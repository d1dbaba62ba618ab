// A worker in a process of its own, so that it can be killed as a machine kills it. It stands still for ever once
// a step named L2C_HANG_IN is committed: its effect is in the database, its answer is never on its way.
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import pino from 'pino';

const {
  L2C_ADDRESS: address,
  L2C_DATABASE: url,
  L2C_QUEUE: taskQueue,
  L2C_DIST: dist,
  L2C_HANG_IN: hangIn,
} = process.env;
const { PolicyStore } = await import(`${dist}/db/policies.js`);
const { openPool } = await import(`${dist}/db/pool.js`);
const { startWorker } = await import(`${dist}/worker/worker.js`);
const { Client, Connection } = await import('@temporalio/client');

Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

const pool = openPool(url, { max: 8, applicationName: 'killed-worker' });
const connect = pool.connect.bind(pool);
pool.connect = async (...args) => {
  if (args.length > 0) return connect(...args);
  const client = await connect();
  const query = client.query.bind(client);
  let isTheOne = false;
  client.query = async (...call) => {
    if (JSON.stringify(call).includes(hangIn)) isTheOne = true;
    const result = await query(...call);
    if (isTheOne && call[0] === 'commit') {
      process.stdout.write('committed\n');
      await new Promise(() => undefined);
    }
    return result;
  };
  return client;
};
const connection = await Connection.connect({ address });
await startWorker(
  {
    connection: { address },
    namespace: 'default',
    taskQueue,
    workflowBundle: { codePath: `${dist}/workflow-bundle.js` },
    maxCachedWorkflows: 100,
    shutdownGraceMs: 1_000,
  },
  {
    db: pool,
    policies: new PolicyStore(),
    log: pino({ level: 'silent' }),
    mailer: undefined,
    engine: { client: new Client({ connection, namespace: 'default' }), taskQueue },
  },
);
process.stdout.write('ready\n');
