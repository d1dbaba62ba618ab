// Two things at once, where only one can hold: exactly one does, the books are right whichever it was, and whoever
// lost is told why. On the dev server, in real time; the business clock is put ahead where a wait has to be over.
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { addSegment, lookToOpenLeads, REAL_SPEED } from '../../activities/intake/clock.js';
import { DomainError } from '../../domain/errors.js';
import type { Answer } from '../../domain/steps.js';
import { PEOPLE } from '../support/company.js';
import { type History, historyOf, replay } from '../support/histories.js';
import { askedToCancel } from '../support/requests.js';
import { CUSTOMER, captured, type Story } from '../support/story.js';
import { brokenRules } from '../support/told.js';
import { openWorld, until, type World } from '../support/world.js';

async function inWorld(happens: (story: Story, world: World) => Promise<void>): Promise<void> {
  const world = await openWorld();
  try {
    const story = await captured(world);
    await happens(story, world);
    expect(await brokenRules(world)).toEqual([]);
    await replay(await historyOf(story), story.workflowId);
  } finally {
    await world.close();
  }
}

/** Who of the two is sent first; by so much that it may win, and not so much that it has. */
const AHEAD =
  process.env.L2C_LONG === '1' ? (['neither', 'the first', 'the second'] as const) : (['neither'] as const);
const AHEAD_MS = 15;

async function atOnce<A, B>(
  ahead: (typeof AHEAD)[number],
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  if (ahead === 'the second') {
    const sent = second();
    await pause(AHEAD_MS);
    return Promise.all([first(), sent]);
  }
  const sent = first();
  if (ahead === 'the first') await pause(AHEAD_MS);
  return Promise.all([sent, second()]);
}

const DISCOUNTED = { discountBps: 1_500 };
const acceptedBy = { name: CUSTOMER.name, email: CUSTOMER.email };

/** Puts the business clock just before the first wait is due, for as long as it takes to stop a worker. */
async function almostDue({ world, leadId }: Story): Promise<void> {
  const { rows } = await world.db.query<{ at: Date }>(
    `select min(least(until, remind_at)) as at from waits where lead_id = $1 and ended_at is null`,
    [leadId],
  );
  const anchorMs = (rows[0]?.at.getTime() ?? 0) - 4_000;
  await addSegment(world.db, { nowMs: Date.now(), anchorMs, secondsPerDay: REAL_SPEED });
  await lookToOpenLeads(world.db, world.engine);
}

const ofType = ({ events }: History, key: keyof NonNullable<History['events']>[number]): number =>
  events?.filter((event) => event[key]).length ?? 0;

