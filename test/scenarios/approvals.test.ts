import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Json, openScene, type Scene } from '../support/product.js';
import { ACCEPTED_BY, handleOf, inStage, type Offer, qualified, submitted } from '../support/sale.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene?.close());
afterEach(() => scene.mustBeClean());

const desks = (quantity: string, discountBps: number) => ({
  lines: [{ sku: 'DESK-160', quantity, discountBps }],
});
const approve = (revision: number) => ({ decision: 'approve', revision });
const stepOf = ({ quote }: Offer, sequence = 1) =>
  quote.approvals.find((approval: Json) => approval.sequence === sequence);
const decisionAt = (approval: Json) => `/v1/approvals/${approval.id}/decision`;

describe('approving a quote', () => {
  test('what was rejected is revised, approved by two in their order and accepted', async () => {
    const offer = await submitted(scene, 'two-signatures', desks('10', 1_200));
    const reject = { decision: 'reject', revision: 1, reason: 'give more or nothing' };
    await scene.post('carla', decisionAt(stepOf(offer)), reject);
    await inStage(scene, offer.leadId, 'quoting');
    const { id } = offer.quote;
    expect(await scene.get('carla', `/v1/quotes/${id}`)).toMatchObject({
      status: 'rejected',
      reason: 'give more or nothing',
    });

    const revised = await scene.post(offer.rep, `/v1/quotes/${id}/revisions`, desks('10', 3_000));
    expect(revised).toMatchObject({ revision: 2, status: 'draft' });
    expect(await scene.refused(offer.rep, `/v1/quotes/${id}/submission`, { revision: 1 })).toBe(
      '409 stale_revision',
    );
    const quote = await scene.post(offer.rep, `/v1/quotes/${id}/submission`, { revision: 2 });
    const [first, second] = quote.approvals;
    expect([first.approver, second.approver]).toEqual([
      scene.people.carla.personId,
      scene.people.helena.personId,
    ]);
    // The second is not asked before the first has answered.
    expect(await scene.refused('helena', decisionAt(second), approve(2))).toBe('409 wrong_stage');
    expect(await scene.refused('carla', decisionAt(first), approve(1))).toBe('409 stale_revision');
    await scene.post('carla', decisionAt(first), approve(2));
    expect(await scene.refused('helena', decisionAt(first), approve(2))).toBe('409 already_decided');
    await scene.post('helena', decisionAt(second), approve(2));
    await inStage(scene, offer.leadId, 'offered');
    const acceptance = { revision: 1, acceptedBy: ACCEPTED_BY };
    expect(await scene.refused(offer.rep, `/v1/quotes/${id}/acceptance`, acceptance)).toBe(
      '409 stale_revision',
    );
    await scene.post(offer.rep, `/v1/quotes/${id}/acceptance`, { ...acceptance, revision: 2 });
    expect(
      await scene.refused(offer.rep, `/v1/quotes/${id}/decline`, { revision: 2, reason: 'too late' }),
    ).toBe('409 already_decided');
  });

  test('the same decision under its key is one; under none it was taken already', async () => {
    const offer = await submitted(scene, 'twice', desks('2', 1_500));
    const step = decisionAt(stepOf(offer));
    const first = await scene.call('carla', step, { method: 'POST', body: approve(1), key: 'approve-once' });
    const again = await scene.call('carla', step, { method: 'POST', body: approve(1), key: 'approve-once' });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body).toEqual(first.body);
    expect(await scene.refused('carla', step, { ...approve(1), reason: 'other' }, 'approve-once')).toBe(
      '422 key_reused',
    );
    const late = await scene.call('carla', step, { method: 'POST', body: approve(1) });
    expect([late.status, late.body.code]).toEqual([409, 'already_decided']);
    expect(late.body.detail).toContain(`${scene.people.carla.personId} approved approval`);
  });

  test('of two opposite decisions at once exactly one holds', async () => {
    const offer = await submitted(scene, 'at-once', desks('3', 1_500));
    const step = decisionAt(stepOf(offer));
    const decisions = [approve(1), { decision: 'reject', revision: 1, reason: 'margin' }];
    const answers = await Promise.all(
      decisions.map((body) => scene.call('carla', step, { method: 'POST', body })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('already_decided');
    const held = answers.find(({ status }) => status === 200)?.body.status;
    const lead = await inStage(scene, offer.leadId, held === 'approved' ? 'offered' : 'quoting');
    const { items } = await scene.get('carla', `/v1/leads/${lead.id}/timeline?limit=100`);
    expect(items.filter(({ action }: Json) => action === 'decideApproval')).toHaveLength(1);
  });

  test('who made the quote, who was not asked and whose limit is too low are refused', async () => {
    const { id: leadId } = await qualified(scene, 'own-hand');
    const draft = await scene.post('carla', `/v1/leads/${leadId}/quotes`, desks('2', 1_500));
    const quote = await scene.post('carla', `/v1/quotes/${draft.id}/submission`, { revision: 1 });
    const [own] = quote.approvals;
    expect(own.approver).not.toBe(scene.people.carla.personId);
    expect(await scene.refused('carla', decisionAt(own), approve(1))).toMatch(
      /^(403 forbidden|422 self_approval)$/,
    );

    const offer = await submitted(scene, 'not-asked', desks('2', 1_500));
    expect(await scene.refused('helena', decisionAt(stepOf(offer)), approve(1))).toBe('403 forbidden');

    const asked = await submitted(scene, 'over-the-limit', desks('5', 1_500));
    const carla = await scene.call('admin', `/v1/people/${scene.people.carla.personId}`);
    const limits = (amount: string) => ({
      limits: ['EUR', 'USD'].map((currency) => ({ amount, currency })),
    });
    const address = `/v1/people/${scene.people.carla.personId}/limits`;
    const put = (amount: string, ifMatch: number) =>
      scene.call('admin', address, { method: 'PUT', body: limits(amount), ifMatch });
    const lowered = await put('100.00', carla.body.revision);
    expect(lowered.status).toBe(200);
    expect(await scene.refused('carla', decisionAt(stepOf(asked)), approve(1))).toBe('422 limit_exceeded');
    expect((await put('60000.00', lowered.body.revision)).status).toBe(200);
    expect((await put('60000.00', carla.body.revision)).status).toBe(412);
    await scene.post('carla', decisionAt(stepOf(asked)), approve(1));
  });

  test('a customer renamed after the submission makes the offer another one', async () => {
    const account = { legalName: 'Alte Firma GmbH', country: 'DE', email: 'ap@alte-firma.example' };
    const { id: accountId, revision } = await scene.post('carla', '/v1/accounts', account);
    const offer = await submitted(scene, 'renamed', { ...desks('2', 1_500), accountId });
    const renamed = await scene.call('elena', `/v1/accounts/${accountId}`, {
      method: 'PATCH',
      body: { legalName: 'Neue Firma GmbH' },
      ifMatch: revision,
    });
    expect(renamed.status).toBe(200);
    expect(await scene.refused('carla', decisionAt(stepOf(offer)), approve(1))).toBe('409 content_changed');
    const next = await scene.post(offer.rep, `/v1/quotes/${offer.quote.id}/revisions`, {
      ...desks('2', 1_500),
      accountId,
    });
    const again = await scene.post(offer.rep, `/v1/quotes/${offer.quote.id}/submission`, {
      revision: next.revision,
    });
    await scene.post('carla', decisionAt(again.approvals[0]), approve(next.revision));
    await inStage(scene, offer.leadId, 'offered');
    expect(handleOf(scene, again.submittedBy)).toBe(offer.rep);
  });
});
