// The acts stories are made of, each by the person whose work it is, each a call of the API.
import type { CastLead } from './cast.js';
import { PRODUCTS } from './catalogue.js';
import type { Handle } from './people.js';
import type { Money, Stage } from './stage.js';

const CHARGED_ONCE = new Set(
  PRODUCTS.filter(({ chargedOn }) => chargedOn === 'first_delivery').map(({ sku }) => sku),
);

interface Lead {
  readonly id: string;
  readonly stage: string;
  readonly outcome: string | null;
  readonly owner: string | null;
}
export interface Quote {
  readonly id: string;
  readonly revision: number;
  readonly status: string;
  readonly net: Money;
  readonly gross: Money;
}
interface Approval {
  readonly id: string;
  readonly approver: string | null;
  readonly revision: number;
}
interface Order {
  readonly id: string;
  readonly number: string;
  readonly gross: Money;
  readonly lines: readonly {
    readonly id: string;
    readonly sku: string;
    readonly ordered: string;
    readonly delivered: string;
  }[];
}
export interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly deliveryId: string | null;
  readonly gross: Money;
  readonly open: Money;
}
interface Page<T> {
  readonly items: readonly T[];
}

/** One lead's way through the acts: remembers its ids, and who owns it. */
export class Acts {
  readonly #stage: Stage;
  readonly #lead: CastLead;
  #leadId = '';
  #owner: Handle = 'carla';
  #deliveries = 0;
  #payments = 0;

  constructor(stage: Stage, lead: CastLead) {
    this.#stage = stage;
    this.#lead = lead;
  }

  get leadId(): string {
    return this.#leadId;
  }

