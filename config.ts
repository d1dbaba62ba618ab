// The settings, read from the environment in this one place: names, limits, defaults and what each is for.
// What is missing gets its default; what is wrong is said all at once, naming variable, value and limit.
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { demandOf } from './contracts/demands.js';
import { maskedPayloadKeys, type PayloadKey, readPayloadKeys } from './contracts/payloadKeys.js';
import { maskedAddress } from './contracts/redacted.js';
import { OBSERVE_VARIABLES, type ObserveSettings, observeSettings } from './observe/settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

const port = (description: string, fallback?: number) =>
  Type.Integer({
    minimum: 0,
    maximum: 65_535,
    description,
    ...(fallback !== undefined && { default: fallback }),
  });
const whole = (minimum: number, maximum: number, fallback: number, description: string) =>
  Type.Integer({ minimum, maximum, default: fallback, description });
const text = (maxLength: number, description: string, fallback?: string) =>
  Type.String({ minLength: 1, maxLength, description, ...(fallback !== undefined && { default: fallback }) });
const postgres = (description: string) =>
  Type.String({ pattern: '^postgres(ql)?://[^\\s]+$', maxLength: 1000, description });
const secret = <T extends TSchema>(schema: T): T => ({ ...schema, 'x-secret': true });
/** Every variable we read. TEMPORAL_TLS_… and TEMPORAL_API_KEY are read by the engine's own library. */
const VARIABLES = {
  DATABASE_URL: Type.Optional(
    secret(
      postgres('Owner of the schema: postgres://user:password@host:5432/database. Absent: one is started'),
    ),
  ),
  L2C_APP_DATABASE_URL: Type.Optional(
    secret(postgres('The same database for the application role. Absent: derived for l2c_app')),
  ),
  TEMPORAL_ADDRESS: Type.Optional(text(300, 'Engine to use, host:port. Absent: a dev server is started')),
  TEMPORAL_NAMESPACE: text(200, 'Namespace of the engine', 'default'),
  L2C_TASK_QUEUE: text(200, 'Task queue of our workers', 'lead-to-cash'),
  L2C_TEMPORAL_CLI: Type.Optional(text(1000, 'Path of the Temporal CLI to start')),
  L2C_STATE_DIR: Type.Optional(
    text(1000, 'Folder for data, logs and documents. Absent: .l2c in the checkout'),
  ),
  L2C_HOST: text(200, 'Address the API listens on', '127.0.0.1'),
  L2C_PORT: Type.Optional(port('Port of the API. Absent: 3000, or a free one when it is taken')),
  L2C_POSTGRES_PORT: Type.Optional(port('Port of our own Postgres. Absent: a free one')),
  L2C_TEMPORAL_PORT: Type.Optional(port('Port of our own engine. Absent: a free one')),
  L2C_TEMPORAL_UI_PORT: Type.Optional(port('Port of its user interface. Absent: a free one')),
  ...OBSERVE_VARIABLES,
  CLOCK_SECONDS_PER_DAY: whole(1, 86_400, 86_400, 'Real seconds one business day takes'),
  SMTP_URL: Type.Optional(
    secret(
      Type.String({
        pattern: '^smtps?://[^\\s]+$',
        maxLength: 1000,
        description: 'Mail server, smtp://user:password@host:587. Absent: .eml files in the state folder',
      }),
    ),
  ),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least level that is logged',
  }),
  L2C_JWT_ISSUER: Type.Optional(text(1000, 'Issuer of accepted tokens (`iss`)')),
  L2C_JWT_AUDIENCE: Type.Optional(text(1000, 'Audience of accepted tokens (`aud`)')),
  L2C_JWT_DEFAULT_SCOPES: Type.String({
    pattern: '^(read|write|[a-zA-Z]+:(read|write))( (read|write|[a-zA-Z]+:(read|write)))*$',
    maxLength: 1000,
    default: 'read write',
    description: 'What a token may that names no scope of ours; `admin` only where the token says so',
  }),
  L2C_JWKS_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s]+$',
      maxLength: 1000,
      description: 'Keys of the identity provider',
    }),
  ),
  L2C_API_POOL: whole(1, 200, 10, 'Database connections of one API process'),
  L2C_WORKER_POOL: whole(2, 200, 20, 'Database connections of one worker; at least its local activities'),
  L2C_WORKER_ACTIVITIES: whole(1, 200, 16, 'Local activities one worker runs at a time'),
  L2C_CACHED_WORKFLOWS: whole(10, 100_000, 2_000, 'Leads one worker keeps in memory'),
  L2C_STACK_TRACES: Type.Enum(['off', 'on'], {
    default: 'off',
    description: 'Stack traces of workflows in the engine’s user interface; half of their CPU',
  }),
  L2C_REQUESTS_PER_MINUTE: whole(1, 10_000_000, 6_000, 'Requests one key may send in a minute'),
  L2C_FAILED_SIGN_INS_PER_MINUTE: whole(1, 1_000_000, 60, 'Refused sign-ins of one address in a minute'),
  L2C_MAX_EVENT_LOOP_DELAY_MS: whole(0, 60_000, 1_000, 'Delay of the event loop above which 503 is answered'),
  L2C_MAX_HEAP_MB: whole(0, 1_000_000, 0, 'Heap above which 503 is answered; 0 is no limit'),
  L2C_CORS_ORIGINS: Type.Optional(text(2000, 'Origins of browsers that may call, by comma. Absent: none')),
  L2C_PAYLOAD_KEYS: Type.Optional(
    secret(
      text(
        2000,
        'Keys of payloads in the engine, id:base64 by comma; the first encrypts, `plain` first: none. Absent: none',
      ),
    ),
  ),
  L2C_CODEC_ORIGINS: Type.Optional(text(2000, 'Origins of Temporal UIs that may decode. Absent: none')),
} as const;

