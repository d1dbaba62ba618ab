// What a recorded delivery does to its lead, and what happens when one is late.
import { OVERDUE_DELIVERY, RECORDED_DELIVERY } from '../db/deliveries.js';
import { post } from '../db/ledger.js';
import { recogniseToDate } from '../domain/invoices/recognition.js';
import { postRevenueEarned } from '../domain/ledger/receivables.js';
import { formatMicro } from '../domain/money/amounts.js';
import { checkDelivery, type DeliveryLine } from '../domain/orders/lines.js';
import type { Answer } from '../domain/steps.js';
import type { DealChange } from './dealChange.js';
import { type DealJson, type DealState, exact, moveOn, type OrderLine, stateOf } from './progress.js';
import { makeStep, type StepDeps } from './step.js';

interface Recorded {
  deal: DealJson;
  delivery: {
    id: string;
    orderId: string;
    status: 'recorded' | 'applied' | 'refused';
    deliveredOn: string;
    lines: { lineId: string; quantityMicro: string }[];
  } | null;
}

const DAY_MS = 86_400_000;

/** An order line as the rules of deliveries see it; nothing of a line is cancelled apart from its order. */
export const asProgress = (line: OrderLine) => ({ ...line, cancelledMicro: 0n });

export function makeDeliverySteps(deps: StepDeps) {
  return {
    recordDelivery: makeStep<Recorded>(deps, {
      name: 'recordDelivery',
      load: RECORDED_DELIVERY,
      judge: recordDelivery,
    }),
    escalateDelivery: makeStep<{ deal: DealJson; leadDays: number }>(deps, {
      name: 'escalateDelivery',
      load: OVERDUE_DELIVERY,
      judge: escalateDelivery,
    }),
  };
}

function recordDelivery(deal: DealChange<Recorded>): Answer | void {
  const { delivery } = deal.own;
  if (!delivery) throw new RangeError(`message ${deal.call.key} names no delivery`);
  if (delivery.status === 'applied') return { result: 'no_effect' };
  const state = stateOf(deal);
  const { order } = state;
  if (order.status === 'cancelled' || delivery.status === 'refused') {
    deal.task('delivery_after_cancellation', delivery.id, 'finance', { orderId: order.id });
    return refuse(deal, delivery.id, 'order_cancelled');
  }
  const check = checkDelivery(order.lines.map(asProgress), exact<DeliveryLine[]>(delivery.lines));
  if (!check.accepted) {
    deal.task('delivery_beyond_order', delivery.id, 'fulfilment', { code: check.refusal.code });
    return refuse(deal, delivery.id, check.refusal.code);
  }
  applyLines(deal, state, check.lines);
  deal.writes.update('deliveries', ['id'], { id: delivery.id, status: 'applied' });
  if (order.billOn === 'delivery') {
    state.uninvoiced.add(delivery.id);
    deal.begin('invoicing', { subject: delivery.id, until: deal.atMs });
  }
  if (check.completesOrder) {
    order.status = 'delivered';
    deal.writes.update('orders', ['id'], { id: order.id, status: 'delivered' });
    deal.end('delivery');
  }
  deal.detail = { deliveryId: delivery.id, complete: check.completesOrder };
  moveOn(deal, state);
}

/**
 * The order will never take it: it is not cancelled less, and what was delivered is not undone. Goods that are out
 * of the house are a person's task, not a message that waits for a day that cannot come.
 */
function refuse(deal: DealChange<Recorded>, id: string, code: string): Answer {
  deal.writes.update('deliveries', ['id'], { id, status: 'refused' });
  deal.detail = { deliveryId: id, refused: code };
  return { result: 'no_effect', code };
}

function applyLines(deal: DealChange<Recorded>, state: DealState, lines: readonly DeliveryLine[]): void {
  const { order } = state;
  for (const { lineId, quantityMicro } of lines) {
    const line = order.lines.find((one) => one.lineId === lineId);
    if (line) line.deliveredMicro += quantityMicro;
  }
  const touched = new Set(lines.map((line) => line.lineId));
  const recognised = recogniseInvoiced(deal, state, `delivery/${deal.own.delivery?.id}`);
  const rows = order.lines
    .filter((line) => touched.has(line.lineId) || recognised.has(line.lineId))
    .map((line) => ({
      id: line.lineId,
      delivered: formatMicro(line.deliveredMicro),
      recognised_minor: line.recognisedMinor,
    }));
  deal.writes.update('order_lines', ['id'], ...rows);
}

/**
 * Earns revenue that was invoiced before delivery, to date, and posts what changed. Returns the order lines it
 * changed; the caller writes their rows together with its own changes of them.
 */
export function recogniseInvoiced<L>(deal: DealChange<L>, state: DealState, cause: string): Set<string> {
  const { order } = state;
  if (order.billOn !== 'order') return new Set();
  const changes = recogniseToDate(
    order.lines.map((line) => ({ ...line, heldMinor: line.invoicedMinor - line.creditedMinor })),
  );
  for (const { lineId, toDateMinor } of changes) {
    const line = order.lines.find((one) => one.lineId === lineId);
    if (line) line.recognisedMinor = toDateMinor;
  }
  const netMinor = changes.reduce((sum, change) => sum + change.changeMinor, 0n);
  post(deal.writes, {
    businessKey: `recognition/${cause}`,
    kind: 'revenue_earned',
    entityId: order.entityId,
    leadId: deal.lead.id,
    postedOn: state.today,
    currency: order.currency,
    lines: postRevenueEarned({ netMinor }),
  });
  return new Set(changes.map((change) => change.lineId));
}

/**
 * A late delivery is asked for again after the longest time it takes to supply what is missing: asking sooner
 * would only repeat what fulfilment knows. At least a day, because goods on stock take none.
 */
function escalateDelivery(deal: DealChange<{ deal: DealJson; leadDays: number }>): void {
  const state = stateOf(deal);
  const wait = deal.wait('delivery', deal.call.subject);
  if (!wait) return;
  deal.task('delivery_overdue', state.order.id, 'fulfilment', { level: wait.level + 1 });
  const days = Math.max(1, deal.own.leadDays);
  deal.move(wait, { until: deal.atMs + days * DAY_MS, level: wait.level + 1 });
  deal.detail = { orderId: state.order.id, level: wait.level + 1 };
}
