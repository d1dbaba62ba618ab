// What people and the outside do to one lead in a story, through the real intake, and what may be seen of it.

import { decide as decideThrough } from '../../activities/intake/decide.js';
import { recordDelivery } from '../../activities/intake/deliveries.js';
import type { Capture } from '../../activities/intake/leadRows.js';
import { captureLead } from '../../activities/intake/leads.js';
import { type RecordedPayment, recordPayment } from '../../activities/intake/payments.js';
import { type Draft, draftQuote, reviseQuote } from '../../activities/intake/quotes.js';
import { type ReversedPayment, reversePayment } from '../../activities/intake/reversals.js';
import { newId } from '../../db/ids.js';
import { withTransaction } from '../../db/pool.js';
import { dateIn } from '../../domain/calendar/zones.js';
import type { Stage } from '../../domain/leads/stages.js';
import type { DecisionName } from '../../domain/messages.js';
import type { Answer } from '../../domain/steps.js';
import type { WaitKind } from '../../domain/waits.js';
import { PEOPLE, type PersonName, sku } from './company.js';
import type { InvoiceSeen, LeadSeen, WaitSeen } from './seen.js';
import { until, type World } from './world.js';

/** What the customer is called; none of it may be found in a history. */
export const CUSTOMER = {
  name: 'Quincy Canarbird',
  email: 'quincy@canarbird-works.example',
  phone: '+34 612 987 654',
  company: 'Canarbird Works SL',
  country: 'ES',
} as const;
export const CUSTOMER_CANARIES = ['quincy', 'canarbird', '612 987 654', '612987654'];

/** One lead and everything that happens to it. */
export class Story {
  #orderId = '';

  constructor(
    readonly world: World,
    readonly leadId: string,
  ) {}

  get workflowId(): string {
    return `lead/${this.leadId}`;
  }

  get handle() {
    return this.world.engine.client.workflow.getHandle(this.workflowId);
  }

  /** A decision as the API sends it; the answer, or null while it is not known. */
  decide(name: DecisionName, by: PersonName, body: object, id = newId('msg')): Promise<Answer | null> {
    const { db, engine, marks } = this.world;
    return decideThrough(
      { db, engine, marks, log: { warn: () => undefined } },
      {
        id,
        target: this.workflowId,
        leadId: this.leadId,
        name,
        actorId: PEOPLE[by],
        body,
        nowMs: Date.now(), // A decision's last moment is real time, also where the engine's is virtual.
      },
    );
  }

  /** A decision that must hold. */
  async decided(name: DecisionName, by: PersonName, body: object): Promise<Answer> {
    const answer = await this.decide(name, by, body);
    if (answer?.result !== 'applied') throw new Error(`${name} was answered ${JSON.stringify(answer)}`);
    return answer;
  }

  qualify(decision: 'qualify' | 'nurture' | 'disqualify' = 'qualify', reason?: string): Promise<Answer> {
    return this.decided('qualifyLead', 'rep', { decision, ...(reason && { reason }) });
  }

  /** Drafts a quote; one line of four pieces at 50.00 unless said otherwise. */
  async draft(draft: Partial<Draft> = {}): Promise<{ quoteId: string; revision: number }> {
    const { db, policies } = this.world;
    const input = {
      leadId: this.leadId,
      draft: { lines: [{ sku: sku(1), quantity: '4' }], ...draft },
      actorId: PEOPLE.rep,
      nowMs: await this.world.now(),
    };
    const { quoteId, revision } = await withTransaction(db, (tx) => draftQuote(policies, tx, input));
    return { quoteId, revision };
  }

  /** Drafts and submits. */
  async submit(draft: Partial<Draft> = {}): Promise<{ quoteId: string; revision: number }> {
    const quote = await this.draft(draft);
    await this.decided('submitQuote', 'rep', quote);
    return quote;
  }

  /** Drafts another revision and submits it. */
  async revise(quoteId: string, draft: Draft): Promise<{ quoteId: string; revision: number }> {
    const { db, policies } = this.world;
    const nowMs = await this.world.now();
    const input = { quoteId, draft, actorId: PEOPLE.rep, nowMs };
    const { revision } = await withTransaction(db, (tx) => reviseQuote(policies, tx, input));
    await this.decided('submitQuote', 'rep', { quoteId, revision });
    return { quoteId, revision };
  }

  /** The approval that waits for somebody now. */
  async openApproval(): Promise<{ approvalId: string; quoteId: string; revision: number }> {
    const [approval] = await this.rows<{ approvalId: string; quoteId: string; revision: number }>(
      `select id as "approvalId", quote_id as "quoteId", revision from approvals
        where lead_id = $1 and status = 'open'`,
    );
    if (!approval) throw new Error(`no approval is open for ${this.leadId}`);
    return approval;
  }

  async approve(by: PersonName, decision: 'approve' | 'reject' = 'approve'): Promise<Answer> {
    return this.decided('decideApproval', by, {
      ...(await this.openApproval()),
      decision,
      ...(decision === 'reject' && { reason: 'too cheap' }),
    });
  }

  /** The customer accepts; the order's id. */
  async accept(quote: { quoteId: string; revision: number }): Promise<string> {
    const answer = await this.decided('acceptQuote', 'rep', {
      ...quote,
      acceptedBy: { name: CUSTOMER.name, email: CUSTOMER.email },
    });
    this.#orderId = answer.made as string;
    return this.#orderId;
  }

