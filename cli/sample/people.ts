// Who works at the sample company, by short names that the rules and the play refer to.
import type { Role } from '../../domain/people/people.js';

export interface SamplePerson {
  readonly handle: Handle;
  readonly name: string;
  readonly language: 'en' | 'es';
  readonly manager: Handle | null;
  readonly team: string;
  readonly roles: readonly Role[];
  /** The most this person may approve, in whole euros and in whole dollars. */
  readonly limit: number;
  readonly territories?: readonly string[];
}

export const HANDLES = ['helena', 'carla', 'ana', 'ben', 'marta', 'elena', 'fiona', 'gael', 'hugo'] as const;
export type Handle = (typeof HANDLES)[number];

export const PEOPLE: readonly SamplePerson[] = [
  {
    handle: 'helena',
    name: 'Helena Prat',
    language: 'es',
    manager: null,
    team: 'direction',
    roles: ['manager', 'compensation'],
    limit: 500_000,
  },
  {
    handle: 'carla',
    name: 'Carla Ferrer',
    language: 'es',
    manager: 'helena',
    team: 'sales',
    roles: ['manager', 'payee'],
    limit: 60_000,
  },
  {
    handle: 'ana',
    name: 'Ana Ruiz',
    language: 'es',
    manager: 'carla',
    team: 'sales',
    roles: ['rep', 'payee'],
    limit: 0,
    territories: ['ES', 'PT'],
  },
  {
    handle: 'ben',
    name: 'Ben Okafor',
    language: 'en',
    manager: 'carla',
    team: 'sales',
    roles: ['rep', 'payee'],
    limit: 0,
  },
  {
    handle: 'marta',
    name: 'Marta Lindqvist',
    language: 'en',
    manager: 'carla',
    team: 'marketing',
    roles: ['marketing', 'payee', 'integration'],
    limit: 0,
  },
  {
    handle: 'elena',
    name: 'Elena Sanz',
    language: 'es',
    manager: 'helena',
    team: 'finance',
    roles: ['finance'],
    limit: 250_000,
  },
  {
    handle: 'fiona',
    name: 'Fiona Walsh',
    language: 'en',
    manager: 'helena',
    team: 'finance',
    roles: ['finance', 'auditor'],
    limit: 250_000,
  },
  {
    handle: 'gael',
    name: 'Gael Moreau',
    language: 'en',
    manager: 'helena',
    team: 'warehouse',
    roles: ['fulfilment', 'operations'],
    limit: 0,
  },
  {
    handle: 'hugo',
    name: 'Hugo Brandt',
    language: 'en',
    manager: 'helena',
    team: 'compensation',
    roles: ['compensation'],
    limit: 0,
  },
];

/** Addresses that can belong to nobody (RFC 2606). */
export const emailOf = (handle: Handle): string => `${handle}@oficina-norte.example`;
