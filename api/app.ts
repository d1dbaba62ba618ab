// The API as an object: no port, no environment, nothing opened. Tests inject requests, server.ts listens.
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import underPressure from '@fastify/under-pressure';
import Fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import { DomainError } from '../domain/errors.js';
import { openSignIns } from './auth/signIn.js';
import { addJsonParser, BODY_LIMIT_BYTES } from './body.js';
import type { AppDeps } from './deps.js';
import { answerError, rawProblem, sendProblem } from './errors.js';
import { Gate, gateFor } from './gate.js';
import { addGuard } from './guard.js';
import { addRequestLog, addRequestMetrics } from './observe.js';
import { addOpenApi } from './openapi.js';
import { ROUTE_FILES } from './routes.js';
import { type RouteTable, routeTable } from './routeTable.js';
import { validatorCompiler } from './validation.js';

const PRESSED_RETRY_AFTER_S = 2;
const EXPOSED_HEADERS = ['etag', 'location', 'idempotent-replay', 'retry-after', 'request-id'];

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route with its schema, for what has to know them all (405, tests of the contract). */
    routeTable: RouteTable;
  }
}

/** Builds the API on what it is given; `await app.ready()` or inject before use, `app.close()` after. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { config } = deps;
  const app = Fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    requestIdHeader: false,
    genReqId: requestId,
    trustProxy: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(rawProblem(error));
    },
  });
  const table = routeTable();
  app.decorate('routeTable', table);
  app.addHook('onRoute', (route) => table.add(route));
  app.setErrorHandler(answerError);
  app.setValidatorCompiler(validatorCompiler);
  // Answers are checked against their schemas by tests; at run time a second shape could only bend them.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  addJsonParser(app);
  deps.tracing?.addTo(app); // First, so that signing in is part of the trace.
  addRequestLog(app);
  addRequestMetrics(app, deps.registry);
  await addProtection(app, deps);
  await addOpenApi(app, config.version);
  const signIns = openSignIns(deps.db, config.jwt);
  const captures = new Gate(gateFor(deps.db.options.max ?? 10));
  // Before anybody is signed in: a refusal has to cost next to nothing.
  app.addHook('onRequest', async ({ routeOptions }) => {
    if (routeOptions.config?.isCapture) captures.mustHaveRoom();
  });
  await addGuard(app, signIns, config);
  app.setNotFoundHandler((request, reply) => sendProblem(reply, notFound(request, table, reply), request.id));
  for (const routes of ROUTE_FILES) {
    const plugin = (scope: FastifyInstance) => routes(scope, { ...deps, signIns, captures });
    // Without a name of its own Fastify looks for it in every module that is loaded.
    await app.register(Object.assign(plugin, { [Symbol.for('fastify.display-name')]: routes.name }));
  }
  return app;
}

async function addProtection(app: FastifyInstance, { config }: AppDeps): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
  });
  const { corsOrigins, codecOrigins = [] } = config;
  if (corsOrigins.length + codecOrigins.length > 0)
    await app.register(cors, {
      delegator: ({ url = '' }, answer) => {
        const also = url.startsWith('/v1/codec/') ? codecOrigins : [];
        answer(null, { origin: [...corsOrigins, ...also], exposedHeaders: EXPOSED_HEADERS });
      },
    });
  await app.register(underPressure, {
    maxEventLoopDelay: config.maxEventLoopDelayMs,
    maxHeapUsedBytes: config.maxHeapBytes,
    pressureHandler: (request, _reply, type, value) => {
      // Who asks how we are must get an answer most of all now.
      if (request.url.startsWith('/health') || request.url.startsWith('/metrics')) return;
      request.log.warn({ type, value }, 'under pressure');
      throw new DomainError('unavailable', 'too much to do at the moment; nothing was changed', undefined, {
        retryAfter: PRESSED_RETRY_AFTER_S,
      });
    },
  });
}

/** An id the caller gives is taken when it is short and plain, so one id follows a request across systems. */
function requestId(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['request-id'] ?? request.headers['x-request-id'];
  if (typeof given === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(given)) return given;
  return `req_${crypto.randomUUID()}`;
}

function notFound(
  request: FastifyRequest,
  table: RouteTable,
  reply: { header(n: string, v: string): unknown },
): DomainError {
  const [path = ''] = request.url.split('?');
  const methods = table.methodsAt(path);
  const shown = path.slice(0, 200);
  if (methods.length === 0)
    return new DomainError('not_found', `there is nothing at ${request.method} ${shown}`);
  reply.header('allow', methods.join(', '));
  return new DomainError('method_not_allowed', `${shown} takes ${methods.join(', ')}, not ${request.method}`);
}
