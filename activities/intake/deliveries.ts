// The intake of a delivery: checked at the door against everything recorded before, then stored with its
// message. What it does to the lead is the step's (activities/deliveries.ts).
import { ORDER_AT_THE_DOOR } from '../../db/deliveries.js';
import { newId } from '../../db/ids.js';
import { type DbOrTx, type Tx, withTransaction } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';
import { formatMicro } from '../../domain/money/amounts.js';
import { checkDelivery, type DeliveryLine } from '../../domain/orders/lines.js';
import { asProgress } from '../deliveries.js';
import { exact, type OrderLine } from '../progress.js';
import { factRow, hashOf, wakeRelay } from './messages.js';

export interface DeliveryInput {
  readonly orderId: string;
  readonly actorId: string;
  /** Chosen by the sender: the same key never makes two deliveries of an order. */
  readonly key: string;
  readonly lines: readonly { readonly orderLineId: string; readonly quantityMicro: bigint }[];
  /** Business instant (epoch ms). */
  readonly deliveredAt: number;
  readonly proof?: string;
  readonly messageId: string;
}

export interface RecordedDelivery {
  readonly deliveryId: string;
  readonly leadId: string;
  /** False when the same delivery was recorded before. */
  readonly created: boolean;
}

interface OrderRow {
  lead_id: string;
  status: string;
  number: string;
  ordered_on: string;
  zone: string;
  lines: Record<string, unknown>[];
  recorded: Record<string, string>;
  known: { id: string; bodyHash: string } | null;
}

/**
 * Records a delivery. Refuses `not_found`, `invalid_field` (before the order), `wrong_stage` (it is cancelled), what checkDelivery refuses,
 * and `reference_reused` for a key that stands for another delivery.
 */
export function recordDelivery({ db }: { db: DbOrTx }, input: DeliveryInput): Promise<RecordedDelivery> {
  return withTransaction(db, async (tx) => {
    const order = await lockOrder(tx, input);
    const body_hash = bodyHash(input);
    if (order.known) {
      if (order.known.bodyHash !== body_hash.toString('hex')) {
        throw new DomainError(
          'reference_reused',
          `delivery ${input.key} was recorded with other content`,
          '/key',
        );
      }
      return { deliveryId: order.known.id, leadId: order.lead_id, created: false };
    }
    const deliveredOn = dayOf(order, input);
    const lines = linesToRecord(order, input);
    const deliveryId = newId('dlv');
    const writes = new Writes()
      .insert('deliveries', {
        id: deliveryId,
        order_id: input.orderId,
        key: input.key,
        body_hash,
        delivered_at: new Date(input.deliveredAt),
        delivered_on: deliveredOn,
        proof: input.proof ?? null,
        recorded_by: input.actorId,
        status: 'recorded',
      })
      .insert(
        'delivery_lines',
        ...lines.map(({ lineId, quantityMicro }) => ({
          delivery_id: deliveryId,
          order_line_id: lineId,
          quantity: formatMicro(quantityMicro),
        })),
      );
    const { messageId: id, actorId } = input;
    const name = 'deliveryRecorded';
    writes.insert('messages', factRow({ id, leadId: order.lead_id, name, actorId, body: { deliveryId } }));
    await writes.run(tx);
    await wakeRelay(tx);
    return { deliveryId, leadId: order.lead_id, created: true };
  });
}

async function lockOrder(tx: Tx, { orderId, key }: DeliveryInput): Promise<OrderRow> {
  // Two statements: what others recorded while the lock was waited for is seen by the second only.
  await tx.query({
    name: 'lock_order',
    text: 'select from orders where id = $1 for no key update',
    values: [orderId],
  });
  const { rows } = await tx.query<OrderRow>({
    name: 'order_at_the_door',
    text: ORDER_AT_THE_DOOR,
    values: [orderId, key],
  });
  if (!rows[0]) throw new DomainError('not_found', `no order ${orderId}`);
  return rows[0];
}

/** The tax rate follows the day of delivery, so it is none before the order was placed. */
function dayOf({ zone, number, ordered_on: orderedOn }: OrderRow, { deliveredAt }: DeliveryInput): string {
  const on = dateIn(zone, deliveredAt);
  if (on >= orderedOn) return on;
  const detail = `delivered on ${on}, before order ${number} was placed on ${orderedOn}`;
  throw new DomainError('invalid_field', detail, '/deliveredAt');
}

function linesToRecord(order: OrderRow, input: DeliveryInput): readonly DeliveryLine[] {
  if (order.status === 'cancelled') {
    throw new DomainError('wrong_stage', `order ${input.orderId} is cancelled`);
  }
  const lines = exact<OrderLine[]>(order.lines).map((line) => ({
    ...asProgress(line),
    deliveredMicro: BigInt(order.recorded[line.lineId] ?? 0),
  }));
  const check = checkDelivery(
    lines,
    input.lines.map(({ orderLineId, quantityMicro }) => ({ lineId: orderLineId, quantityMicro })),
  );
  if (!check.accepted) throw check.refusal;
  return check.lines;
}

function bodyHash({ lines, deliveredAt, proof }: DeliveryInput): Buffer {
  const named = lines.map(({ orderLineId, quantityMicro }) => [orderLineId, quantityMicro.toString()]);
  return hashOf({ lines: named, deliveredAt, proof });
}
