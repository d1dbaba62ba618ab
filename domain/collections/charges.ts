// What a letter charges: one reminder fee however many items it reminds of, the flat compensation once per
// invoice, late interest per invoice; and what is open on a charge note. Numbers and postings are the step's.
import type { DunningPolicy } from '../policies/types.js';
import {
  type InterestPeriod,
  interestFromOn,
  interestPeriods,
  type LatePrincipal,
  lateInterest,
} from './interest.js';
import { flatFeeOf } from './reminders.js';
import type { ChargeBalance, ChargeParts, DunnableItem } from './types.js';

export const CHARGE_KINDS = ['reminder_fee', 'flat_compensation', 'interest'] as const;
export type ChargeKind = (typeof CHARGE_KINDS)[number];

export const CHARGE_STATUSES = ['open', 'partly_paid', 'paid', 'waived', 'written_off'] as const;
export type ChargeStatus = (typeof CHARGE_STATUSES)[number];

/** An item the letter reminds of, as the reminder was decided. */
export interface RemindedItem {
  readonly invoiceId: string;
  readonly item: DunnableItem;
  /** The level it reaches with this letter, and that level's fee. */
  readonly level: number;
  readonly feeMinor: bigint;
  readonly policy: DunningPolicy;
  readonly principal: LatePrincipal;
  /** An earlier note of the invoice carries the flat compensation. */
  readonly flatCharged: boolean;
}

export interface ChargeLine {
  readonly kind: ChargeKind;
  readonly amountMinor: bigint;
  /** How the interest was counted; null for a fee. */
  readonly periods: readonly InterestPeriod[] | null;
}

export interface ChargeDraft {
  readonly invoiceId: string;
  readonly level: number;
  /** At least one, each above 0. */
  readonly lines: readonly ChargeLine[];
  readonly feeMinor: bigint;
  readonly interestMinor: bigint;
  /** First and last day the interest is for; null without interest. */
  readonly interestFromOn: string | null;
  readonly interestUntilOn: string | null;
}

/**
 * The charge notes of one letter, at most one per invoice, in the order of the items. The letter has one fee,
 * the highest its levels name; it stands with the item that brought it (on a tie the highest level, the oldest
 * due date, the lowest id). Interest runs up to and including `today`; what rounds to nothing is not charged
 * and its days stay for the next note.
 */
export function chargesOfLetter(items: readonly RemindedItem[], today: string): ChargeDraft[] {
  const bearer = [...items].sort(byFee)[0];
  return items.flatMap((reminded) => {
    const { invoiceId, level, item, policy, principal, flatCharged } = reminded;
    const plan = policy[item.customer];
    const feeMinor = reminded === bearer ? reminded.feeMinor : 0n;
    const flatMinor = flatCharged ? 0n : flatFeeOf(item, policy);
    const interestMinor = lateInterest(principal, plan, today);
    const lines: ChargeLine[] = [
      { kind: 'reminder_fee' as const, amountMinor: feeMinor, periods: null },
      { kind: 'flat_compensation' as const, amountMinor: flatMinor, periods: null },
      {
        kind: 'interest' as const,
        amountMinor: interestMinor,
        periods: interestPeriods(principal, plan, today),
      },
    ].filter(({ amountMinor }) => amountMinor > 0n);
    if (lines.length === 0) return [];
    const days =
      interestMinor > 0n
        ? { interestFromOn: interestFromOn(principal), interestUntilOn: today }
        : { interestFromOn: null, interestUntilOn: null };
    return [{ invoiceId, level, lines, feeMinor: feeMinor + flatMinor, interestMinor, ...days }];
  });
}

function byFee(a: RemindedItem, b: RemindedItem): number {
  if (a.feeMinor !== b.feeMinor) return a.feeMinor > b.feeMinor ? -1 : 1;
  return b.level - a.level || compare(a.item.dueOn, b.item.dueOn) || compare(a.invoiceId, b.invoiceId);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const sumOf = ({ feeMinor, interestMinor }: ChargeParts): bigint => feeMinor + interestMinor;

/** What is open of each part. RangeError when one has passed 0 to the other side. */
export function openCharge(charge: ChargeBalance): ChargeParts {
  const feeMinor =
    charge.feeMinor - charge.allocatedFeeMinor - charge.waivedFeeMinor - charge.writtenOffFeeMinor;
  const interestMinor =
    charge.interestMinor -
    charge.allocatedInterestMinor -
    charge.waivedInterestMinor -
    charge.writtenOffInterestMinor;
  if (feeMinor < 0n || interestMinor < 0n) {
    throw new RangeError(
      `a charge note has ${feeMinor} of its fees and ${interestMinor} of its interest open`,
    );
  }
  return { feeMinor, interestMinor };
}

/** The status that follows from the balance. */
export function chargeStatus(charge: ChargeBalance): ChargeStatus {
  const allocated = charge.allocatedFeeMinor + charge.allocatedInterestMinor;
  if (sumOf(openCharge(charge)) > 0n) return allocated > 0n ? 'partly_paid' : 'open';
  if (charge.writtenOffFeeMinor + charge.writtenOffInterestMinor > 0n) return 'written_off';
  return charge.waivedFeeMinor + charge.waivedInterestMinor > 0n ? 'waived' : 'paid';
}
