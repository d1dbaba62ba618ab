// What somebody types for a decision is erasable: it stands beside the lead and in its message, never in the chain.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { leadTimeline } from '../../db/leadViews.js';
import type { Db } from '../../db/pool.js';
import type { DecisionName } from '../../domain/messages.js';
import { PEOPLE } from '../support/company.js';
import * as orders from '../support/deal.js';
import {
  approvalOf,
  base,
  captureOne,
  closeSteps,
  decide,
  leadId,
  openSteps,
  scored,
  submitted,
} from '../support/leadSteps.js';
import { deliver, invoicesOf } from '../support/money.js';
import { askedToCancel } from '../support/requests.js';

const TYPED = 'Zoë Canary of 7 Feather Lane is ill';

/** How many messages of a lead hold the text, and how many entries of any chain do. */
async function heldBy(db: Db, lead: string): Promise<{ messages: number; entries: number }> {
  const { rows } = await db.query<{ messages: number; entries: number }>(
    `select (select count(*) from messages where lead_id = $1 and body ->> 'reason' = $2)::int as messages,
      (select count(*) from audit_entries where entry ilike '%canary%' or key ilike '%canary%')::int as entries`,
    [lead, TYPED],
  );
  return rows[0] as (typeof rows)[0];
}

describe('before the order, no audit entry holds the text typed when', () => {
  beforeAll(() => openSteps());
  beforeEach(() => captureOne());
  afterAll(() => closeSteps());

  const reasons = async (): Promise<unknown[]> => {
    const entries = await leadTimeline(base.app, leadId, { limit: 50, after: null });
    return entries.map(({ entry, reason }) => [(JSON.parse(entry) as { action: string }).action, reason]);
  };

  test.each<[string, DecisionName, string, object]>([
    ['a lead is qualified', 'qualifyLead', PEOPLE.rep, { decision: 'qualify' }],
    ['a lead is nurtured', 'qualifyLead', PEOPLE.rep, { decision: 'nurture' }],
    ['a lead is handed on', 'reassignLead', PEOPLE.boss, { ownerId: PEOPLE.sdr }],
    ['a lead is withdrawn', 'withdrawLead', PEOPLE.rep, {}],
  ])('%s; its timeline tells it until it is erased', async (_when, name, by, body) => {
    await scored();
    await decide(name, by, { ...body, reason: TYPED });
    expect(await heldBy(base.owner, leadId)).toEqual({ messages: 1, entries: 0 });
    const before = [
      ['captureLead', null],
      ['scoreLead', null],
    ];
    expect(await reasons()).toEqual([...before, [name, TYPED]]);
    await base.owner.query(`update messages set body = body - 'reason' where lead_id = $1`, [leadId]);
    expect(await reasons()).toEqual([...before, [name, null]]);
  });

  test('a lead is disqualified: its entry tells the code of the policy', async () => {
    await scored();
    const { answer } = await decide('qualifyLead', PEOPLE.rep, {
      decision: 'disqualify',
      reason: 'no_budget',
    });
    expect(answer.answer?.result).toBe('applied');
    const { rows } = await base.owner.query(
      `select entry::jsonb -> 'detail' as detail from audit_entries where subject = $1 and action = 'qualifyLead'`,
      [leadId],
    );
    expect(rows).toEqual([{ detail: { decision: 'disqualify', reason: 'no_budget' } }]);
  });

  test('an offer is declined or an approval rejected, and neither is told to all who see the lead', async () => {
    const offered = await submitted(0);
    const declined = { quoteId: offered, revision: 1, reason: TYPED };
    await decide('declineQuote', PEOPLE.rep, declined);
    expect(await heldBy(base.owner, leadId)).toEqual({ messages: 1, entries: 0 });
    expect(await reasons()).toContainEqual(['declineQuote', null]);
    await captureOne();
    const quoteId = await submitted(1500);
    const rejected = { approvalId: await approvalOf(quoteId), quoteId, revision: 1, decision: 'reject' };
    await decide('decideApproval', PEOPLE.boss, { ...rejected, reason: TYPED });
    expect(await heldBy(base.owner, leadId)).toEqual({ messages: 1, entries: 0 });
    expect(await reasons()).toContainEqual(['decideApproval', null]);
  });
});

describe('after the order, no audit entry holds the text typed when', () => {
  let world: orders.World;
  beforeAll(async () => {
    world = await orders.openWorld();
  });
  afterAll(() => world?.close());

  async function applied(deal: orders.Deal, name: DecisionName, by: string, body: object): Promise<void> {
    const id = await orders.decision(world, deal.leadId, name, by, body);
    const { answer } = await orders.told(world, name as 'cancelOrder', deal.leadId, id, 2);
    expect(answer).toMatchObject({ result: 'applied' });
    expect(await heldBy(world.db, deal.leadId)).toEqual({ messages: 1, entries: 0 });
  }
  async function invoiced(): Promise<{ deal: orders.Deal; invoiceId: string }> {
    const deal = await orders.orderedDeal(world);
    await deliver(world, deal, [1]);
    await orders.settle(world, deal.leadId);
    const [invoice] = await invoicesOf(world, deal);
    return { deal, invoiceId: invoice?.id as string };
  }

  test('an order is cancelled', async () => {
    const deal = await orders.orderedDeal(world);
    await applied(deal, 'cancelOrder', orders.PEOPLE.finance, { orderId: deal.orderId, reason: TYPED });
  });

  test('a cancellation that was asked for is approved', async () => {
    const { deal } = await invoiced();
    const asked = await askedToCancel(world.deps.db, deal, orders.PEOPLE.boss, TYPED);
    await applied(deal, 'cancelOrder', orders.PEOPLE.finance, { ...asked, note: TYPED });
  });

  test('an invoice is written off', async () => {
    const { deal, invoiceId } = await invoiced();
    await applied(deal, 'writeOffInvoice', orders.PEOPLE.finance2, { invoiceId, reason: TYPED });
  });

  test('an invoice is credited', async () => {
    const { deal, invoiceId } = await invoiced();
    const body = { invoiceId, reason: TYPED, requestedBy: orders.PEOPLE.rep };
    await applied(deal, 'creditInvoice', orders.PEOPLE.finance, body);
  });
});
