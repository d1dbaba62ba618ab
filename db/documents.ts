// Quotes and invoices as they are printed: one statement each, complete, in the customer's language unless
// another is wanted. Amounts travel as text, because JSON numbers lose digits.
import type { InvoiceDocument, Language, QuoteDocument } from '../documents/types.js';
import { addDays } from '../domain/calendar/days.js';
import { dateIn } from '../domain/calendar/zones.js';
import type { PaymentTerms } from '../domain/invoices/terms.js';
import { parseMicro } from '../domain/money/amounts.js';
import type { Treatment } from '../domain/taxes/treatment.js';
import type { Queryable } from './pool.js';

interface AddressJson {
  readonly name?: string;
  readonly street?: string;
  readonly postcode?: string;
  readonly city?: string;
  readonly region?: string;
  readonly country?: string;
}

/** Who writes to whom. */
export interface PartiesJson {
  readonly seller: {
    readonly name: string;
    readonly country: string;
    readonly zone: string;
    readonly vatId: string | null;
    readonly iban: string | null;
    readonly email: string;
    readonly address: AddressJson;
  };
  readonly customer: {
    readonly legalName: string;
    readonly country: string;
    readonly language: Language;
    readonly vatId: string | null;
    readonly customerNumber: string | null;
    readonly billTo: AddressJson;
  };
  readonly currency: string;
}

interface SaleJson extends PartiesJson {
  readonly netMinor: string;
  readonly taxMinor: string;
  readonly grossMinor: string;
  readonly lines: readonly {
    readonly position: number;
    readonly sku: string;
    readonly name: string;
    readonly unit: string;
    readonly quantity: string;
    readonly unitPrice: string | null;
    readonly discountBps: number | null;
    readonly treatment: Treatment;
    readonly rateBps: number;
    readonly netMinor: string;
  }[];
  readonly taxes: readonly {
    readonly treatment: Treatment;
    readonly rateBps: number;
    readonly netMinor: string;
    readonly taxMinor: string;
    readonly exemption: string | null;
  }[];
}

export interface QuoteDocumentJson extends SaleJson {
  readonly quoteId: string;
  readonly revision: number;
  readonly status: string;
  /** Epoch ms: when it was offered, or made where it is not offered yet. */
  readonly issuedAtMs: number;
  readonly validDays: number;
  readonly validUntilOn: string | null;
  readonly requestedDeliveryOn: string | null;
  readonly terms: PaymentTerms;
}

export interface InvoiceDocumentJson extends SaleJson {
  readonly kind: 'invoice' | 'credit_note';
  readonly number: string;
  readonly issuedOn: string;
  readonly taxPointOn: string;
  readonly dueOn: string;
  readonly orderNumber: string;
  readonly purchaseOrder: string | null;
  readonly terms: PaymentTerms;
  readonly credits: { readonly number: string; readonly issuedOn: string } | null;
}

export const SELLER = `jsonb_build_object('name', e.name, 'country', e.country, 'zone', e.zone, 'vatId', e.vat_id,
  'iban', e.iban, 'email', e.email, 'address', e.address)`;
export const CUSTOMER = `jsonb_build_object('legalName', a.legal_name, 'country', a.country, 'language', a.language,
  'vatId', a.vat_id, 'customerNumber', a.external_id, 'billTo', a.bill_to)`;

