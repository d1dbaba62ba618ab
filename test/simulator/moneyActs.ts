// What happens to an order and its money: delivered in parts, twice or too much, paid early, late, twice, too little
// or too much, bounced, credited, cancelled, written off, and two of these at once.
import { allocatePayment } from '../../activities/intake/allocations.js';
import { recordDelivery } from '../../activities/intake/deliveries.js';
import type { PaymentInput } from '../../activities/intake/paymentRow.js';
import { recordPayment } from '../../activities/intake/payments.js';
import { CANCELLATION_REQUEST, CREDIT_REQUEST, openRequest } from '../../activities/intake/requests.js';
import { reversePayment } from '../../activities/intake/reversals.js';
import { newId } from '../../db/ids.js';
import { withTransaction } from '../../db/pool.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';
import { PEOPLE } from '../support/company.js';
import type { Actor } from './actor.js';
import type { Known, KnownInvoice } from './known.js';

const ZONE = 'Europe/Madrid';
const DAY_MS = 86_400_000;
const MICRO = 1_000_000;

/** How much of each line: all that is left, a part of it, or more than was ordered. */
type HowMuch = 'all' | 'part' | 'too much';

async function delivers(actor: Actor, { order }: Known, howMuch: HowMuch): Promise<void> {
  const deliveredAt = await actor.world.businessNow();
  const quantity = (line: { left: string; ordered: string }): number => {
    if (howMuch === 'too much') return Number(line.ordered) + 1;
    return howMuch === 'all' ? Number(line.left) : Math.ceil(Number(line.left) / 2);
  };
  const lines = (order?.lines ?? [{ id: newId('oline'), left: '1', ordered: '1' }])
    .map((line) => ({ orderLineId: line.id, quantityMicro: BigInt(Math.round(quantity(line) * MICRO)) }))
    .filter(({ quantityMicro }) => quantityMicro > 0n);
  const messageId = newId('msg');
  const input = {
    orderId: order?.id ?? newId('order'),
    actorId: PEOPLE.fulfilment,
    key: messageId,
    lines,
    deliveredAt,
    messageId,
  };
  const record = () => actor.tries(`deliver ${howMuch}`, () => recordDelivery(actor.world, input));
  const [first, again] = await Promise.all(actor.twice() ? [record(), record()] : [record()]);
  if (first && again) {
    const isOne = first.deliveryId === again.deliveryId && first.created !== again.created;
    actor.must(isOne, `one delivery told twice became ${first.deliveryId} and ${again.deliveryId}`);
  }
  actor.must(howMuch !== 'too much' || first === undefined, 'more than was ordered could be delivered');
}

/** Which invoice is meant: the oldest with something open, else the last one, else a number nobody has issued. */
const meant = ({ invoices }: Known): Pick<KnownInvoice, 'number' | 'openMinor'> =>
  invoices.find(({ openMinor }) => openMinor > 0) ??
  invoices.at(-1) ?? { number: 'INV-999999', openMinor: 0 };

async function pays(
  actor: Actor,
  amountMinor: number,
  how: Partial<PaymentInput> & { invoiceNumber?: string },
): Promise<void> {
  const at = await actor.world.businessNow();
  const input: PaymentInput = {
    actorId: PEOPLE.finance,
    provider: 'bank',
    reference: newId('pay'),
    amountMinor: BigInt(Math.max(1, Math.round(amountMinor))),
    currency: 'EUR',
    paidOn: dateIn(ZONE, at - actor.chance.whole(0, 2) * DAY_MS),
    method: 'bank_transfer',
    messageId: newId('msg'),
    at,
    ...how,
  };
  const record = () =>
    actor.tries(`pay ${input.amountMinor} for ${input.invoiceNumber ?? 'nothing named'}`, () =>
      recordPayment(actor.world, { ...input }),
    );
  // A bank tells a payment more than once, each time under another message.
  const repeat = () =>
    actor.tries('the payment again', () => recordPayment(actor.world, { ...input, messageId: newId('msg') }));
  const [first, again] = await Promise.all(actor.twice() ? [record(), repeat()] : [record()]);
  const recorded = first ?? again;
  if (recorded) actor.cash.set(recorded.paymentId, input.amountMinor);
  if (first && again) {
    const isOne = first.paymentId === again.paymentId && first.created !== again.created;
    actor.must(isOne, `one payment told twice became ${first.paymentId} and ${again.paymentId}`);
  }
  if (recorded && actor.twice()) await paysDifferently(actor, input);
}