/** The first wait is over and a decision is sent while no worker is there: both meet the workflow in one activation. */
async function withTimer(
  story: Story,
  overdue: string,
  decide: () => Promise<Answer | null>,
): Promise<Answer | null> {
  const before = ofType(await historyOf(story), 'timerStartedEventAttributes');
  await almostDue(story);
  await until('the timer is armed anew', async () => {
    return ofType(await historyOf(story), 'timerStartedEventAttributes') > before;
  });
  await story.world.stopWorker();
  await until(
    'the timer has rung',
    async () => ofType(await historyOf(story), 'timerFiredEventAttributes') > 0,
  );
  const deciding = decide();
  await story.rows(`select pg_sleep(0.2) from leads where id = $1`); // It has to be with the engine by then.
  await story.world.startWorker();
  const answer = await deciding;
  const { events = [] } = await historyOf(story);
  const rung = events?.findLastIndex((event) => event.timerFiredEventAttributes) ?? -1;
  const after = events?.slice(rung) ?? [];
  const first = after.findIndex((event) => event.workflowTaskCompletedEventAttributes);
  const accepted = after.findIndex((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  const second = after.findIndex(
    (event, index) => index > first && event.workflowTaskCompletedEventAttributes,
  );
  // Refused by its validator it leaves no event; accepted it stands with the task that saw the timer.
  if (accepted >= 0) expect(second === -1 || accepted < second).toBe(true);
  const steps = await story.steps();
  const won = [answer?.result === 'applied', steps.includes(overdue)];
  expect(won.filter((one) => one)).toHaveLength(1);
  return answer;
}

test('an offer that expires in the moment it is accepted is one or the other', () =>
  inWorld(async (story) => {
    await story.qualify();
    const quote = await story.submit({ validDays: 1 });
    // Its reminders are over: what is due is the end.
    await story.rows(`update waits set remind_at = null where lead_id = $1 and kind = 'acceptance'`);
    const answer = await withTimer(story, 'expireOffer', () =>
      story.decide('acceptQuote', 'rep', { ...quote, acceptedBy }),
    );
    const orders = await story.rows(`select from orders where lead_id = $1`);
    if (answer?.result === 'applied') {
      expect(await story.lead()).toMatchObject({ stage: 'ordered', outcome: null });
      expect(orders).toHaveLength(1);
      return;
    }
    expect(answer?.result).toBe('refused');
    expect(['expired', 'lead_closed']).toContain(answer?.code);
    expect(answer?.detail).toBeTruthy();
    expect(await story.reaches('closed')).toMatchObject({ outcome: 'lost', reason: 'offer_expired' });
    expect(orders).toEqual([]);
  }));

test('an approval decided in the moment it goes to somebody else is decided once, or is somebody else’s', () =>
  inWorld(async (story) => {
    await story.qualify();
    await story.submit(DISCOUNTED);
    await story.rows(`update waits set remind_at = null where lead_id = $1 and kind = 'approval'`);
    const body = { ...(await story.openApproval()), decision: 'approve' };
    const answer = await withTimer(story, 'escalateApproval', () =>
      story.decide('decideApproval', 'boss', body),
    );
    if (answer?.result === 'applied') {
      expect(await story.reaches('offered')).toMatchObject({ outcome: null });
      return;
    }
    expect(answer).toMatchObject({ result: 'refused', code: 'forbidden' });
    expect(answer?.detail).toContain(PEOPLE.head);
    expect(await story.waitsFor('approval', 1)).toMatchObject({ personId: PEOPLE.head });
    await story.approve('head');
    expect(await story.reaches('offered')).toMatchObject({ outcome: null });
  }));

test.each(AHEAD)('of an approval and a rejection at once, %s ahead, exactly one holds', (ahead) =>
  inWorld(async (story) => {
    await story.qualify();
    await story.submit(DISCOUNTED);
    const approval = await story.openApproval();
    const answers = await atOnce(
      ahead,
      () => story.decide('decideApproval', 'boss', { ...approval, decision: 'approve' }),
      () => story.decide('decideApproval', 'boss', { ...approval, decision: 'reject', reason: 'too cheap' }),
    );
    expect(answers.map((answer) => answer?.result).sort()).toEqual(['applied', 'refused']);
    expect(answers.find((answer) => answer?.result === 'refused')).toMatchObject({ code: 'already_decided' });
    const held = answers[0]?.result === 'applied';
    expect(await story.lead()).toMatchObject({ stage: held ? 'offered' : 'quoting' });
  }),
);

/** What stands of the money of the lead. */
async function money(story: Story) {
  const [sums] = await story.rows<{ gross: bigint; open: bigint; kept: bigint; credited: bigint }>(
    `select gross_minor as gross, open_minor as open, allocated_minor as kept, credited_minor as credited
      from invoices where lead_id = $1 and kind = 'invoice'`,
  );
  const [cash] = await story.rows<{ paid: bigint; unapplied: bigint }>(
    `select coalesce(sum(amount_minor), 0)::bigint as paid, coalesce(sum(unapplied_minor), 0)::bigint as unapplied
      from payments where $1::text is not null`,
  );
  if (!sums || !cash) throw new Error('nothing was invoiced');
  return { ...sums, ...cash };
}

const answered = (story: Story): Promise<true> =>
  until('everything told is answered', async () => {
    const open = await story.rows(
      `select from messages where lead_id = $1 and (answer is null or told_at is null)`,
    );
    return open.length === 0 || undefined;
  });

test.each(AHEAD)(
  'a cancellation against a payment, %s ahead: cancelled with the cash unapplied, or won',
  (ahead) =>
    inWorld(async (story, { db }) => {
      const orderId = await story.order();
      await story.deliver();
      const invoice = await story.invoiced();
      const asked = await askedToCancel(db, { leadId: story.leadId, orderId }, PEOPLE.boss);
      const [cancelled, paid] = await atOnce(
        ahead,
        () => story.decide('cancelOrder', 'finance2', asked),
        () => story.pay(invoice),
      );
      await answered(story);
      const { outcome } = await story.reaches('closed');
      const { gross, open, kept, unapplied } = await money(story);
      expect([open, kept + unapplied]).toEqual([0n, gross]);
      if (cancelled?.result === 'applied') {
        expect([outcome, kept]).toEqual(['cancelled', 0n]);
        // Whoever paid is told by a task: of the payment itself, or of the refund that is due.
        expect(paid.task !== null || (await story.tasks()).some(({ kind }) => kind === 'refund_due')).toBe(
          true,
        );
      } else {
        expect([outcome, unapplied]).toEqual(['won', 0n]);
        expect(cancelled).toMatchObject({ result: 'refused', code: 'lead_closed' });
        expect(cancelled?.detail).toBeTruthy();
      }
    }),
);

test.each(AHEAD)('a credit note against a payment, %s ahead: credited once, the cash is unapplied', (ahead) =>
  inWorld(async (story) => {
    await story.order();
    await story.deliver();
    const invoice = await story.invoiced();
    const body = { invoiceId: invoice.id, reason: 'damaged', requestedBy: PEOPLE.finance };
    const [credited, paid] = await atOnce(
      ahead,
      () => story.decide('creditInvoice', 'finance2', body),
      () => story.pay(invoice),
    );
    await answered(story);
    expect(credited?.result).toBe('applied');
    await story.reaches('closed');
    expect(await money(story)).toMatchObject({ open: 0n, kept: 0n, credited: 24_200n, unapplied: 24_200n });
    expect(paid.task !== null || (await story.tasks()).some(({ kind }) => kind === 'refund_due')).toBe(true);
    const [sum] = await story.rows<{ minor: bigint | null }>(
      `select sum(amount_minor)::bigint as minor from commission_lines where lead_id = $1`,
    );
    expect(sum?.minor ?? 0n).toBe(0n);
  }),
);

test.each(AHEAD)(
  'a cancellation against a delivery, %s ahead: refused and cancelled, or delivered and invoiced',
  (ahead) =>
    inWorld(async (story) => {
      const orderId = await story.order();
      const [answer, delivered] = await atOnce(
        ahead,
        () => story.decide('cancelOrder', 'finance', { orderId, reason: 'the customer stepped back' }),
        () => Promise.allSettled([story.deliver()]).then(([outcome]) => outcome),
      );
      await answered(story);
      if (answer?.result !== 'applied') {
        // An invoice stands on it already, and one person alone cannot take that back.
        expect(answer).toMatchObject({ result: 'refused', code: 'conflicting_duties' });
        expect(await story.invoiced()).toMatchObject({ openMinor: 24_200n });
        return;
      }
      expect(await story.reaches('closed')).toMatchObject({ outcome: 'cancelled' });
      expect(await story.invoices()).toEqual([]);
      if (delivered.status === 'rejected') {
        expect(delivered.reason).toBeInstanceOf(DomainError);
        expect((delivered.reason as DomainError).code).toBe('wrong_stage');
        return;
      }
      expect(
        await story.rows(
          `select status from deliveries where order_id = (select id from orders where lead_id = $1)`,
        ),
      ).toEqual([{ status: 'refused' }]);
    }),
);