/** The revision `r` of quote `q` for account `a` and entity `e` as QuoteDocumentJson. */
export const QUOTE_DOCUMENT = `jsonb_build_object('quoteId', r.quote_id, 'revision', r.revision,
  'status', r.status, 'issuedAtMs', extract(epoch from coalesce(r.offered_at, r.created_at)) * 1000,
  'validDays', r.valid_days, 'validUntilOn', r.valid_until, 'requestedDeliveryOn', r.requested_delivery_on,
  'terms', r.terms, 'seller', ${SELLER}, 'customer', ${CUSTOMER}, 'currency', q.currency,
  'netMinor', r.net_minor::text, 'taxMinor', r.tax_minor::text, 'grossMinor', r.gross_minor::text,
  'lines', (select coalesce(jsonb_agg(jsonb_build_object('position', l.position, 'sku', l.sku, 'name', l.name,
      'unit', p.unit, 'quantity', l.quantity::text, 'unitPrice', l.unit_price::text,
      'discountBps', l.discount_bps, 'treatment', l.tax_treatment, 'rateBps', l.tax_rate_bps,
      'netMinor', l.net_minor::text) order by l.position), '[]')
    from quote_lines l join products p on p.id = l.product_id
    where l.quote_id = r.quote_id and l.revision = r.revision),
  'taxes', (select coalesce(jsonb_agg(jsonb_build_object('treatment', g.tax_treatment, 'rateBps', g.tax_rate_bps,
      'netMinor', g.net::text, 'taxMinor', g.tax::text, 'exemption', g.exemption) order by g.first), '[]')
    from (select l.tax_treatment, l.tax_rate_bps, sum(l.net_minor) as net, sum(l.tax_minor) as tax,
        min(l.tax_exemption) as exemption, min(l.position) as first
      from quote_lines l where l.quote_id = r.quote_id and l.revision = r.revision
      group by l.tax_treatment, l.tax_rate_bps) g))`;

/** Where QUOTE_DOCUMENT finds its names. */
export const QUOTE_DOCUMENT_FROM = `quote_revisions r join quotes q on q.id = r.quote_id
  join accounts a on a.id = q.account_id join legal_entities e on e.id = q.entity_id`;

/** The invoice or credit note `i` of order `o` for account `a` and entity `e` as InvoiceDocumentJson. */
export const INVOICE_DOCUMENT = `jsonb_build_object('kind', i.kind, 'number', i.number, 'issuedOn', i.issued_on,
  'taxPointOn', i.tax_point_on, 'dueOn', i.due_on, 'orderNumber', o.number, 'purchaseOrder', o.purchase_order,
  'terms', o.terms, 'seller', ${SELLER}, 'customer', ${CUSTOMER}, 'currency', i.currency,
  'netMinor', i.net_minor::text, 'taxMinor', i.tax_minor::text, 'grossMinor', i.gross_minor::text,
  'credits', (select jsonb_build_object('number', c.number, 'issuedOn', c.issued_on)
    from invoices c where c.id = i.credits_id),
  'lines', (select coalesce(jsonb_agg(jsonb_build_object('position', l.position, 'sku', ol.sku, 'name', ol.name,
      'unit', ol.unit, 'quantity', l.quantity::text, 'unitPrice', ql.unit_price::text,
      'discountBps', ql.discount_bps, 'treatment', l.tax_treatment, 'rateBps', l.tax_rate_bps,
      'netMinor', l.net_minor::text) order by l.position), '[]')
    from invoice_lines l join order_lines ol on ol.id = l.order_line_id
    left join quote_lines ql on ql.quote_id = o.quote_id and ql.revision = o.quote_revision
      and ql.position = ol.position
    where l.invoice_id = i.id),
  'taxes', (select coalesce(jsonb_agg(jsonb_build_object('treatment', t.treatment, 'rateBps', t.rate_bps,
      'netMinor', t.base_minor::text, 'taxMinor', t.tax_minor::text, 'exemption',
      (select min(ol.tax_exemption) from invoice_lines l join order_lines ol on ol.id = l.order_line_id
        where l.invoice_id = i.id and l.tax_treatment = t.treatment and l.tax_rate_bps = t.rate_bps))
      order by t.treatment, t.rate_bps desc), '[]') from invoice_taxes t where t.invoice_id = i.id))`;

/** Where INVOICE_DOCUMENT finds its names. */
export const INVOICE_DOCUMENT_FROM = `invoices i join orders o on o.id = i.order_id
  join accounts a on a.id = i.account_id join legal_entities e on e.id = i.entity_id`;

/**
 * A revision of a quote, ready to be printed; undefined where there is none. A draft is dated the day it was
 * made and valid from then; an offered one holds what it was offered with. Language of the customer by default.
 */
