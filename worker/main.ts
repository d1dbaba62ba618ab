// The worker as a process of its own, for production: everything comes from the environment, nothing is started
// beside it. The database must have seen `l2c db migrate`.
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { openEngineClient } from '../activities/intake/engineClient.js';
import { ConfigError, engineConnection, readConfig } from '../config.js';
import { logOptions } from '../contracts/redacted.js';
import { startTracing } from '../observe/tracing.js';
import { openWorker } from './open.js';

const STOP_MS = 30_000;
/** Below the above: what runs may finish, and what does not is run elsewhere. */
const GRACE_MS = 20_000;

const config = readConfig();
const log = pino(logOptions(config.logLevel));
const { appUrl: appDatabaseUrl } = config.database;
if (appDatabaseUrl === undefined || config.temporal.address === undefined) {
  throw new ConfigError(['the worker of its own needs L2C_APP_DATABASE_URL and TEMPORAL_ADDRESS']);
}
const connection = engineConnection();
const tracing = await startTracing(config.observe.traces, 'l2c-worker');
const engine = openEngineClient(
  connection,
  config.temporal.namespace,
  config.payloadKeys,
  tracing && [tracing.client],
);
const worker = await openWorker({
  config,
  appDatabaseUrl,
  connection,
  engine: { client: engine.client, taskQueue: config.temporal.taskQueue },
  log,
  tracing,
  graceMs: GRACE_MS,
});
log.info({ taskQueue: config.temporal.taskQueue }, 'the worker works');

const closing = closeWithGrace({ delay: STOP_MS, logger: log }, async ({ err }) => {
  if (err) log.fatal({ err }, 'the worker ends because of an error nobody expected');
  await worker.stop();
  await engine.close();
  await tracing?.stop();
});
// A worker that broke is no worker: its supervisor starts another one.
worker.ended.catch((err: unknown) => {
  log.fatal({ err }, 'the worker broke');
  process.exitCode = 1;
  void closing.close();
});
