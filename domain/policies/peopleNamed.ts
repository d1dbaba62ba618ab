// Decides whom a policy names, and where: owners of leads, and approvers asked by name. Whether they exist is
// the caller's to find out.
import type { ApprovalPolicy, AssignmentPolicy, PolicyByKind, PolicyKind } from './types.js';

export interface PersonNamed {
  readonly personId: string;
  /** JSON pointer into the policy. */
  readonly pointer: string;
}

export function peopleNamedBy<K extends PolicyKind>(kind: K, policy: PolicyByKind[K]): PersonNamed[] {
  if (kind === 'assignment') return owners(policy as AssignmentPolicy);
  if (kind === 'approval') return approvers(policy as ApprovalPolicy);
  return [];
}

function owners({ territories, capacities, fallbackOwnerId }: AssignmentPolicy): PersonNamed[] {
  return [
    { personId: fallbackOwnerId, pointer: '/fallbackOwnerId' },
    ...territories.flatMap(({ repIds }, t) =>
      repIds.map((personId, r) => ({ personId, pointer: `/territories/${t}/repIds/${r}` })),
    ),
    ...capacities.map(({ repId }, c) => ({ personId: repId, pointer: `/capacities/${c}/repId` })),
  ];
}

const approvers = ({ rules }: ApprovalPolicy): PersonNamed[] =>
  rules.flatMap(({ approver }, index) =>
    approver.kind === 'person'
      ? [{ personId: approver.personId, pointer: `/rules/${index}/approver/personId` }]
      : [],
  );
