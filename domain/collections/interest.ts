// What a late payment costs in interest: simple, actual/365, exact until one rounding per charge note.
// Whether interest is charged at all, and the note itself, are the step's.
import { addDays, daysBetween } from '../calendar/days.js';
import { divRound } from '../money/rounding.js';
import type { DunningPlan } from '../policies/types.js';
import type { DisputedPart, PrincipalChange } from './types.js';

export interface LatePrincipal {
  dueOn: string;
  /** The open principal gross at the end of the due day. */
  openMinor: bigint;
  /** Later payments and bounces, in any order; a payment still carries interest on its day of value. */
  changes: readonly PrincipalChange[];
  disputed: readonly DisputedPart[];
  /** The last day that an earlier note has charged, null for the first one. */
  chargedUntilOn: string | null;
}

/** Interest over one stretch of days on which neither principal nor rate changed. */
export interface InterestPeriod {
  fromOn: string;
  /** The last day of it. */
  untilOn: string;
  days: number;
  principalMinor: bigint;
  rateBps: number;
}

/**
 * Returns the interest in minor units up to and including `untilOn`, from the day after due (or after the
 * last note): Σ principal × (reference rate + margin) × days ÷ (10,000 × 365), cut at each payment, dispute
 * and change of rate, rounded half away from zero once (docs/money.md, Reminders). 0 for a plan without interest.
 */
export function lateInterest(principal: LatePrincipal, plan: DunningPlan, untilOn: string): bigint {
  const weighted = interestPeriods(principal, plan, untilOn).reduce(
    (sum, { principalMinor, rateBps, days }) => sum + principalMinor * BigInt(rateBps) * BigInt(days),
    0n,
  );
  return divRound(weighted, 10_000n * 365n);
}

/** The first day a note issued now charges interest for. */
export const interestFromOn = ({ dueOn, chargedUntilOn }: LatePrincipal): string =>
  addDays(chargedUntilOn ?? dueOn, 1);

/** What the interest is counted from: the stretches that bear any, in order. */
export function interestPeriods(
  principal: LatePrincipal,
  plan: DunningPlan,
  untilOn: string,
): InterestPeriod[] {
  if (plan.interest === null) return [];
  const { marginBps, referenceRates } = plan.interest;
  const from = interestFromOn(principal);
  const afterEnd = addDays(untilOn, 1);
  const cuts = [
    ...principal.changes.map((change) => addDays(change.on, 1)),
    ...principal.disputed.flatMap((part) => [
      addDays(part.fromOn, 1),
      part.untilOn === null ? afterEnd : addDays(part.untilOn, 1),
    ]),
    ...referenceRates.map((rate) => rate.fromOn),
  ].filter((on) => from < on && on < afterEnd);
  const starts = [from, ...new Set(cuts.sort())];
  return starts
    .map((fromOn, index): InterestPeriod => {
      const end = starts[index + 1] ?? afterEnd;
      return {
        fromOn,
        untilOn: addDays(end, -1),
        days: daysBetween(fromOn, end),
        principalMinor: bearing(principal, fromOn),
        // A negative reference rate may eat the margin; nobody is paid for being late.
        rateBps: Math.max(0, marginBps + rateOn(referenceRates, fromOn)),
      };
    })
    .filter(({ days, principalMinor, rateBps }) => days > 0 && principalMinor > 0n && rateBps > 0);
}

function bearing(principal: LatePrincipal, on: string): bigint {
  const open = principal.changes
    .filter((change) => change.on < on)
    .reduce((sum, change) => sum + change.changeMinor, principal.openMinor);
  const disputed = principal.disputed
    .filter((part) => part.fromOn < on && (part.untilOn === null || on <= part.untilOn))
    .reduce((sum, part) => sum + part.amountMinor, 0n);
  return open > disputed ? open - disputed : 0n;
}

// Before the first known rate nothing but the margin is owed.
function rateOn(rates: readonly { fromOn: string; rateBps: number }[], on: string): number {
  const inForce = rates.filter((rate) => rate.fromOn <= on).sort((a, b) => (a.fromOn < b.fromOn ? 1 : -1));
  return inForce[0]?.rateBps ?? 0;
}