/** Another amount under the same reference is refused. */
async function paysDifferently(actor: Actor, input: PaymentInput): Promise<void> {
  const other = { ...input, amountMinor: input.amountMinor + 1n, messageId: newId('msg') };
  const refused = await recordPayment(actor.world, other).then(
    () => undefined,
    (error: unknown) => error,
  );
  const isRefused = refused instanceof DomainError && refused.code === 'reference_reused';
  actor.must(isRefused, `another amount under ${input.reference} was taken`);
}

const paysShare =
  (share: number, more = 0) =>
  (actor: Actor, known: Known) => {
    const { number: invoiceNumber, openMinor } = meant(known);
    return pays(actor, (openMinor || 5_000) * share + more, { invoiceNumber });
  };

async function paysAll(actor: Actor, { invoices }: Known): Promise<void> {
  for (const { number, openMinor } of invoices.filter((one) => one.openMinor > 0)) {
    await pays(actor, openMinor, { invoiceNumber: number });
  }
}

/** Every third bounce comes twice; another one of a payment that has bounced is refused. */
async function bounces(actor: Actor, { payments }: Known): Promise<void> {
  const at = await actor.world.businessNow();
  const paymentId = payments.at(-1)?.id ?? newId('pay');
  const input = {
    paymentId,
    actorId: PEOPLE.finance,
    reference: newId('reversal'),
    reversedOn: dateIn(ZONE, at),
    reason: 'insufficient funds',
    bankChargeMinor: actor.chance.pick([0n, 350n]),
    messageId: newId('msg'),
    at,
  };
  const reverse = (reference: string) =>
    actor.tries('bounce', () => reversePayment(actor.world, { ...input, reference }));
  const [first, again] = await Promise.all(
    actor.twice() ? [reverse(input.reference), reverse(input.reference)] : [reverse(input.reference)],
  );
  if (first && again) actor.must(first.created !== again.created, `${paymentId} bounced twice at once`);
  if (!first) return;
  actor.cash.delete(paymentId);
  const other = actor.twice() ? await reverse(newId('reversal')) : undefined;
  actor.must(other === undefined, `${paymentId} bounced under two references`);
}

/** Two persons: one asks, the other approves; one invoice whole or one of its lines in part. */
async function credits(actor: Actor, known: Known): Promise<void> {
  const invoice = known.invoices.at(-1);
  const invoiceId = invoice?.id ?? newId('inv');
  const [line] = invoice?.lines ?? [];
  const part = line && actor.chance.whole(0, 1) === 1;
  const netMinor = String(Math.max(1, Math.floor((line?.netMinor ?? 1) / 3)));
  const asked = {
    invoiceId,
    reason: 'damaged',
    ...(part && { lines: [{ invoiceLineId: line.id, netMinor }] }),
  };
  const request = { kind: CREDIT_REQUEST, leadId: actor.story.leadId, subject: invoiceId, asked } as const;
  await approved(actor, 'creditInvoice', request);
}

async function cancels(actor: Actor, known: Known): Promise<void> {
  const orderId = known.order?.id ?? newId('order');
  const asked = { orderId, reason: 'the customer stepped back' };
  if (known.invoices.length === 0) {
    await actor.decide('cancelOrder', actor.chance.pick(['boss', 'finance'] as const), asked);
    return;
  }
  const { leadId } = actor.story;
  await approved(actor, 'cancelOrder', {
    kind: CANCELLATION_REQUEST,
    leadId,
    subject: orderId,
    asked,
  } as const);
}

