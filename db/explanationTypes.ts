// The chains behind amounts as db/explanations.ts reads them: amounts as text of minor units, instants as days.
import type { RuleTexts } from '../domain/policies/types.js';
import type { PeriodJson } from './charges.js';

/** A step of a price as the quote stored it. */
export interface PriceStep {
  readonly step: string;
  readonly source: string;
  /** The price book `source` names, where there is one. */
  readonly book: { readonly name: string; readonly revision: number } | null;
  readonly bps: number | null;
  readonly amountMinor: string;
  readonly runningMinor: string;
}

export interface QuoteChain {
  readonly id: string;
  readonly revision: number;
  readonly currency: string;
  readonly listMinor: string;
  readonly netMinor: string;
  readonly taxMinor: string;
  readonly grossMinor: string;
  readonly discountBps: number;
  readonly status: string;
  readonly pins: Readonly<Record<string, number>>;
  readonly approvals: readonly {
    readonly id: string;
    readonly ruleId: string;
    readonly textCode: string;
    readonly texts: RuleTexts | null;
    readonly status: string;
    readonly by: string | null;
    readonly on: string | null;
    readonly amountMinor: string;
    readonly reason: string | null;
  }[];
}

export interface LeadChain {
  readonly id: string;
  readonly channel: string;
  readonly campaign: string | null;
  readonly capturedOn: string;
}

export interface DealChain {
  readonly order: {
    readonly id: string;
    readonly number: string;
    readonly orderedOn: string;
    readonly netMinor: string;
  };
  readonly quote: QuoteChain;
  readonly lead: LeadChain;
}

export interface LineChain {
  readonly id: string;
  readonly position: number;
  readonly quantity: string;
  readonly netMinor: string;
  readonly taxMinor: string;
  readonly grossMinor: string;
  readonly creditedMinor: string;
  readonly treatment: string;
  readonly rateBps: number;
  readonly orderLine: {
    readonly id: string;
    readonly sku: string;
    readonly name: string;
    readonly quantity: string;
    readonly netMinor: string;
    readonly taxReason: string;
  };
  readonly waterfall: readonly PriceStep[] | null;
}

export interface InvoiceChain {
  readonly id: string;
  readonly kind: string;
  readonly number: string;
  readonly currency: string;
  readonly issuedOn: string;
  readonly netMinor: string;
  readonly taxMinor: string;
  readonly grossMinor: string;
  readonly openMinor: string;
  readonly creditsId: string | null;
  readonly reason: string | null;
  readonly lines: readonly LineChain[];
  readonly cash: readonly CashChain[];
  readonly creditNotes: readonly {
    readonly id: string;
    readonly number: string;
    readonly grossMinor: string;
  }[];
  readonly writeOffs: readonly {
    readonly id: string;
    readonly amountMinor: string;
    readonly reason: string;
  }[];
  /** Fees and interest charged for it. */
  readonly chargeNotes: readonly {
    readonly id: string;
    readonly number: string;
    readonly amountMinor: string;
    readonly openMinor: string;
  }[];
  readonly deal: DealChain;
}

export interface ChargeChain {
  readonly id: string;
  readonly number: string;
  readonly currency: string;
  readonly issuedOn: string;
  readonly level: number;
  readonly totalMinor: string;
  readonly openMinor: string;
  /** Version of the dunning policy the invoice pins. */
  readonly dunning: number | null;
  readonly letter: { readonly id: string; readonly decidedOn: string };
  readonly invoice: {
    readonly id: string;
    readonly number: string;
    readonly issuedOn: string;
    readonly dueOn: string;
    readonly grossMinor: string;
  };
  readonly lines: readonly {
    readonly kind: 'reminder_fee' | 'flat_compensation' | 'interest';
    readonly amountMinor: string;
    readonly periods: readonly PeriodJson[] | null;
  }[];
  readonly cash: readonly CashChain[];
  readonly waivers: readonly {
    readonly id: string;
    readonly amountMinor: string;
    readonly reason: string;
    readonly by: string;
    readonly on: string;
  }[];
  readonly writeOffs: readonly {
    readonly id: string;
    readonly amountMinor: string;
    readonly reason: string;
  }[];
  readonly deal: DealChain;
}

export interface CashChain {
  readonly id: string;
  readonly cause: string;
  readonly amountMinor: string;
  readonly valueOn: string;
  readonly payment: {
    readonly id: string;
    readonly provider: string;
    readonly method: string;
    readonly reference: string;
    readonly amountMinor: string;
    readonly paidOn: string;
  };
}

export interface CommissionChain {
  readonly id: string;
  readonly payeeId: string;
  readonly payee: string;
  readonly component: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly basisMinor: string;
  /** Basis booked for this payee on this invoice line up to this line, itself included. */
  readonly basisToDateMinor: string;
  readonly rateBps: number;
  readonly family: string;
  readonly planVersion: number;
  readonly earnedOn: string;
  readonly sequence: number;
  readonly corrects: string | null;
  readonly payoutId: string | null;
  readonly shareBps: number | null;
  readonly roles: readonly string[];
  readonly reports: readonly string[];
  readonly lineCashMinor: string;
  readonly cash: CashChain;
  readonly invoice: { readonly id: string; readonly number: string; readonly issuedOn: string };
  readonly line: LineChain;
  readonly deal: DealChain;
}

export interface PayoutChain {
  readonly id: string;
  readonly mode: string;
  readonly period: string;
  readonly run: number;
  readonly planVersion: number | null;
  readonly lines: readonly {
    readonly payeeId: string;
    readonly payee: string;
    readonly currency: string;
    readonly earnedMinor: string;
    readonly paidMinor: string;
    readonly releasedBy: string | null;
    readonly releasedOn: string | null;
  }[];
  readonly commissions: readonly {
    readonly id: string;
    readonly payee: string;
    readonly currency: string;
    readonly amountMinor: string;
    readonly basisMinor: string;
    readonly rateBps: number;
    readonly invoiceNumber: string;
    readonly planVersion: number;
  }[];
}

export interface QuotePriceChain {
  readonly quote: QuoteChain;
  readonly lead: LeadChain;
  readonly lines: readonly {
    readonly position: number;
    readonly sku: string;
    readonly name: string;
    readonly quantity: string;
    readonly netMinor: string;
    readonly taxMinor: string;
    readonly treatment: string;
    readonly rateBps: number;
    readonly waterfall: readonly PriceStep[];
  }[];
}
