// A house with three managers and two in finance, a quote, and a matrix made from its rules.
import type { QuoteFacts } from '../../../domain/approvals/types.js';
import type { ApprovalCondition, ApprovalPolicy, ApproverRule } from '../../../domain/policies/types.js';
import { eur, people, person } from '../people/sample.js';

export const on = '2026-11-22';
export const staff = people(
  person('rep', { managerId: 'lead' }),
  person('sdr', { managerId: 'lead' }),
  person('lead', { roles: ['manager'], managerId: 'head', limits: eur(10_000n) }),
  person('head', { roles: ['manager'], managerId: 'boss', limits: eur(100_000n) }),
  person('boss', { roles: ['admin'], limits: eur(1_000_000n) }),
  person('fin1', { roles: ['finance'], managerId: 'fin2', limits: eur(50_000n) }),
  person('fin2', { roles: ['finance'], managerId: 'boss', limits: eur(500_000n) }),
);
export const quote: QuoteFacts = {
  currency: 'EUR',
  totalMinor: 10_000n,
  discountBps: 1_500,
  marginBps: 4_000,
  paymentDays: 30,
  families: ['hardware'],
  nonStandardTerms: false,
  makerId: 'rep',
  beneficiaryIds: ['rep'],
};
export const manager = (level: number): ApproverRule => ({ kind: 'manager', level });

export function policy(
  ...rules: { sequence?: number; when: ApprovalCondition; approver?: ApproverRule }[]
): ApprovalPolicy {
  return {
    currencies: ['EUR'],
    rules: rules.map((rule, index) => ({
      id: `rule-${index}`,
      sequence: rule.sequence ?? 1,
      when: rule.when,
      approver: rule.approver ?? manager(1),
      textCode: 'approval.discount',
    })),
    remindHours: 4,
    escalateHours: 24,
    maxEscalations: 2,
  };
}
