// Who works here, what each may release, who stands above whom and who stands in for whom.
// It does not know sign-in, keys or routes; the toxic pairs are data in toxicPairs.ts.

export const ROLES = [
  'rep',
  'manager',
  'marketing',
  'fulfilment',
  'finance',
  'compensation',
  'payee',
  'auditor',
  'admin',
  'integration',
  'operations',
] as const;
export type Role = (typeof ROLES)[number];

/** The most one person may release in one currency; no entry for a currency means nothing. */
export interface Limit {
  currency: string;
  limitMinor: bigint;
}

/** `toId` stands in from `fromOn` to `untilOn`, both days included. */
export interface Delegation {
  toId: string;
  fromOn: string;
  untilOn: string;
}

export interface Person {
  id: string;
  roles: readonly Role[];
  managerId: string | null;
  team: string | null;
  limits: readonly Limit[];
  delegations: readonly Delegation[];
  active: boolean;
}

export type People = ReadonlyMap<string, Person>;

/** A machine has the role `integration` and no other: whoever runs it holds its keys, it is nobody's duty. */
export const isMachine = (roles: readonly Role[]): boolean =>
  roles.length > 0 && roles.every((role) => role === 'integration');

export interface PeopleProblem {
  personId: string;
  pointer: string;
  detail: string;
}

/** Nobody is nested deeper than this; a longer chain is refused when it is stored. */
export const MAX_MANAGER_LEVELS = 20;

export function peopleById(people: readonly Person[]): People {
  return new Map(people.map((person) => [person.id, person]));
}

/**
 * Returns the managers above a person, nearest first, inactive ones included.
 * A loop or a missing manager ends the chain: an approval must not hang on bad master data,
 * which `problemsOfPeople` refuses before it is stored.
 */
export function managersOf(personId: string, people: People): Person[] {
  const chain: Person[] = [];
  const seen = new Set([personId]);
  let next = people.get(personId)?.managerId ?? null;
  while (next !== null && !seen.has(next) && chain.length < MAX_MANAGER_LEVELS) {
    const manager = people.get(next);
    if (manager === undefined) break;
    seen.add(next);
    chain.push(manager);
    next = manager.managerId;
  }
  return chain;
}

/** Returns what a person may release in a currency, in minor units; 0 where no limit was given. */
export function limitOf(person: Person, currency: string): bigint {
  return person.limits.find((limit) => limit.currency === currency)?.limitMinor ?? 0n;
}

/** Returns the person who stands in on a day (the first delegation in force), or null. */
export function delegateOn(person: Person, on: string, people: People): Person | null {
  for (const delegation of person.delegations) {
    if (delegation.fromOn > on || on > delegation.untilOn) continue;
    const delegate = people.get(delegation.toId);
    if (delegate?.active) return delegate;
  }
  return null;
}

/**
 * Returns the last person in a chain of delegations on a day: the person itself when nobody stands in.
 * Loops are refused by `problemsOfPeople`; one that got in ends where it would repeat.
 */
export function actingOn(person: Person, on: string, people: People): Person {
  const seen = new Set([person.id]);
  let acting = person;
  for (;;) {
    const delegate = delegateOn(acting, on, people);
    if (delegate === null || seen.has(delegate.id)) return acting;
    seen.add(delegate.id);
    acting = delegate;
  }
}

/** Returns what is wrong with the people as a whole: unknown or looping managers and delegates. */
export function problemsOfPeople(people: People): PeopleProblem[] {
  const problems: PeopleProblem[] = [];
  for (const person of people.values()) {
    problems.push(...problemsOfManager(person, people), ...problemsOfDelegations(person, people));
    const currencies = person.limits.map((limit) => limit.currency);
    person.limits.forEach((limit, index) => {
      const pointer = `/limits/${index}`;
      if (limit.limitMinor < 0n) {
        problems.push({ personId: person.id, pointer, detail: `limit ${limit.limitMinor} is below 0` });
      }
      if (currencies.indexOf(limit.currency) !== index) {
        problems.push({ personId: person.id, pointer, detail: `${limit.currency} has two limits` });
      }
    });
  }
  return problems;
}

function problemsOfManager(person: Person, people: People): PeopleProblem[] {
  if (person.managerId === null) return [];
  const pointer = '/managerId';
  if (!people.has(person.managerId)) {
    return [{ personId: person.id, pointer, detail: `manager ${person.managerId} is unknown` }];
  }
  const seen = [person.id];
  let next: string | null = person.managerId;
  while (next !== null) {
    if (next === person.id) {
      return [
        { personId: person.id, pointer, detail: `managers form a loop: ${seen.join(' > ')} > ${next}` },
      ];
    }
    if (seen.includes(next)) return [];
    seen.push(next);
    if (seen.length > MAX_MANAGER_LEVELS) {
      const detail = `more than ${MAX_MANAGER_LEVELS} managers stand above ${person.id}`;
      return [{ personId: person.id, pointer, detail }];
    }
    next = people.get(next)?.managerId ?? null;
  }
  return [];
}

function problemsOfDelegations(person: Person, people: People): PeopleProblem[] {
  return person.delegations.flatMap((delegation, index) => {
    const pointer = `/delegations/${index}`;
    const { toId, fromOn, untilOn } = delegation;
    if (!people.has(toId)) return [{ personId: person.id, pointer, detail: `delegate ${toId} is unknown` }];
    if (fromOn > untilOn) {
      return [{ personId: person.id, pointer, detail: `delegation ends on ${untilOn}, before ${fromOn}` }];
    }
    if (leadsBackTo(person.id, delegation, people)) {
      return [{ personId: person.id, pointer, detail: `delegates form a loop through ${toId}` }];
    }
    return [];
  });
}

// A loop only counts while all of its delegations are in force on one and the same day.
function leadsBackTo(personId: string, first: Delegation, people: People): boolean {
  const walk = (id: string, fromOn: string, untilOn: string, seen: readonly string[]): boolean => {
    if (fromOn > untilOn) return false;
    if (id === personId) return true;
    if (seen.includes(id)) return false;
    const delegations = people.get(id)?.delegations ?? [];
    return delegations.some((next) =>
      walk(next.toId, later(fromOn, next.fromOn), earlier(untilOn, next.untilOn), [...seen, id]),
    );
  };
  return walk(first.toId, first.fromOn, first.untilOn, []);
}

const later = (a: string, b: string): string => (a > b ? a : b);
const earlier = (a: string, b: string): string => (a < b ? a : b);
