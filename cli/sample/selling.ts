// The acts from the first contact to the order, each by the person whose work it is, each a call of the API.
import type { CastLead } from './cast.js';
import type { Handle } from './people.js';
import type { Money, Stage } from './stage.js';

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
export interface Order {
  readonly id: string;
  readonly number: string;
  readonly orderedAt: string;
  readonly gross: Money;
  readonly lines: readonly {
    readonly id: string;
    readonly sku: string;
    readonly ordered: string;
    readonly delivered: string;
  }[];
}
export interface Page<T> {
  readonly items: readonly T[];
}

/** One lead's way from the first contact to the order: remembers its ids, and who owns it. */
export class SellingActs {
  protected readonly stage: Stage;
  protected readonly lead: CastLead;
  #leadId = '';
  #owner: Handle = 'carla';

  constructor(stage: Stage, lead: CastLead) {
    this.stage = stage;
    this.lead = lead;
  }

  get leadId(): string {
    return this.#leadId;
  }

  protected key(...parts: (string | number)[]): string {
    return this.stage.key(this.lead.number, ...parts);
  }

  protected day(after: number): number {
    return this.lead.day + after;
  }

  async capture(): Promise<void> {
    const { company, person, email, country, language, channel, interest } = this.lead;
    const body = {
      source: { channel, landingPage: '/office' },
      contact: { name: person, email, company, country, language },
      interest,
      externalId: `sample-lead-${this.lead.number}`,
    };
    const { id } = await this.stage.act(
      this.lead,
      this.lead.day,
      'captured',
      () => this.stage.as('marta').post<{ id: string }>('/v1/leads', body, this.key('capture')),
      () => ({ detail: `${channel}, ${person}` }),
    );
    this.#leadId = id;
    const owned = await this.stage.seen(async () => {
      const lead = await this.#read();
      return lead.owner === null ? undefined : lead;
    });
    this.#owner = this.stage.handleOf(owned?.owner ?? this.stage.idOf('carla'));
  }

  #read(): Promise<Lead> {
    return this.stage.as('helena').get<Lead>(`/v1/leads/${this.#leadId}`);
  }

  /** Waits until the workflow shows that stage by itself. */
  async reaches(stage: string): Promise<boolean> {
    const seen = await this.stage.seen(async () => ((await this.#read()).stage === stage ? true : undefined));
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
        needs: { need: this.lead.interest, timing: 'this quarter' },
        firstContactBy: this.stage.idOf('marta'),
      }),
    };
    await this.stage.act(
      this.lead,
      this.day(after),
      word[decision],
      () =>
        this.stage
          .as(this.#owner)
          .post(`/v1/leads/${this.#leadId}/qualification`, body, this.key('qualification', after)),
      () => ({ ...(reason && { detail: reason }) }),
    );
  }

  async draft(after: number, discountBps = this.lead.discountBps): Promise<Quote> {
    const { lines, currency } = this.lead;
    const body = { lines, currency, ...(discountBps > 0 && { discountBps }) };
    return this.stage.act(
      this.lead,
      this.day(after),
      'quoted',
      () =>
        this.stage
          .as(this.#owner)
          .post<Quote>(`/v1/leads/${this.#leadId}/quotes`, body, this.key('draft', after)),
      ({ net }) => ({ money: net, ...(discountBps > 0 && { detail: `−${discountBps / 100} %` }) }),
    );
  }

  async revise(after: number, quote: Quote, discountBps: number): Promise<Quote> {
    const { lines, currency } = this.lead;
    const body = { lines, currency, discountBps };
    return this.stage.act(
      this.lead,
      this.day(after),
      'revised',
      () =>
        this.stage
          .as(this.#owner)
          .post<Quote>(`/v1/quotes/${quote.id}/revisions`, body, this.key('revise', after)),
      ({ net }) => ({ money: net, detail: `−${discountBps / 100} %` }),
    );
  }

  async submit(after: number, { id, revision }: Quote): Promise<void> {
    await this.stage.act(this.lead, this.day(after), 'submitted', () =>
      this.stage
        .as(this.#owner)
        .post(`/v1/quotes/${id}/submission`, { revision }, this.key('submit', revision)),
    );
  }

  /** Everybody who is asked decides, one after the other, until nobody is asked any more. */
  async approve(after: number, decision: 'approve' | 'reject' = 'approve'): Promise<void> {
    for (let step = 0; step < 6; step += 1) {
      await this.stage.until(this.day(after + step * 0.3));
      const path = `/v1/approvals?status=open&leadId=${this.#leadId}`;
      const { items } = await this.stage.as('helena').get<Page<Approval>>(path);
      const [approval] = items;
      if (!approval) return;
      const approver = this.stage.handleOf(approval.approver);
      const { revision } = approval;
      const body = { decision, revision, ...(decision === 'reject' && { reason: 'margin too thin' }) };
      await this.stage.act(
        this.lead,
        this.day(after + step * 0.3),
        decision === 'approve' ? 'approved' : 'rejected',
        () =>
          this.stage
            .as(approver)
            .post(`/v1/approvals/${approval.id}/decision`, body, this.key('approval', approval.id)),
        () => ({ detail: this.stage.nameOf(approver) }),
      );
      if (decision === 'reject') return;
    }
  }

  async accept(after: number, { id, revision }: Quote): Promise<void> {
    const { person, email, number } = this.lead;
    const body = { revision, acceptedBy: { name: person, email }, purchaseOrder: `PO-${1_000 + number}` };
    await this.stage.act(
      this.lead,
      this.day(after),
      'accepted',
      async () => {
        await this.stage.as(this.#owner).post(`/v1/quotes/${id}/acceptance`, body, this.key('accept'));
        return this.order();
      },
      (order) => ({ detail: order.number, money: order.gross }),
    );
  }

  protected async order(): Promise<Order> {
    const { items } = await this.stage.as('helena').get<Page<Order>>(`/v1/orders?lead=${this.#leadId}`);
    const [order] = items;
    if (!order) throw new RangeError(`lead ${this.#leadId} has no order`);
    return this.stage.as('helena').get<Order>(`/v1/orders/${order.id}`);
  }

  async decline(after: number, { id, revision }: Quote, reason: string): Promise<void> {
    await this.stage.act(
      this.lead,
      this.day(after),
      'declined',
      () =>
        this.stage
          .as(this.#owner)
          .post(`/v1/quotes/${id}/decline`, { revision, reason }, this.key('decline')),
      () => ({ detail: reason }),
    );
  }

  async withdraw(after: number, reason: string): Promise<void> {
    await this.stage.act(
      this.lead,
      this.day(after),
      'withdrawn',
      () =>
        this.stage.as('carla').post(`/v1/leads/${this.#leadId}/withdrawal`, { reason }, this.key('withdraw')),
      () => ({ detail: reason }),
    );
  }
}