  #key(...parts: (string | number)[]): string {
    return this.#stage.key(this.#lead.number, ...parts);
  }

  #day(after: number): number {
    return this.#lead.day + after;
  }

  async capture(): Promise<void> {
    const { company, person, email, country, language, channel, interest } = this.#lead;
    const body = {
      source: { channel, landingPage: '/office' },
      contact: { name: person, email, company, country, language },
      interest,
      externalId: `sample-lead-${this.#lead.number}`,
    };
    const { id } = await this.#stage.act(
      this.#lead,
      this.#lead.day,
      'captured',
      () => this.#stage.as('marta').post<{ id: string }>('/v1/leads', body, this.#key('capture')),
      () => ({ detail: `${channel}, ${person}` }),
    );
    this.#leadId = id;
    const owned = await this.#stage.seen(async () => {
      const lead = await this.#read();
      return lead.owner === null ? undefined : lead;
    });
    this.#owner = this.#stage.handleOf(owned?.owner ?? this.#stage.idOf('carla'));
  }

  #read(): Promise<Lead> {
    return this.#stage.as('helena').get<Lead>(`/v1/leads/${this.#leadId}`);
  }

  /** Waits until the workflow shows that stage by itself. */
  async reaches(stage: string): Promise<boolean> {
    const seen = await this.#stage.seen(async () =>
      (await this.#read()).stage === stage ? true : undefined,
    );
    return seen === true;
  }

  async qualify(
    after: number,
    decision: 'qualify' | 'disqualify' | 'nurture' = 'qualify',
    reason?: string,
  ): Promise<void> {
    const word = { qualify: 'qualified', disqualify: 'disqualified', nurture: 'nurtured' } as const;
    const body = {
      decision,
      ...(reason && { reason }),
      ...(decision === 'qualify' && {
        needs: { need: this.#lead.interest, timing: 'this quarter' },
        firstContactBy: this.#stage.idOf('marta'),
      }),
    };
    await this.#stage.act(
      this.#lead,
      this.#day(after),
      word[decision],
      () =>
        this.#stage
          .as(this.#owner)
          .post(`/v1/leads/${this.#leadId}/qualification`, body, this.#key('qualification', after)),
      () => ({ ...(reason && { detail: reason }) }),
    );
  }

  async draft(after: number, discountBps = this.#lead.discountBps): Promise<Quote> {
    const { lines, currency } = this.#lead;
    const body = { lines, currency, ...(discountBps > 0 && { discountBps }) };
    return this.#stage.act(
      this.#lead,
      this.#day(after),
      'quoted',
      () =>
        this.#stage
          .as(this.#owner)
          .post<Quote>(`/v1/leads/${this.#leadId}/quotes`, body, this.#key('draft', after)),
      ({ net }) => ({ money: net, ...(discountBps > 0 && { detail: `−${discountBps / 100} %` }) }),
    );
  }

  async revise(after: number, quote: Quote, discountBps: number): Promise<Quote> {
    const { lines, currency } = this.#lead;
    const body = { lines, currency, discountBps };
    return this.#stage.act(
      this.#lead,
      this.#day(after),
      'revised',
      () =>
        this.#stage
          .as(this.#owner)
          .post<Quote>(`/v1/quotes/${quote.id}/revisions`, body, this.#key('revise', after)),
      ({ net }) => ({ money: net, detail: `−${discountBps / 100} %` }),
    );
  }

  async submit(after: number, { id, revision }: Quote): Promise<void> {
    await this.#stage.act(this.#lead, this.#day(after), 'submitted', () =>
      this.#stage
        .as(this.#owner)
        .post(`/v1/quotes/${id}/submission`, { revision }, this.#key('submit', revision)),
    );
  }

  /** Everybody who is asked decides, one after the other, until nobody is asked any more. */
  async approve(after: number, decision: 'approve' | 'reject' = 'approve'): Promise<void> {
    for (let step = 0; step < 6; step += 1) {
      await this.#stage.until(this.#day(after + step * 0.3));
      const path = `/v1/approvals?status=open&leadId=${this.#leadId}`;
      const { items } = await this.#stage.as('helena').get<Page<Approval>>(path);
      const [approval] = items;
      if (!approval) return;
      const approver = this.#stage.handleOf(approval.approver);
      const { revision } = approval;
      const body = { decision, revision, ...(decision === 'reject' && { reason: 'margin too thin' }) };
      await this.#stage.act(
        this.#lead,
        this.#day(after + step * 0.3),
        decision === 'approve' ? 'approved' : 'rejected',
        () =>
          this.#stage
            .as(approver)
            .post(`/v1/approvals/${approval.id}/decision`, body, this.#key('approval', approval.id)),
        () => ({ detail: this.#stage.nameOf(approver) }),
      );
      if (decision === 'reject') return;
    }
  }

  async accept(after: number, { id, revision }: Quote): Promise<void> {
    const { person, email, number } = this.#lead;
    const body = { revision, acceptedBy: { name: person, email }, purchaseOrder: `PO-${1_000 + number}` };
    await this.#stage.act(
      this.#lead,
      this.#day(after),
      'accepted',
      async () => {
        await this.#stage.as(this.#owner).post(`/v1/quotes/${id}/acceptance`, body, this.#key('accept'));
        return this.#order();
      },
      (order) => ({ detail: order.number, money: order.gross }),
    );
  }

  async #order(): Promise<Order> {
    const { items } = await this.#stage.as('helena').get<Page<Order>>(`/v1/orders?lead=${this.#leadId}`);
    const [order] = items;
    if (!order) throw new RangeError(`lead ${this.#leadId} has no order`);
    return this.#stage.as('helena').get<Order>(`/v1/orders/${order.id}`);
  }

  async decline(after: number, { id, revision }: Quote, reason: string): Promise<void> {
    await this.#stage.act(
      this.#lead,
      this.#day(after),
      'declined',
      () =>
        this.#stage
          .as(this.#owner)
          .post(`/v1/quotes/${id}/decline`, { revision, reason }, this.#key('decline')),
      () => ({ detail: reason }),
    );
  }

  async withdraw(after: number, reason: string): Promise<void> {
    await this.#stage.act(
      this.#lead,
      this.#day(after),
      'withdrawn',
      () =>
        this.#stage
          .as('carla')
          .post(`/v1/leads/${this.#leadId}/withdrawal`, { reason }, this.#key('withdraw')),
      () => ({ detail: reason }),
    );
  }

  /**
   * Delivers all that is left, or about half of it, and answers the invoices that follow: services to a country
   * outside the scope of our tax stand on a document of their own.
   */
  async deliver(after: number, half = false): Promise<readonly Invoice[]> {
    this.#deliveries += 1;
    const isFirst = this.#deliveries === 1;
    const name = `${this.#lead.number}-${this.#deliveries}`;
    const day = this.#day(after);
    const delivery = await this.#stage.act(
      this.#lead,
      day,
      half ? 'deliveredPart' : 'delivered',
      async () => {
        const order = await this.#order();
        // From what was ordered and not from what is left: a play that is repeated says the same again.
        const lines = order.lines.flatMap(({ id, sku, ordered }) => {
          if (CHARGED_ONCE.has(sku)) return []; // Goes with the first delivery by itself.
          const quantity = isFirst ? (half ? halfOf(ordered) : ordered) : secondHalfOf(ordered);
          return quantity === null ? [] : [{ orderLineId: id, quantity }];
        });
        const body = { lines, deliveredAt: this.#stage.isoOf(day), key: `DN-${name}` };
        const path = `/v1/orders/${order.id}/deliveries`;
        const answer = await this.#stage
          .as('gael')
          .post<{ delivery: { id: string } }>(path, body, this.#key('deliver', this.#deliveries));
        return answer.delivery;
      },
      () => ({ detail: `DN-${name}` }),
    );
    const issued = await this.#stage.seen(async () => {
      const found = (await this.invoices()).filter(({ deliveryId }) => deliveryId === delivery.id);
      return found.length === 0 ? undefined : found;
    });
    return [...(issued ?? [])].sort((a, b) => (a.number < b.number ? -1 : 1));
  }

  async invoices(): Promise<readonly Invoice[]> {
    const path = `/v1/invoices?lead=${this.#leadId}&kind=invoice`;
    return (await this.#stage.as('elena').get<Page<Invoice>>(path)).items;
  }

  /** Pays a share of each invoice's total in percent. Answers the payments' ids. */
  async pay(after: number, invoices: readonly Invoice[], percent = 100): Promise<string[]> {
    const paid: string[] = [];
    for (const invoice of invoices) paid.push(await this.#payOne(this.#day(after), invoice, percent));
    return paid;
  }

  async #payOne(day: number, invoice: Invoice, percent: number): Promise<string> {
    this.#payments += 1;
    const amount = percentOf(invoice.gross, percent);
    const body = {
      reference: `SEPA-${this.#stage.key(this.#lead.number, this.#payments)}`,
      amount,
      paidOn: this.#stage.dateOf(day),
      method: 'bank_transfer',
      invoiceNumber: invoice.number,
      payer: this.#lead.company,
    };
    const { id } = await this.#stage.act(
      this.#lead,
      day,
      percent === 100 ? 'paid' : 'paidPart',
      () =>
        this.#stage.as('elena').post<{ id: string }>('/v1/payments', body, this.#key('pay', this.#payments)),
      () => ({ detail: invoice.number, money: amount }),
    );
    return id;
  }

  async bounce(after: number, [paymentId]: readonly string[]): Promise<void> {
    if (paymentId === undefined) return;
    const day = this.#day(after);
    const body = {
      reference: `RET-${this.#lead.number}`,
      reversedOn: this.#stage.dateOf(day),
      reason: 'insufficient funds',
    };
    await this.#stage.act(this.#lead, day, 'bounced', () =>
      this.#stage.as('elena').post(`/v1/payments/${paymentId}/reversal`, body, this.#key('bounce')),
    );
  }

  async cancel(after: number, reason: string): Promise<void> {
    await this.#stage.act(
      this.#lead,
      this.#day(after),
      'cancelled',
      async () => {
        const { id } = await this.#order();
        await this.#stage.as('carla').post(`/v1/orders/${id}/cancellation`, { reason }, this.#key('cancel'));
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
