// Which policy may be stored: the schema of each kind (limits of every field) and, behind it, what several
// fields must say together (domain/policies/problems.ts). One answer for API, import and sample company.
import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { problemsOfPolicy } from '../domain/policies/problems.js';
import type { PolicyByKind, PolicyKind, PolicyProblem } from '../domain/policies/types.js';
import { demandOfPattern } from './patterns.js';
import {
  CommissionPolicySchema,
  DunningPolicySchema,
  InvoicingPolicySchema,
  NotificationsPolicySchema,
  PayoutPolicySchema,
  TaxPolicySchema,
} from './policies/money.js';
import {
  ApprovalPolicySchema,
  AssignmentPolicySchema,
  QualificationPolicySchema,
  QuotingPolicySchema,
  ScoringPolicySchema,
} from './policies/sales.js';

export const POLICY_SCHEMAS = {
  scoring: ScoringPolicySchema,
  assignment: AssignmentPolicySchema,
  qualification: QualificationPolicySchema,
  approval: ApprovalPolicySchema,
  quoting: QuotingPolicySchema,
  tax: TaxPolicySchema,
  invoicing: InvoicingPolicySchema,
  dunning: DunningPolicySchema,
  commission: CommissionPolicySchema,
  notifications: NotificationsPolicySchema,
  payout: PayoutPolicySchema,
} as const satisfies Readonly<Record<PolicyKind, TSchema>>;

export type PolicyBody<K extends PolicyKind> = Static<(typeof POLICY_SCHEMAS)[K]>;

export type PolicyVerdict<K extends PolicyKind> =
  | { ok: true; policy: PolicyByKind[K] }
  | { ok: false; problems: PolicyProblem[] };

/** More problems than this help nobody. */
const MAX_PROBLEMS = 50;
const validators = new Map<PolicyKind, Validator>();

/**
 * Judges an unknown value as a policy of a kind: the schema first, then what its fields must say together.
 * Nothing is coerced and nothing dropped; problems carry the pointer of the field, the value's fault and
 * the limit.
 */
export function checkPolicy<K extends PolicyKind>(kind: K, value: unknown): PolicyVerdict<K> {
  const validator = validatorOf(kind);
  if (!validator.Check(value)) {
    const problems = validator.Errors(value).map((error) => ({
      pointer: error.instancePath,
      detail: (error.keyword === 'pattern' && demandOfPattern(String(error.params.pattern))) || error.message,
    }));
    return { ok: false, problems: problems.slice(0, MAX_PROBLEMS) };
  }
  const policy = value as PolicyByKind[K];
  const problems = problemsOfPolicy(kind, policy).slice(0, MAX_PROBLEMS);
  return problems.length === 0 ? { ok: true, policy } : { ok: false, problems };
}

// Compiled when first asked for: a process that never stores policies does not pay for it.
function validatorOf(kind: PolicyKind): Validator {
  const known = validators.get(kind);
  if (known !== undefined) return known;
  const validator = Compile(POLICY_SCHEMAS[kind] as TSchema) as Validator;
  validators.set(kind, validator);
  return validator;
}
