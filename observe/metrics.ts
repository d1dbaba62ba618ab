// What one process shows of itself and of the business, on the page its settings ask for; nothing without a port.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Engine } from '../activities/intake/telling.js';
import type { Db } from '../db/pool.js';
import { watchBusiness } from './gauges.js';
import { type MetricsPage, startMetricsPage } from './page.js';

export interface MetricsParts {
  readonly host: string;
  /** Absent: no page. */
  readonly port?: number | undefined;
  /** Whose page it is; names its pool. */
  readonly process: 'api' | 'worker';
  readonly db: Db;
  readonly engine: Engine;
  /** What the process measures already, the metrics of Node among it. Absent: they are begun here. */
  readonly registry?: Registry;
  readonly beside?: string;
}

/** Opens the page of a process. Throws what the port refuses. */
export async function openMetrics(parts: MetricsParts): Promise<MetricsPage | undefined> {
  const { host, port, db, engine } = parts;
  if (port === undefined) return undefined;
  // Apart from what the API shows everybody: amounts of money stand here.
  const own = new Registry();
  if (!parts.registry) collectDefaultMetrics({ register: own });
  watchPool(own, parts.process, db);
  const watch = watchBusiness(own, { db, engine });
  const registries = parts.registry ? ([own, parts.registry] as const) : ([own] as const);
  const page = await startMetricsPage({
    ...{ host, port, registries: [...registries], refresh: () => watch.refresh() },
    ...(parts.beside !== undefined && { beside: parts.beside }),
  });
  return {
    ...page,
    async stop() {
      await page.stop();
      await watch.idle(); // Pool and engine are closed next.
    },
  };
}

/** Connections of a pool: in use, at hand, and who waits for one. */
function watchPool(registry: Registry, pool: string, db: Db): void {
  const connections = new Gauge({
    name: 'l2c_pool_connections',
    help: 'Database connections by pool and state; `limit` is how many there may be',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      connections.set({ pool, state: 'busy' }, db.totalCount - db.idleCount);
      connections.set({ pool, state: 'idle' }, db.idleCount);
      connections.set({ pool, state: 'limit' }, db.options.max ?? 10);
    },
  });
  const waiting = new Gauge({
    name: 'l2c_pool_waiting',
    help: 'Who waits for a connection of the pool',
    labelNames: ['pool'],
    registers: [registry],
    collect() {
      waiting.set({ pool }, db.waitingCount);
    },
  });
}
