// The native part of the SDK: installed once in a process, before anything else of it is touched.
import { DefaultLogger, Runtime } from '@temporalio/worker';

let installed = false;

/**
 * Installs the runtime without signal handlers of its own (who wires the process stops it in order) and without
 * metrics, unless a port to read them from is given. A second call changes nothing.
 */
export function installRuntime(metrics?: { readonly host: string; readonly port: number }): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN'),
    ...(metrics && {
      telemetryOptions: { metrics: { prometheus: { bindAddress: `${metrics.host}:${metrics.port}` } } },
    }),
  });
}
