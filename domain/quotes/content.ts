// Decides what was approved: the canonical text of everything a quote promises. Its hash, computed elsewhere,
// is compared when the quote is submitted, decided, accepted and ordered. Also the last day an offer holds.
import { addDays } from '../calendar/days.js';
import type { PaymentTerms } from '../invoices/terms.js';
import type { PricedLine, PricedQuote } from './price.js';

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

type Canonical =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [k: string]: Canonical };

/**
 * The canonical text of a quote: keys sorted, bigints as integers, no white space. Equal content gives equal
 * text whatever the order in which an object was built; any difference in a price, a term, the customer or a
 * policy version gives another text. Names and families of products are content: the customer reads them.
 */
export function quoteContent(content: QuoteContent): string {
  const { quoteId, revision, entityId, customer, priced, terms, policyVersions } = content;
  return canonical({
    format: 1,
    quoteId,
    revision,
    entityId,
    customer,
    currency: priced.currency,
    lines: priced.lines.map(lineContent),
    totals: { list: priced.listMinor, net: priced.netMinor, tax: priced.taxMinor, gross: priced.grossMinor },
    taxes: priced.taxes.map((group) => ({ ...group })),
    discountBps: priced.discountBps,
    terms: { ...terms, payment: { ...terms.payment } },
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

function lineContent(line: PricedLine): Canonical {
  return { ...line, waterfall: line.waterfall.map((step) => ({ ...step })) };
}

function canonical(value: Canonical): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer`);
    return String(value);
  }
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

function isList(value: Canonical): value is readonly Canonical[] {
  return Array.isArray(value);
}
