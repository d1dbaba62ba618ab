// The acts from the order to the money, each by the person whose work it is, each a call of the API.
import { PRODUCTS } from './catalogue.js';
import { type Page, SellingActs } from './selling.js';
import type { Money } from './stage.js';

const CHARGED_ONCE = new Set(
  PRODUCTS.filter(({ chargedOn }) => chargedOn === 'first_delivery').map(({ sku }) => sku),
);

export interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly deliveryId: string | null;
  readonly gross: Money;
  readonly open: Money;
}

/** One lead's whole way: what was sold is delivered, paid, bounced and cancelled. */
export class Acts extends SellingActs {
  #deliveries = 0;
  #payments = 0;

  /**
   * Delivers all that is left, or about half of it, and answers the invoices that follow: services to a country
   * outside the scope of our tax stand on a document of their own.
   */
  async deliver(after: number, half = false): Promise<readonly Invoice[]> {
    this.#deliveries += 1;
    const isFirst = this.#deliveries === 1;
    const name = `${this.lead.number}-${this.#deliveries}`;
    const day = this.day(after);
    const delivery = await this.stage.act(
      this.lead,
      day,
      half ? 'deliveredPart' : 'delivered',
      async () => {
        const order = await this.order();
        // From what was ordered and not from what is left: a play that is repeated says the same again.
        const lines = order.lines.flatMap(({ id, sku, ordered }) => {
          if (CHARGED_ONCE.has(sku)) return []; // Goes with the first delivery by itself.
          const quantity = isFirst ? (half ? halfOf(ordered) : ordered) : secondHalfOf(ordered);
          return quantity === null ? [] : [{ orderLineId: id, quantity }];
        });
        // A slow machine may have placed the order after that day; then it goes out as soon as there is one.
        const planned = this.stage.isoOf(day);
        const deliveredAt = planned < order.orderedAt ? order.orderedAt : planned;
        const body = { lines, deliveredAt, key: `DN-${name}` };
        const path = `/v1/orders/${order.id}/deliveries`;
        const answer = await this.stage
          .as('gael')
          .post<{ delivery: { id: string } }>(path, body, this.key('deliver', this.#deliveries));
        return answer.delivery;
      },
      () => ({ detail: `DN-${name}` }),
    );
    const issued = await this.stage.seen(async () => {
      const found = (await this.invoices()).filter(({ deliveryId }) => deliveryId === delivery.id);
      return found.length === 0 ? undefined : found;
    });
    return [...(issued ?? [])].sort((a, b) => (a.number < b.number ? -1 : 1));
  }

  async invoices(): Promise<readonly Invoice[]> {
    const path = `/v1/invoices?lead=${this.leadId}&kind=invoice`;
    return (await this.stage.as('elena').get<Page<Invoice>>(path)).items;
  }

  /** Pays a share of each invoice's total in percent. Answers the payments' ids. */
  async pay(after: number, invoices: readonly Invoice[], percent = 100): Promise<string[]> {
    const paid: string[] = [];
    for (const invoice of invoices) paid.push(await this.#payOne(this.day(after), invoice, percent));
    return paid;
  }

  async #payOne(day: number, invoice: Invoice, percent: number): Promise<string> {
    this.#payments += 1;
    const amount = percentOf(invoice.gross, percent);
    const body = {
      reference: `SEPA-${this.stage.key(this.lead.number, this.#payments)}`,
      amount,
      paidOn: this.stage.dateOf(day),
      method: 'bank_transfer',
      invoiceNumber: invoice.number,
      payer: this.lead.company,
    };
    const { id } = await this.stage.act(
      this.lead,
      day,
      percent === 100 ? 'paid' : 'paidPart',
      () =>
        this.stage.as('elena').post<{ id: string }>('/v1/payments', body, this.key('pay', this.#payments)),
      () => ({ detail: invoice.number, money: amount }),
    );
    return id;
  }

  async bounce(after: number, [paymentId]: readonly string[]): Promise<void> {
    if (paymentId === undefined) return;
    const day = this.day(after);
    const body = {
      reference: `RET-${this.lead.number}`,
      reversedOn: this.stage.dateOf(day),
      reason: 'insufficient funds',
    };
    await this.stage.act(this.lead, day, 'bounced', () =>
      this.stage.as('elena').post(`/v1/payments/${paymentId}/reversal`, body, this.key('bounce')),
    );
  }

  /** With something invoiced it takes two persons: one asks, another approves. */
  async cancel(after: number, reason: string, invoiced = false): Promise<void> {
    await this.stage.act(
      this.lead,
      this.day(after),
      'cancelled',
      async () => {
        const { id } = await this.order();
        if (!invoiced) {
          await this.stage.as('carla').post(`/v1/orders/${id}/cancellation`, { reason }, this.key('cancel'));
          return;
        }
        const asked = `/v1/orders/${id}/cancellation-requests`;
        const carla = this.stage.as('carla');
        const { taskId } = await carla.post<{ taskId: string }>(asked, { reason }, this.key('cancel'));
        const said = { resolution: 'seen with the customer', decision: 'approve' };
        await this.stage
          .as('elena')
          .post(`/v1/tasks/${taskId}/resolution`, said, this.key('cancel-approved'));
      },
      () => ({ detail: reason }),
    );
  }
}

/** Half of a quantity, rounded up to whole units; a single one goes with the first delivery. */
const halfOf = (ordered: string): string => String(Math.ceil(Math.trunc(Number(ordered)) / 2));

/** What a first delivery of half has left; null for nothing. */
function secondHalfOf(ordered: string): string | null {
  const [whole = '0', decimals] = ordered.split('.');
  const left = Math.trunc(Number(whole)) - Number(halfOf(ordered));
  if (left === 0 && !Number(decimals ?? 0)) return null;
  return decimals === undefined ? String(left) : `${left}.${decimals}`;
}

/** A share of an amount with two decimals: above the half rounded up, so that two shares make the whole. */
export function percentOf({ amount, currency }: Money, percent: number): Money {
  const up = percent > 50 ? 99n : 0n;
  const minor = (BigInt(amount.replace('.', '')) * BigInt(percent) + up) / 100n;
  const digits = minor.toString().padStart(3, '0');
  return { amount: `${digits.slice(0, -2)}.${digits.slice(-2)}`, currency };
}