export async function readQuoteDocument(
  db: Queryable,
  { quoteId, revision }: { readonly quoteId: string; readonly revision: number },
  language?: Language,
): Promise<QuoteDocument | undefined> {
  const { rows } = await db.query<{ document: QuoteDocumentJson }>({
    name: 'quote_document',
    text: `select ${QUOTE_DOCUMENT} as document from ${QUOTE_DOCUMENT_FROM} where r.quote_id = $1 and r.revision = $2`,
    values: [quoteId, revision],
  });
  return rows[0] && quoteDocumentOf(rows[0].document, language);
}

/** An invoice or credit note, ready to be printed; undefined where there is none. Language as above. */
export async function readInvoiceDocument(
  db: Queryable,
  invoiceId: string,
  language?: Language,
): Promise<InvoiceDocument | undefined> {
  const { rows } = await db.query<{ document: InvoiceDocumentJson }>({
    name: 'invoice_document',
    text: `select ${INVOICE_DOCUMENT} as document from ${INVOICE_DOCUMENT_FROM} where i.id = $1`,
    values: [invoiceId],
  });
  return rows[0] && invoiceDocumentOf(rows[0].document, language);
}

/** What QUOTE_DOCUMENT gave, as the printer takes it. */
export function quoteDocumentOf(json: QuoteDocumentJson, language = json.customer.language): QuoteDocument {
  const issuedOn = dateIn(json.seller.zone, json.issuedAtMs);
  return {
    ...saleOf(json, language),
    number: quoteNumber(json.quoteId),
    issuedOn,
    revision: json.revision,
    validUntilOn: json.validUntilOn ?? addDays(issuedOn, json.validDays),
    requestedDeliveryOn: json.requestedDeliveryOn,
    paymentTerms: json.terms,
  };
}

/** What INVOICE_DOCUMENT gave, as the printer takes it. */
export function invoiceDocumentOf(
  json: InvoiceDocumentJson,
  language = json.customer.language,
): InvoiceDocument {
  const { number, issuedOn, taxPointOn, orderNumber, purchaseOrder, dueOn, terms, credits } = json;
  const billed = { ...saleOf(json, language), number, issuedOn, taxPointOn, orderNumber, purchaseOrder };
  if (json.kind === 'invoice') return { ...billed, kind: 'invoice', dueOn, paymentTerms: terms };
  if (!credits) throw new RangeError(`credit note ${number} corrects no invoice`);
  // The reason is written by colleagues for colleagues, in the language they work in.
  return { ...billed, kind: 'credit_note', credits, reason: null };
}

/** How a quote is called on paper: the last ten letters of its id are random, so they find it again. */
export const quoteNumber = (quoteId: string): string => `Q-${quoteId.slice(-10).toUpperCase()}`;

/** Seller and customer as every document prints them. */
export function partiesOf({ seller, customer, currency }: PartiesJson, language: Language) {
  const billTo = addressOf(customer.billTo, customer.country);
  return {
    language,
    seller: {
      legalName: seller.name,
      address: addressOf(seller.address, seller.country),
      vatId: seller.vatId,
      iban: seller.iban,
      email: seller.email,
    },
    customer: {
      legalName: customer.legalName,
      address: billTo.city === '' && billTo.street.length === 0 ? null : billTo,
      country: billTo.country,
      vatId: customer.vatId,
      customerNumber: customer.customerNumber,
    },
    currency,
  };
}

function saleOf(json: SaleJson, language: Language) {
  return {
    ...partiesOf(json, language),
    lines: json.lines.map((line) => ({
      ...line,
      quantityMicro: parseMicro(line.quantity),
      unitPriceMicro: line.unitPrice === null ? null : parseMicro(line.unitPrice),
      discountBps: line.discountBps ?? 0,
      netMinor: BigInt(line.netMinor),
    })),
    taxes: json.taxes.map((tax) => ({
      ...tax,
      netMinor: BigInt(tax.netMinor),
      taxMinor: BigInt(tax.taxMinor),
    })),
    netMinor: BigInt(json.netMinor),
    taxMinor: BigInt(json.taxMinor),
    grossMinor: BigInt(json.grossMinor),
  };
}

function addressOf({ name, street, postcode, city, region, country }: AddressJson, home: string) {
  return {
    street: [name, street].filter((line) => line !== undefined),
    postalCode: postcode ?? null,
    city: city ?? '',
    region: region ?? null,
    country: country ?? home,
  };
}
