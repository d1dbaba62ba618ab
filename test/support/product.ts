// The whole product in this process for one scenario: worker, relay, API on 127.0.0.1, a database of its own on
// the run's servers, the sample company put in through the API. Scenarios speak HTTP and wait on conditions.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { addSegment, lookToOpenLeads, REAL_SPEED, segmentInForce } from '../../activities/intake/clock.js';
import { type EngineClient, openEngineClient } from '../../activities/intake/engineClient.js';
import { firstKey } from '../../activities/intake/firstBoot.js';
import { callerFor } from '../../cli/http.js';
import { openLeadEngine } from '../../cli/leadEngine.js';
import { SAMPLE_SEED } from '../../cli/sample/chance.js';
import { loadCompany, SAMPLE_ZONE } from '../../cli/sample/company.js';
import type { SampleKey } from '../../cli/sample/file.js';
import type { Handle } from '../../cli/sample/people.js';
import { openProduct, type Product } from '../../cli/serve.js';
import { verify } from '../../cli/verify/verify.js';
import { type Config, readConfig } from '../../config.js';
import { instantAt } from '../../domain/calendar/clock.js';
import { dateIn } from '../../domain/calendar/zones.js';
import type { Stack } from '../../engine/settings.js';
import { foldersOf } from '../../worker/folders.js';
import { type OpenWorker, openWorker } from '../../worker/open.js';
import { freshDatabase, type TestDatabase } from './database.js';
import { met } from './met.js';
import { until } from './until.js';

export { until };

// biome-ignore lint/suspicious/noExplicitAny: a scenario reads answers as a client does, without our types.
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, whatever it is. */
  readonly raw?: string | Buffer;
  readonly key?: string;
  readonly ifMatch?: number;
}

/** The sample people, the administrator of the first boot, and whoever a scenario takes on. */
export type Who = Handle | 'admin' | 'newcomer';

export interface Scene {
  readonly url: string;
  readonly stateDir: string;
  readonly config: Config;
  readonly product: Product;
  readonly database: TestDatabase;
  /** Ids and keys of the sample people. */
  readonly people: Readonly<Record<Handle, SampleKey>>;
  call(who: Who, path: string, options?: CallOptions): Promise<Answer>;
  get(who: Who, path: string): Promise<Json>;
  /** A POST that must succeed: its body. */
  post(who: Who, path: string, body?: unknown, key?: string): Promise<Json>;
  /** A POST that must be refused: `<status> <code>`. */
  refused(who: Who, path: string, body?: unknown, key?: string): Promise<string>;
  /** Takes somebody on, in time to use their roles before the first lead; answers their id. */
  hire(person: object): Promise<string>;
  /** The business day, YYYY-MM-DD, so many days from now. */
  day(after?: number): string;
  /** The business instant, so that nothing delivered or paid lies in its future. */
  instant(): string;
  /** Puts the business so many days ahead by a new segment of its clock. */
  pass(days: number): Promise<void>;
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  /** Waits until every invariant holds, 20 s unless told; fails with what breaks them. */
  mustBeClean(patienceMs?: number): Promise<void>;
  /** Addresses of the pages of metrics, API's first; none where the settings name no port. */
  pages(): string[];
  /** The mails that were written, as text. */
  mails(): Promise<string[]>;
  close(): Promise<void>;
}

export interface SceneOptions {
  /** Another engine than the run's. */
  readonly temporalAddress?: string;
  /** Real seconds of a business day. */
  readonly secondsPerDay?: number;
  /** Further variables of the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where API and worker write their log. */
  readonly log?: Logger;
  /** Other ways to database, engine and mail than the straight ones, of API and worker apart. */
  readonly ways?: (straight: Way) => Promise<Ways>;
}

/** Where a process finds its neighbours. */
export interface Way {
  readonly appDatabaseUrl: string;
  readonly temporalAddress: string;
}

export interface Ways {
  readonly api: Way;
  readonly worker: Way;
  readonly smtpUrl?: string;
}

const silent = pino({ level: process.env.L2C_TEST_LOG ?? 'silent' });
const DAY_MS = 86_400_000;

