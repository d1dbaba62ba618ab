// Decides what a payee is paid when lines are settled: what was earned and what was carried from before, never
// below nothing. It does not decide who releases it (toxicPairs.ts) nor which lines are due.
import { percentOf } from '../money/amounts.js';

export interface PayoutRule {
  /** Less than this is carried to the next payout. */
  readonly minimumMinor: bigint;
  /** The most of what was earned that an older debt may take; 10,000 is all of it. */
  readonly maxRecoverBps: number;
}

/** The rule of a payout of the lead's own: nothing is too small for it, and a debt is recovered as in any run. */
export const atOnce = ({ maxRecoverBps }: Pick<PayoutRule, 'maxRecoverBps'>): PayoutRule => ({
  minimumMinor: 0n,
  maxRecoverBps,
});

/**
 * The amount paid of `earnedMinor` with `carriedMinor` from earlier payouts (below 0: owed by the payee). What
 * is not paid is carried: `earned + carried − paid` is the balance afterwards, and the ledger's.
 */
export function payoutOf(earnedMinor: bigint, carriedMinor: bigint, rule: PayoutRule): bigint {
  if (carriedMinor >= 0n) return atLeast(earnedMinor + carriedMinor, rule.minimumMinor);
  if (earnedMinor <= 0n) return 0n;
  const most = percentOf(earnedMinor, rule.maxRecoverBps);
  const recovered = -carriedMinor < most ? -carriedMinor : most;
  return atLeast(earnedMinor - recovered, rule.minimumMinor);
}

function atLeast(amountMinor: bigint, minimumMinor: bigint): bigint {
  return amountMinor > 0n && amountMinor >= minimumMinor ? amountMinor : 0n;
}
