// Issuing: what was delivered (or ordered, by policy) becomes one invoice, or two where the tax law wants it.
import { newId } from '../db/ids.js';
import { TO_INVOICE } from '../db/invoices.js';
import { post } from '../db/ledger.js';
import { nextNumber } from '../db/numbers.js';
import type { Tx } from '../db/pool.js';
import { freshItem } from '../domain/collections/reminders.js';
import { type InvoiceDraft, invoiceRest, partInvoice } from '../domain/invoices/parts.js';
import { dueOn } from '../domain/invoices/terms.js';
import { postDeliveredInvoice, postInvoiceOnOrder } from '../domain/ledger/receivables.js';
import { formatMicro } from '../domain/money/amounts.js';
import type { DeliveryLine } from '../domain/orders/lines.js';
import { type Supply, type TaxPolicy, treatmentFor } from '../domain/taxes/treatment.js';
import type { DealChange } from './dealChange.js';
import { recogniseInvoiced } from './deliveries.js';
import { customerKind, nextStepAt } from './dunning.js';
import { type DealJson, type DealState, exact, moveOn, type OrderLine, stateOf } from './progress.js';
import { makeStep, type StepDeps } from './step.js';

interface ToInvoice {
  deal: DealJson;
  customer: { country: string; segment: string | null; entityCountry: string };
  classes: Record<string, { taxClass: string; supply: Supply }>;
  deliveries: { id: string; deliveredOn: string; lines: unknown[] }[];
}

export function makeInvoiceSteps(deps: StepDeps) {
  return {
    issueInvoice: makeStep<ToInvoice>(deps, { name: 'issueInvoice', load: TO_INVOICE, judge: issueInvoice }),
  };
}

async function issueInvoice(deal: DealChange<ToInvoice>, tx: Tx): Promise<void> {
  const state = stateOf(deal);
  const { order } = state;
  const subject = deal.call.subject ?? order.id;
  const delivery = deal.own.deliveries.find(({ id }) => id === subject);
  const drafts =
    order.status === 'cancelled' || (!delivery && subject !== order.id)
      ? []
      : await draftsFor(deal, state, delivery);
  deal.end('invoicing', subject);
  if (drafts.length > 0) await issue(deal, tx, state, drafts, delivery);
  if (delivery) state.uninvoiced.delete(delivery.id);
  moveOn(deal, state);
}

async function draftsFor(
  deal: DealChange<ToInvoice>,
  { order, today }: DealState,
  delivery: ToInvoice['deliveries'][number] | undefined,
): Promise<InvoiceDraft[]> {
  const taxPolicy = await deal.policy('tax');
  const taxPointOn = delivery?.deliveredOn ?? today;
  const lines = order.lines.map((line) => ({
    ...line,
    cancelledMicro: 0n,
    billedNetMinor: line.invoicedMinor,
    ...taxAt(line, deal.own, taxPolicy, taxPointOn),
  }));
  return delivery ? partInvoice(lines, exact<DeliveryLine[]>(delivery.lines)) : invoiceRest(lines);
}

/** What the law of a country decides by its rates; the others follow from who sells to whom. */
const BY_RATE: readonly OrderLine['treatment'][] = ['S', 'E', 'Z'];

/**
 * Who sells to whom was agreed with the order; rate and exemption are the law's on the tax point (docs/money.md, Tax), so
 * they are looked up again in the newest tax policy.
 */
function taxAt(
  line: OrderLine,
  own: ToInvoice,
  policy: TaxPolicy,
  taxPointOn: string,
): Pick<OrderLine, 'treatment' | 'rateBps'> {
  const { country, entityCountry } = own.customer;
  const sale = own.classes[line.lineId];
  const { treatment, rateBps } = line;
  if (!BY_RATE.includes(treatment) || !sale) return { treatment, rateBps };
  const taxedIn = line.taxReason === 'destination_oss' ? country : entityCountry;
  const domestic = {
    entityCountry: taxedIn,
    customerCountry: taxedIn,
    entityUsesOss: false,
    customerVatId: null,
  };
  const then = treatmentFor({ ...domestic, ...sale, taxPointOn }, policy);
  return { treatment: then.treatment, rateBps: then.rateBps };
}

