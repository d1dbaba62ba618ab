// The worker as one process needs it: a pool of its own, the bundle of dist/, mails, relay and checkpoints.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ConnectionOptions } from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Engine } from '../activities/intake/telling.js';
import { makeMailer } from '../activities/mailer.js';
import type { Config } from '../config.js';
import { PolicyStore } from '../db/policies.js';
import { openPool } from '../db/pool.js';
import { mustBeSafe } from '../db/serverChecks.js';
import { collectWithoutHelpers } from '../observe/heap.js';
import { openMetrics } from '../observe/metrics.js';
import type { MetricsPage } from '../observe/page.js';
import type { Tracing } from '../observe/tracing.js';
import { startArchive } from './archive.js';
import { checkpointKey } from './checkpoint.js';
import { startCheckpoints } from './checkpoints.js';
import { foldersOf } from './folders.js';
import { installRuntime } from './runtime.js';
import { startSchedule } from './schedule.js';
import { startWorker } from './worker.js';

export interface WorkerParts {
  readonly config: Config;
  readonly appDatabaseUrl: string;
  readonly connection: ConnectionOptions;
  readonly engine: Engine;
  readonly log: Logger;
  /** How long work under way may still take when it is told to stop. */
  readonly graceMs: number;
  readonly tracing?: Tracing | undefined;
  /** False for tests: a server that may lose what it answered. */
  readonly durable?: boolean;
  /** False where the run is over in minutes: no Schedule is left behind that nobody works for. */
  readonly schedule?: boolean;
}

export interface OpenWorker {
  /** Its page of metrics, where the settings ask for one. */
  readonly metricsUrl?: string;
  /** Resolves when the worker has ended; rejects when it broke. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** The workflow bundle that the build has made: above this file in dist/, or in dist/ beside the sources. */
export const WORKFLOW_BUNDLE = ['../workflow-bundle.js', '../dist/workflow-bundle.js']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .reduce((first, second) => (existsSync(first) ? first : second));

/** The connection of a client as the worker's own library takes it: the same address, TLS, key and headers. */
export function nativeConnection(connection: ConnectionOptions): NativeConnectionOptions {
  const { address, tls, apiKey, metadata } = connection;
  return {
    ...(address !== undefined && { address }),
    ...(tls !== undefined && tls !== null && { tls }),
    ...(typeof apiKey === 'string' && { apiKey }),
    ...(metadata !== undefined && { metadata: metadata as Record<string, string> }),
    // The default is gzip: up to 5 % of a lead's CPU, for nothing where no wire is in between.
    ...(isLoopback(address) && { grpcCompression: { codec: 'none' as const } }),
  };
}

const isLoopback = (address = 'localhost'): boolean =>
  /^(127(\.\d+){3}|localhost|\[::1\])(:|$)/.test(address);

/** Opens the worker. Throws UnsafeDatabase, or what database and engine refuse; nothing is left open then. */
export async function openWorker(parts: WorkerParts): Promise<OpenWorker> {
  collectWithoutHelpers();
  const { config, log, engine, durable = true } = parts;
  const { host, workerPort: port } = config.observe;
  // The SDK shows its metrics on a port and nowhere else: one of the loopback, which our page reads.
  const sdk = installRuntime(
    log,
    port === undefined ? undefined : { host: LOOPBACK, port: await freePort() },
  );
  const db = openPool(parts.appDatabaseUrl, {
    max: config.pools.worker,
    applicationName: 'l2c-worker',
    repetitive: true,
    byIndex: true,
    onIdleError: ({ message }) => log.warn({ reason: message }, 'a database connection broke'),
  });
  parts.tracing?.addToPool(db);
  let page: MetricsPage | undefined;
  try {
    await mustBeSafe(db, durable);
    const folders = foldersOf(config.stateDir);
    page = await openMetrics({
      ...{ host, port, process: 'worker', db, engine },
      ...(sdk !== undefined && { beside: sdk }),
    });
    const key = await checkpointKey(config.stateDir);
    const worker = await startWorker(
      {
        connection: nativeConnection(parts.connection),
        namespace: config.temporal.namespace,
        taskQueue: config.temporal.taskQueue,
        workflowBundle: { codePath: WORKFLOW_BUNDLE },
        maxCachedWorkflows: config.worker.cachedWorkflows,
        localActivities: config.worker.localActivities,
        stackTraces: config.worker.stackTraces,
        shutdownGraceMs: parts.graceMs,
        ...(parts.tracing && { interceptor: parts.tracing.activities }),
        payloadKeys: config.payloadKeys,
      },
      {
        db,
        engine,
        log,
        policies: new PolicyStore(),
        mailer: makeMailer({
          ...(config.smtpUrl !== undefined && { smtpUrl: config.smtpUrl }),
          outboxDir: folders.mails,
        }),
      },
    );
    const schedule = parts.schedule === false ? undefined : startSchedule(engine, log);
    const archive = startArchive({ engine, dir: folders.histories, log });
    const checkpoints = startCheckpoints({ db, dir: folders.checkpoints, key, log });
    return {
      ended: worker.ended,
      ...(page && { metricsUrl: page.url }),
      async stop() {
        await worker.stop();
        await schedule?.stop();
        await archive.stop();
        await checkpoints.stop();
        await page?.stop();
        await db.end();
      },
    };
  } catch (error) {
    await page?.stop();
    await db.end();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
