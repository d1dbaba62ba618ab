// Pairs of which only one can hold, each on a lead of its own in a state that is drawn: what is told at one moment, and
// what has to be true whichever came first. A fact has happened and always stands; a decision loses to it, or undoes it.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Chance } from '../../cli/sample/chance.js';
import { DomainError, ERRORS } from '../../domain/errors.js';
import type { Answer } from '../../domain/steps.js';
import { PEOPLE } from '../support/company.js';
import { askedToCancel } from '../support/requests.js';
import { CUSTOMER, type Story } from '../support/story.js';
import { until } from '../support/until.js';

/** Drawn for a pair: how its lead came there, and who of the two is sent first, by how much. */
export interface Drawn {
  readonly story: Story;
  readonly chance: Chance;
}

const AHEAD_MS = 25;

async function atOnce<A, B>(
  { chance }: Drawn,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  const behindMs = chance.whole(0, AHEAD_MS);
  if (chance.whole(0, 1) === 1) {
    const sent = second();
    await pause(behindMs);
    return Promise.all([first(), sent]);
  }
  const sent = first();
  await pause(behindMs);
  return Promise.all([sent, second()]);
}

const acceptedBy = { name: CUSTOMER.name, email: CUSTOMER.email };
const stepsBack = 'the customer stepped back';

/** Exactly one of them holds, and the other is told why; which one. */
function oneHolds(answers: readonly (Answer | null)[]): 0 | 1 {
  expect(answers.map((answer) => answer?.result).sort()).toEqual(['applied', 'refused']);
  mustBeTold(answers.find((answer) => answer?.result === 'refused'));
  return answers[0]?.result === 'applied' ? 0 : 1;
}

function mustBeTold(answer: Answer | null | undefined): void {
  expect(answer?.result).toBe('refused');
  expect(Object.keys(ERRORS)).toContain(answer?.code);
  expect(answer?.detail).toBeTruthy();
}

/** What stands of the money of a lead and of its account, which no other has. */
async function money(story: Story) {
  const [sums] = await story.rows<{ gross: bigint; open: bigint; kept: bigint }>(
    `select coalesce(sum(gross_minor), 0)::bigint as gross, coalesce(sum(open_minor), 0)::bigint as open,
        coalesce(sum(allocated_minor), 0)::bigint as kept
      from invoices where lead_id = $1 and kind = 'invoice'`,
  );
  const [cash] = await story.rows<{ unapplied: bigint }>(
    `select coalesce(sum(unapplied_minor), 0)::bigint as unapplied from payments
      where account_id = (select account_id from leads where id = $1)`,
  );
  if (!sums || !cash) throw new Error('sums of nothing are sums as well');
  return { ...sums, ...cash };
}

const allAnswered = (story: Story): Promise<true> =>
  until('everything told is answered', async () => {
    const open = await story.rows(
      `select from messages where lead_id = $1 and (answer is null or told_at is null)`,
    );
    return open.length === 0 || undefined;
  });

/** An order delivered whole or by half, its invoice paid in part or not at all. */
async function invoiced({ story, chance }: Drawn) {
  const orderId = await story.order();
  await story.deliver(chance.pick([4, 2]));
  let invoice = await story.invoiced();
  if (chance.whole(0, 1) === 1) {
    await story.pay(invoice, 5_000n);
    await allAnswered(story);
    invoice = await story.invoiced();
  }
  return { orderId, invoice };
}

async function offered({ story, chance }: Drawn) {
  await story.qualify();
  const discountBps = chance.pick([0, 1_500]);
  const quote = await story.submit({ discountBps });
  if (discountBps > 0) await story.approve('boss');
  return { ...quote, acceptedBy };
}

async function cancelledOrPaid(drawn: Drawn): Promise<string> {
  const { story } = drawn;
  const { orderId, invoice } = await invoiced(drawn);
  const asked = await askedToCancel(story.world.db, { leadId: story.leadId, orderId }, PEOPLE.boss);
  const [cancelled] = await atOnce(
    drawn,
    () => story.decide('cancelOrder', 'finance2', asked),
    () => story.pay(invoice),
  );
  await allAnswered(story);
  const { outcome } = await story.reaches('closed');
  const { gross, open, kept, unapplied } = await money(story);
  expect([open, kept + unapplied]).toEqual([0n, gross]);
  if (cancelled?.result === 'applied') {
    expect([outcome, kept]).toEqual(['cancelled', 0n]);
    return 'cancelled';
  }
  mustBeTold(cancelled);
  expect([outcome, unapplied]).toEqual(['won', 0n]);
  return 'paid';
}

async function writtenOffOrPaid(drawn: Drawn): Promise<string> {
  const { story } = drawn;
  await story.order();
  await story.deliver();
  const invoice = await story.invoiced();
  const body = { invoiceId: invoice.id, reason: 'insolvent' };
  const [gone] = await atOnce(
    drawn,
    () => story.decide('writeOffInvoice', 'finance2', body),
    () => story.pay(invoice),
  );
  await allAnswered(story);
  const { outcome } = await story.reaches('closed');
  const { gross, open, kept, unapplied } = await money(story);
  expect([open, kept + unapplied]).toEqual([0n, gross]);
  if (gone?.result === 'applied') {
    expect(outcome).toBe(kept === 0n ? 'written_off' : 'won');
    return 'written off';
  }
  mustBeTold(gone);
  expect([outcome, unapplied]).toEqual(['won', 0n]);
  return 'paid';
}

