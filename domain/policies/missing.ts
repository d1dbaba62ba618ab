// Decides what is said when the company has not made a rule, or a legal entity, that a deal needs: which one is
// missing and by which call it is made. It does not decide which rules a step needs: the step asks for them.
import { DomainError } from '../errors.js';
import { POLICY_KINDS, type PolicyKind } from './types.js';

/** The call that makes the first version of a kind, as people type it. */
export const policyCall = (kind: PolicyKind): string => `PUT /v1/policies/${kind}`;

/**
 * The refusal of what needs a policy nobody has made: the kind, its call, and what else is missing, so that a
 * company is set up in one go. `versions` are those in force.
 */
export function policyMissing(
  kind: PolicyKind,
  versions: Readonly<Partial<Record<PolicyKind, number>>> = {},
): DomainError {
  const others = POLICY_KINDS.filter((other) => other !== kind && versions[other] === undefined);
  const besides = others.length > 0 && others.length < POLICY_KINDS.length - 1;
  const detail =
    `there is no ${kind} policy yet: make it by ${policyCall(kind)} with If-Match "0"` +
    (besides ? ` (missing besides: ${others.join(', ')})` : '');
  return new DomainError('not_configured', detail, undefined, { policy: kind });
}

/** The refusal of what needs a seller while the company has no legal entity. */
export function entityMissing(): DomainError {
  const detail = 'the company has no legal entity yet: make it by POST /v1/entities';
  return new DomainError('not_configured', detail, undefined, { policy: 'entity' });
}
