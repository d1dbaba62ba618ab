// One golden lead by people who do what the API tells them: a POST keeps its Idempotency-Key and is repeated after
// 503, a 202 is asked for at its address. Nobody sends twice what may have happened.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Json, Scene, Who } from '../support/product.js';
import { contactOf, handleOf, moneyFor } from '../support/sale.js';
import { until } from '../support/until.js';

/** An answer later than that is a hang: a decision has 8 s, a read or write two statements that time out. */
const ANSWER_MS = 12_000;
const PATIENCE_MS = 150_000;

export interface Asked {
  readonly what: string;
  readonly status: number;
  readonly ms: number;
}

export class Customer {
  /** Everything that was asked and how it was answered. */
  readonly asked: Asked[] = [];

  constructor(private readonly scene: Scene) {}

  /** A POST until it is done: the body of its 200, 201, or of the 202 of a fact. */
  async press(who: Who, path: string, body: unknown): Promise<Answer> {
    const key = randomUUID();
    return until(
      `POST ${path} is done`,
      async () => {
        const answer = await this.#ask(who, path, { method: 'POST', body, key });
        if (answer.status === 202 && answer.body.state === 'pending') {
          await this.#answered(who, answer.body.message);
          return false; // Under the same key the same decision: its answer, and the record as it is now.
        }
        if (answer.status < 300) return answer;
        await this.#mayComeAgain(answer, path);
        return false;
      },
      PATIENCE_MS,
    );
  }

  async get(who: Who, path: string): Promise<Json> {
    return until(
      `GET ${path} answers`,
      async () => {
        const answer = await this.#ask(who, path);
        if (answer.status === 200) return answer.body;
        await this.#mayComeAgain(answer, path);
        return false;
      },
      PATIENCE_MS,
    );
  }

  /** Asks until it is so. */
  async sees<T>(who: Who, path: string, isSo: (body: Json) => T | false | undefined | null): Promise<T> {
    return until(
      `${path} shows it`,
      async () => {
        const seen = isSo(await this.get(who, path));
        if (!seen) await pause(100);
        return seen;
      },
      PATIENCE_MS,
    );
  }

  async #answered(who: Who, message: string): Promise<void> {
    await this.sees(who, message, ({ state }) => state !== 'pending');
  }

  async #ask(who: Who, path: string, options = {}): Promise<Answer> {
    const since = Date.now();
    const late = new AbortController();
    const answer = await Promise.race([
      this.scene.call(who, path, options),
      pause(ANSWER_MS, undefined, { signal: late.signal }).then(
        () => Promise.reject(new Error(`${path} has no answer after ${ANSWER_MS} ms`)),
        () => Promise.reject(new Error('never seen')),
      ),
    ]);
    late.abort();
    const what = `${'method' in options ? 'POST' : 'GET'} ${path.replaceAll(/[a-z]+_[0-9a-z]{26}/g, '…')}`;
    this.asked.push({ what, status: answer.status, ms: Date.now() - since });
    return answer;
  }

  /** Only what the API itself says may be sent again. */
  async #mayComeAgain({ status, headers, body }: Answer, path: string): Promise<void> {
    if (status !== 503 && !(status === 409 && body?.code === 'key_in_use')) {
      throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    }
    if (!headers.has('retry-after')) throw new Error(`${path} answered ${status} without Retry-After`);
    await pause(200);
  }
}

/** What happens in the middle: called before each move with its name. */
export type Meanwhile = (move: string) => void | Promise<void>;

/** A lead from capture to money: quoted with 15 % discount, approved, ordered, delivered, invoiced, paid, won. */
export async function goldenLead(
  scene: Scene,
  customer: Customer,
  company: string,
  meanwhile: Meanwhile = () => undefined,
): Promise<string> {
  await meanwhile('capture');
  const { body: lead } = await customer.press('ana', '/v1/leads', {
    source: { channel: 'referral', campaign: 'autumn' },
    contact: { ...contactOf(company), language: 'es' },
    interest: 'ten desks',
  });
  const at = `/v1/leads/${lead.id}`;
  const owner = await customer.sees('carla', at, (read) => read.owner);
  const rep = handleOf(scene, owner);
  await meanwhile('qualification');
  await customer.press(rep, `${at}/qualification`, { decision: 'qualify' });
  await meanwhile('quote');
  const lines = [{ sku: 'DESK-160', quantity: '10', discountBps: 1_500 }];
  const { body: draft } = await customer.press(rep, `${at}/quotes`, { lines });
  await meanwhile('submission');
  const { body: quote } = await customer.press(rep, `/v1/quotes/${draft.id}/submission`, { revision: 1 });
  const [approval] = quote.approvals;
  await meanwhile('approval');
  const approver = handleOf(scene, draft.approvalsNeeded[0].approver);
  const decision = { decision: 'approve', revision: 1 };
  await customer.press(approver, `/v1/approvals/${approval.id}/decision`, decision);
  await meanwhile('acceptance');
  const acceptedBy = { name: 'Ana Ruiz', email: `ana@${company}.example` };
  await customer.press(rep, `/v1/quotes/${draft.id}/acceptance`, { revision: 1, acceptedBy });
  const [{ id: orderId }] = (await customer.get('carla', `/v1/orders?lead=${lead.id}`)).items;
  const order = await customer.get('carla', `/v1/orders/${orderId}`);
  await meanwhile('delivery');
  const delivered = order.lines.map(({ id, ordered }: Json) => ({ orderLineId: id, quantity: ordered }));
  const deliveredAt = scene.instant();
  await customer.press('gael', `/v1/orders/${orderId}/deliveries`, { lines: delivered, deliveredAt });
  const invoiceId = await customer.sees('carla', `/v1/orders/${orderId}`, (o) => o.deliveries[0]?.invoiceId);
  const invoice = await customer.get('elena', `/v1/invoices/${invoiceId}`);
  await meanwhile('payment');
  await customer.press('elena', '/v1/payments', moneyFor(scene, invoice, { reference: `PAY-${company}` }));
  await customer.sees('carla', at, ({ stage, outcome }) => stage === 'closed' && outcome === 'won');
  return lead.id;
}

/** What a lead has left behind, ids and instants left out: equal for two that were told the same. */
export async function leftBehind({ database }: Scene, leadId: string): Promise<unknown> {
  const rows = async (text: string) => (await database.owner.query(text, [leadId])).rows;
  return {
    audit: await rows(`select action from audit_entries where subject = $1 order by seq`),
    messages: await rows(
      `select name, kind, answer ->> 'result' as result, told_at is not null as told from messages
        where lead_id = $1 order by name`,
    ),
    ledger: await rows(
      `select t.kind, e.account, e.currency, count(*)::int as entries from ledger_transactions t
        join ledger_entries e on e.transaction_id = t.id where t.lead_id = $1 group by 1, 2, 3 order by 1, 2, 3`,
    ),
    paper: await rows(
      `select (select count(*)::int from quotes where lead_id = $1) as quotes,
        (select count(*)::int from orders where lead_id = $1) as orders,
        (select count(*)::int from invoices where lead_id = $1) as invoices,
        (select count(*)::int from allocations where lead_id = $1) as allocations,
        (select count(*)::int from commission_lines where lead_id = $1) as commissions,
        (select count(*)::int from touches where lead_id = $1) as touches,
        (select open_minor::text from invoices where lead_id = $1) as open`,
    ),
    mails: await rows(`select kind, status from mails where lead_id = $1 order by kind`),
    tasks: await rows(`select kind, status from tasks where lead_id = $1 order by kind`),
  };
}
