// How good a lead is: points by the rules of the scoring policy, each with its reason, and the grade
// they add up to. It reads facts only; who gets the lead decides assign.ts.
import { daysBetween } from '../calendar/days.js';
import type { RuleTexts, ScoreField, ScoringPolicy, ScoringRule } from '../policies/types.js';

/** Normalised facts; what is not known is absent or null. */
export type LeadFacts = Partial<Record<ScoreField, string | null>>;

export interface Touch {
  kind: string;
  touchedOn: string;
}

export interface ScoreReason {
  rule: string;
  points: number;
  textCode: string;
  /** The company's own words, kept with the reason: the policy may have others by then. */
  texts?: RuleTexts;
}

export interface LeadScore {
  points: number;
  grade: string;
  reasons: ScoreReason[];
}

/**
 * Scores a lead as of a day. `points` is the sum of the reasons; rules that do not hold give none.
 * A touch counts its points × the weight of its age, rounded half away from zero; engagement together
 * counts at most `maxPoints` (the last reason is lowered to fit). A touch after `today` counts as today's.
 */
export function scoreLead(
  facts: LeadFacts,
  touches: readonly Touch[],
  policy: ScoringPolicy,
  today: string,
): LeadScore {
  const reasons = [
    ...policy.rules
      .filter((rule) => holds(rule, facts[rule.field]))
      .map(({ id, points, textCode, texts }) => ({ rule: id, points, textCode, ...(texts && { texts }) })),
    ...engagement(touches, policy.engagement, today),
  ];
  const points = reasons.reduce((sum, reason) => sum + reason.points, 0);
  const last = policy.grades[policy.grades.length - 1];
  const grade = policy.grades.find((candidate) => points >= candidate.fromPoints) ?? last;
  if (grade === undefined) throw new RangeError('a scoring policy without grades');
  return { points, grade: grade.grade, reasons };
}

function holds(rule: ScoringRule, fact: string | null | undefined): boolean {
  const known = fact !== undefined && fact !== null && fact !== '';
  switch (rule.operator) {
    case 'present':
      return known;
    case 'absent':
      return !known;
    case 'is':
      return known && sameWord(fact, rule.value);
    case 'isNot':
      return known && !sameWord(fact, rule.value);
    case 'in':
      return known && Array.isArray(rule.value) && rule.value.some((value) => sameWord(fact, value));
    case 'contains':
      return known && typeof rule.value === 'string' && word(fact).includes(word(rule.value));
  }
}

const word = (value: unknown): string => String(value).trim().toLowerCase();
const sameWord = (a: unknown, b: unknown): boolean => word(a) === word(b);

function engagement(
  touches: readonly Touch[],
  policy: ScoringPolicy['engagement'],
  today: string,
): ScoreReason[] {
  const reasons: ScoreReason[] = [];
  let left = policy.maxPoints;
  for (const { kind, points, textCode, texts } of policy.touches) {
    const weighted = touches
      .filter((touch) => touch.kind === kind)
      .reduce((sum, touch) => sum + points * weightBps(touch.touchedOn, policy.recency, today), 0);
    const rounded = Math.sign(weighted) * Math.floor((Math.abs(weighted) + 5_000) / 10_000);
    const counted = Math.min(rounded, left);
    if (counted === 0) continue;
    left -= counted;
    reasons.push({ rule: `touch:${kind}`, points: counted, textCode, ...(texts && { texts }) });
  }
  return reasons;
}

function weightBps(
  touchedOn: string,
  recency: ScoringPolicy['engagement']['recency'],
  today: string,
): number {
  const age = Math.max(0, daysBetween(touchedOn, today));
  return recency.find((step) => age <= step.withinDays)?.weightBps ?? 0;
}
