// What the outside does to a deal in the tests: goods arrive, money arrives, money bounces.
import { recordDelivery } from '../../activities/intake/deliveries.js';
import type { PaymentInput } from '../../activities/intake/paymentRow.js';
import { type RecordedPayment, recordPayment } from '../../activities/intake/payments.js';
import { type ReversedPayment, reversePayment } from '../../activities/intake/reversals.js';
import { newId } from '../../db/ids.js';
import { addDays } from '../../domain/calendar/days.js';
import { DAY, type Deal, PEOPLE, settle, told, type World } from './deal.js';

export const dayOf = (days: number): string => addDays(DAY, days);

/** Records a delivery of whole units per line and applies it. */
export async function deliver(
  world: World,
  deal: Deal,
  quantities: readonly number[],
  days = 0,
): Promise<string> {
  const messageId = newId('msg');
  const { deliveryId } = await recordDelivery(world.deps, {
    orderId: deal.orderId,
    actorId: PEOPLE.fulfilment,
    key: messageId,
    lines: quantities.flatMap((quantity, index) =>
      quantity > 0
        ? [
            {
              orderLineId: deal.lineIds[index] as string,
              quantityMicro: BigInt(Math.round(quantity * 1_000_000)),
            },
          ]
        : [],
    ),
    deliveredAt: world.at(days),
    messageId,
  });
  await told(world, 'recordDelivery', deal.leadId, messageId, days);
  return deliveryId;
}

export interface InvoiceSeen {
  readonly id: string;
  readonly number: string;
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
  readonly open: bigint;
  readonly level: number;
}

export async function invoicesOf({ db }: World, { leadId }: Deal, kind = 'invoice'): Promise<InvoiceSeen[]> {
  const { rows } = await db.query<InvoiceSeen>(
    `select id, number, net_minor as net, tax_minor as tax, gross_minor as gross, open_minor as open,
      dunning_level as level from invoices where lead_id = $1 and kind = $2 order by seq`,
    [leadId, kind],
  );
  return rows;
}

export const payment = (world: World, input: Partial<PaymentInput>, days = 0): PaymentInput => ({
  actorId: PEOPLE.finance,
  provider: 'manual',
  reference: newId('pay'),
  amountMinor: 1n,
  currency: 'EUR',
  paidOn: dayOf(days),
  method: 'bank_transfer',
  messageId: newId('msg'),
  at: world.at(days),
  ...input,
});

/** Money for one invoice arrives and its lead hears of it; the engine does what is due. */
export async function pay(
  world: World,
  deal: Deal,
  invoiceNumber: string,
  amountMinor: bigint,
  days = 0,
): Promise<RecordedPayment> {
  const recorded = await recordPayment(world.deps, payment(world, { invoiceNumber, amountMinor }, days));
  for (const id of recorded.messageIds) await told(world, 'applyPayment', deal.leadId, id, days);
  await settle(world, deal.leadId, days);
  return recorded;
}

/** A payment bounces and its lead hears of it. */
export async function bounce(
  world: World,
  deal: Deal,
  paymentId: string,
  days: number,
): Promise<ReversedPayment> {
  const messageId = newId('msg');
  const reversed = await reversePayment(world.deps, {
    paymentId,
    actorId: PEOPLE.finance,
    reference: `R-${messageId}`,
    reversedOn: dayOf(days),
    reason: 'insufficient funds',
    bankChargeMinor: 350n,
    messageId,
    at: world.at(days),
  });
  await told(world, 'reversePayment', deal.leadId, messageId, days);
  return reversed;
}
