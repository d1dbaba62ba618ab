// The worker: runs workflows and activities of one task queue, and the relay and sweep beside them.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from '@temporalio/client';
import type { ActivityInterceptorsFactory, NativeConnectionOptions, WorkerOptions } from '@temporalio/worker';
import { NativeConnection, Worker } from '@temporalio/worker';
import { type ActivityDeps, makeActivities } from '../activities/index.js';
import { payloadCodec } from '../activities/intake/payloadCodec.js';
import type { Engine } from '../activities/intake/telling.js';
import type { PayloadKey } from '../contracts/payloadKeys.js';
import { startRelay } from './relay.js';
import { inLeanThread } from './workflowThread.js';

export interface WorkerSettings {
  readonly connection: NativeConnectionOptions;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workflowBundle: { readonly codePath: string };
  readonly maxCachedWorkflows: number;
  /** Steps at a time; fewer than the pool has connections, or they time out waiting for one. Default: all of them. */
  readonly localActivities?: number;
  /** True: the engine's UI can ask where the code of a workflow stands. */
  readonly stackTraces?: boolean;
  readonly shutdownGraceMs: number;
  /** Around each activity: tracing. */
  readonly interceptor?: ActivityInterceptorsFactory;
  /** The first encrypts what goes to the engine, all decrypt. Default: none. */
  readonly payloadKeys?: readonly PayloadKey[];
}

export interface RunningWorker {
  /** Resolves when the worker has ended; rejects when it broke. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export async function startWorker(
  settings: WorkerSettings,
  deps: ActivityDeps & { readonly engine: Engine },
): Promise<RunningWorker> {
  const connection = await NativeConnection.connect(settings.connection);
  const dataConverter = { payloadCodecs: [payloadCodec(settings.payloadKeys ?? [])] };
  const options: WorkerOptions = {
    connection,
    namespace: settings.namespace,
    taskQueue: settings.taskQueue,
    workflowBundle: settings.workflowBundle,
    // It stands twice in every workflow task of every history; the default is 80 characters long.
    buildId: buildOf(settings.workflowBundle.codePath),
    activities: makeActivities(deps),
    dataConverter,
    maxCachedWorkflows: settings.maxCachedWorkflows,
    shutdownGraceTime: settings.shutdownGraceMs,
    // A killed worker's leads go on elsewhere after it; the default of 10 s is felt (docs/protocol.md, Engine).
    stickyQueueScheduleToStartTimeout: '1s',
    ...(settings.interceptor && { interceptors: { activity: [settings.interceptor] } }),
    maxConcurrentLocalActivityExecutions: settings.localActivities ?? deps.db.options.max ?? 10,
  };
  const worker = await inLeanThread(settings.stackTraces ?? false, () => Worker.create(options));
  // What the relay starts, this worker begins: the first task comes with the answer instead of by way of a queue.
  const client = new Client({ connection, namespace: settings.namespace, dataConverter });
  const relay = startRelay({ ...deps, engine: { ...deps.engine, client, isWorkers: true } });
  const ended = worker.run();
  return {
    ended,
    async stop() {
      await relay.stop();
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended.catch(() => undefined);
      await connection.close();
    },
  };
}

/** Names the workflow code a worker runs by the first characters of its hash. */
const buildOf = (codePath: string): string =>
  createHash('sha256').update(readFileSync(codePath)).digest('hex').slice(0, 12);
