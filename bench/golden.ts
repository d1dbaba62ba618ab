// The golden lead as its people live it, over HTTP: capture, qualification, a quote of ten lines at 15 %
// discount, its one approval, acceptance, one delivery, full payment, and the wait until the lead has closed
// itself as won. The product and both controls are driven by these same calls.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, callerFor } from '../cli/http.js';
import { type Chance, chanceOf } from '../cli/sample/chance.js';
import type { Keys } from './company.js';

/** What is sent, in order. Every word but `draft` is told to the workflow. */
export const CALLS = [
  'capture',
  'qualification',
  'draft',
  'submission',
  'approval',
  'acceptance',
  'delivery',
  'payment',
] as const;
export type Call = (typeof CALLS)[number];
/** Those a person waits for: decisions. */
export const CLICKS = [
  'qualification',
  'submission',
  'approval',
  'acceptance',
] as const satisfies readonly Call[];
export type Click = (typeof CLICKS)[number];

export type Crew = { readonly [K in keyof Keys]: Caller };

/** Answers the callers of one server. */
export function crewAt(baseUrl: string, keys: Keys): Crew {
  return Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, callerFor(baseUrl, key)]),
  ) as Crew;
}

/** Around each call: before it is sent, and when what it says has become of the lead. */
export interface Watch {
  before?(call: Call, lead: Lead): Promise<void>;
  after?(call: Call, lead: Lead): Promise<void>;
}

// As often as a screen asks again; at 50 ms the asking alone cost the API 8 ms of a lead.
const POLL_MS = 200;
const PATIENCE_MS = 60_000;
/** Charged with the first delivery, so never delivered themselves. */
const CHARGED_ALONG = ['SETUP', 'FREIGHT'];
const SKUS = [
  'DESK-160',
  'DESK-LIFT',
  'CHAIR-PRO',
  'CABINET-3',
  'SCREEN-27',
  'DOCK-C',
  'ROOM-SEAT',
  'ASSEMBLY',
  'SETUP',
  'FREIGHT',
];

interface Quote {
  readonly id: string;
  readonly revision: number;
  readonly approvals: readonly { readonly id: string; readonly revision: number; readonly status: string }[];
}

interface Invoice {
  readonly number: string;
  readonly issuedOn: string;
  readonly open: { readonly amount: string; readonly currency: string };
}

/**
 * One lead on its way. `tag` is in everything unique about it: eight digits, different for each lead of a
 * run.
 */
export class Lead {
  readonly #crew: Crew;
  readonly #chance: Chance;
  /** What each call was answered. */
  readonly answers = new Map<Call, unknown>();
  #id = '';
  #quote: Quote | undefined;
  #approvalId = '';
  #orderId = '';
  #invoice: Invoice | undefined;

  constructor(
    crew: Crew,
    readonly tag: string,
    seed: number,
  ) {
    this.#crew = crew;
    this.#chance = chanceOf(seed).fork(tag);
  }

  get id(): string {
    return this.#id;
  }

  get workflowId(): string {
    return `lead/${this.#id}`;
  }

  /** Words of the customer: none of them may be found in a history. */
  get customerWords(): string[] {
    return [`quincy-${this.tag}`, `canarbird-${this.tag}`, `Canarbird ${this.tag}`];
  }