type Name = keyof typeof VARIABLES;
type Values = Static<ReturnType<typeof Type.Object<typeof VARIABLES>>>;

type Limit = 'requestsPerMinute' | 'failedSignInsPerMinute' | 'maxEventLoopDelayMs' | 'maxHeapBytes';

export interface Config {
  readonly database: { readonly ownerUrl?: string; readonly appUrl?: string };
  readonly temporal: {
    readonly address?: string;
    readonly namespace: string;
    readonly taskQueue: string;
    readonly cliPath?: string;
  };
  readonly stateDir: string;
  readonly host: string;
  readonly ports: {
    readonly api?: number;
    readonly postgres?: number;
    readonly temporal?: number;
    readonly temporalUi?: number;
  };
  readonly observe: ObserveSettings;
  readonly clockSecondsPerDay: number;
  readonly smtpUrl?: string;
  readonly logLevel: Values['LOG_LEVEL'];
  readonly jwt?: {
    readonly issuer: string;
    readonly audience: string;
    readonly jwksUrl: string;
    readonly defaultScopes: readonly string[];
  };
  readonly pools: { readonly api: number; readonly worker: number };
  readonly worker: {
    readonly localActivities: number;
    readonly cachedWorkflows: number;
    readonly stackTraces: boolean;
  };
  readonly limits: Readonly<Record<Limit, number>>;
  readonly corsOrigins: readonly string[];
  /** Keys of the payloads in the engine: the first encrypts, all decrypt; none leaves them as they are. */
  readonly payloadKeys: readonly PayloadKey[];
  readonly codecOrigins: readonly string[];
}

/** Settings that cannot be used; `problems` has one sentence for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`the settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** For libraries that read variables of their own. */
export const environment = (): NodeJS.ProcessEnv => process.env;

/**
 * How an external engine is reached: address, TLS, API key and metadata of the engine's own variables (`TEMPORAL_…`)
 * and its profile file, as its command line reads them. The library takes an empty key for a key and an empty
 * `TEMPORAL_TLS` for a no; here they are absent.
 */
export function engineConnection(env: Environment = process.env): ConnectionOptions {
  const given = Object.entries(env).filter(([, value]) => present(value) !== undefined);
  const overrideEnvVars = Object.fromEntries(given) as Record<string, string>;
  const { connectionOptions } = loadClientConnectConfig({ overrideEnvVars });
  return connectionOptions as ConnectionOptions;
}

/** Reads and checks the settings. Throws ConfigError with every problem at once. */
export function readConfig(env: Environment = process.env): Config {
  const { values, problems } = valuesOf(env);
  problems.push(...problemsTogether(values));
  if (problems.length > 0) throw new ConfigError(problems);
  return configOf(values);
}

/** The settings in force as variables, secrets masked, each with where it came from and what it is for. */
export function maskedConfig(
  env: Environment = process.env,
): { name: string; value: string | null; from: 'environment' | 'default' | 'absent'; description: string }[] {
  return (Object.keys(VARIABLES) as Name[]).map((name) => {
    const schema = VARIABLES[name] as TSchema & { default?: unknown; description?: string };
    const given = present(env[name]);
    const value = given ?? (schema.default === undefined ? undefined : String(schema.default));
    const from = given !== undefined ? 'environment' : value === undefined ? 'absent' : 'default';
    const told = value === undefined ? null : shown(name, value);
    return { name, value: told, from, description: schema.description ?? '' };
  });
}

function valuesOf(env: Environment): { values: Values; problems: string[] } {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const name of Object.keys(VARIABLES) as Name[]) {
    const schema = VARIABLES[name] as TSchema & { default?: unknown; type?: string };
    const given = present(env[name]);
    if (given === undefined && schema.default !== undefined) values[name] = schema.default;
    if (given === undefined) continue;
    const value = schema.type === 'integer' && /^\d{1,15}$/.test(given) ? Number(given) : given;
    if (Compile(schema).Check(value)) values[name] = value;
    else problems.push(`${name} is ${JSON.stringify(shown(name, given))}; it takes ${demandOf(schema)}`);
  }
  return { values: values as unknown as Values, problems };
}

