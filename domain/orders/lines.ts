// Decides what an order still owes: what remains to be delivered per line, whether a delivery fits, what it
// completes. It does not decide what is invoiced for it.
import { DomainError } from '../errors.js';
import { formatMicro } from '../money/amounts.js';
import type { ChargedOn } from '../quotes/price.js';

export interface OrderLineProgress {
  readonly lineId: string;
  readonly sku: string;
  readonly chargedOn: ChargedOn;
  readonly orderedMicro: bigint;
  /** Everything delivered so far; a return does not lower it. */
  readonly deliveredMicro: bigint;
  /** What was cancelled and will never be delivered. */
  readonly cancelledMicro: bigint;
}

export interface DeliveryLine {
  readonly lineId: string;
  readonly quantityMicro: bigint;
}

/** An accepted delivery has its lines merged per order line, in order of the order's lines. */
export type DeliveryCheck =
  | {
      readonly accepted: true;
      readonly lines: readonly DeliveryLine[];
      readonly completedLineIds: readonly string[];
      readonly completesOrder: boolean;
    }
  | { readonly accepted: false; readonly refusal: DomainError };

export const ORDER_STATUSES = ['open', 'delivering', 'delivered', 'cancelled'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What is still to be delivered of a line; one charged with the first delivery is never delivered apart. */
export function remainingMicro(line: OrderLineProgress): bigint {
  if (line.chargedOn === 'first_delivery') return 0n;
  const remaining = line.orderedMicro - line.cancelledMicro - line.deliveredMicro;
  if (remaining < 0n) throw new RangeError(`line ${line.lineId} has ${remaining} millionths left to deliver`);
  return remaining;
}

/**
 * Checks a delivery against what remains. The refusal (`invalid_field`, `unknown_order_line`,
 * `over_delivered`) is returned, not thrown: the API throws it, a step parks the fact with its code.
 */
export function checkDelivery(
  orderLines: readonly OrderLineProgress[],
  delivery: readonly DeliveryLine[],
): DeliveryCheck {
  const byId = new Map(orderLines.map((line) => [line.lineId, line]));
  const delivered = new Map<string, bigint>();
  if (delivery.length === 0) return refuse('invalid_field', 'a delivery needs at least one line', '/lines');
  for (const [index, { lineId, quantityMicro }] of delivery.entries()) {
    const line = byId.get(lineId);
    const at = `/lines/${index}`;
    if (line === undefined || line.chargedOn === 'first_delivery') {
      const why = line ? 'is charged with the first delivery and not delivered' : 'is no line of this order';
      return refuse('unknown_order_line', `${lineId} ${why}`, `${at}/orderLineId`);
    }
    if (quantityMicro <= 0n) {
      const detail = `${formatMicro(quantityMicro)} was delivered, it must be more than 0`;
      return refuse('invalid_field', detail, `${at}/quantity`);
    }
    const total = (delivered.get(lineId) ?? 0n) + quantityMicro;
    const remaining = remainingMicro(line);
    if (total > remaining) {
      const detail = `${formatMicro(total)} of ${line.sku} delivered, ${formatMicro(remaining)} remain`;
      return refuse('over_delivered', detail, `${at}/quantity`);
    }
    delivered.set(lineId, total);
  }
  const after = orderLines.map((line) => ({
    line,
    left: remainingMicro(line) - (delivered.get(line.lineId) ?? 0n),
  }));
  return {
    accepted: true,
    lines: orderLines.flatMap(({ lineId }) => {
      const quantityMicro = delivered.get(lineId);
      return quantityMicro === undefined ? [] : [{ lineId, quantityMicro }];
    }),
    completedLineIds: after
      .filter(({ line, left }) => left === 0n && delivered.has(line.lineId))
      .map(({ line }) => line.lineId),
    completesOrder: after.every(({ left }) => left === 0n),
  };
}

function refuse(
  code: 'invalid_field' | 'unknown_order_line' | 'over_delivered',
  detail: string,
  pointer: string,
) {
  return { accepted: false, refusal: new DomainError(code, detail, pointer) } as const;
}