  /** Sends one call, without waiting for what follows from it. */
  async send(call: Call): Promise<void> {
    const sent: Record<Call, () => Promise<unknown>> = {
      capture: () => this.#capture(),
      qualification: () =>
        this.#post('rep', `/v1/leads/${this.#id}/qualification`, call, { decision: 'qualify' }),
      draft: () => this.#draft(),
      submission: () => this.#submit(),
      approval: () =>
        this.#post('boss', `/v1/approvals/${this.#approvalId}/decision`, call, {
          decision: 'approve',
          revision: this.#quoted.revision,
        }),
      acceptance: () =>
        this.#post('rep', `/v1/quotes/${this.#quoted.id}/acceptance`, call, {
          revision: this.#quoted.revision,
          acceptedBy: { name: 'Quincy Canarbird', email: `quincy-${this.tag}@canarbird-${this.tag}.example` },
        }),
      delivery: () => this.#deliver(),
      payment: () => this.#pay(),
    };
    await sent[call]();
  }

  /**
   * Waits until the lead has drawn from a fact what the next call needs. Decisions are answered, not
   * awaited.
   */
  async settled(call: Call): Promise<void> {
    if (call === 'capture') await this.#until('an owner', async () => (await this.#lead()).owner !== null);
    if (call === 'delivery') {
      await this.#until('an invoice', async () => {
        this.#invoice = await this.#firstInvoice();
        return this.#invoice !== undefined;
      });
    }
    if (call === 'payment') await this.closed();
  }

  async closed(): Promise<void> {
    let outcome: string | null = null;
    await this.#until('its end', async () => {
      const lead = await this.#lead();
      outcome = lead.outcome;
      return lead.stage === 'closed';
    });
    if (outcome !== 'won') throw new Error(`lead ${this.#id} closed as ${outcome}, a golden lead is won`);
  }

  #lead(): Promise<{ stage: string; outcome: string | null; owner: string | null }> {
    return this.#crew.rep.get(`/v1/leads/${this.#id}`);
  }

  async #firstInvoice(): Promise<Invoice | undefined> {
    const { items } = await this.#crew.finance.get<{ items: Invoice[] }>(`/v1/invoices?lead=${this.#id}`);
    return items[0];
  }

  async #capture(): Promise<void> {
    const { id } = await this.#post<{ id: string }>('machine', '/v1/leads', 'capture', {
      source: { channel: 'referral', campaign: 'bench', landingPage: '/desks' },
      contact: {
        name: 'Quincy Canarbird',
        email: `quincy-${this.tag}@canarbird-${this.tag}.example`,
        company: `Canarbird ${this.tag} SL`,
        country: 'ES',
        language: 'es',
      },
      interest: 'ten desks',
      externalId: `bench-${this.tag}`,
    });
    this.#id = id;
  }

  async #draft(): Promise<void> {
    const lines = SKUS.map((sku) => ({
      sku,
      quantity: String(this.#chance.whole(1, 4)),
      // Freight is never discounted; of the rest every line is, as a quote with one rebate for all.
      ...(sku !== 'FREIGHT' && { discountBps: 1_500 }),
    }));
    this.#quote = await this.#post<Quote>('rep', `/v1/leads/${this.#id}/quotes`, 'draft', {
      lines,
      currency: 'EUR',
    });
  }

  async #submit(): Promise<void> {
    const { id, revision } = this.#quoted;
    const quote = await this.#post<Quote>('rep', `/v1/quotes/${id}/submission`, 'submission', { revision });
    const open = quote.approvals.filter(({ status }) => status === 'open');
    if (quote.approvals.length !== 1 || open[0] === undefined) {
      throw new Error(`quote ${id} asks for ${quote.approvals.length} approvals, a golden lead needs one`);
    }
    this.#approvalId = open[0].id;
  }

  async #deliver(): Promise<void> {
    const { fulfilment } = this.#crew;
    const { items } = await fulfilment.get<{ items: { id: string }[] }>(`/v1/orders?lead=${this.#id}`);
    this.#orderId = items[0]?.id ?? '';
    const order = await fulfilment.get<{ lines: { id: string; sku: string; ordered: string }[] }>(
      `/v1/orders/${this.#orderId}`,
    );
    await this.#post('fulfilment', `/v1/orders/${this.#orderId}/deliveries`, 'delivery', {
      lines: order.lines.flatMap(({ id, sku, ordered }) =>
        CHARGED_ALONG.includes(sku) ? [] : { orderLineId: id, quantity: ordered },
      ),
      deliveredAt: new Date(Date.now() - 5).toISOString(),
    });
  }

  async #pay(): Promise<void> {
    const invoice = this.#invoice;
    if (invoice === undefined) throw new Error(`lead ${this.#id} has no invoice to pay`);
    await this.#post('finance', '/v1/payments', 'payment', {
      reference: `bench-${this.tag}`,
      amount: invoice.open,
      paidOn: invoice.issuedOn,
      method: 'bank_transfer',
      invoiceNumber: invoice.number,
    });
  }

  get #quoted(): Quote {
    if (this.#quote === undefined) throw new RangeError(`lead ${this.#id} has no quote yet`);
    return this.#quote;
  }

  async #post<T = unknown>(by: keyof Crew, path: string, call: Call, body: object): Promise<T> {
    const answer = await this.#crew[by].post<T>(path, body, `bench-${this.tag}-${call}`);
    this.answers.set(call, answer);
    return answer;
  }

  async #until(what: string, ask: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    do {
      if (Date.now() > end) throw new Error(`lead ${this.#id} waited ${PATIENCE_MS / 1000} s for ${what}`);
      await sleep(POLL_MS);
    } while (!(await ask()));
  }
}

/** Takes one lead from `from` to `to`, both included; by default through its whole life. */
export async function live(
  lead: Lead,
  { from = 'capture', to = 'payment', watch = {} }: { from?: Call; to?: Call; watch?: Watch } = {},
): Promise<Lead> {
  for (const call of CALLS.slice(CALLS.indexOf(from), CALLS.indexOf(to) + 1)) {
    await watch.before?.(call, lead);
    await lead.send(call);
    await lead.settled(call);
    await watch.after?.(call, lead);
  }
  return lead;
}

/** So many users, each taking the next piece of work when theirs is done. */
export async function byUsers<T>(
  users: number,
  count: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = new Array(count);
  let next = 0;
  const user = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(users, count) }, user));
  return results;
}
