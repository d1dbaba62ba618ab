// The native part of the SDK: installed once in a process, before anything else of it is touched.
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

let installed = false;
let metricsUrl: string | undefined;

/** Upper bounds in ms: a step takes some 10, and the SDK's own bounds begin at 100. */
const BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000];
const TIMED = [
  'workflow_task_schedule_to_start_latency',
  'workflow_task_execution_latency',
  'workflow_task_replay_latency',
  'workflow_endtoend_latency',
  'activity_schedule_to_start_latency',
  'activity_execution_latency',
  'local_activity_execution_latency',
  'request_latency',
];

/**
 * Installs the runtime without signal handlers of its own (who wires the process stops it in order) and without
 * metrics, unless a port to read them from is given. Its warnings go to our log: on the terminal they would
 * stand between the lines a program reads. A second call changes nothing. Answers where the metrics are read.
 */
export function installRuntime(
  log?: Pick<Logger, 'warn' | 'error'>,
  metrics?: { readonly host: string; readonly port: number },
): string | undefined {
  if (installed) return metricsUrl;
  installed = true;
  metricsUrl = metrics && `http://${metrics.host}:${metrics.port}/metrics`;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger(
      'WARN',
      log &&
        (({ level, message, meta }) => log[level === 'ERROR' ? 'error' : 'warn']({ sdk: meta }, message)),
    ),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(metrics && {
        metrics: {
          prometheus: {
            bindAddress: `${metrics.host}:${metrics.port}`,
            histogramBucketOverrides: Object.fromEntries(TIMED.map((name) => [name, BOUNDS_MS])),
          },
        },
      }),
    },
  });
  return metricsUrl;
}
