// Decides the price of a quote: list price, discretionary discount or price override, quote-wide discount,
// net, tax; each step stored with its source and amount so that the waterfall adds up to the cent.
// It does not decide who must approve a discount, nor which price book applies.
import { DomainError } from '../errors.js';
import { checkBps, formatAmount, MAX_MINOR, MICRO } from '../money/amounts.js';
import { exponentOf } from '../money/currencies.js';
import {
  addRatio,
  divCeil,
  lessBps,
  type Ratio,
  ratio,
  roundRatio,
  subtractRatio,
} from '../money/rounding.js';
import { splitDocuments, type TaxGroup, taxDocument } from '../taxes/document.js';
import {
  type Supply,
  type TaxDecision,
  type TaxedSale,
  type TaxPolicy,
  treatmentFor,
} from '../taxes/treatment.js';

/** When a line is charged: in parts as it is delivered, or whole with the first delivery (freight). */
export const CHARGED_ON = ['each_delivery', 'first_delivery'] as const;
export type ChargedOn = (typeof CHARGED_ON)[number];

/** A product as the price book sells it in the quote's currency. */
export interface CatalogueItem {
  readonly sku: string;
  readonly name: string;
  readonly family: string;
  readonly taxClass: string;
  readonly supply: Supply;
  /** Surcharges such as freight are not discounted. */
  readonly discountable: boolean;
  readonly chargedOn: ChargedOn;
  /** Null where the price book has no price for it. */
  readonly unitPriceMicro: bigint | null;
  /** Where the list price comes from, such as `price_book:eur-2026@3`; empty where there is none. */
  readonly priceSource: string;
}

export interface QuoteLineRequest {
  readonly sku: string;
  readonly quantityMicro: bigint;
  /** Discretionary discount of this line; excludes `unitPriceMicro`. */
  readonly discountBps?: number | undefined;
  /** A price that replaces the list price by discretion; may lie above it. */
  readonly unitPriceMicro?: bigint | undefined;
}

/** What the quoting policy allows at most; approvals decide below that. */
export interface QuoteLimits {
  readonly maxLines: number;
  /** Of each line, all its discounts together. */
  readonly maxDiscountBps: number;
}

export interface QuoteRequest {
  readonly currency: string;
  readonly lines: readonly QuoteLineRequest[];
  /** Discretionary percentage on every discountable line. */
  readonly discountBps?: number | undefined;
  readonly catalogue: readonly CatalogueItem[];
  readonly sale: Omit<TaxedSale, 'taxClass' | 'supply'>;
  readonly taxPolicy: TaxPolicy;
  readonly limits: QuoteLimits;
}

export const WATERFALL_STEPS = ['list', 'line_discount', 'price_override', 'quote_discount'] as const;

/** One step: `amountMinor` is the difference of the rounded running totals before and after it. */
export interface WaterfallStep {
  readonly step: (typeof WATERFALL_STEPS)[number];
  readonly source: string;
  /** The percentage taken off, where the step is one. */
  readonly bps: number | null;
  readonly amountMinor: bigint;
  readonly runningMinor: bigint;
}

export interface PricedLine {
  readonly lineNo: number;
  readonly sku: string;
  readonly name: string;
  readonly family: string;
  readonly quantityMicro: bigint;
  readonly listUnitPriceMicro: bigint;
  readonly chargedOn: ChargedOn;
  readonly taxClass: string;
  readonly supply: Supply;
  readonly waterfall: readonly WaterfallStep[];
  /** Effective discount off list, exact and then rounded up, so that no discount looks smaller than it is. */
  readonly discountBps: number;
  readonly treatment: TaxDecision['treatment'];
  readonly rateBps: number;
  readonly taxReason: TaxDecision['reason'];
  readonly exemption: string | null;
  readonly listMinor: bigint;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly grossMinor: bigint;
}

export interface PricedQuote {
  readonly currency: string;
  readonly lines: readonly PricedLine[];
  readonly taxes: readonly TaxGroup[];
  readonly listMinor: bigint;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly grossMinor: bigint;
  /** Effective discount of the whole quote off list, rounded up; negative when sold above list. */
  readonly discountBps: number;
}

/**
 * Prices a quote (docs/money.md, Arithmetic). Refuses with a pointer to the field: `invalid_field`,
 * `unknown_sku`, `no_price`, `not_discountable`, `tax_undetermined`, `limit_exceeded`.
 */
export function priceQuote(request: QuoteRequest): PricedQuote {
  const { lines, currency, limits } = request;
  exponentOf(currency, '/currency');
  if (lines.length === 0) throw new DomainError('invalid_field', 'a quote needs a line', '/lines');
  if (lines.length > limits.maxLines) {
    throw new DomainError(
      'limit_exceeded',
      `${lines.length} lines, the limit is ${limits.maxLines}`,
      '/lines',
    );
  }
  if (request.discountBps !== undefined) checkBps(request.discountBps, '/discountBps');
  const items = new Map(request.catalogue.map((item) => [item.sku, item]));
  const priced = lines.map((line, index) => priceLine(line, index, items.get(line.sku), request));
  // Set-up sold alone has no delivery to go with: it is then delivered and charged itself.
  const isSoldAlone = priced.every(({ line }) => line.chargedOn === 'first_delivery');
  const sold = priced.map(({ line }) => (isSoldAlone ? { ...line, chargedOn: CHARGED_ON[0] } : line));
  const documents = splitDocuments(sold).map((document) => taxDocument(document));
  const taxed = documents.flatMap((document) => document.lines).sort((a, b) => a.lineNo - b.lineNo);
  const total = (pick: (line: PricedLine) => bigint) => taxed.reduce((sum, line) => sum + pick(line), 0n);
  const grossMinor = total((line) => line.grossMinor);
  const listMinor = total((line) => line.listMinor);
  if (grossMinor > MAX_MINOR || listMinor > MAX_MINOR) {
    throw new DomainError(
      'limit_exceeded',
      `the quote's total exceeds ${formatAmount(MAX_MINOR, currency)} ${currency}`,
      '/lines',
    );
  }
  return {
    currency,
    lines: taxed,
    taxes: documents.flatMap((document) => document.groups),
    listMinor,
    netMinor: total((line) => line.netMinor),
    taxMinor: total((line) => line.taxMinor),
    grossMinor,
    discountBps: effectiveDiscountBps(
      priced.reduce((sum, { list }) => addRatio(sum, list), ratio(0n)),
      priced.reduce((sum, { net }) => addRatio(sum, net), ratio(0n)),
    ),
  };
}

