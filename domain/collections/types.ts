// The words of collecting: what a reminder is judged by and what can follow. Shapes only.

export const DUNNING_ACTIONS = ['reminder', 'task', 'write_off'] as const;
export type DunningActionKind = (typeof DUNNING_ACTIONS)[number];

/** One invoice or instalment, as it stands on a day. */
export interface DunnableItem {
  dueOn: string;
  currency: string;
  openMinor: bigint;
  /** The part of the open amount that is disputed; reminders wait while it is above 0. */
  disputedMinor: bigint;
  /** Unapplied cash of the customer in this currency. */
  unappliedMinor: bigint;
  customer: 'business' | 'consumer';
  /** The level reached, 0 before the first reminder; kept when a payment bounces. */
  level: number;
  lastReminderOn: string | null;
  /** No reminder up to and including this day. */
  heldUntilOn: string | null;
  /** The customer promised to pay on this day. */
  promisedOn: string | null;
}

export type DunningAction =
  | {
      kind: 'reminder';
      level: number;
      on: string;
      feeMinor: bigint;
      /** The last level names what follows. */
      announces: { action: 'task' | 'write_off'; on: string } | null;
    }
  | { kind: 'task'; on: string; level: number }
  | { kind: 'write_off'; on: string; level: number; amountMinor: bigint };

/** The open principal changed on a day: a payment is negative, a bounce positive. */
export interface PrincipalChange {
  on: string;
  changeMinor: bigint;
}

/** A part in dispute earns no interest on the days after `fromOn` up to and including `untilOn`. */
export interface DisputedPart {
  fromOn: string;
  untilOn: string | null;
  amountMinor: bigint;
}

/** A charge note's fees and interest apart: payments, waivers and write-offs reach each by itself. */
export interface ChargeParts {
  readonly feeMinor: bigint;
  readonly interestMinor: bigint;
}

export interface ChargeBalance extends ChargeParts {
  readonly allocatedFeeMinor: bigint;
  readonly allocatedInterestMinor: bigint;
  readonly waivedFeeMinor: bigint;
  readonly waivedInterestMinor: bigint;
  readonly writtenOffFeeMinor: bigint;
  readonly writtenOffInterestMinor: bigint;
}
