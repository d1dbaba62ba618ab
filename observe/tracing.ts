// Traces from a request through the workflow's step to its SQL. Off unless a collector is set; what it takes is
// loaded only then, so that whoever does not trace neither waits for it nor holds it in memory.
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { FastifyInstance } from 'fastify';
import type { Db } from '../db/pool.js';
import type { ObserveSettings } from './settings.js';

export interface Tracing {
  /** Spans of the requests under /v1: route pattern and status, never an address, a header or a body. */
  addTo(app: FastifyInstance): void;
  /** For the engine's client: an update carries the trace it was sent in. */
  readonly client: WorkflowClientInterceptor;
  /** For the worker: a step goes on with the trace of its message, or begins one. */
  readonly activities: ActivityInterceptorsFactory;
  /** Spans of the statements a pool runs within a trace: their name, never a value. */
  addToPool(db: Db): void;
  /** Sends what is left, at most for 5 s. */
  stop(): Promise<void>;
}

/** Begins to trace where the settings name a collector; `service` is what the spans come from. */
export async function startTracing(
  traces: ObserveSettings['traces'],
  service: 'l2c' | 'l2c-api' | 'l2c-worker',
): Promise<Tracing | undefined> {
  if (!traces) return undefined;
  const { openTracing } = await import('./otel.js');
  return openTracing(traces, service);
}
