// Decides what was approved: the canonical text of everything a quote promises. Its hash, computed elsewhere,
// is compared when the quote is submitted, decided, accepted and ordered. Also the last day an offer holds.
import { addDays } from '../calendar/days.js';
import type { PaymentTerms } from '../invoices/terms.js';
import { canonicalMoneyJson } from '../policies/canonical.js';
import type { PricedQuote } from './price.js';

export interface QuoteTerms {
  readonly payment: PaymentTerms;
  readonly validDays: number;
  readonly requestedDeliveryOn: string | null;
}

export interface QuoteContent {
  readonly quoteId: string;
  readonly revision: number;
  readonly entityId: string;
  /** What the customer is on the document: id, legal name, country, VAT id. */
  readonly customer: Readonly<Record<string, string | null>>;
  readonly priced: PricedQuote;
  readonly terms: QuoteTerms;
  /** Policy kind → version that priced, taxed and routed this revision. */
  readonly policyVersions: Readonly<Record<string, number>>;
}

/**
 * The canonical text of a quote: canonical JSON with minor units and millionths as decimal strings. Equal
 * content gives equal text whatever the order in which an object was built; any difference in a price, a term,
 * the customer or a policy version gives another text. Names of products count: the customer reads them.
 */
export function quoteContent(content: QuoteContent): string {
  const { quoteId, revision, entityId, customer, priced, terms, policyVersions } = content;
  return canonicalMoneyJson({
    format: 1,
    quoteId,
    revision,
    entityId,
    customer,
    currency: priced.currency,
    lines: priced.lines,
    totals: {
      list: priced.listMinor,
      net: priced.netMinor,
      tax: priced.taxMinor,
      gross: priced.grossMinor,
    },
    taxes: priced.taxes,
    discountBps: priced.discountBps,
    terms,
    policyVersions,
  });
}

/** The last day on which an offer can be accepted, that day included. */
export function validUntilOn(offeredOn: string, validDays: number): string {
  if (!Number.isInteger(validDays) || validDays < 0) throw new RangeError(`valid for ${validDays} days`);
  return addDays(offeredOn, validDays);
}

/** Whether an offer valid until and including `untilOn` has expired on `todayOn`. */
export function isExpired(untilOn: string, todayOn: string): boolean {
  return todayOn > untilOn;
}
