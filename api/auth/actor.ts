// Who speaks: a person, by key or token, with what they may do at this moment.
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../domain/errors.js';
import type { Limit, Role } from '../../domain/people/people.js';
import type { BusinessClock } from '../deps.js';
import type { Ability } from './ability.js';

export interface Actor {
  readonly personId: string;
  readonly name: string;
  readonly language: 'en' | 'es';
  /** Roles usable today. */
  readonly roles: readonly Role[];
  /** Granted today by another person: usable from tomorrow (nobody changes roles and uses them the same day). */
  readonly rolesFromTomorrow: readonly Role[];
  readonly scopes: readonly string[];
  readonly limits: readonly Limit[];
  readonly managerId: string | null;
  readonly team: string | null;
  /** The key it signed in with; null for a token of an identity provider. */
  readonly keyId: string | null;
  readonly ability: Ability;
}

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | null;
  }
}

/** The signed-in person of a request; a route that is open to everybody has none and must not ask. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === null) throw new DomainError('unauthenticated', 'this call needs a signed-in person');
  return request.actor;
}

/** Who writes, and the business instant, for the intake functions. */
export function byActor(request: FastifyRequest, clock: BusinessClock): { personId: string; at: Date } {
  return { personId: actorOf(request).personId, at: new Date(clock.now()) };
}
