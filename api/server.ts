// The API as a process: it listens, tidies up old answers, and stops in order. Its parts come from outside.
import type { FastifyInstance } from 'fastify';
import { forgetAnswers } from '../db/idempotency.js';
import { buildApp } from './app.js';
import type { AppDeps } from './deps.js';

/** An Idempotency-Key is remembered so long; later the same key is a new request. */
export const ANSWERS_KEPT_HOURS = 48;
const TIDY_EVERY_MS = 3_600_000;

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface RunningApi {
  readonly app: FastifyInstance;
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  /** Takes no new requests, finishes those under way, lets go of the port. Pools are closed by their owner. */
  stop(): Promise<void>;
}

/** Builds the app and listens. Throws when the port is taken. */
export async function startServer(deps: AppDeps, { host, port }: ServerOptions): Promise<RunningApi> {
  const app = await buildApp(deps);
  const url = await app.listen({ host, port });
  const tidy = setInterval(() => {
    forgetAnswers(deps.db, ANSWERS_KEPT_HOURS).catch((error: unknown) => {
      deps.log.warn({ err: error }, 'old answers were not forgotten; tried again in an hour');
    });
  }, TIDY_EVERY_MS);
  tidy.unref();
  return {
    app,
    url,
    async stop() {
      clearInterval(tidy);
      await app.close();
    },
  };
}
