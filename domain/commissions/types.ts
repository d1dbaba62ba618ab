// The words of commissions: credits fixed at acceptance, events that release money, lines that say who
// earned what and why. Shapes only; credits.ts, earn.ts and mirror.ts decide.
import type { CreditRole } from '../policies/types.js';

export type Component = 'direct' | `override${number}`;

/** Who is paid for an order, fixed at its `creditDate` (acceptance). */
export interface Credit {
  payeeId: string;
  component: Component;
  /** Share of the basis. The direct ones sum to 10,000; an override holds what its reports are credited. */
  shareBps: number;
  /** Why: the roles in the deal, or the reports whose basis an override takes. */
  roles: CreditRole[];
  reportIds: string[];
}

/** The people in the deal; nobody in a role: null. */
export type DealPeople = Readonly<Record<CreditRole, string | null>>;

/** An event on one invoice line: an allocation, its release, or the credit that settles the line. */
export interface EarningEvent {
  /** Id of the allocation or crediting event; with the invoice line it is part of the unique key. */
  eventLineId: string;
  invoiceLineId: string;
  family: string;
  currency: string;
  /** Net and gross after credits. */
  netMinor: bigint;
  grossMinor: bigint;
  /** Paid to date, this event included. */
  paidMinor: bigint;
  earnOn: string;
}

export interface CommissionLine {
  eventLineId: string;
  invoiceLineId: string;
  payeeId: string;
  planVersion: number;
  component: Component;
  /** 0 for what the event earned; above 0 it corrects another line. */
  sequence: number;
  /** Key of the line that is corrected (`keyOf`), null at sequence 0. */
  corrects: string | null;
  currency: string;
  basisMinor: bigint;
  rateBps: number;
  amountMinor: bigint;
  earnOn: string;
}
