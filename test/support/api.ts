// The API on a database of its own, spoken to by injection. Every answer is held against the schema its route
// promised, so a field too many or an undocumented status fails whichever test met it.
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance, InjectOptions } from 'fastify';
import pino from 'pino';
import { Registry } from 'prom-client';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { ensureAdminKey } from '../../activities/intake/firstBoot.js';
import { ToldMarks } from '../../activities/intake/telling.js';
import { buildApp } from '../../api/app.js';
import type { ApiConfig, AppDeps } from '../../api/deps.js';
import { logOptions } from '../../contracts/redacted.js';
import { newId } from '../../db/ids.js';
import { newKey } from '../../db/keyTokens.js';
import { PolicyStore } from '../../db/policies.js';
import type { Db } from '../../db/pool.js';
import type { Role } from '../../domain/people/people.js';
import { freshDatabase, type TestDatabase } from './database.js';
import { met } from './met.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into many shapes, and the harness checked each.
  readonly body: any;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly as?: string | null;
  readonly body?: unknown;
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ifMatch?: number | string;
  readonly key?: string;
}

export interface TestApi {
  readonly app: FastifyInstance;
  readonly deps: AppDeps;
  readonly database: TestDatabase;
  readonly admin: { readonly personId: string; readonly token: string };
  /** Business instant of the app's clock; set it to move time. */
  readonly clock: { ms: number };
  readonly logs: string[];
  call(url: string, call?: Call): Promise<Answer>;
  /** A person with usable roles and a key, written as an import would. */
  person(roles: readonly Role[], more?: { scopes?: string[]; name?: string }): Promise<TestPerson>;
  close(): Promise<void>;
}

export interface TestPerson {
  readonly personId: string;
  readonly token: string;
}

const CONFIG: ApiConfig = {
  version: '0.1.0-test',
  corsOrigins: [],
  requestsPerMinute: 100_000,
  failedSignInsPerMinute: 100_000,
  maxEventLoopDelayMs: 0,
  maxHeapBytes: 0,
};

/** Starts the app on a fresh database. `change` replaces dependencies or settings, `around` wraps its pool. */
export async function startApi(
  config: Partial<ApiConfig> = {},
  change: Partial<AppDeps> = {},
  around: (db: Db) => Db = (db) => db,
): Promise<TestApi> {
  const database = await freshDatabase();
  const clock = { ms: Date.UTC(2026, 10, 22, 9) };
  const logs: string[] = [];
  const log = pino(logOptions('debug'), { write: (line: string) => void logs.push(line) });
  // Nothing listens there: master data must not need the engine. A click that does is not tried again for its seven
  // seconds, as none of these tests is about them, but ends as not yet known at once.
  const connection = Connection.lazy({ address: '127.0.0.1:1', interceptors: [] });
  const deps: AppDeps = {
    db: around(database.app),
    engine: { client: new Client({ connection }), taskQueue: 'none' },
    marks: new ToldMarks(database.app, (error) => log.error(error)),
    clock: { now: () => clock.ms },
    log,
    registry: new Registry(),
    policies: new PolicyStore(),
    probes: {
      database: async () => void (await database.app.query('select 1')),
      engine: async () => undefined,
    },
    config: { ...CONFIG, ...config },
    ...change,
  };
  const app = await buildApp(deps);
  await app.ready();
  const admin = await ensureAdminKey(database.app, new Date(clock.ms));
  if (admin === null) throw new Error('the fresh database has an admin already');
  return {
    app,
    deps,
    database,
    admin,
    clock,
    logs,
    call: (url, call = {}) => answerOf(app, url, { as: admin.token, ...call }),
    person: (roles, more) => addPerson(database, roles, more),
    async close() {
      await app.close();
      await connection.close();
      await database.drop();
    },
  };
}

async function addPerson(
  { owner }: TestDatabase,
  roles: readonly Role[],
  { scopes = ['admin'], name = 'Test Person' }: { scopes?: string[]; name?: string } = {},
): Promise<TestPerson> {
  const personId = newId('person');
  await owner.query('insert into people (id, name, email, created_at) values ($1, $2, $3, now())', [
    personId,
    name,
    `${personId}@example.com`,
  ]);
  await owner.query(
    `insert into person_roles (person_id, role, granted_on) select $1, r, current_date from unnest($2::text[]) r`,
    [personId, roles],
  );
  return { personId, token: await addKey(owner, personId, scopes) };
}

/** Writes a key straight into the table, for states no request can reach. */
export async function addKey(
  owner: TestDatabase['owner'],
  personId: string,
  scopes: readonly string[] = ['admin'],
  expiresAt = new Date(Date.now() + 3_600_000),
): Promise<string> {
  const { id, secretHash, token } = newKey();
  await owner.query(
    `insert into api_keys (id, person_id, label, secret_hash, scopes, expires_at) values ($1, $2, 'test', $3, $4, $5)`,
    [id, personId, secretHash, scopes, expiresAt],
  );
  return token;
}