async function approved(
  actor: Actor,
  name: 'creditInvoice' | 'cancelOrder',
  request: Parameters<typeof openRequest>[2],
): Promise<void> {
  const by = { personId: PEOPLE.finance2, at: new Date(await actor.world.businessNow()) };
  const taskId = await actor.tries(`ask for ${name}`, () =>
    withTransaction(actor.world.db, (tx) => openRequest(tx, by, request)),
  );
  // One that is open already is approved by a made-up name of it: refused.
  const body = { ...request.asked, requestedBy: by.personId, taskId: taskId ?? newId('task') };
  await actor.decide(name, 'finance', body);
  if (actor.twice()) await actor.decide(name, 'finance', body); // Approved once more under another key.
}

/** Not by finance, who recorded the payments. */
const writesOff = (actor: Actor, known: Known) => {
  const invoiceId = known.invoices.find(({ openMinor }) => openMinor > 0)?.id ?? known.invoices[0]?.id;
  const body = { invoiceId: invoiceId ?? newId('inv'), reason: 'insolvent' };
  return actor.decide(
    'writeOffInvoice',
    actor.chance.pick(['finance2', 'finance2', 'finance'] as const),
    body,
  );
};

async function placesCash(actor: Actor, known: Known): Promise<void> {
  const { rows } = await actor.world.db.query<{ id: string; minor: bigint }>(
    `select id, unapplied_minor as minor from payments where unapplied_minor > 0 and account_id = $1 limit 1`,
    [known.accountId],
  );
  const invoice = known.invoices.find(({ openMinor }) => openMinor > 0) ?? known.invoices.at(-1);
  const minor = Math.min(Number(rows[0]?.minor ?? 1n), invoice?.openMinor || 1);
  const input = {
    paymentId: rows[0]?.id ?? newId('pay'),
    actorId: PEOPLE.finance,
    allocations: [{ invoiceId: invoice?.id ?? newId('inv'), amountMinor: BigInt(minor) }],
    messageId: newId('msg'),
    at: await actor.world.businessNow(),
  };
  await actor.tries('place cash', () => allocatePayment(actor.world, input));
}

type Play = (actor: Actor, known: Known) => Promise<unknown>;

/**
 * Two acts by who knows nothing of the other's, in either order. The second is told when the first is done: where a
 * decision and a fact wait for one task, this server's history has them in another order than it told them, and the
 * replay fails. The dev server keeps the order: test/workflows/races.test.ts has them at the same moment.
 */
const both =
  (one: Play, other: Play): Play =>
  async (actor, known) => {
    for (const play of actor.chance.whole(1, 2) === 1 ? [one, other] : [other, one]) {
      await play(actor, known);
      await actor.rests();
    }
  };

const pay = paysShare(1);

export const MONEY_ACTS = {
  deliver: (actor, known) => delivers(actor, known, 'all'),
  deliverPart: (actor, known) => delivers(actor, known, 'part'),
  deliverTooMuch: (actor, known) => delivers(actor, known, 'too much'),
  pay,
  payPart: paysShare(0.4),
  payShort: paysShare(1, -1), // Within what is tolerated.
  payTooMuch: paysShare(1, 1_234),
  payAll: paysAll,
  /** Before anything was invoiced: cash of the account, to be placed by hand. */
  payAhead: (actor, { accountId }) => pays(actor, 10_000, accountId ? { accountId } : {}),
  payUnknown: (actor) => pays(actor, actor.chance.whole(1, 30_000), { invoiceNumber: 'INV-999999' }),
  placeCash: placesCash,
  bounce: bounces,
  credit: credits,
  creditAndPay: both(credits, pay),
  cancel: cancels,
  cancelAndPay: both(cancels, pay),
  cancelAndDeliver: both(cancels, (actor, known) => delivers(actor, known, 'all')),
  writeOff: writesOff,
  writeOffAndPay: both(writesOff, pay),
} as const satisfies Readonly<Record<string, Play>>;
