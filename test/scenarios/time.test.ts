import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Json, openScene, type Scene, until } from '../support/product.js';
import {
  ACCEPTED_BY,
  captured,
  delivered,
  eur,
  handleOf,
  inStage,
  ordered,
  paid,
  qualified,
  submitted,
} from '../support/sale.js';

// A business day takes a second; what nobody waits for is passed by segments of the clock.
let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ secondsPerDay: 60 });
});
afterAll(() => scene?.close());
afterEach(() => scene.mustBeClean());

describe('when nobody pays', () => {
  test('reminders rise to the write-off, and money that comes later is a recovery that earns', async () => {
    const order = await ordered(scene, 'never-pays', { lines: [{ sku: 'CABINET-3', quantity: '2' }] });
    const invoice = await delivered(scene, order);
    const read = () => scene.get('elena', `/v1/invoices/${invoice.id}`);
    // Due after 14 days; reminded 5, 12 and 19 days later; given up 10 days after the last.
    for (const [days, level] of [
      [20, 1],
      [7, 2],
      [7, 3],
    ] as const) {
      await scene.pass(days);
      await until(`level ${level} is reached`, async () => (await read()).dunningLevel === level);
    }
    const reminded = await read();
    expect(reminded.reminders.map(({ level }: Json) => level)).toEqual([1, 2, 3]);
    expect(reminded).toMatchObject({ overdue: true, open: invoice.gross });
    await scene.pass(11);
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'written_off' });
    expect(await read()).toMatchObject({
      status: 'written_off',
      writtenOff: invoice.gross,
      open: eur('0.00'),
    });
    const lettersAreWritten = async () => {
      const written = await scene.mails();
      return written.filter((mail) => mail.includes(invoice.number)).length >= 4 && written;
    };
    // Longer than a try of a mail may take, which is 30 s: one that says nothing is tried again only then.
    const mails = await until('three letters were written', lettersAreWritten, 60_000);
    expect(mails.length).toBeGreaterThanOrEqual(4);

    await paid(scene, invoice, { amount: invoice.gross });
    const won = await until('it is closed as won', async () => {
      const lead = await scene.get('carla', `/v1/leads/${order.leadId}`);
      return lead.stage === 'closed' && lead.outcome === 'won' && lead;
    });
    expect(won.reopened).toBe(1);
    const { items } = await scene.get('hugo', `/v1/commissions?lead=${order.leadId}`);
    expect(items.length).toBeGreaterThan(0);
  });

  test('one who pays after the first reminder is reminded no more', async () => {
    const order = await ordered(scene, 'pays-late', { lines: [{ sku: 'CABINET-3', quantity: '1' }] });
    const invoice = await delivered(scene, order);
    await scene.pass(20);
    const read = () => scene.get('elena', `/v1/invoices/${invoice.id}`);
    await until('it is reminded', async () => (await read()).dunningLevel === 1);
    await paid(scene, invoice);
    await inStage(scene, order.leadId, 'closed');
    await scene.pass(30);
    expect((await read()).reminders).toHaveLength(1);
  });
});

describe('when nobody answers', () => {
  test('an offer nobody accepts expires after its last valid day and is accepted no more', async () => {
    const offer = await submitted(scene, 'silent', { validDays: 7 });
    await inStage(scene, offer.leadId, 'offered');
    await scene.pass(8);
    expect(await inStage(scene, offer.leadId, 'closed')).toMatchObject({ outcome: 'lost' });
    const acceptance = { revision: 1, acceptedBy: ACCEPTED_BY };
    expect(await scene.refused(offer.rep, `/v1/quotes/${offer.quote.id}/acceptance`, acceptance)).toBe(
      '409 lead_closed',
    );
  });

  test('a lead that nobody qualified in time goes to the manager of its owner', async () => {
    const lead = await captured(scene, 'forgotten');
    await scene.pass(4);
    const task = await until('somebody was told', async () => {
      const { items } = await scene.get('carla', `/v1/tasks?status=open&leadId=${lead.id}`);
      return items[0];
    });
    expect(task.personId).toBe(scene.people.carla.personId);
    await scene.post('carla', `/v1/leads/${lead.id}/withdrawal`, { reason: 'nobody there' });
    await inStage(scene, lead.id, 'closed');
  });

  test('who is nurtured is taken up again when the weeks are over', async () => {
    const lead = await captured(scene, 'not-yet');
    const rep = handleOf(scene, lead.owner);
    await scene.post(rep, `/v1/leads/${lead.id}/qualification`, { decision: 'nurture' });
    await inStage(scene, lead.id, 'nurturing');
    await scene.pass(22);
    const back = await inStage(scene, lead.id, 'new', 'closed');
    expect(back.stage).toBe('new');
    await scene.post(rep, `/v1/leads/${lead.id}/qualification`, { decision: 'qualify' });
  });
});