/** `409 already_exists`; the status alone where nothing was refused. */
export const codeOf = ({ status, body }: Answer): string => `${status} ${body.code ?? ''}`.trim();

export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly pointers: readonly string[];
  /** Every sentence of the answer. */
  readonly details: string;
}

/** Sends what must be refused, and throws when it changed a row of master data. */
export async function refused(api: TestApi, url: string, call: Call): Promise<Refused> {
  const before = await countsOf(api.database);
  const { status, body, headers } = await api.call(url, call);
  const after = await countsOf(api.database);
  if (after !== before) throw new Error(`${url} answered ${status} and changed rows: ${before} to ${after}`);
  if (!String(headers['content-type']).includes('application/problem+json')) {
    throw new Error(`${url} answered ${status} as ${headers['content-type']}`);
  }
  const errors: { pointer: string; detail: string }[] = body.errors ?? [];
  return {
    status,
    code: body.code,
    pointers: errors.map(({ pointer }) => pointer),
    details: [body.detail, ...errors.map(({ detail }) => detail)].join(' | '),
  };
}

async function countsOf({ owner }: TestDatabase): Promise<string> {
  const { rows } = await owner.query(`select concat_ws('/', (select count(*) from people),
    (select count(*) from products), (select count(*) from price_books), (select count(*) from accounts),
    (select count(*) from legal_entities), (select count(*) from api_keys),
    (select count(*) from audit_entries), (select count(*) from idempotency_keys)) as counts`);
  return rows[0].counts;
}

async function answerOf(app: FastifyInstance, url: string, call: Call): Promise<Answer> {
  const { method = 'GET', as, body, raw, headers = {}, ifMatch, key } = call;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const options: InjectOptions = {
    method,
    url,
    headers: {
      ...(as && { authorization: `Bearer ${as}` }),
      ...(payload !== undefined && { 'content-type': 'application/json' }),
      ...(ifMatch !== undefined && { 'if-match': typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...headers,
    },
    ...(payload !== undefined && { payload }),
  };
  const response = await app.inject(options);
  const type = String(response.headers['content-type'] ?? '');
  const answer: Answer = {
    status: response.statusCode,
    headers: response.headers,
    body: type.includes('json') && response.body !== '' ? JSON.parse(response.body) : response.body,
  };
  met(answer.status, answer.body);
  holdAgainstSchema(app, method, url, answer);
  if (as && response.headers.location !== undefined) await follow(app, as, String(response.headers.location));
  return answer;
}

/** An address the API gives leads somewhere, for whoever was given it. */
async function follow(app: FastifyInstance, as: string, url: string): Promise<void> {
  const { statusCode, body } = await app.inject({ url, headers: { authorization: `Bearer ${as}` } });
  const isBeyondKey = statusCode === 403 && body.includes('the scopes of this key');
  if (statusCode !== 200 && !isBeyondKey) throw new Error(`Location ${url} answered ${statusCode}: ${body}`);
}

const validators = new WeakMap<TSchema, Validator>();

/** Compiled once: a schema costs more than a thousand answers to be held against it. */
function validatorOf(schema: TSchema): Validator {
  const validator = validators.get(schema) ?? Compile(schema);
  validators.set(schema, validator);
  return validator;
}

function holdAgainstSchema(
  app: FastifyInstance,
  method: string,
  url: string,
  { status, body }: Answer,
): void {
  const [path = ''] = url.split('?');
  const route = app.routeTable.find(method, path);
  if (status >= 400 && route?.schema !== undefined) {
    const words = ['type', 'title', 'status', 'detail', 'code'];
    if (!words.every((word) => word in body) && !('database' in body)) {
      throw new Error(`${method} ${path} answered ${status} without a problem: ${JSON.stringify(body)}`);
    }
  }
  const responses = route?.schema?.response as Record<string, TSchema> | undefined;
  if (responses === undefined || route?.schema?.hide === true) return;
  const promised = responses[status];
  if (promised === undefined)
    throw new Error(`${method} ${route?.url} answered ${status}, which it never promised`);
  if (status >= 400) {
    const codes = (promised as { 'x-codes'?: string[] })['x-codes'];
    if (codes !== undefined && !codes.includes(body.code)) {
      throw new Error(`${method} ${route?.url} refused with ${body.code}; promised are ${codes.join(', ')}`);
    }
    return;
  }
  const validator = validatorOf(promised);
  if (!validator.Check(body)) {
    const errors = JSON.stringify(validator.Errors(body).slice(0, 3));
    throw new Error(`${method} ${route?.url} answered ${status} against its schema: ${errors}`);
  }
}
