// The API as a process of its own, for production: everything comes from the environment, nothing is started
// beside it. The database must have seen `l2c db migrate`.
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { openEngineClient } from '../activities/intake/engineClient.js';
import { ConfigError, engineConnection, readConfig } from '../config.js';
import { logOptions } from '../contracts/redacted.js';
import { startTracing } from '../observe/tracing.js';
import { openApi } from './open.js';

const STOP_MS = 20_000;
const DEFAULT_PORT = 3_000;

const config = readConfig();
const log = pino(logOptions(config.logLevel));
const { appUrl: appDatabaseUrl } = config.database;
if (appDatabaseUrl === undefined || config.temporal.address === undefined) {
  throw new ConfigError(['the API of its own needs L2C_APP_DATABASE_URL and TEMPORAL_ADDRESS']);
}
const connection = engineConnection();
const tracing = await startTracing(config.observe.traces, 'l2c-api');
const engine = openEngineClient(
  connection,
  config.temporal.namespace,
  config.payloadKeys,
  tracing && [tracing.client],
);
const api = await openApi({
  config,
  appDatabaseUrl,
  engine: { client: engine.client, taskQueue: config.temporal.taskQueue },
  probeEngine: engine.probe,
  log,
  tracing,
  port: config.ports.api ?? DEFAULT_PORT,
});

closeWithGrace({ delay: STOP_MS, logger: log }, async ({ err }) => {
  if (err) log.fatal({ err }, 'the API ends because of an error nobody expected');
  await api.stop();
  await engine.close();
  await tracing?.stop();
});
