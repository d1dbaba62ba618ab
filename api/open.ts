// The API as one process needs it: pool, clock and metrics of its own around the app, on a given engine.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { openClock, type RunningClock } from '../activities/intake/clock.js';
import { type Engine, ToldMarks } from '../activities/intake/telling.js';
import type { Config } from '../config.js';
import { PolicyStore } from '../db/policies.js';
import { type Db, openPool } from '../db/pool.js';
import { mustBeSafe } from '../db/serverChecks.js';
import { collectWithoutHelpers } from '../observe/heap.js';
import { openMetrics } from '../observe/metrics.js';
import type { MetricsPage } from '../observe/page.js';
import type { Tracing } from '../observe/tracing.js';
import type { Probe } from './deps.js';
import { type RunningApi, startServer } from './server.js';

export interface ApiParts {
  readonly config: Config;
  readonly appDatabaseUrl: string;
  readonly engine: Engine;
  readonly probeEngine: Probe;
  readonly log: Logger;
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly tracing?: Tracing | undefined;
  /** False for tests: a server that may lose what it answered. */
  readonly durable?: boolean;
}

export interface OpenApi extends RunningApi {
  readonly db: Db;
  readonly clock: RunningClock;
  /** Its page of metrics, where the settings ask for one. */
  readonly metricsUrl?: string;
}

const PROBE_MS = 1_500;

/**
 * Opens the API and listens. Throws UnsafeDatabase on a server or role that must not be used, and what the
 * database or the port refuse; nothing is left open then.
 */
export async function openApi(parts: ApiParts): Promise<OpenApi> {
  collectWithoutHelpers();
  const { config, appDatabaseUrl, engine, log, durable = true } = parts;
  const db = openPool(appDatabaseUrl, {
    max: config.pools.api,
    applicationName: 'l2c-api',
    byIndex: true,
    onIdleError: ({ message }) => log.warn({ reason: message }, 'a database connection broke'),
  });
  parts.tracing?.addToPool(db);
  let clock: RunningClock | undefined;
  let page: MetricsPage | undefined;
  try {
    await mustBeSafe(db, durable);
    clock = await openClock(db, (err) => log.warn({ err }, 'the business clock was not read again'));
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const { host, apiPort } = config.observe;
    page = await openMetrics({ host, port: apiPort, process: 'api', db, engine, registry });
    const marks = new ToldMarks(db, (err) => log.warn({ err }, 'could not mark messages told'));
    const api = await startServer(
      {
        db,
        engine,
        marks,
        clock,
        log,
        registry,
        ...(parts.tracing && { tracing: parts.tracing }),
        policies: new PolicyStore(),
        outboxDir: join(config.stateDir, 'mails'),
        probes: { database: () => probeDatabase(appDatabaseUrl), engine: parts.probeEngine },
        config: {
          version: productVersion(),
          corsOrigins: config.corsOrigins,
          codecOrigins: config.codecOrigins,
          payloadKeys: config.payloadKeys,
          ...config.limits,
          ...(config.jwt && { jwt: config.jwt }),
        },
      },
      { host: config.host, port: parts.port },
    );
    return {
      ...{ ...api, db, clock },
      ...(page && { metricsUrl: page.url }),
      stop: () => stopped({ api, marks, clock, page, db }),
    };
  } catch (error) {
    clock?.stop();
    await page?.stop();
    await db.end();
    throw error;
  }
}

interface Parts {
  readonly api: RunningApi;
  readonly marks: ToldMarks;
  readonly clock: RunningClock | undefined;
  readonly page: MetricsPage | undefined;
  readonly db: Db;
}

async function stopped({ api, marks, clock, page, db }: Parts): Promise<void> {
  clock?.stop();
  await api.stop();
  await page?.stop();
  await marks.flush();
  await db.end();
}

/** A connection of its own: a pool that is busy does not make the database look away. */
async function probeDatabase(connectionString: string): Promise<void> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: PROBE_MS,
    query_timeout: PROBE_MS,
  });
  client.on('error', () => undefined); // The query under way fails with the same reason.
  try {
    await client.connect();
    await client.query({ text: 'select 1' });
  } finally {
    await client.end();
  }
}

/** The version of package.json, beside the sources or above dist/. */
export function productVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { version: string })
        .version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('no package.json beside the product');
}