/** Opens the product with its sample company; `close` it in the end, whatever happened. */
export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const address = options.temporalAddress ?? process.env.L2C_TEST_TEMPORAL_ADDRESS;
  if (!address) throw new Error('L2C_TEST_TEMPORAL_ADDRESS is not set: run without L2C_TEST_NO_STACK');
  const database = await freshDatabase();
  const ways = await options.ways?.({ appDatabaseUrl: database.appUrl, temporalAddress: address });
  const stateDir = mkdtempSync(join(tmpdir(), 'l2c-scene-'));
  const config = readConfig({
    DATABASE_URL: database.ownerUrl,
    L2C_APP_DATABASE_URL: database.appUrl,
    TEMPORAL_ADDRESS: address,
    L2C_TASK_QUEUE: `scene-${randomUUID()}`,
    L2C_STATE_DIR: stateDir,
    L2C_PORT: '0',
    CLOCK_SECONDS_PER_DAY: String(options.secondsPerDay ?? REAL_SPEED),
    ...options.settings,
    ...(ways?.smtpUrl !== undefined && { SMTP_URL: ways.smtpUrl }),
  });
  const log = options.log ?? silent;
  const stack = stackOf(
    database.ownerUrl,
    ways?.api ?? { appDatabaseUrl: database.appUrl, temporalAddress: address },
  );
  // On ways of its own the worker is one of its own, with its own client of the engine, as in production.
  const product = await openProduct({ config, log, durable: false, stack, worker: ways === undefined });
  let worker: OpenWorker | undefined = product.worker;
  let workersClient: EngineClient | undefined;
  const startWorker = async (): Promise<void> => {
    const { appDatabaseUrl, temporalAddress } = ways?.worker ?? {
      appDatabaseUrl: database.appUrl,
      temporalAddress: address,
    };
    const connection = { address: temporalAddress };
    if (ways) workersClient ??= openEngineClient(connection, stack.namespace, config.payloadKeys);
    const engine = { ...product.engine, ...workersClient };
    const parts = { config, log, engine, connection, durable: false, graceMs: 1_000 };
    worker = await openWorker({ ...parts, appDatabaseUrl });
  };
  if (ways) await startWorker();
  const url = product.api?.url ?? '';
  const admin = (await firstKey(product.db, new Date()))?.token ?? '';
  const known = { baseUrl: url, admin: callerFor(url, admin), seed: SAMPLE_SEED, known: [] };
  const { keys } = await loadCompany({ ...known, onKey: () => undefined });
  const people = Object.fromEntries(keys.map((key) => [key.handle, key])) as Record<Handle, SampleKey>;
  let newcomer = '';
  const tokenOf = (who: Who): string =>
    who === 'admin' ? admin : who === 'newcomer' ? newcomer : people[who].key;
  const call = (who: Who, path: string, asked: CallOptions = {}) => http(url + path, tokenOf(who), asked);
  const businessNow = (): number => product.api?.clock.now() ?? Date.now();
  const scene: Scene = {
    url,
    stateDir,
    config,
    product,
    database,
    people,
    call,
    get: async (who, path) => mustSucceed(await call(who, path), `${who} GET ${path}`),
    post: async (who, path, body, key) =>
      mustSucceed(await call(who, path, posted(body, key)), `${who} POST ${path}`),
    async refused(who, path, body, key) {
      const answer = await call(who, path, posted(body, key));
      return `${answer.status} ${answer.body?.code ?? ''}`;
    },
    async hire(person) {
      const { id: personId } = await scene.post('admin', '/v1/people', person);
      const key = { personId, label: 'Scenario', scopes: ['admin'] };
      newcomer = (await scene.post('admin', '/v1/keys', key)).token;
      return personId;
    },
    day: (after = 0) => dateIn(SAMPLE_ZONE, businessNow() + after * DAY_MS),
    instant: () => new Date(businessNow()).toISOString(),
    pass: (days) => passed(product, days),
    async stopWorker() {
      await worker?.stop();
      worker = undefined;
    },
    startWorker,
    mustBeClean: (patienceMs) => clean(scene, patienceMs),
    pages: () => [product.api?.metricsUrl, worker?.metricsUrl].flatMap((url) => url ?? []),
    mails: () => mailsIn(foldersOf(stateDir).mails),
    async close() {
      await endWorkflows(scene);
      if (worker !== product.worker) await worker?.stop();
      await workersClient?.close();
      await product.stop();
      await database.drop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
  return scene;
}

function stackOf(databaseUrl: string, { appDatabaseUrl, temporalAddress }: Way): Stack {
  return {
    databaseUrl,
    appDatabaseUrl,
    temporalAddress,
    temporalConnection: { address: temporalAddress },
    namespace: 'default',
    pids: {},
    stop: () => Promise.resolve(),
  };
}

const posted = (body: unknown, key?: string): CallOptions => ({
  method: 'POST',
  ...(body !== undefined && { body }),
  ...(key !== undefined && { key }),
});

async function http(address: string, token: string, options: CallOptions): Promise<Answer> {
  const { method = 'GET', body, raw, key, ifMatch } = options;
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(address, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(sent !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
    },
    ...(sent !== undefined && { body: typeof sent === 'string' ? sent : new Uint8Array(sent) }),
  });
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const answer = isJson ? await response.json() : Buffer.from(await response.arrayBuffer());
  met(response.status, answer);
  return { status: response.status, headers: response.headers, body: answer };
}

function mustSucceed({ status, body }: Answer, what: string): Json {
  if (status < 200 || status > 299) throw new Error(`${what} answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

async function passed({ db, engine, api }: Product, days: number): Promise<void> {
  const nowMs = Date.now();
  const segment = await segmentInForce(db);
  if (!segment) throw new RangeError('the product set no clock');
  const anchorMs = instantAt(segment, nowMs) + days * DAY_MS;
  await addSegment(db, { nowMs, anchorMs, secondsPerDay: segment.secondsPerDay });
  await api?.clock.refresh();
  await lookToOpenLeads(db, engine);
}

async function clean({ config, product, database, stateDir }: Scene, patienceMs?: number): Promise<void> {
  const { payloadKeys } = config;
  const engine = openLeadEngine({
    ...config.temporal,
    connection: product.stack.temporalConnection,
    payloadKeys,
  });
  const checkpoints = foldersOf(stateDir).checkpoints;
  let broken: unknown;
  try {
    const isClean = async (): Promise<boolean> => {
      const results = await verify({ db: database.owner, engine, quietMs: 0, checkpoints });
      broken = results.filter(({ ok }) => !ok).map(({ invariant, broken: by }) => ({ invariant, by }));
      return (broken as unknown[]).length === 0;
    };
    await until('every invariant holds', isClean, patienceMs);
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${JSON.stringify(broken, null, 2)}`, { cause: error });
  } finally {
    await engine.close();
  }
}

async function mailsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('.eml')).sort();
  return Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
}

/** Nothing of this scene may go on in the engine that other files use. */
async function endWorkflows({ product: { engine }, config }: Scene): Promise<void> {
  const query = `TaskQueue = '${config.temporal.taskQueue}' and ExecutionStatus = 'Running'`;
  for await (const { workflowId } of engine.client.workflow.list({ query })) {
    await engine.client.workflow
      .getHandle(workflowId)
      .terminate('the scene is over')
      .catch(() => undefined);
  }
}
