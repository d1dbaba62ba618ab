// Gives the libraries other options than the product gives them, from outside: what a setting is worth is measured
// without a switch for it in the product.
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { PartVariant } from './settings.js';

/** Options of the worker, and among them the compression of its connection. */
export function varyWorker({ worker }: PartVariant = {}): void {
  if (worker === undefined) return;
  const { grpcCompression, ...options } = worker;
  const create = Worker.create.bind(Worker);
  Worker.create = (ours) => create({ ...ours, ...options });
  if (grpcCompression === undefined) return;
  const connect = NativeConnection.connect.bind(NativeConnection);
  NativeConnection.connect = (ours) => connect({ ...ours, grpcCompression: grpcCompression as never });
}

/** The time-out of a workflow task, which whoever starts a workflow says. */
export function varyStarts({ workflow }: Client, { workflowTaskTimeout }: PartVariant = {}): void {
  if (workflowTaskTimeout === undefined) return;
  const start = workflow.signalWithStart.bind(workflow) as (...args: unknown[]) => never;
  workflow.signalWithStart = ((type: unknown, options: object) =>
    start(type, { ...options, workflowTaskTimeout })) as never;
}