  /** From a captured lead to an order of four pieces at 50.00: 200.00 net, 242.00 gross. */
  async order(draft: Partial<Draft> = {}): Promise<string> {
    await this.qualify();
    return this.accept(await this.submit(draft));
  }

  /** Records a delivery of so many pieces of every line; everything without a number. */
  async deliver(pieces?: number): Promise<string> {
    const lines = await this.rows<{ id: string; left: string }>(
      `select l.id, (l.quantity - l.delivered)::text as left from order_lines l join orders o on o.id = l.order_id
        where o.lead_id = $1 order by l.position`,
    );
    const messageId = newId('msg');
    const { deliveryId } = await recordDelivery(this.world, {
      orderId: this.#orderId,
      actorId: PEOPLE.fulfilment,
      key: messageId,
      lines: lines.map(({ id, left }) => ({
        orderLineId: id,
        quantityMicro: BigInt(Math.round((pieces ?? Number(left)) * 1_000_000)),
      })),
      deliveredAt: await this.world.businessNow(),
      messageId,
    });
    return deliveryId;
  }

  /** Money for an invoice: all that is open, or so much of it. */
  async pay(invoice: InvoiceSeen, amountMinor = invoice.openMinor): Promise<RecordedPayment> {
    const at = await this.world.businessNow();
    return recordPayment(this.world, {
      actorId: PEOPLE.finance,
      provider: 'manual',
      reference: newId('pay'),
      amountMinor,
      currency: 'EUR',
      paidOn: dateIn('Europe/Madrid', at),
      method: 'bank_transfer',
      invoiceNumber: invoice.number,
      messageId: newId('msg'),
      at,
    });
  }

  async bounce(paymentId: string): Promise<ReversedPayment> {
    const at = await this.world.businessNow();
    return reversePayment(this.world, {
      paymentId,
      actorId: PEOPLE.finance,
      reference: newId('reversal'),
      reversedOn: dateIn('Europe/Madrid', at),
      reason: 'insufficient funds',
      bankChargeMinor: 350n,
      messageId: newId('msg'),
      at,
    });
  }

  async lead(): Promise<LeadSeen> {
    const [lead] = await this.rows<LeadSeen>(
      `select stage, outcome, outcome_reason as reason, owner_id as owner, revision, reopened from leads where id = $1`,
    );
    return lead as LeadSeen;
  }

  waits(): Promise<WaitSeen[]> {
    return this.rows<WaitSeen>(
      `select kind, subject, level, person_id as "personId", until from waits
        where lead_id = $1 and ended_at is null order by until, id`,
    );
  }

  tasks(): Promise<{ kind: string; role: string; personId: string | null }[]> {
    return this.rows(
      `select kind, role, person_id as "personId" from tasks where lead_id = $1 and status = 'open' order by id`,
    );
  }

  invoices(): Promise<InvoiceSeen[]> {
    return this.rows<InvoiceSeen>(
      `select id, number, gross_minor as "grossMinor", open_minor as "openMinor", dunning_level as level,
        due_on as "dueOn" from invoices where lead_id = $1 and kind = 'invoice' order by seq`,
    );
  }

  /** The steps of the lead in their order, as its audit chain has them. */
  async steps(): Promise<string[]> {
    const rows = await this.rows<{ action: string }>(
      `select action from audit_entries where subject = $1 order by seq`,
    );
    return rows.map(({ action }) => action);
  }

  async rows<T>(sql: string, ...more: unknown[]): Promise<T[]> {
    const { rows } = await this.world.database.owner.query(sql, [this.leadId, ...more]);
    return rows as T[];
  }

  reaches(stage: Stage): Promise<LeadSeen> {
    return until(`the lead is ${stage}`, async () => {
      const lead = await this.lead();
      return lead.stage === stage && lead;
    });
  }

  /** Until an open wait of a kind has come to a level. */
  waitsFor(kind: WaitKind, level = 0): Promise<WaitSeen> {
    return until(`the lead waits for ${kind} at level ${level}`, async () =>
      (await this.waits()).find((wait) => wait.kind === kind && wait.level === level),
    );
  }

  /** Until so many invoices are issued; the last of them. */
  async invoiced(count = 1): Promise<InvoiceSeen> {
    return until(`${count} invoices are issued`, async () => {
      const invoices = await this.invoices();
      return invoices.length >= count && invoices[count - 1];
    });
  }

  /** Until so many commission lines are written. */
  earned(count: number): Promise<void> {
    return until(`${count} commission lines are written`, async () => {
      const lines = await this.rows(`select from commission_lines where lead_id = $1`);
      return lines.length >= count || undefined;
    }).then(() => undefined);
  }

  /** Until the run of the workflow has ended. */
  ended(): Promise<void> {
    return until('the workflow has ended', async () => {
      const { status } = await this.handle.describe();
      return status.name === 'COMPLETED' || undefined;
    }).then(() => undefined);
  }
}

/** Captures a lead from the customer and waits, unless nobody is there to see it, until it is scored. */
export async function captured(
  world: World,
  seen: 'scored' | 'unseen' = 'scored',
  customer: Capture['contact'] = CUSTOMER,
): Promise<Story> {
  const { leadId } = await captureLead(world.db, {
    capture: { source: { channel: 'referral' }, contact: customer },
    actorId: PEOPLE.machine,
    messageId: newId('msg'),
    nowMs: await world.now(),
  });
  const story = new Story(world, leadId);
  if (seen === 'scored') await story.waitsFor('qualification');
  return story;
}
