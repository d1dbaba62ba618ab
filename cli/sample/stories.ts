// How each story of the play goes: who does what on which day after the lead came in. What nobody does here, the
// lead's own workflow does: it invoices, reminds, writes off, earns, pays, recycles, expires and closes.
import { Refused } from '../http.js';
import { Acts } from './acts.js';
import type { CastLead, Story } from './cast.js';
import { HANDLES, type Handle } from './people.js';
import { sampleRules } from './rules.js';
import type { Quote } from './selling.js';
import { CurtainFell, type Stage } from './stage.js';

type Play = (acts: Acts, stage: Stage, lead: CastLead) => Promise<void>;

/** Plays one lead to the end of its story, or until the play is over. */
export async function playLead(stage: Stage, lead: CastLead): Promise<void> {
  const acts = new Acts(stage, lead);
  try {
    await acts.capture();
    await PLAYS[lead.story](acts, stage, lead);
  } catch (error) {
    if (!(error instanceof CurtainFell)) throw error; // Out of time: the lead stays where it is.
  }
}

async function offered(acts: Acts): Promise<Quote> {
  await acts.qualify(1);
  const quote = await acts.draft(2.2);
  await acts.submit(2.6, quote);
  await acts.approve(3);
  return quote;
}

async function ordered(acts: Acts): Promise<void> {
  const quote = await offered(acts);
  await acts.accept(6, quote);
}

const PLAYS: Readonly<Record<Story, Play>> = {
  async won(acts) {
    await ordered(acts);
    const invoice = await acts.deliver(11);
    await acts.pay(21, invoice);
    await acts.reaches('closed');
  },
  async wonInParts(acts) {
    await ordered(acts);
    const first = await acts.deliver(10, true);
    await acts.pay(18, first, 40);
    const second = await acts.deliver(19);
    await acts.pay(26, first, 60);
    await acts.pay(33, second);
    await acts.reaches('closed');
  },
  async wonAfterBounce(acts) {
    await ordered(acts);
    const invoice = await acts.deliver(11);
    const payment = await acts.pay(20, invoice);
    await acts.bounce(24, payment);
    await acts.pay(38, invoice);
    await acts.reaches('closed');
  },
  async wonAfterRejection(acts) {
    await acts.qualify(1);
    const quote = await acts.draft(2.2);
    await acts.submit(2.6, quote);
    await acts.approve(3.2, 'reject');
    const better = await acts.revise(4.5, quote, 800);
    await acts.submit(5, better);
    await acts.approve(5.5);
    await acts.accept(8, better);
    const invoice = await acts.deliver(13);
    await acts.pay(24, invoice);
    await acts.reaches('closed');
  },
  async wonAfterNurture(acts) {
    await acts.qualify(1.2, 'nurture');
    await acts.reaches('new');
    await acts.qualify(23.5);
    const quote = await acts.draft(24.5);
    await acts.submit(25, quote);
    await acts.approve(25.4);
    await acts.accept(28, quote);
    const invoice = await acts.deliver(33);
    await acts.pay(42, invoice);
    await acts.reaches('closed');
  },
  async declined(acts) {
    await acts.decline(9, await offered(acts), 'another supplier was cheaper');
  },
  async expired(acts) {
    await offered(acts);
    await acts.reaches('closed');
  },
  async disqualified(acts, _stage, lead) {
    await acts.qualify(1.5, 'disqualify', lead.number % 2 === 0 ? 'no_budget' : 'unreachable');
  },
  async withdrawn(acts) {
    await acts.qualify(1);
    await acts.withdraw(3, 'the company was taken over');
  },
  async cancelled(acts) {
    await ordered(acts);
    await acts.cancel(9, 'the new office was given up');
    await acts.reaches('closed');
  },
  async cancelledPaid(acts) {
    await ordered(acts);
    const invoice = await acts.deliver(11, true);
    await acts.pay(16, invoice);
    await acts.cancel(22, 'the site is closed', true);
    await acts.reaches('closed');
  },
  async writtenOff(acts) {
    await ordered(acts);
    await acts.deliver(10);
    await acts.reaches('closed');
  },
  async waitsNew() {},
  async waitsNurturing(acts) {
    await acts.qualify(1.5, 'nurture');
  },
  async waitsQualified(acts) {
    await acts.qualify(1);
  },
  async waitsQuoting(acts) {
    await acts.qualify(0.8);
    const quote = await acts.draft(1.5);
    await acts.submit(1.8, quote);
    await acts.approve(2.4, 'reject');
  },
  async waitsApproval(acts) {
    await acts.qualify(0.5);
    const quote = await acts.draft(1);
    await acts.submit(1.3, quote);
  },
  async waitsOffered(acts) {
    await offered(acts);
  },
  async waitsOrdered(acts) {
    await ordered(acts);
  },
  async waitsDelivering(acts) {
    await ordered(acts);
    await acts.deliver(11, true);
  },
  async waitsCollecting(acts) {
    await ordered(acts);
    const invoice = await acts.deliver(11);
    await acts.pay(17, invoice, 30);
  },
  async waitsCommission(acts, stage, lead) {
    await acts.qualify(0.6);
    await underMonthlyPlan(stage, lead, async () => {
      const quote = await acts.draft(1.6);
      await acts.submit(1.8, quote);
      await acts.approve(2.2);
      await acts.accept(5, quote);
    });
    const invoice = await acts.deliver(10);
    await acts.pay(19, invoice);
    await acts.reaches('commission');
  },
};

/**
 * A quote is priced under the plan in force: for this one the plan pays by a monthly run, and right after it
 * the plan is as before. Who edits it never approves it.
 */
async function underMonthlyPlan(stage: Stage, lead: CastLead, work: () => Promise<void>): Promise<void> {
  const ids = Object.fromEntries(HANDLES.map((handle) => [handle, stage.idOf(handle)])) as Record<
    Handle,
    string
  >;
  const { commission } = sampleRules(ids);
  await stage.until(lead.day + 1.5);
  await unlessDone(() =>
    stage.as('hugo').put('/v1/policies/commission', { ...commission, payout: 'monthly' }, 1),
  );
  const restored = (async () => {
    await stage.until(lead.day + 1.75);
    await unlessDone(() => stage.as('hugo').put('/v1/policies/commission', commission, 2));
    for (const handle of ['helena', 'elena'] as const) {
      const path = '/v1/policies/commission/3/approvals';
      await unlessDone(() => stage.as(handle).post(path, undefined, stage.key('plan', handle)));
    }
  })();
  await Promise.all([work(), restored]);
}

async function unlessDone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isDone =
      error instanceof Refused && (error.code === 'stale_version' || error.code === 'already_decided');
    if (!isDone) throw error;
  }
}