type UntaxedLine = Omit<PricedLine, 'taxMinor' | 'grossMinor'>;

function priceLine(
  line: QuoteLineRequest,
  index: number,
  item: CatalogueItem | undefined,
  request: QuoteRequest,
): { line: UntaxedLine; list: Ratio; net: Ratio } {
  const at = `/lines/${index}`;
  if (item === undefined) throw new DomainError('unknown_sku', `no product has SKU ${line.sku}`, `${at}/sku`);
  const { unitPriceMicro } = item;
  if (unitPriceMicro === null) {
    const detail = `no price book in force has a price for ${line.sku} in ${request.currency}`;
    throw new DomainError('no_price', detail, `${at}/sku`);
  }
  checkLine(line, item, at);
  const totalAt = (unitMicro: bigint) =>
    ratio(unitMicro * line.quantityMicro * 10n ** BigInt(exponentOf(request.currency)), MICRO * MICRO);
  const list = totalAt(unitPriceMicro);
  const { waterfall, net } = runWaterfall(line, item, list, totalAt, request.discountBps);
  const discountBps = effectiveDiscountBps(list, net);
  const { maxDiscountBps } = request.limits;
  if (discountBps > maxDiscountBps) {
    const detail = `${discountBps} bps off ${item.sku}, the limit is ${maxDiscountBps}`;
    throw new DomainError('limit_exceeded', detail, `${at}/${discretionOf(line)}`);
  }
  const sale: TaxedSale = { ...request.sale, taxClass: item.taxClass, supply: item.supply };
  const tax = treatmentFor(sale, request.taxPolicy, `${at}/sku`);
  const priced: UntaxedLine = {
    lineNo: index + 1,
    sku: item.sku,
    name: item.name,
    family: item.family,
    quantityMicro: line.quantityMicro,
    listUnitPriceMicro: unitPriceMicro,
    chargedOn: item.chargedOn,
    taxClass: item.taxClass,
    supply: item.supply,
    waterfall,
    discountBps,
    treatment: tax.treatment,
    rateBps: tax.rateBps,
    taxReason: tax.reason,
    exemption: tax.exemption,
    listMinor: roundRatio(list),
    netMinor: roundRatio(net),
  };
  return { line: priced, list, net };
}

function runWaterfall(
  line: QuoteLineRequest,
  item: CatalogueItem,
  list: Ratio,
  totalAt: (unitMicro: bigint) => Ratio,
  quoteDiscountBps: number | undefined,
): { waterfall: WaterfallStep[]; net: Ratio } {
  let running = list;
  const runningMinor = roundRatio(list);
  const waterfall: WaterfallStep[] = [
    { step: 'list', source: item.priceSource, bps: null, amountMinor: runningMinor, runningMinor },
  ];
  const take = (step: WaterfallStep['step'], source: string, bps: number | null, next: Ratio) => {
    const after = roundRatio(next);
    waterfall.push({ step, source, bps, amountMinor: after - roundRatio(running), runningMinor: after });
    running = next;
  };
  if (line.unitPriceMicro !== undefined) {
    take('price_override', 'line:unitPrice', null, totalAt(line.unitPriceMicro));
  } else if (line.discountBps) {
    take('line_discount', 'line:discountBps', line.discountBps, lessBps(running, line.discountBps));
  }
  if (quoteDiscountBps && item.discountable) {
    take('quote_discount', 'quote:discountBps', quoteDiscountBps, lessBps(running, quoteDiscountBps));
  }
  return { waterfall, net: running };
}

function checkLine(line: QuoteLineRequest, item: CatalogueItem, at: string): void {
  if (line.quantityMicro <= 0n) {
    throw new DomainError('invalid_field', 'a quantity must be more than 0', `${at}/quantity`);
  }
  if (line.unitPriceMicro !== undefined && line.unitPriceMicro < 0n) {
    throw new DomainError('invalid_field', 'a unit price cannot be below 0', `${at}/unitPrice`);
  }
  if (line.unitPriceMicro !== undefined && line.discountBps !== undefined) {
    throw new DomainError('invalid_field', 'give discountBps or unitPrice, not both', `${at}/unitPrice`);
  }
  if (line.discountBps !== undefined) checkBps(line.discountBps, `${at}/discountBps`);
  if (!item.discountable && (line.discountBps || line.unitPriceMicro !== undefined)) {
    const detail = `${item.sku} is sold at its list price only`;
    throw new DomainError('not_discountable', detail, `${at}/${discretionOf(line)}`);
  }
}

function discretionOf(line: QuoteLineRequest): 'unitPrice' | 'discountBps' {
  return line.unitPriceMicro === undefined ? 'discountBps' : 'unitPrice';
}

function effectiveDiscountBps(list: Ratio, net: Ratio): number {
  if (list.n === 0n) return 0;
  const off = subtractRatio(list, net);
  return Number(divCeil(off.n * list.d * 10_000n, off.d * list.n));
}
