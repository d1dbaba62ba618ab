// What becomes of a lead until there is an order, when somebody acts and when nobody does. In virtual time.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PEOPLE, PRODUCTS, sku } from '../support/company.js';
import { openTimeSkipping, type TimeSkipping } from '../support/timeSkipping.js';
import { told } from '../support/told.js';

let time: TimeSkipping;
beforeAll(async () => {
  time = await openTimeSkipping();
});
afterAll(() => time?.close());

/** Fifteen per cent off needs the manager's approval. */
const DISCOUNTED = {
  lines: Array.from({ length: PRODUCTS }, (_, i) => ({ sku: sku(i + 1), quantity: '2' })),
  discountBps: 1_500,
};

test('a lead nobody qualifies goes to the manager, to the manager above and then to the admin', () =>
  told('qualified-late', { time }, async (story, world) => {
    await world.pass(1.01);
    expect(await story.waitsFor('qualification', 1)).toMatchObject({ personId: PEOPLE.boss });
    expect(await story.tasks()).toEqual([
      { kind: 'qualification_overdue', role: 'manager', personId: PEOPLE.boss },
    ]);
    await world.pass(1);
    expect(await story.waitsFor('qualification', 2)).toMatchObject({ personId: PEOPLE.head });
    await world.pass(1);
    await story.waitsFor('qualification', 3);
    expect(await story.tasks()).toMatchObject([{ kind: 'qualification_overdue', role: 'admin' }]);
    await story.decided('qualifyLead', 'head', { decision: 'disqualify', reason: 'unreachable' });
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'disqualified', reason: 'unreachable' });
    expect(await story.waits()).toEqual([]);
  }));

test('a nurtured lead comes back after a quarter and is disqualified after its last round', () =>
  told('nurtured', { time }, async (story, world) => {
    await story.qualify('nurture');
    expect(await story.waits()).toMatchObject([{ kind: 'interest', level: 0 }]);
    await world.pass(90.5);
    expect(await story.waitsFor('qualification')).toMatchObject({ personId: PEOPLE.rep });
    expect(await story.lead()).toMatchObject({ stage: 'new' });
    await story.qualify('nurture');
    await world.pass(90.5);
    await story.ended();
    expect(await story.lead()).toMatchObject({
      stage: 'closed',
      outcome: 'disqualified',
      reason: 'no_interest',
    });
    expect(await story.waits()).toEqual([]);
  }));

test('a rep who sends no quote is reminded three times, then it is the manager’s task', () =>
  told('no-quote', { time }, async (story, world) => {
    await story.qualify();
    for (const level of [1, 2, 3]) {
      await world.pass(2.01);
      await story.waitsFor('quote', level);
      expect(await story.tasks()).toEqual([{ kind: 'quote_overdue', role: 'rep', personId: PEOPLE.rep }]);
    }
    await world.pass(2.01);
    await story.waitsFor('quote', 4);
    expect(await story.tasks()).toEqual([{ kind: 'quote_overdue', role: 'manager', personId: null }]);
    await story.decided('withdrawLead', 'boss', { reason: 'the customer went elsewhere' });
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'lost' });
  }));

test('an approver who is silent is reminded, then the manager above is asked, then the admin', () =>
  told('approval-escalated', { time }, async (story, world) => {
    await story.qualify();
    await story.submit(DISCOUNTED);
    expect(await story.waits()).toMatchObject([{ kind: 'approval', personId: PEOPLE.boss }]);
    await world.pass(0.2);
    await story.waitsFor('approval');
    expect((await story.steps()).at(-1)).toBe('remindApprover');
    await world.pass(1);
    expect(await story.waitsFor('approval', 1)).toMatchObject({ personId: PEOPLE.head });
    await world.pass(1.01);
    await story.waitsFor('approval', 2);
    expect(await story.tasks()).toMatchObject([{ kind: 'approval_overdue', role: 'admin' }]);
    await story.approve('head');
    expect(await story.lead()).toMatchObject({ stage: 'offered' });
    expect(await story.waits()).toMatchObject([{ kind: 'acceptance' }]);
  }));

test('a rejected quote goes back to the rep, whose next revision is offered', () =>
  told('rejected', { time }, async (story) => {
    await story.qualify();
    const { quoteId } = await story.submit(DISCOUNTED);
    await story.approve('boss', 'reject');
    expect(await story.lead()).toMatchObject({ stage: 'quoting' });
    expect(await story.waits()).toMatchObject([{ kind: 'quote', personId: PEOPLE.rep }]);
    const revised = await story.revise(quoteId, { ...DISCOUNTED, discountBps: 1_000 });
    expect(revised.revision).toBe(2);
    expect(await story.lead()).toMatchObject({ stage: 'offered' });
    expect(await story.waits()).toMatchObject([{ kind: 'acceptance', subject: quoteId }]);
  }));

test('an offer nobody accepts is brought to mind twice and expires after its last valid day', () =>
  told('offer-expired', { time }, async (story, world) => {
    await story.qualify();
    await story.submit();
    await world.pass(24);
    await story.waitsFor('acceptance', 1);
    await world.pass(5);
    await story.waitsFor('acceptance', 2);
    expect(await story.lead()).toMatchObject({ stage: 'offered' });
    await world.pass(2);
    await story.ended();
    expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'lost', reason: 'offer_expired' });
    expect((await story.steps()).filter((step) => step === 'remindCustomer')).toHaveLength(2);
    expect(await story.waits()).toEqual([]);
  }));

test('an offer the customer declines loses the lead', () =>
  told('declined', { time }, async (story) => {
    await story.qualify();
    const quote = await story.submit();
    await story.decided('declineQuote', 'rep', { ...quote, reason: 'price' });
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'lost', reason: 'offer_declined' });
    expect(await story.waits()).toEqual([]);
  }));

test('a lead that is withdrawn while its quote is in approval is lost and asks nobody any more', () =>
  told('withdrawn', { time }, async (story, world) => {
    await story.qualify();
    await story.submit(DISCOUNTED);
    await story.decided('withdrawLead', 'rep', { reason: 'no budget this year' });
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'lost', reason: 'no budget this year' });
    expect(await story.waits()).toEqual([]);
    const approvals = await story.rows(`select status from approvals where lead_id = $1`);
    expect(approvals).toEqual([{ status: 'void' }]);
    await world.pass(3);
    expect((await story.steps()).at(-1)).toBe('withdrawLead');
  }));
