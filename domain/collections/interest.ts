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

/**
 * Returns the interest in minor units up to and including `untilOn`, from the day after due (or after the
 * last note): Σ principal × (reference rate + margin) × days ÷ (10,000 × 365), cut at each payment, dispute
 * and change of rate, rounded half away from zero once (RULES, Reminders). 0 for a plan without interest.
 */
export function lateInterest(principal: LatePrincipal, plan: DunningPlan, untilOn: string): bigint {
  if (plan.interest === null) return 0n;
  const { marginBps, referenceRates } = plan.interest;
  const from = addDays(principal.chargedUntilOn ?? principal.dueOn, 1);
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
  let weighted = 0n;
  starts.forEach((start, index) => {
    const days = daysBetween(start, starts[index + 1] ?? afterEnd);
    if (days <= 0) return;
    const rateBps = marginBps + rateOn(referenceRates, start);
    // A negative reference rate may eat the margin; nobody is paid for being late.
    weighted += bearing(principal, start) * BigInt(Math.max(0, rateBps)) * BigInt(days);
  });
  return divRound(weighted, 10_000n * 365n);
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
