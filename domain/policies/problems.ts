// What several fields of a policy must say together; the limits of a single field are the schema's. A
// policy with a problem is not stored, so nothing that runs has to ask again.
import { problemsOfApproval } from './approvalProblems.js';
import { problemsOfDunning } from './dunningProblems.js';
import type {
  AssignmentPolicy,
  CommissionPolicy,
  InvoicingPolicy,
  NotificationsPolicy,
  PayoutPolicy,
  PolicyByKind,
  PolicyKind,
  PolicyProblem,
  QualificationPolicy,
  QuotingPolicy,
  ScoringPolicy,
} from './types.js';
import { currenciesTwice, notAscending, notMoney, outside, twice } from './wording.js';

type Check<K extends PolicyKind> = (policy: PolicyByKind[K]) => PolicyProblem[];

const CHECKS: { readonly [K in PolicyKind]: Check<K> } = {
  scoring: problemsOfScoring,
  assignment: problemsOfAssignment,
  qualification: problemsOfQualification,
  approval: problemsOfApproval,
  quoting: problemsOfQuoting,
  tax: problemsOfTax,
  invoicing: problemsOfInvoicing,
  dunning: problemsOfDunning,
  commission: problemsOfCommission,
  notifications: problemsOfNotifications,
  payout: problemsOfPayout,
};

/** Returns what is wrong with a policy that its schema lets through; [] when it may be stored. */
export function problemsOfPolicy<K extends PolicyKind>(kind: K, policy: PolicyByKind[K]): PolicyProblem[] {
  return CHECKS[kind](policy);
}

function problemsOfScoring(policy: ScoringPolicy): PolicyProblem[] {
  const problems = [
    ...twice(
      '/rules',
      policy.rules.map((rule) => rule.id),
    ),
    ...twice(
      '/engagement/touches',
      policy.engagement.touches.map((touch) => touch.kind),
    ),
    ...twice(
      '/grades',
      policy.grades.map((grade) => grade.grade),
    ),
    ...notAscending(
      '/engagement/recency',
      policy.engagement.recency.map((step) => step.withinDays),
    ),
    ...notAscending(
      '/grades',
      policy.grades.map((grade) => -grade.fromPoints),
      (value) => -value,
    ),
  ];
  policy.rules.forEach((rule, index) => {
    const wants = VALUE_OF[rule.operator];
    const got = rule.value === undefined ? 'none' : Array.isArray(rule.value) ? 'list' : typeof rule.value;
    if (wants === got) return;
    problems.push({
      pointer: `/rules/${index}/value`,
      detail: `${rule.operator} takes ${wants}, not ${got}`,
    });
  });
  return problems;
}

const VALUE_OF = {
  is: 'string',
  isNot: 'string',
  contains: 'string',
  in: 'list',
  present: 'none',
  absent: 'none',
} as const satisfies Record<ScoringPolicy['rules'][number]['operator'], string>;

function problemsOfAssignment(policy: AssignmentPolicy): PolicyProblem[] {
  const problems = [
    ...twice(
      '/territories',
      policy.territories.map((territory) => territory.id),
    ),
    ...twice(
      '/capacities',
      policy.capacities.map((capacity) => capacity.repId),
    ),
  ];
  policy.territories.forEach((territory, index) => {
    problems.push(...twice(`/territories/${index}/repIds`, territory.repIds));
    const isCatchAll = [territory.countries, territory.channels].every((l) => l.length === 0);
    if (isCatchAll && index < policy.territories.length - 1) {
      const detail = `${territory.id} takes every lead, so the territories behind it are never reached`;
      problems.push({ pointer: `/territories/${index}`, detail });
    }
  });
  return problems;
}

function problemsOfQualification(policy: QualificationPolicy): PolicyProblem[] {
  return [...twice('/needs', policy.needs), ...twice('/disqualifyReasons', policy.disqualifyReasons)];
}

function problemsOfQuoting(policy: QuotingPolicy): PolicyProblem[] {
  const problems = [
    ...twice('/currencies', policy.currencies),
    ...outside('/defaultCurrency', policy.defaultCurrency, policy.currencies, 'currencies'),
    ...notAscending(
      '/remindCustomerDaysBefore',
      policy.remindCustomerDaysBefore.map((days) => -days),
      (v) => -v,
    ),
  ];
  if (policy.defaultValidDays > policy.maxValidDays) {
    const detail = `${policy.defaultValidDays} days are more than maxValidDays ${policy.maxValidDays}`;
    problems.push({ pointer: '/defaultValidDays', detail });
  }
  return problems;
}

function problemsOfTax(policy: PolicyByKind['tax']): PolicyProblem[] {
  const problems = twice(
    '/rates',
    policy.rates.map((rate) => `${rate.country} ${rate.taxClass} from ${rate.fromOn}`),
  );
  policy.rates.forEach((rate, index) => {
    const treatment = rate.treatment ?? 'S';
    if (treatment !== 'S' && rate.rateBps !== 0) {
      const detail = `treatment ${treatment} carries ${rate.rateBps} bps, must be 0`;
      problems.push({ pointer: `/rates/${index}/rateBps`, detail });
    }
    if (treatment === 'E' && rate.exemption === undefined) {
      const detail = 'treatment E needs the reason that is printed on the document';
      problems.push({ pointer: `/rates/${index}/exemption`, detail });
    }
    if (policy.noVatCountries.includes(rate.country)) {
      const detail = `${rate.country} is among noVatCountries and has a rate`;
      problems.push({ pointer: `/rates/${index}/country`, detail });
    }
    if (policy.outsideScopeClasses.includes(rate.taxClass)) {
      const detail = `${rate.taxClass} is among outsideScopeClasses and has a rate`;
      problems.push({ pointer: `/rates/${index}/taxClass`, detail });
    }
  });
  const both = policy.euCountries.filter((country) => policy.noVatCountries.includes(country));
  return [
    ...problems,
    ...both.map((country) => ({ pointer: '/noVatCountries', detail: `${country} is a member state, too` })),
  ];
}

function problemsOfInvoicing(policy: InvoicingPolicy): PolicyProblem[] {
  const ids = policy.terms.map((terms) => terms.id);
  return [
    ...twice('/series', Object.values(policy.series)),
    ...twice('/terms', ids),
    ...outside('/defaultTermsId', policy.defaultTermsId, ids, 'terms'),
    ...currenciesTwice('/smallDifference/maximums', policy.smallDifference.maximums),
    ...notMoney('/smallDifference/maximums', policy.smallDifference.maximums),
  ];
}

function problemsOfCommission(policy: CommissionPolicy): PolicyProblem[] {
  const total = policy.splits.reduce((sum, split) => sum + split.shareBps, 0);
  return [
    ...twice(
      '/rates',
      policy.rates.map((rate) => rate.family),
    ),
    ...twice(
      '/splits',
      policy.splits.map((split) => split.role),
    ),
    ...twice(
      '/overrides',
      policy.overrides.map((override) => `level ${override.level}`),
    ),
    ...(total === 10_000
      ? []
      : [{ pointer: '/splits', detail: `shares sum to ${total} bps, must be 10000` }]),
  ];
}

function problemsOfNotifications(policy: NotificationsPolicy): PolicyProblem[] {
  return twice('/mails', policy.mails);
}

function problemsOfPayout(policy: PayoutPolicy): PolicyProblem[] {
  return [...currenciesTwice('/minimums', policy.minimums), ...notMoney('/minimums', policy.minimums)];
}