async function creditedAndPaid(drawn: Drawn): Promise<string> {
  const { story } = drawn;
  const { invoice } = await invoiced(drawn);
  const body = { invoiceId: invoice.id, reason: 'damaged', requestedBy: PEOPLE.finance };
  const [credited] = await atOnce(
    drawn,
    () => story.decide('creditInvoice', 'finance2', body),
    () => story.pay(invoice),
  );
  await allAnswered(story);
  // Whatever was paid on it is the customer's again.
  const { gross, open, kept, unapplied } = await money(story);
  if (credited?.result === 'applied') {
    expect([open, kept, unapplied]).toEqual([0n, 0n, gross]);
    return 'credited';
  }
  mustBeTold(credited);
  expect([open, kept, unapplied]).toEqual([0n, gross, 0n]);
  return 'paid';
}

async function cancelledOrDelivered(drawn: Drawn): Promise<string> {
  const { story, chance } = drawn;
  const orderId = await story.order();
  const pieces = chance.pick([4, 1, 3]);
  const [cancelled, delivered] = await atOnce(
    drawn,
    () => story.decide('cancelOrder', 'finance', { orderId, reason: stepsBack }),
    () => Promise.allSettled([story.deliver(pieces)]).then(([outcome]) => outcome),
  );
  await allAnswered(story);
  if (cancelled?.result !== 'applied') {
    mustBeTold(cancelled);
    expect(delivered.status).toBe('fulfilled');
    expect(await story.invoiced()).toMatchObject({ level: 0 });
    return 'delivered';
  }
  expect(await story.reaches('closed')).toMatchObject({ outcome: 'cancelled' });
  expect(await story.invoices()).toEqual([]);
  if (delivered.status === 'rejected') {
    expect(delivered.reason).toBeInstanceOf(DomainError);
    expect((delivered.reason as DomainError).code).toBe('wrong_stage');
    return 'cancelled';
  }
  const stored = await story.rows<{ status: string }>(
    `select status from deliveries where order_id = (select id from orders where lead_id = $1)`,
  );
  expect(stored).toEqual([{ status: 'refused' }]);
  return 'cancelled';
}

/** Two facts: both have happened, so only what they add up to is one thing. */
async function paidAndBounced(drawn: Drawn): Promise<string> {
  const { story } = drawn;
  await story.order();
  await story.deliver();
  const { paymentId } = await story.pay(await story.invoiced(), 10_000n);
  await allAnswered(story);
  const left = await story.invoiced();
  await atOnce(
    drawn,
    () => story.bounce(paymentId),
    () => story.pay(left),
  );
  await allAnswered(story);
  expect(await money(story)).toMatchObject({ open: 10_000n, kept: left.openMinor, unapplied: 0n });
  expect((await story.lead()).stage).not.toBe('closed');
  return 'both';
}

async function approvedOrRejected(drawn: Drawn): Promise<string> {
  const { story } = drawn;
  await story.qualify();
  await story.submit({ discountBps: 1_500 });
  const approval = await story.openApproval();
  const answers = await atOnce(
    drawn,
    () => story.decide('decideApproval', 'boss', { ...approval, decision: 'approve' }),
    () => story.decide('decideApproval', 'boss', { ...approval, decision: 'reject', reason: 'too cheap' }),
  );
  const won = oneHolds(answers);
  expect(await story.lead()).toMatchObject({ stage: won === 0 ? 'offered' : 'quoting' });
  return won === 0 ? 'approved' : 'rejected';
}

async function acceptedOrDeclined(drawn: Drawn): Promise<string> {
  const { story } = drawn;
  const { acceptedBy: by, ...quote } = await offered(drawn);
  const won = oneHolds(
    await atOnce(
      drawn,
      () => story.decide('acceptQuote', 'rep', { ...quote, acceptedBy: by }),
      () => story.decide('declineQuote', 'rep', { ...quote, reason: 'price' }),
    ),
  );
  expect((await story.lead()).stage).toBe(won === 0 ? 'ordered' : 'closed');
  expect(await story.rows('select from orders where lead_id = $1')).toHaveLength(won === 0 ? 1 : 0);
  return won === 0 ? 'accepted' : 'declined';
}

async function acceptedOrWithdrawn(drawn: Drawn): Promise<string> {
  const { story } = drawn;
  const body = await offered(drawn);
  const won = oneHolds(
    await atOnce(
      drawn,
      () => story.decide('acceptQuote', 'rep', body),
      () => story.decide('withdrawLead', 'boss', { reason: 'nothing to sell here' }),
    ),
  );
  expect((await story.lead()).stage).toBe(won === 0 ? 'ordered' : 'closed');
  expect(await story.rows('select from orders where lead_id = $1')).toHaveLength(won === 0 ? 1 : 0);
  return won === 0 ? 'accepted' : 'withdrawn';
}

async function cancelledOnce(drawn: Drawn): Promise<string> {
  const { story } = drawn;
  const body = { orderId: await story.order(), reason: stepsBack };
  const won = oneHolds(
    await atOnce(
      drawn,
      () => story.decide('cancelOrder', 'boss', body),
      () => story.decide('cancelOrder', 'finance', body),
    ),
  );
  expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'cancelled' });
  return won === 0 ? 'the first' : 'the second';
}

/** Each answers what held. */
export const PAIRS: Readonly<Record<string, (drawn: Drawn) => Promise<string>>> = {
  'cancellation and payment': cancelledOrPaid,
  'write-off and payment': writtenOffOrPaid,
  'credit note and payment': creditedAndPaid,
  'cancellation and delivery': cancelledOrDelivered,
  'payment and bounce': paidAndBounced,
  'approval and rejection': approvedOrRejected,
  'acceptance and decline': acceptedOrDeclined,
  'acceptance and withdrawal': acceptedOrWithdrawn,
  'cancellation twice': cancelledOnce,
};
