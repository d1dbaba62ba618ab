// Decides what an invoice for a part of an order bills: the cumulative net rule, freight and set-up with the
// first, an own tax per invoice, O on a document of its own. It gives no number and no date.
import { divRound } from '../money/rounding.js';
import type { DeliveryLine } from '../orders/lines.js';
import type { ChargedOn } from '../quotes/price.js';
import { splitDocuments, type TaxedDocument, taxDocument } from '../taxes/document.js';
import type { Treatment } from '../taxes/treatment.js';

export interface BillableLine {
  readonly lineId: string;
  readonly lineNo: number;
  readonly chargedOn: ChargedOn;
  readonly orderedMicro: bigint;
  /** What was cancelled and will never be billed. */
  readonly cancelledMicro: bigint;
  /** Net of the whole order line. */
  readonly netMinor: bigint;
  /** Quantity invoiced so far, less what was credited for returns. */
  readonly billedMicro: bigint;
  /** Net invoiced so far, less what was credited for returns; a price reduction does not lower it. */
  readonly billedNetMinor: bigint;
  readonly treatment: Treatment;
  /** The rate at this invoice's tax point. */
  readonly rateBps: number;
}

export interface DraftLine {
  readonly orderLineId: string;
  readonly lineNo: number;
  readonly quantityMicro: bigint;
  readonly netMinor: bigint;
  readonly treatment: Treatment;
  readonly rateBps: number;
}

export type InvoiceDraft = TaxedDocument<DraftLine>;

/**
 * The invoices for one delivery (docs/money.md, Invoices): a line's net to date = round(order line net × billed
 * to date ÷ ordered), less what was billed before, so any partition of the order sums to its net exactly. Lines
 * charged with the first delivery are billed whole by the first invoice. Usually one draft, two where O meets
 * another category. What a delivery earns of an order invoiced before follows the same rule: hand in what was
 * earned so far in place of what was billed, and earn the net of the drafts. RangeError for a line unknown or
 * billed beyond what was ordered: deliveries are checked before.
 */
export function partInvoice(
  orderLines: readonly BillableLine[],
  delivered: readonly DeliveryLine[],
): InvoiceDraft[] {
  const quantities = new Map<string, bigint>();
  for (const { lineId, quantityMicro } of delivered) {
    quantities.set(lineId, (quantities.get(lineId) ?? 0n) + quantityMicro);
  }
  for (const line of orderLines) {
    const isDueNow = line.chargedOn === 'first_delivery' && billableMicro(line) > 0n;
    if (isDueNow) quantities.set(line.lineId, billableMicro(line));
  }
  const drafts = orderLines.flatMap((line) => {
    const quantityMicro = quantities.get(line.lineId);
    quantities.delete(line.lineId);
    return quantityMicro === undefined ? [] : [draftLine(line, quantityMicro)];
  });
  for (const lineId of quantities.keys()) throw new RangeError(`${lineId} is no line of the order`);
  return splitDocuments(drafts).map((document) => taxDocument(document));
}

/** The invoices for everything not yet billed and not cancelled: invoicing on order, or the rest at once. */
export function invoiceRest(orderLines: readonly BillableLine[]): InvoiceDraft[] {
  const rest = orderLines
    .map((line) => ({ lineId: line.lineId, quantityMicro: billableMicro(line) }))
    .filter(({ quantityMicro }) => quantityMicro > 0n);
  return partInvoice(orderLines, rest);
}

function billableMicro(line: BillableLine): bigint {
  return line.orderedMicro - line.cancelledMicro - line.billedMicro;
}

function draftLine(line: BillableLine, quantityMicro: bigint): DraftLine {
  const { lineId, lineNo, orderedMicro, treatment, rateBps } = line;
  const toDateMicro = line.billedMicro + quantityMicro;
  if (quantityMicro <= 0n || quantityMicro > billableMicro(line)) {
    throw new RangeError(`line ${lineId} would have ${toDateMicro} of ${orderedMicro} millionths billed`);
  }
  const netMinor = divRound(line.netMinor * toDateMicro, orderedMicro) - line.billedNetMinor;
  return { orderLineId: lineId, lineNo, quantityMicro, netMinor, treatment, rateBps };
}
