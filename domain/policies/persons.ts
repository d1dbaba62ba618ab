// Whom a policy names: persons who must be here when it is stored, because a step that met an unknown one later
// could not go on. What they may decide is judged when they are asked.
import type { People, Role } from '../people/people.js';
import type { ApprovalPolicy, AssignmentPolicy, PolicyKind, PolicyProblem } from './types.js';

interface Named {
  readonly pointer: string;
  readonly id: string;
  /** One of these roles is needed; none for whoever is only asked. */
  readonly roles?: readonly Role[];
}

const SELLS: readonly Role[] = ['rep', 'manager'];

/** Returns the persons a policy names who are unknown, have left, or could not do what it gives them. */
export function unknownPersons(kind: PolicyKind, body: unknown, people: People): PolicyProblem[] {
  return namedIn(kind, body).flatMap(({ pointer, id, roles }) => {
    const person = people.get(id);
    if (!person?.active) return [{ pointer, detail: `${id} is nobody who works here` }];
    if (!roles || person.roles.some((role) => roles.includes(role))) return [];
    return [{ pointer, detail: `${id} has none of the roles ${roles.join(', ')}` }];
  });
}

/** Tells whether a kind of policy names persons at all. */
export const namesPersons = (kind: PolicyKind): boolean => kind === 'assignment' || kind === 'approval';

function namedIn(kind: PolicyKind, body: unknown): Named[] {
  if (kind === 'approval') {
    return (body as ApprovalPolicy).rules.flatMap(({ approver }, index) =>
      approver.kind === 'person'
        ? [{ pointer: `/rules/${index}/approver/personId`, id: approver.personId }]
        : [],
    );
  }
  if (kind !== 'assignment') return [];
  const { territories, capacities, fallbackOwnerId } = body as AssignmentPolicy;
  return [
    ...territories.flatMap(({ repIds }, at) =>
      repIds.map((id, index) => ({ pointer: `/territories/${at}/repIds/${index}`, id, roles: SELLS })),
    ),
    ...capacities.map(({ repId: id }, index) => ({
      pointer: `/capacities/${index}/repId`,
      id,
      roles: SELLS,
    })),
    { pointer: '/fallbackOwnerId', id: fallbackOwnerId, roles: SELLS },
  ];
}
