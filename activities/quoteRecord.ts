// Between a priced quote and its rows, and the text whose hash binds what was approved to what is executed.

import { sha256 } from '../db/ids.js';
import type { LineJson, QuoteJson, RevisionJson } from '../db/quotes.js';
import type { Tables } from '../db/tables.js';
import type { QuoteFacts } from '../domain/approvals/types.js';
import { beneficiariesOf } from '../domain/commissions/credits.js';
import type { DealPeople } from '../domain/commissions/types.js';
import { formatMicro, parseMicro } from '../domain/money/amounts.js';
import type { CommissionPolicy, InvoicingPolicy, NamedTerms } from '../domain/policies/types.js';
import { quoteContent } from '../domain/quotes/content.js';
import type { PricedLine, PricedQuote, WaterfallStep } from '../domain/quotes/price.js';
import { splitDocuments, taxDocument } from '../domain/taxes/document.js';
import type { Treatment } from '../domain/taxes/treatment.js';

/** jsonb has no bigint: amounts of a waterfall stand there as text. */
type StoredStep = Omit<WaterfallStep, 'amountMinor' | 'runningMinor'> & {
  amountMinor: string;
  runningMinor: string;
};

export interface QuoteKey {
  readonly quoteId: string;
  readonly revision: number;
}

export function lineRows(
  { quoteId, revision }: QuoteKey,
  priced: PricedQuote,
  productIds: ReadonlyMap<string, string>,
): Partial<Tables['quote_lines']>[] {
  return priced.lines.map((line) => ({
    quote_id: quoteId,
    revision,
    position: line.lineNo,
    product_id: productIds.get(line.sku) as string,
    sku: line.sku,
    name: line.name,
    family: line.family,
    quantity: formatMicro(line.quantityMicro),
    unit_price: formatMicro(line.listUnitPriceMicro),
    discount_bps: line.discountBps,
    list_minor: line.listMinor,
    net_minor: line.netMinor,
    tax_minor: line.taxMinor,
    tax_treatment: line.treatment,
    tax_rate_bps: line.rateBps,
    tax_reason: line.taxReason,
    tax_exemption: line.exemption,
    tax_class: line.taxClass,
    supply: line.supply,
    charged_on: line.chargedOn,
    waterfall: line.waterfall.map((step) => ({
      ...step,
      amountMinor: step.amountMinor.toString(),
      runningMinor: step.runningMinor.toString(),
    })),
  }));
}

function pricedLine(row: LineJson): PricedLine {
  const netMinor = BigInt(row.netMinor);
  const taxMinor = BigInt(row.taxMinor);
  return {
    lineNo: row.position,
    sku: row.sku,
    name: row.name,
    family: row.family,
    quantityMicro: parseMicro(row.quantity),
    listUnitPriceMicro: parseMicro(row.unitPrice),
    chargedOn: row.chargedOn as PricedLine['chargedOn'],
    taxClass: row.taxClass,
    supply: row.supply as PricedLine['supply'],
    waterfall: (row.waterfall as StoredStep[]).map((step) => ({
      ...step,
      amountMinor: BigInt(step.amountMinor),
      runningMinor: BigInt(step.runningMinor),
    })),
    discountBps: row.discountBps,
    treatment: row.treatment as Treatment,
    rateBps: row.rateBps,
    taxReason: row.taxReason as PricedLine['taxReason'],
    exemption: row.exemption,
    listMinor: BigInt(row.listMinor),
    netMinor,
    taxMinor,
    grossMinor: netMinor + taxMinor,
  };
}

export function pricedFrom(revision: RevisionJson, lines: readonly LineJson[]): PricedQuote {
  const priced = lines.map(pricedLine);
  return {
    currency: revision.currency,
    lines: priced,
    taxes: splitDocuments(priced).flatMap((document) => taxDocument(document).groups),
    listMinor: BigInt(revision.listMinor),
    netMinor: BigInt(revision.netMinor),
    taxMinor: BigInt(revision.taxMinor),
    grossMinor: BigInt(revision.grossMinor),
    discountBps: revision.effectiveDiscountBps,
  };
}

export interface Content {
  readonly key: QuoteKey;
  readonly entityId: string;
  readonly account: QuoteJson['account'];
  readonly priced: PricedQuote;
  readonly terms: NamedTerms;
  readonly validDays: number;
  readonly requestedDeliveryOn: string | null;
  readonly pins: Readonly<Record<string, number>>;
}

/** SHA-256 over lines, prices, terms, customer and policy versions. */
export function contentHash(content: Content): Buffer {
  const { key, entityId, account, priced, terms, validDays, requestedDeliveryOn, pins } = content;
  return sha256(
    quoteContent({
      ...key,
      entityId,
      customer: { ...account },
      priced,
      terms: { payment: terms, validDays, requestedDeliveryOn },
      policyVersions: pins,
    }),
  );
}

/** The hash of the revision as it stands in its rows now; another one than the stored says it was changed. */
export function hashOfRows({ revision, lines, account }: QuoteJson): Buffer {
  if (!revision) throw new RangeError('no revision to hash');
  return contentHash({
    key: revision,
    entityId: revision.entityId,
    account,
    priced: pricedFrom(revision, lines),
    terms: revision.terms as NamedTerms,
    validDays: revision.validDays,
    requestedDeliveryOn: revision.requestedDeliveryOn,
    pins: revision.pins,
  });
}

export interface ApprovalQuestion {
  readonly makerId: string;
  readonly currency: string;
  readonly netMinor: bigint;
  readonly lines: readonly {
    readonly discountBps: number;
    readonly family: string;
    readonly costMinor: bigint | null;
  }[];
  readonly discountBps: number;
  readonly terms: NamedTerms;
}

/** What the approval matrix is asked about a revision. */
export function quoteFacts(
  question: ApprovalQuestion,
  invoicing: InvoicingPolicy,
  commission: CommissionPolicy,
  people: DealPeople,
): QuoteFacts {
  const { makerId, currency, netMinor, lines, discountBps, terms } = question;
  const costs = lines.map((line) => line.costMinor);
  const costMinor = costs.reduce((sum: bigint, cost) => sum + (cost ?? 0n), 0n);
  const known = costs.every((cost) => cost !== null) && netMinor > 0n;
  return {
    currency,
    totalMinor: netMinor,
    discountBps: Math.max(0, discountBps, ...lines.map((line) => line.discountBps)),
    marginBps: known ? Number(((netMinor - costMinor) * 10_000n) / netMinor) : null,
    paymentDays: terms.days,
    families: [...new Set(lines.map((line) => line.family))],
    nonStandardTerms: terms.id !== invoicing.defaultTermsId,
    makerId,
    beneficiaryIds: beneficiariesOf(people, commission),
  };
}