async function issue(
  deal: DealChange<ToInvoice>,
  tx: Tx,
  state: DealState,
  drafts: readonly InvoiceDraft[],
  delivery: ToInvoice['deliveries'][number] | undefined,
): Promise<void> {
  const { order, today } = state;
  // What was agreed with the order holds for its invoices; their numbers are the entity's, by the rules of today.
  const dunning = await deal.policy('dunning', order.pins.dunning);
  const { series } = await deal.policy('invoicing');
  await deal.policy('notifications'); // Missing, it refuses before a number is taken: a refusal commits its answer.
  const { entityId, currency } = order;
  const invoices: { draft: InvoiceDraft; id: string; number: string; seq: bigint; issuedOn: string }[] = [];
  for (const draft of drafts) {
    invoices.push({
      draft,
      id: newId('inv'),
      ...(await nextNumber(tx, entityId, 'invoice', today, series.invoice)),
    });
  }
  const { dunning: dunningPin, invoicing: invoicingPin } = order.pins;
  const { tax } = deal.versions; // The law's of the tax point, which the order could not know.
  for (const { draft, id, seq, number, issuedOn } of invoices) {
    const { netMinor, taxMinor, grossMinor } = draft;
    const due = dueOn(order.terms, issuedOn);
    deal.writes.insert('invoices', {
      id,
      kind: 'invoice',
      entity_id: entityId,
      series: 'invoice',
      seq,
      number,
      lead_id: deal.lead.id,
      order_id: order.id,
      delivery_id: delivery?.id ?? null,
      account_id: order.accountId,
      currency,
      issued_on: issuedOn,
      issued_at: deal.at,
      tax_point_on: delivery?.deliveredOn ?? issuedOn,
      due_on: due,
      net_minor: netMinor,
      tax_minor: taxMinor,
      gross_minor: grossMinor,
      pins: { invoicing: invoicingPin, dunning: dunningPin, tax },
    });
    writeLines(deal, id, draft);
    const lines = (order.billOn === 'order' ? postInvoiceOnOrder : postDeliveredInvoice)({
      customer: order.accountId,
      netMinor,
      taxMinor,
    });
    const posting = { kind: 'invoice', entityId, leadId: deal.lead.id, postedOn: issuedOn, currency, lines };
    post(deal.writes, { businessKey: `invoice/${id}`, ...posting });
    if (grossMinor > 0n) {
      const customer = customerKind(deal.own.customer.segment);
      const item = freshItem({ dueOn: due, currency, openMinor: grossMinor, customer });
      deal.begin('payment', { subject: id, until: nextStepAt(item, dunning, today, order.zone) });
      state.openInvoices.add(id);
    }
    await deal.mail('invoice', id);
  }
  bill(deal, state, drafts, invoices[0]?.id as string);
  if (delivery)
    deal.writes.update('deliveries', ['id'], { id: delivery.id, invoice_id: invoices[0]?.id ?? null });
  deal.detail = { invoices: invoices.map(({ id }) => id), deliveryId: delivery?.id };
}

function writeLines(deal: DealChange<ToInvoice>, invoiceId: string, draft: InvoiceDraft): void {
  deal.writes.insert(
    'invoice_lines',
    ...draft.lines.map((line, index) => ({
      id: newId('iline'),
      invoice_id: invoiceId,
      position: index + 1,
      order_line_id: line.orderLineId,
      quantity: formatMicro(line.quantityMicro),
      net_minor: line.netMinor,
      tax_minor: line.taxMinor,
      gross_minor: line.grossMinor,
      tax_treatment: line.treatment,
      tax_rate_bps: line.rateBps,
    })),
  );
  deal.writes.insert(
    'invoice_taxes',
    ...draft.groups.map((group) => ({
      invoice_id: invoiceId,
      treatment: group.treatment,
      rate_bps: group.rateBps,
      base_minor: group.netMinor,
      tax_minor: group.taxMinor,
    })),
  );
}

/** The order lines as billed now; what was delivered before it was invoiced is earned at once. */
function bill(
  deal: DealChange<ToInvoice>,
  state: DealState,
  drafts: readonly InvoiceDraft[],
  firstInvoiceId: string,
): void {
  const { order } = state;
  const billed = drafts.flatMap((draft) => draft.lines);
  for (const { orderLineId, quantityMicro, netMinor } of billed) {
    const line = order.lines.find((one) => one.lineId === orderLineId);
    if (!line) continue;
    line.billedMicro += quantityMicro;
    line.invoicedMinor += netMinor;
  }
  const recognised = recogniseInvoiced(deal, state, `invoice/${firstInvoiceId}`);
  const touched = order.lines.filter(
    ({ lineId }) => recognised.has(lineId) || billed.some((line) => line.orderLineId === lineId),
  );
  deal.writes.update(
    'order_lines',
    ['id'],
    ...touched.map((line) => ({
      id: line.lineId,
      billed: formatMicro(line.billedMicro),
      invoiced_minor: line.invoicedMinor,
      recognised_minor: line.recognisedMinor,
    })),
  );
}
