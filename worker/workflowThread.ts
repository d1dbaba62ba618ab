// The thread in which the SDK runs workflow code, without two of its habits that cost much and that it has no setting
// for.
//
// Stacks: for the "Stack Trace" tab of the engine's UI it notes a stack for every promise of every lead, some 1,400 in a
// lead's life: half of the thread's CPU (32 ms a lead with it, 16 without) and 19 KB of each open lead. What a lead waits
// for stands in its details and in `getWaits`.
//
// Watchdogs: each of the 57 calls into the code of a lead's workflow has a time limit of its own, which is a thread made
// and ended, 65 µs. An activation makes three or four of them in one go: the limit is on all of them (5 ms a lead saved).
import type vm from 'node:vm';
import threads from 'node:worker_threads';

/** Opens a worker with such a thread; with `stacks` it notes them as the SDK does. */
export async function inLeanThread<T>(stacks: boolean, open: () => Promise<T>): Promise<T> {
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    constructor(file: string | URL, options?: threads.WorkerOptions) {
      super(new URL(`data:text/javascript,${encodeURIComponent(prepared(String(file), stacks))}`), options);
    }
  };
  try {
    return await open();
  } finally {
    threads.Worker = Worker;
  }
}

const prepared = (file: string, stacks: boolean): string => `
  import { createRequire } from 'node:module';
  const require = createRequire(${JSON.stringify(file)});
  (${limitActivations})(require);
  ${stacks ? '' : `(${noteNoStacks})(require);`}
  require(${JSON.stringify(file)});`;

// Both run in the thread, from their text: they see nothing of this module.

// Only the SDK's view of the module is changed: Node follows contexts across promises with the same function, and
// without it a workflow loses its cancellation scope at the first await (test/workflows/thread.test.ts).
function noteNoStacks(load: NodeJS.Require): void {
  const v8 = load('node:v8') as { promiseHooks: object };
  v8.promiseHooks = { ...v8.promiseHooks, createHook: () => () => undefined };
}

interface Activated {
  readonly activator: { readonly info: { readonly runId: string }; errorToFailure(error: unknown): unknown };
}
type Activate = (this: Activated, activation: unknown) => Promise<unknown>;

function limitActivations(load: NodeJS.Require): void {
  const { Script, createContext } = load('node:vm') as typeof vm;
  const { BaseVMWorkflow } = load('./vm-shared') as {
    BaseVMWorkflow: { prototype: { activate: Activate } };
  };
  const { runInContext } = Script.prototype;
  const { activate } = BaseVMWorkflow.prototype;
  const room = createContext({ run: () => undefined });
  const door = new Script('run()');
  let limits: vm.RunningScriptOptions = {};
  let isLimited = false;
  Script.prototype.runInContext = function (this: vm.Script, context, options = {}): unknown {
    if (isLimited) return runInContext.call(this, context, { ...options, timeout: undefined });
    limits = options; // A workflow is made, with the limit of the worker, before it is activated.
    return runInContext.call(this, context, options);
  };
  BaseVMWorkflow.prototype.activate = function (activation) {
    let done: Promise<unknown> = Promise.resolve();
    // All calls into the workflow's code are made before the SDK's function waits for anything.
    room.run = () => {
      done = activate.call(this, activation);
    };
    isLimited = true;
    try {
      runInContext.call(door, room, limits);
      return done;
    } catch (error) {
      // The end of the limit passes every `catch` on its way: what the SDK would answer is answered here.
      const { info } = this.activator;
      return Promise.resolve({
        runId: info.runId,
        failed: { failure: this.activator.errorToFailure(error) },
      });
    } finally {
      isLimited = false;
    }
  };
}
