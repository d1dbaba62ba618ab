// Decides what a quote, an invoice and a credit note have to know to be printed: plain data, complete, with
// nothing to look up. Amounts arrive computed; no file of this folder adds, rounds or taxes anything.
import type { ChargeKind } from '../domain/collections/charges.js';
import type { InterestPeriod } from '../domain/collections/interest.js';
import type { PaymentTerms } from '../domain/invoices/terms.js';
import type { Treatment } from '../domain/taxes/treatment.js';

/** The languages a document or mail can be written in; each text exists in all of them. */
export const LANGUAGES = ['en', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface PostalAddress {
  /** Street and number, building, c/o: one entry per printed line. */
  readonly street: readonly string[];
  readonly postalCode: string | null;
  readonly city: string;
  readonly region?: string | null;
  /** ISO 3166 code; printed as the country's name where the customer sits in another country. */
  readonly country: string;
}

/** The legal entity that sells. */
export interface Seller {
  readonly legalName: string;
  readonly address: PostalAddress;
  readonly vatId: string | null;
  readonly iban: string | null;
  readonly bic?: string | null;
  readonly email: string;
}

export interface Customer {
  readonly legalName: string;
  /** Null where the account has none on file: the name and country are printed alone. */
  readonly address: PostalAddress | null;
  readonly country: string;
  readonly vatId: string | null;
  /** Number or id the customer is known by, printed as "Customer no."; null leaves it out. */
  readonly customerNumber: string | null;
}

export interface DocumentLine {
  readonly position: number;
  readonly sku: string;
  readonly name: string;
  readonly quantityMicro: bigint;
  /** As the catalogue names it: `piece`, `hour`, `kg`; known words are translated, others printed as is. */
  readonly unit: string;
  /** Price of one unit before the discount, in millionths of the currency; null prints a dash. */
  readonly unitPriceMicro: bigint | null;
  /** Effective discount off the unit price; 0 for none. The column is left out when no line has one. */
  readonly discountBps: number;
  readonly treatment: Treatment;
  readonly rateBps: number;
  readonly netMinor: bigint;
}

/** The tax of one treatment and rate on its summed base. */
export interface DocumentTax {
  readonly treatment: Treatment;
  readonly rateBps: number;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  /** VATEX code or words of the policy; printed for E and Z, where the law wants the reason. */
  readonly exemption: string | null;
}

/** What every document carries: who writes to whom, under which number, in which money. */
export interface Paper {
  readonly language: Language;
  readonly seller: Seller;
  readonly customer: Customer;
  readonly number: string;
  /** Business date; also the creation date inside the file, so that equal input gives equal bytes. */
  readonly issuedOn: string;
  /** Active ISO 4217 code of every amount. */
  readonly currency: string;
}

/** What every document of a sale carries. */
export interface Sale extends Paper {
  readonly lines: readonly DocumentLine[];
  readonly taxes: readonly DocumentTax[];
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly grossMinor: bigint;
}

export interface QuoteDocument extends Sale {
  readonly revision: number;
  /** Last day on which the offer can be accepted, that day included. */
  readonly validUntilOn: string;
  readonly requestedDeliveryOn: string | null;
  readonly paymentTerms: PaymentTerms;
}

interface Billed extends Sale {
  /** Day of delivery of goods or completion of services. */
  readonly taxPointOn: string;
  readonly orderNumber: string | null;
  /** The customer's own order number. */
  readonly purchaseOrder: string | null;
}

export interface IssuedInvoice extends Billed {
  readonly kind: 'invoice';
  readonly dueOn: string;
  readonly paymentTerms: PaymentTerms;
}

/** All amounts are positive: what is taken back. */
export interface CreditNote extends Billed {
  readonly kind: 'credit_note';
  /** The invoice it corrects. */
  readonly credits: { readonly number: string; readonly issuedOn: string };
  /** Why, in the customer's language; null prints none. */
  readonly reason: string | null;
}

export type InvoiceDocument = IssuedInvoice | CreditNote;

/** Reminder fees and late interest: no sale, outside the scope of VAT, so without lines of goods and taxes. */
export interface ChargeNoteDocument extends Paper {
  /** The invoice that is paid late. */
  readonly invoice: { readonly number: string; readonly issuedOn: string; readonly dueOn: string };
  readonly level: number;
  readonly dueOn: string;
  readonly lines: readonly {
    readonly kind: ChargeKind;
    readonly amountMinor: bigint;
    readonly periods: readonly InterestPeriod[] | null;
  }[];
  readonly totalMinor: bigint;
}

export interface PdfOptions {
  /** False keeps the content streams readable, for tests and for finding faults. Default true. */
  readonly compress?: boolean;
}
