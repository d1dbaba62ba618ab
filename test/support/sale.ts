// The moves of a sale over HTTP, by the people of the sample company. Each answers when the product shows it.
import type { Handle } from '../../cli/sample/people.js';
import { type Json, type Scene, until } from './product.js';

/** A company with a domain of its own, so that no two leads of a file share an account by accident. */
export const contactOf = (name: string) => ({
  name: 'Ana Ruiz',
  email: `ana@${name}.example`,
  company: `${name} S.L.`,
  country: 'ES',
});

export interface Line {
  readonly sku: string;
  readonly quantity: string;
  readonly discountBps?: number;
}

const DESKS: readonly Line[] = [{ sku: 'DESK-160', quantity: '10' }];

/** Waits until the lead is in a stage and answers it. */
export function inStage(scene: Scene, leadId: string, ...stages: readonly string[]): Promise<Json> {
  return until(`${leadId} is ${stages.join(' or ')}`, async () => {
    const lead = await scene.get('carla', `/v1/leads/${leadId}`);
    return stages.includes(lead.stage) && lead;
  });
}

/** A new lead of a company, scored and with an owner. */
export async function captured(scene: Scene, company: string, more: object = {}): Promise<Json> {
  const body = { source: { channel: 'website' }, contact: contactOf(company), interest: 'desks', ...more };
  const { id } = await scene.post('ana', '/v1/leads', body);
  return until(`${id} has an owner`, async () => {
    const lead = await scene.get('carla', `/v1/leads/${id}`);
    return lead.owner !== null && lead.score !== null && lead;
  });
}

/** Who of the sample people an id is. */
export function handleOf(scene: Scene, personId: string): Handle {
  const found = Object.values(scene.people).find((person) => person.personId === personId);
  if (!found) throw new RangeError(`${personId} is none of the sample people`);
  return found.handle;
}

/** A lead that may be quoted. */
export async function qualified(scene: Scene, company: string, more: object = {}): Promise<Json> {
  const { id, owner } = await captured(scene, company, more);
  const rep = handleOf(scene, owner);
  return scene.post(rep, `/v1/leads/${id}/qualification`, { decision: 'qualify' });
}

export interface Offer {
  readonly leadId: string;
  /** Whose lead it is. */
  readonly rep: Handle;
  readonly quote: Json;
}

/** A quote of a new lead, submitted; without a discount above 10 % it is offered at once. */
export async function submitted(
  scene: Scene,
  company: string,
  { lines = DESKS, ...more }: { lines?: readonly Line[] } & Record<string, unknown> = {},
): Promise<Offer> {
  const { id: leadId, owner } = await qualified(scene, company);
  const rep = handleOf(scene, owner);
  const draft = await scene.post(rep, `/v1/leads/${leadId}/quotes`, { lines, ...more });
  const quote = await scene.post(rep, `/v1/quotes/${draft.id}/submission`, { revision: draft.revision });
  return { leadId, rep, quote };
}

export const ACCEPTED_BY = { name: 'Ana Ruiz', email: 'ana@customer.example' };

/** The order of an accepted offer. */
export async function accepted(scene: Scene, { leadId, rep, quote }: Offer): Promise<Json> {
  const { id, revision } = quote;
  await scene.post(rep, `/v1/quotes/${id}/acceptance`, { revision, acceptedBy: ACCEPTED_BY });
  const { items } = await scene.get('carla', `/v1/orders?lead=${leadId}`);
  return scene.get('carla', `/v1/orders/${items[0].id}`);
}

export async function ordered(
  scene: Scene,
  company: string,
  quote: { lines?: readonly Line[] } & Record<string, unknown> = {},
): Promise<Json> {
  return accepted(scene, await submitted(scene, company, quote));
}

/** Delivers so much of each order line (all of it where nothing is said) and answers the invoice of it. */
export async function delivered(
  scene: Scene,
  order: Json,
  quantities?: readonly string[],
  key?: string,
  more: object = {},
): Promise<Json> {
  const lines = order.lines
    .map(({ id, sku, ordered }: Json, index: number) => ({
      sku,
      orderLineId: id,
      quantity: quantities?.[index] ?? ordered,
    }))
    // Freight and set-up are charged with the first delivery; nobody delivers them.
    .filter(({ sku }: Json) => sku !== 'FREIGHT' && sku !== 'SETUP')
    .map(({ orderLineId, quantity }: Json) => ({ orderLineId, quantity }));
  const body = { lines, deliveredAt: scene.instant(), ...(key !== undefined && { key }), ...more };
  const { delivery } = await scene.post('gael', `/v1/orders/${order.id}/deliveries`, body);
  return until(`delivery ${delivery.id} is invoiced`, async () => {
    const { deliveries } = await scene.get('carla', `/v1/orders/${order.id}`);
    const { invoiceId } = deliveries.find(({ id }: Json) => id === delivery.id);
    return invoiceId !== null && scene.get('elena', `/v1/invoices/${invoiceId}`);
  });
}

let references = 0;

/** What a payment says; the whole of what is open unless an amount is given. */
export function moneyFor(scene: Scene, invoice: Json, more: object = {}): Json {
  references += 1;
  return {
    reference: `TRX-${references}`,
    amount: invoice.open,
    paidOn: scene.day(),
    method: 'bank_transfer',
    invoiceNumber: invoice.number,
    ...more,
  };
}

/** A payment of an invoice, recorded by Elena. */
export function paid(scene: Scene, invoice: Json, more: object = {}): Promise<Json> {
  return scene.post('elena', '/v1/payments', moneyFor(scene, invoice, more));
}

export const eur = (amount: string) => ({ amount, currency: 'EUR' });

/** Minor units of an amount on the wire, for sums. */
export const cents = ({ amount }: Json): number => Math.round(Number(amount) * 100);
