// The door every request passes: plain characters, a signed-in person, a rate, a right. Each route says in
// `config.permit` who may pass; one that says nothing does not start.
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { DomainError } from '../domain/errors.js';
import { type Action, mustBeAllowed } from './auth/ability.js';
import { actorOf } from './auth/actor.js';
import type { Resource } from './auth/resources.js';
import type { SignIns } from './auth/signIn.js';
import { mustBePlain } from './body.js';
import type { ApiConfig } from './deps.js';

/**
 * Who may call a route: everybody on the network (`open`, or `invited` where a token in the body says who it is, so
 * that each call counts like a refused sign-in), every signed-in person (`signedIn`; the handler judges further), or
 * who holds a right. A right that depends on the record is judged again in the handler.
 */
export type Permit = 'open' | 'invited' | 'signedIn' | readonly [action: Action, resource: Resource];

declare module 'fastify' {
  interface FastifyContextConfig {
    permit?: Permit;
    /** One of the calls that wait at the gate of captures. */
    isCapture?: boolean;
    /** The body as the description shows it, where the check itself depends on more than the body. */
    describedBody?: TSchema;
  }
}

/** Registers sign-in, rates and rights before every route of the app. */
export async function addGuard(app: FastifyInstance, signIns: SignIns, config: ApiConfig): Promise<void> {
  await app.register(rateLimit, { global: false });
  const perPerson = app.createRateLimit({
    max: config.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request: FastifyRequest) =>
      `person/${actorOf(request).keyId ?? actorOf(request).personId}`,
  });
  const refusedPerAddress = app.createRateLimit({
    max: config.failedSignInsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request: FastifyRequest) => `refused/${request.ip}`,
  });

  app.decorateRequest('actor', null);
  app.addHook('onRoute', ({ url, method, config: route }) => {
    if (route?.permit === undefined && !url.startsWith('/docs') && url !== '*') {
      throw new RangeError(`route ${method} ${url} says in config.permit who may call it`);
    }
  });
  app.addHook('onRequest', async (request) => {
    mustBePlain(request);
    mustKnowQuery(request);
    const permit = request.routeOptions.config?.permit ?? 'open';
    if (permit === 'open') return;
    if (permit === 'invited') {
      mustBeWithin(await refusedPerAddress(request), 'invitations redeemed from this address');
      return;
    }
    try {
      request.actor = await signIns.actorBy(request.headers.authorization);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'unauthenticated') {
        mustBeWithin(await refusedPerAddress(request), 'refused sign-ins from this address');
      }
      throw error;
    }
    mustBeWithin(await perPerson(request), 'requests with this key');
    if (permit !== 'signedIn') mustBeAllowed(actorOf(request), permit[0], permit[1]);
  });
}

/** A call whose description names no query takes none: what is misspelt must not be dropped in silence. */
function mustKnowQuery({ routeOptions, query, url }: FastifyRequest): void {
  if (!url.startsWith('/v1/') || routeOptions.schema === undefined || routeOptions.schema.querystring) return;
  const [name] = Object.keys(query as object);
  if (name === undefined) return;
  const shown = name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');
  throw new DomainError('invalid_field', `/query/${shown}: is no parameter of this call`, `/query/${shown}`);
}

type RateVerdict = Awaited<ReturnType<ReturnType<FastifyInstance['createRateLimit']>>>;

function mustBeWithin(verdict: RateVerdict, what: string): void {
  if (verdict.isAllowed || !verdict.isExceeded) return;
  throw new DomainError('too_many_requests', `more than ${verdict.max} ${what} in a minute`, undefined, {
    retryAfter: verdict.ttlInSeconds,
  });
}
