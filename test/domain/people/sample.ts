// People for tables of approvals, policies and commissions: everybody active, nobody with a limit.
import { type People, type Person, peopleById } from '../../../domain/people/people.js';

export function person(id: string, changes: Partial<Person> = {}): Person {
  return {
    id,
    roles: ['rep'],
    managerId: null,
    team: null,
    limits: [],
    delegations: [],
    active: true,
    ...changes,
  };
}

export function people(...persons: Person[]): People {
  return peopleById(persons);
}

export function eur(limitMinor: bigint): Person['limits'] {
  return [{ currency: 'EUR', limitMinor }];
}
