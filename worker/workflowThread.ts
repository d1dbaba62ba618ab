// The thread in which the SDK runs workflow code. For the "Stack Trace" tab of the engine's UI it notes a stack for
// every promise of every lead, some 1,400 in a lead's life: half of the thread's CPU (32 ms a lead with it, 16
// without) and 19 KB of each open lead. What a lead waits for stands in its details and in `getWaits`.
import threads from 'node:worker_threads';

/** Opens a worker whose thread notes no stacks; the SDK has no setting for it. */
export async function withoutStackTraces<T>(open: () => Promise<T>): Promise<T> {
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    constructor(file: string | URL, options?: threads.WorkerOptions) {
      super(new URL(`data:text/javascript,${encodeURIComponent(untraced(String(file)))}`), options);
    }
  };
  try {
    return await open();
  } finally {
    threads.Worker = Worker;
  }
}

// Only the SDK's view of the module is changed: Node follows contexts across promises with the same function, and
// without it a workflow loses its cancellation scope at the first await (test/workflows/thread.test.ts).
const untraced = (file: string): string => `
  import { createRequire } from 'node:module';
  import v8 from 'node:v8';
  v8.promiseHooks = { ...v8.promiseHooks, createHook: () => () => undefined };
  createRequire(${JSON.stringify(file)})(${JSON.stringify(file)});`;
