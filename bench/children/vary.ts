// Gives the libraries other options than the product gives them, from outside: what a setting is worth is measured
// without a switch for it in the product.
import { WorkflowClient } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import pg from 'pg';
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
export function varyStarts({ workflowTaskTimeout }: PartVariant = {}): void {
  if (workflowTaskTimeout === undefined) return;
  const { start } = WorkflowClient.prototype;
  WorkflowClient.prototype.start = function (type, options) {
    return start.call(this, type as never, { ...options, workflowTaskTimeout } as never) as never;
  };
}

/** Settings of every connection to Postgres. */
export function varyPools({ pool }: PartVariant = {}): void {
  if (pool === undefined) return;
  const { without, ...options } = pool;
  const left = (session = ''): string =>
    without === undefined ? session : session.replaceAll(new RegExp(`-c ${without}\\w*=\\w+`, 'g'), '');
  pg.Pool = class extends pg.Pool {
    constructor(ours: pg.PoolConfig = {}) {
      super({ ...ours, ...options, options: left(ours.options) });
    }
  };
}
