// The native part of the SDK: installed once in a process, before anything else of it is touched.
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

let installed = false;

/**
 * Installs the runtime without signal handlers of its own (who wires the process stops it in order) and without
 * metrics, unless a port to read them from is given. Its warnings go to our log: on the terminal they would
 * stand between the lines a program reads. A second call changes nothing.
 */
export function installRuntime(
  log?: Pick<Logger, 'warn' | 'error'>,
  metrics?: { readonly host: string; readonly port: number },
): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger(
      'WARN',
      log &&
        (({ level, message, meta }) => log[level === 'ERROR' ? 'error' : 'warn']({ sdk: meta }, message)),
    ),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(metrics && { metrics: { prometheus: { bindAddress: `${metrics.host}:${metrics.port}` } } }),
    },
  });
}