describe('when the answer is no', () => {
  test('a declined offer is lost with its reason', async () => {
    const offer = await submitted(scene, 'too-dear');
    const decline = { revision: 1, reason: 'too expensive' };
    await scene.post(offer.rep, `/v1/quotes/${offer.quote.id}/decline`, decline);
    const lead = await scene.get('carla', `/v1/leads/${offer.leadId}`);
    expect(['closed', 'quoting']).toContain(lead.stage);
    if (lead.stage === 'closed') expect(lead).toMatchObject({ outcome: 'lost' });
    else await scene.post('carla', `/v1/leads/${offer.leadId}/withdrawal`, { reason: 'too expensive' });
    expect(await inStage(scene, offer.leadId, 'closed')).toMatchObject({ outcome: 'lost' });
  });

  test('a disqualified lead is closed with a reason of the policy, and only of the policy', async () => {
    const lead = await captured(scene, 'no-budget');
    const rep = handleOf(scene, lead.owner);
    const path = `/v1/leads/${lead.id}/qualification`;
    expect(await scene.refused(rep, path, { decision: 'disqualify', reason: 'mood' })).toBe(
      '400 invalid_field',
    );
    await scene.post(rep, path, { decision: 'disqualify', reason: 'no_budget' });
    expect(await inStage(scene, lead.id, 'closed')).toMatchObject({
      outcome: 'disqualified',
      outcomeReason: 'no_budget',
    });
    expect(await scene.refused(rep, path, { decision: 'qualify' })).toBe('409 lead_closed');
  });

  test('a lead with an order is not withdrawn but cancelled', async () => {
    const lead = await qualified(scene, 'gave-up');
    await scene.post('carla', `/v1/leads/${lead.id}/withdrawal`, { reason: 'asked us to stop' });
    expect(await inStage(scene, lead.id, 'closed')).toMatchObject({ outcome: 'lost' });
    const order = await ordered(scene, 'ordered-already');
    const reason = { reason: 'changed their mind' };
    expect(await scene.refused('carla', `/v1/leads/${order.leadId}/withdrawal`, reason)).toBe(
      '409 wrong_stage',
    );
    await scene.post('carla', `/v1/orders/${order.id}/cancellation`, reason);
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'cancelled' });
  });

  test('who writes again is a touch of the lead that is open, and a new lead after it is closed', async () => {
    const first = await captured(scene, 'writes-again');
    const body = {
      source: { channel: 'event' },
      contact: { email: 'ANA@writes-again.example', name: 'Ana R.' },
    };
    const again = await scene.call('marta', '/v1/leads', { method: 'POST', body });
    expect([again.status, again.body.id]).toEqual([200, first.id]);
    const rescored = await until('its score counts the touch', async () => {
      const lead = await scene.get('carla', `/v1/leads/${first.id}`);
      return lead.score > first.score && lead;
    });
    expect(rescored.channel).toBe('website');
    await scene.post('carla', `/v1/leads/${first.id}/withdrawal`, { reason: 'no answer' });
    const next = await scene.call('marta', '/v1/leads', { method: 'POST', body });
    expect([next.status, next.body.previousLeadId]).toEqual([201, first.id]);
    await scene.post('carla', `/v1/leads/${next.body.id}/withdrawal`, { reason: 'no answer' });
  });
});
