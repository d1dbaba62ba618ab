// One deal from the open lead to the commission paid, call by call, as the people of the file would have made them.
// Each call has an Idempotency-Key from lead and step, so a run that was killed repeats nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../http.js';
import { Refused } from '../http.js';
import { discountFor, productFor } from './catalogue.js';
import { type Company, CURRENCY } from './company.js';
import type { Deal } from './files.js';

export interface Lead {
  readonly id: string;
  readonly stage: string;
  readonly outcome: string | null;
  readonly owner: string | null;
  readonly revision: number;
}
interface Quote {
  readonly id: string;
  readonly revision: number;
  readonly status: string;
  readonly approvals: readonly { id: string; status: string; approver: string | null }[];
}
interface Order {
  readonly id: string;
  readonly orderedAt: string;
  readonly orderedOn: string;
  readonly lines: readonly { id: string; ordered: string }[];
  readonly invoices: readonly { number: string; gross: { amount: string; currency: string } }[];
}

/** A deal that does not come on: where it stands, and what was waited for. */
export class DealStuck extends Error {
  override readonly name = 'DealStuck';
}

const POLL_MS = 250;
/** From one call to what it brings about: seconds, and minutes while the engine starts thousands of leads. */
const PATIENCE_MS = 900_000;
/** A decision nobody could apply in its time has done nothing and never will; it is taken again, so often. */
const DECISION_TRIES = 5;

/** The lead of a deal once its workflow has received it; the import is far ahead of the engine. */
export async function receivedLead({ leadId }: Deal, company: Company): Promise<Lead | undefined> {
  const path = `/v1/leads?externalId=${encodeURIComponent(leadId)}`;
  const { items } = await company.as('manager').get<{ items: Lead[] }>(path);
  const [lead] = items;
  return lead && (lead.owner !== null || lead.stage === 'closed') ? lead : undefined;
}

/** Takes a deal to its end. Returns the outcome of its lead. */
export async function closeDeal(
  deal: Deal,
  lead: Lead,
  company: Company,
  signal: AbortSignal,
): Promise<string> {
  const manager = company.as('manager');
  const rep = company.as(deal.srId);
  const key = (step: string): string => `funnel/${deal.leadId}/${step}`;
  if (lead.stage === 'closed') return lead.outcome ?? '';
  const repId = company.personId(deal.srId);
  if (lead.owner !== repId) {
    const reason = 'the file names who sold it';
    const change = { ownerId: repId, reason };
    await decided(async () => {
      const { revision } = await manager.get<Lead>(`/v1/leads/${lead.id}`);
      await manager.put(`/v1/leads/${lead.id}/owner`, change, revision);
    });
  }
  const firstContactBy = company.personId(deal.sdrId);
  const qualification = { decision: 'qualify', firstContactBy };
  await decided((nth) =>
    rep.post(`/v1/leads/${lead.id}/qualification`, qualification, key(`qualification${nth}`)),
  );
  const quote = await quoted(deal, lead.id, rep, key);
  await approved(quote, company, signal, key);
  const acceptance = {
    revision: quote.revision,
    acceptedBy: { name: `Seller ${deal.sellerId.slice(0, 8)}`, email: `${deal.sellerId}@seller.example` },
  };
  await decided((nth) => rep.post(`/v1/quotes/${quote.id}/acceptance`, acceptance, key(`acceptance${nth}`)));
  const { items } = await rep.get<{ items: { id: string }[] }>(`/v1/orders?lead=${lead.id}`);
  const [order] = items;
  if (!order) throw new DealStuck(`quote ${quote.id} was accepted and lead ${lead.id} has no order`);
  await deliverAndPay(order.id, company, signal, key);
  const ended = await until(signal, PATIENCE_MS, `lead ${lead.id} is closed`, async () => {
    const now = await manager.get<Lead>(`/v1/leads/${lead.id}`);
    return now.stage === 'closed' ? now : undefined;
  });
  return ended.outcome ?? '';
}

