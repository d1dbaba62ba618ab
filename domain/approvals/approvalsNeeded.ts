// Who has to approve a quote, in which order, by the approval matrix. It stores nothing and asks nobody;
// whether a person may then decide a step is mayDecide.ts, what silence leads to escalation.ts.
import { parseAmount } from '../money/amounts.js';
import { delegateOn, limitOf, managersOf, type People, type Person } from '../people/people.js';
import type { ApprovalCondition, ApprovalPolicy, ApprovalRule } from '../policies/types.js';
import type { ApproverFacts, NeededApproval, PassedOverReason, QuoteFacts } from './types.js';

/**
 * Returns the steps a revision needs, by sequence and then in the matrix's order; [] when within policy.
 * An approver is never the requester or the maker, never profits from the deal, is active and has a limit of at least
 * the total in the quote's currency; whoever fails is passed over upwards to the next manager. One person
 * meets several rules in one step. Nobody able: a step without approver, overdue for the admin at once.
 */
export function approvalsNeeded(
  quote: QuoteFacts,
  policy: ApprovalPolicy,
  requesterId: string,
  people: People,
  on: string,
): NeededApproval[] {
  const rules = policy.rules
    .filter((rule) => applies(rule.when, quote, policy))
    .sort((a, b) => a.sequence - b.sequence);
  const steps: NeededApproval[] = [];
  for (const rule of rules) {
    const step = stepFor(rule, quote, requesterId, people, on);
    const isAsked = steps.some((other) => other.approverId !== null && other.approverId === step.approverId);
    if (!isAsked) steps.push(step);
  }
  return steps;
}

function applies(when: ApprovalCondition, quote: QuoteFacts, policy: ApprovalPolicy): boolean {
  const checks = [
    when.discountAboveBps === undefined || quote.discountBps > when.discountAboveBps,
    when.discountUpToBps === undefined || quote.discountBps <= when.discountUpToBps,
    // Without a cost nobody can say that the margin is high enough.
    when.marginBelowBps === undefined || quote.marginBps === null || quote.marginBps < when.marginBelowBps,
    when.totalAbove === undefined || exceeds(when.totalAbove, quote, policy),
    when.paymentAboveDays === undefined || quote.paymentDays > when.paymentAboveDays,
    when.families === undefined || when.families.some((family) => quote.families.includes(family)),
    when.nonStandardTerms === undefined || quote.nonStandardTerms === when.nonStandardTerms,
  ];
  return checks.every((check) => check);
}

// A currency the matrix does not speak of is asked about, not let through.
function exceeds(
  thresholds: ApprovalCondition['totalAbove'],
  quote: QuoteFacts,
  policy: ApprovalPolicy,
): boolean {
  const threshold = thresholds?.find((money) => money.currency === quote.currency);
  if (threshold === undefined || !policy.currencies.includes(quote.currency)) return true;
  return quote.totalMinor > parseAmount(threshold.amount, threshold.currency);
}

/**
 * Returns who is asked now for a rule of the matrix, as `approvalsNeeded` would: people, limits and managers may have
 * changed since. Null where nobody is able, or the matrix has no such rule.
 */
export function approverFor(
  ruleId: string,
  quote: QuoteFacts,
  policy: ApprovalPolicy,
  requesterId: string,
  people: People,
): Person | null {
  const rule = policy.rules.find((one) => one.id === ruleId);
  if (rule === undefined) return null;
  const candidates = candidatesFor(rule, requesterId, quote, people);
  return candidates.find((person) => whyNot(person, quote, requesterId) === null) ?? null;
}

function stepFor(
  rule: ApprovalRule,
  quote: QuoteFacts,
  requesterId: string,
  people: People,
  on: string,
): NeededApproval {
  const able = candidatesFor(rule, requesterId, quote, people).find(
    (person) => whyNot(person, quote, requesterId) === null,
  );
  const delegate = able === undefined ? null : delegateOn(able, on, people);
  const mayStandIn = delegate !== null && whyNotStandIn(delegate, quote, requesterId) === null;
  return {
    sequence: rule.sequence,
    ruleId: rule.id,
    textCode: rule.textCode,
    texts: rule.texts ?? null,
    approverId: able?.id ?? null,
    delegateId: mayStandIn ? delegate.id : null,
    limitMinor: able === undefined ? null : limitOf(able, quote.currency),
  };
}

/** In the order of asking: those the rule names, then the managers above the first of them. */
function candidatesFor(rule: ApprovalRule, requesterId: string, quote: QuoteFacts, people: People): Person[] {
  const above = managersOf(requesterId, people);
  switch (rule.approver.kind) {
    case 'manager':
      return above.slice(rule.approver.level - 1);
    case 'person': {
      const named = people.get(rule.approver.personId);
      return named === undefined ? [] : [named, ...managersOf(named.id, people)];
    }
    case 'role': {
      const { role } = rule.approver;
      const holders = [...people.values()].filter((person) => person.active && person.roles.includes(role));
      const ordered = holders.sort(byNearness(above, quote.currency));
      const first = ordered[0];
      return unique([...ordered, ...(first === undefined ? [] : managersOf(first.id, people))]);
    }
  }
}

// The requester's own managers know the deal best; then whoever has the smaller limit, so that the
// highest in the house are not asked for what others may decide.
function byNearness(above: readonly Person[], currency: string): (a: Person, b: Person) => number {
  const distance = (person: Person): number => {
    const level = above.findIndex((manager) => manager.id === person.id);
    return level === -1 ? above.length : level;
  };
  return (a, b) => {
    const byLimit = limitOf(a, currency) - limitOf(b, currency);
    return distance(a) - distance(b) || Number(byLimit > 0n) - Number(byLimit < 0n) || (a.id < b.id ? -1 : 1);
  };
}

const unique = (people: Person[]): Person[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];

/** Why a person may not be asked to approve a quote, or null; the limit is their own. */
export function whyNot(person: Person, quote: ApproverFacts, requesterId: string): PassedOverReason | null {
  return (
    whyNotStandIn(person, quote, requesterId) ??
    (limitOf(person, quote.currency) < quote.totalMinor ? 'limit' : null)
  );
}

// A delegate decides within the limit of the person they stand in for.
function whyNotStandIn(person: Person, quote: ApproverFacts, requesterId: string): PassedOverReason | null {
  if (!person.active) return 'inactive';
  if (person.id === requesterId) return 'requester';
  if (person.id === quote.makerId) return 'maker';
  return quote.beneficiaryIds.includes(person.id) ? 'profits' : null;
}
