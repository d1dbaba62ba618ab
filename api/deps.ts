// What the API is given: everything it touches of the outside. `buildApp` opens nothing by itself.
import type { FastifyBaseLogger } from 'fastify';
import type { Registry } from 'prom-client';
import type { DecideDeps } from '../activities/intake/decide.js';
import type { PayloadKey } from '../contracts/payloadKeys.js';
import type { PolicyStore } from '../db/policies.js';
import type { Tracing } from '../observe/tracing.js';

/** The business clock. Keys, tokens, rate limits and deadlines use real time instead (docs/protocol.md, Time). */
export interface BusinessClock {
  /** The business instant now, epoch milliseconds. */
  now(): number;
}

export interface JwtConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** What a token may that names no scope of ours; never the person's whole right. */
  readonly defaultScopes?: readonly string[];
}

/** Limits of the API; `config.ts` fills it, tests write it down. */
export interface ApiConfig {
  readonly version: string;
  readonly corsOrigins: readonly string[];
  readonly requestsPerMinute: number;
  /** Refused sign-ins per address before it has to wait. */
  readonly failedSignInsPerMinute: number;
  readonly maxEventLoopDelayMs: number;
  /** 0 switches the measure off. */
  readonly maxHeapBytes: number;
  readonly jwt?: JwtConfig;
  /** Keys of the payloads in the engine. Default: none. */
  readonly payloadKeys?: readonly PayloadKey[];
  /** Origins of the engine's user interfaces, which may call the codec and nothing else. Default: none. */
  readonly codecOrigins?: readonly string[];
}

/** Answers whether a neighbour can be worked with now; it rejects with the reason otherwise. */
export type Probe = () => Promise<void>;

/** `db`, `engine` and `marks` are what `decide` needs; the connection behind `engine` is opened lazily. */
export interface AppDeps extends DecideDeps {
  readonly clock: BusinessClock;
  readonly log: FastifyBaseLogger;
  readonly registry: Registry;
  readonly config: ApiConfig;
  readonly policies: PolicyStore;
  /** Absent: no traces. */
  readonly tracing?: Pick<Tracing, 'addTo'>;

  /** Folder of the mails that were written as files; absent where none are. */
  readonly outboxDir?: string;
  readonly probes: Readonly<Record<'database' | 'engine', Probe>>;
}