async function quoted(
  deal: Deal,
  leadId: string,
  rep: Caller,
  key: (step: string) => string,
): Promise<Quote> {
  const accountId = await accountOf(deal, rep, key('account'));
  const discountBps = discountFor(deal.leadType);
  const line = { sku: productFor(deal.segment), quantity: '1', ...(discountBps > 0 && { discountBps }) };
  const draft = { accountId, currency: CURRENCY, lines: [line] };
  const quote = await rep.post<Quote>(`/v1/leads/${leadId}/quotes`, draft, key('quote'));
  const { id, revision } = quote;
  return decided((nth) =>
    rep.post<Quote>(`/v1/quotes/${id}/submission`, { revision }, key(`submission${nth}`)),
  );
}

/** A seller may have been won twice: one account then. */
async function accountOf(deal: Deal, rep: Caller, key: string): Promise<string> {
  const { sellerId, segment } = deal;
  const account = {
    legalName: `Seller ${sellerId.slice(0, 8)}`,
    country: 'BR',
    externalId: sellerId,
    ...(segment.trim() !== '' && { segment: segment.trim().replaceAll(' ', '-') }),
  };
  try {
    const { id } = await rep.post<{ id: string }>('/v1/accounts', account, key);
    return id;
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'already_exists') throw error;
    const { items } = await rep.get<{ items: { id: string }[] }>(
      `/v1/accounts?externalId=${encodeURIComponent(sellerId)}`,
    );
    const [known] = items;
    if (!known) throw error;
    return known.id;
  }
}

async function approved(
  submitted: Quote,
  company: Company,
  signal: AbortSignal,
  key: (step: string) => string,
): Promise<void> {
  const manager = company.as('manager');
  const until_ = Date.now() + PATIENCE_MS;
  for (let quote = submitted; quote.status !== 'offered' && quote.status !== 'accepted'; ) {
    const open = quote.approvals.find(({ status }) => status === 'open');
    if (open) {
      const decision = {
        decision: 'approve',
        revision: quote.revision,
        reason: 'within what the big ones get',
      };
      await decided((nth) =>
        manager.post(`/v1/approvals/${open.id}/decision`, decision, key(`approval/${open.id}${nth}`)),
      );
    } else {
      if (Date.now() > until_) throw new DealStuck(`quote ${quote.id} is ${quote.status}`);
      await sleep(POLL_MS, undefined, { signal });
    }
    quote = await manager.get<Quote>(`/v1/quotes/${quote.id}`);
  }
}

async function deliverAndPay(
  orderId: string,
  company: Company,
  signal: AbortSignal,
  key: (step: string) => string,
): Promise<void> {
  const fulfilment = company.as('fulfilment');
  const finance = company.as('finance');
  const order = await fulfilment.get<Order>(`/v1/orders/${orderId}`);
  const lines = order.lines.map(({ id, ordered }) => ({ orderLineId: id, quantity: ordered }));
  const delivery = { lines, deliveredAt: order.orderedAt, key: 'opened', proof: 'the shop is open' };
  await fulfilment.post(`/v1/orders/${orderId}/deliveries`, delivery, key('delivery'));
  const invoices = await until(signal, PATIENCE_MS, `order ${orderId} is invoiced`, async () => {
    const now = await finance.get<Order>(`/v1/orders/${orderId}`);
    return now.invoices.length > 0 ? now.invoices : undefined;
  });
  for (const { number, gross } of invoices) {
    const payment = {
      reference: key(number),
      amount: gross,
      paidOn: order.orderedOn,
      method: 'bank_transfer',
      invoiceNumber: number,
    };
    await finance.post('/v1/payments', payment, key(`payment/${number}`));
  }
}

/** Takes a decision, again under another key where it expired or the lead moved. `nth` is the end of that key. */
async function decided<T>(decide: (nth: string) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await decide(tries === 1 ? '' : `/${tries}`);
    } catch (error) {
      const again = error instanceof Refused && (error.code === 'expired' || error.code === 'stale_version');
      if (!again || tries === DECISION_TRIES) throw error;
    }
  }
}

async function until<T>(
  signal: AbortSignal,
  withinMs: number,
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> {
  for (const end = Date.now() + withinMs; ; ) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new DealStuck(`${what}: not after ${withinMs / 1000} s`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