/** An empty variable is an absent one, as docker-compose and shells leave them. */
const present = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function problemsTogether(values: Values): string[] {
  const problems: string[] = [];
  const jwt = ['L2C_JWT_ISSUER', 'L2C_JWT_AUDIENCE', 'L2C_JWKS_URL'] as const;
  const given = jwt.filter((name) => values[name] !== undefined);
  if (given.length > 0 && given.length < jwt.length) {
    problems.push(
      `${given.join(' and ')} without ${jwt.filter((name) => !given.includes(name)).join(' and ')}`,
    );
  }
  if (values.L2C_WORKER_POOL < values.L2C_WORKER_ACTIVITIES) {
    problems.push(
      `L2C_WORKER_POOL is ${values.L2C_WORKER_POOL}, less than L2C_WORKER_ACTIVITIES ` +
        `(${values.L2C_WORKER_ACTIVITIES}): steps would wait for connections until they time out`,
    );
  }
  for (const name of ['L2C_CORS_ORIGINS', 'L2C_CODEC_ORIGINS'] as const) {
    const wrong = listOf(values[name]).filter((origin) => !/^https?:\/\/[^/\s]+$/.test(origin));
    const sentence = (origin: string) =>
      `${name} names ${JSON.stringify(origin)}; an origin is https://host[:port]`;
    problems.push(...wrong.map(sentence));
  }
  const { problems: unusable } = payloadKeys(values);
  return [...problems, ...unusable.map((problem) => `L2C_PAYLOAD_KEYS ${problem}`)];
}

const listOf = (value = ''): string[] => value.split(',').flatMap((item) => item.trim() || []);
const payloadKeys = ({ L2C_PAYLOAD_KEYS: keys }: Values) =>
  keys === undefined ? { keys: [], problems: [] } : readPayloadKeys(keys);

function configOf(v: Values): Config {
  const jwt =
    v.L2C_JWT_ISSUER && v.L2C_JWT_AUDIENCE && v.L2C_JWKS_URL
      ? {
          issuer: v.L2C_JWT_ISSUER,
          audience: v.L2C_JWT_AUDIENCE,
          jwksUrl: v.L2C_JWKS_URL,
          defaultScopes: v.L2C_JWT_DEFAULT_SCOPES.split(' '),
        }
      : undefined;
  return {
    database: defined({ ownerUrl: v.DATABASE_URL, appUrl: v.L2C_APP_DATABASE_URL }),
    temporal: {
      namespace: v.TEMPORAL_NAMESPACE,
      taskQueue: v.L2C_TASK_QUEUE,
      ...defined({ address: v.TEMPORAL_ADDRESS, cliPath: v.L2C_TEMPORAL_CLI }),
    },
    stateDir: (v.L2C_STATE_DIR ?? '.l2c').replace(/^~(?=\/)/, () => join(homedir())),
    host: v.L2C_HOST,
    ports: defined({
      api: v.L2C_PORT,
      postgres: v.L2C_POSTGRES_PORT,
      temporal: v.L2C_TEMPORAL_PORT,
      temporalUi: v.L2C_TEMPORAL_UI_PORT,
    }),
    observe: observeSettings(v),
    clockSecondsPerDay: v.CLOCK_SECONDS_PER_DAY,
    logLevel: v.LOG_LEVEL,
    pools: { api: v.L2C_API_POOL, worker: v.L2C_WORKER_POOL },
    worker: {
      localActivities: v.L2C_WORKER_ACTIVITIES,
      cachedWorkflows: v.L2C_CACHED_WORKFLOWS,
      stackTraces: v.L2C_STACK_TRACES === 'on',
    },
    limits: {
      requestsPerMinute: v.L2C_REQUESTS_PER_MINUTE,
      failedSignInsPerMinute: v.L2C_FAILED_SIGN_INS_PER_MINUTE,
      maxEventLoopDelayMs: v.L2C_MAX_EVENT_LOOP_DELAY_MS,
      maxHeapBytes: v.L2C_MAX_HEAP_MB * 1024 * 1024,
    },
    corsOrigins: listOf(v.L2C_CORS_ORIGINS),
    codecOrigins: listOf(v.L2C_CODEC_ORIGINS),
    payloadKeys: payloadKeys(v).keys,
    ...defined({ smtpUrl: v.SMTP_URL, jwt }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function shown(name: Name, value: string): string {
  if (!('x-secret' in VARIABLES[name])) return value;
  return name === 'L2C_PAYLOAD_KEYS' ? maskedPayloadKeys(value) : maskedAddress(value);
}
