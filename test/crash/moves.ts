// The moves the stories of the crash matrix are made of, over HTTP by the people of the sample company. Each answers
// when the product shows it.
import type { Handle } from '../../cli/sample/people.js';
import type { House, HouseOptions, Json } from './house.js';

/** What it stands for in the crash matrix: nothing else is killed in it. */
export interface CrashStory {
  /** Activities by their name, calls of the API as `POST /v1/leads`, statements as `worker claim_facts`. */
  readonly units: readonly string[];
  readonly options?: Pick<HouseOptions, 'faults' | 'withMails'>;
  /** Its workflows have ids that another run of it would have as well: one run after the other. */
  readonly isAlone?: boolean;
  tell(house: House): Promise<void>;
}

export const contactOf = (name: string) => ({
  name: 'Ana Ruiz',
  email: `ana@${name}.example`,
  company: `${name} S.L.`,
  country: 'ES',
});

export const eur = (amount: string) => ({ amount, currency: 'EUR' });

export const leadOf = (house: House, id: string): Promise<Json> => house.get('carla', `/v1/leads/${id}`);

export const inStage = (house: House, id: string, stage: string): Promise<Json> =>
  house.until(`${id} is ${stage}`, async () => {
    const lead = await leadOf(house, id);
    return lead.stage === stage && lead;
  });

/** Waits until a lead's audit chain holds a step so many times. */
export const done = (house: House, leadId: string, step: string, times = 1): Promise<true> =>
  house.until(`${step} was done ${times} times`, async () => {
    const count = await house.count('audit_entries where subject = $1 and action = $2', leadId, step);
    return count >= times;
  });

/** A new lead of a company, scored, of Ana: the only rep who is not given to another by chance. */
export async function captured(house: House, company = house.name('company')): Promise<Json> {
  const body = { source: { channel: 'referral' }, contact: contactOf(company), interest: 'desks' };
  const { id } = await house.post('ana', '/v1/leads', body);
  return house.until(`${id} has an owner`, async () => {
    const lead = await leadOf(house, id);
    return lead.owner !== null && lead.score !== null && lead;
  });
}

export function handleOf(house: House, personId: string): Handle {
  const found = Object.values(house.people).find((person) => person.personId === personId);
  if (!found) throw new RangeError(`${personId} is none of the sample people`);
  return found.handle;
}

export const LINES = [{ sku: 'CHAIR-PRO', quantity: '4' }];

export async function qualified(house: House): Promise<{ id: string; rep: Handle }> {
  const { id, owner } = await captured(house);
  const rep = handleOf(house, owner);
  await house.post(rep, `/v1/leads/${id}/qualification`, { decision: 'qualify' });
  return { id, rep };
}

export async function submitted(
  house: House,
  { id, rep }: { id: string; rep: Handle },
  draft: object = { lines: LINES },
): Promise<Json> {
  const { id: quoteId, revision } = await house.post(rep, `/v1/leads/${id}/quotes`, draft);
  return house.post(rep, `/v1/quotes/${quoteId}/submission`, { revision });
}

export const ACCEPTED_BY = { name: 'Ana Ruiz', email: 'ana@customer.example' };

export async function accepted(house: House, rep: Handle, quote: Json): Promise<Json> {
  const { id, revision, leadId } = quote;
  await house.post(rep, `/v1/quotes/${id}/acceptance`, { revision, acceptedBy: ACCEPTED_BY });
  const { items } = await house.get('carla', `/v1/orders?lead=${leadId}`);
  return house.get('carla', `/v1/orders/${items[0].id}`);
}

/** An order of four chairs, or what is said. */
export async function ordered(house: House, draft?: object): Promise<Json> {
  const lead = await qualified(house);
  return accepted(house, lead.rep, await submitted(house, lead, draft));
}

/** Delivers so much of the only line and answers its invoice. */
export async function delivered(house: House, order: Json, quantity?: string): Promise<Json> {
  const lines = order.lines
    .filter(({ sku }: Json) => sku !== 'FREIGHT' && sku !== 'SETUP')
    .map(({ id, ordered: all }: Json) => ({ orderLineId: id, quantity: quantity ?? all }));
  const body = { lines, deliveredAt: house.instant() };
  const { delivery } = await house.post('gael', `/v1/orders/${order.id}/deliveries`, body);
  return house.until(`delivery ${delivery.id} is invoiced`, async () => {
    const { deliveries } = await house.get('carla', `/v1/orders/${order.id}`);
    const { invoiceId } = deliveries.find(({ id }: Json) => id === delivery.id);
    return invoiceId !== null && house.get('elena', `/v1/invoices/${invoiceId}`);
  });
}

export const paid = (house: House, invoice: Json, more: object = {}): Promise<Json> =>
  house.post('elena', '/v1/payments', {
    reference: house.name('TRX'),
    amount: invoice.open,
    paidOn: house.day(),
    method: 'bank_transfer',
    invoiceNumber: invoice.number,
    ...more,
  });
