import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Json, openScene, type Scene, until } from '../support/product.js';
import { cents, delivered, inStage, ordered, paid } from '../support/sale.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene?.close());

test('a monthly run is calculated by one, released by others, confirmed, and its leads close', async () => {
  const email = 'ines@oficina-norte.example';
  const ines = await scene.hire({ name: 'Ines Roca', email, roles: ['compensation'] });
  const { body, version } = await scene.get('admin', '/v1/policies/commission');
  const overrides = [1, 2].map((level) => ({ level, rateBps: 100 }));
  const changed = await scene.call('admin', '/v1/policies/commission', {
    method: 'PUT',
    body: { ...body, overrides, payout: 'monthly' },
    ifMatch: version,
  });
  expect([changed.status, changed.body.version]).toEqual([200, version + 1]);
  const approvals = `/v1/policies/commission/${version + 1}/approvals`;
  expect(await scene.refused('admin', approvals)).toBe('422 self_approval');
  for (const approver of ['carla', 'elena'] as const) await scene.post(approver, approvals);

  const orders = [await ordered(scene, 'month-one'), await ordered(scene, 'month-two')];
  for (const order of orders) await paid(scene, await delivered(scene, order));
  for (const { leadId } of orders) await inStage(scene, leadId, 'commission');

  const period = scene.day().slice(0, 7);
  expect(await scene.refused('hugo', '/v1/payout-runs', { period: '2999-01' })).toBe('400 invalid_field');
  expect(await scene.refused('ana', '/v1/payout-runs', { period })).toBe('403 forbidden');
  const { id } = await scene.post('hugo', '/v1/payout-runs', { period }, 'run-of-the-month');
  const repeated = await scene.post('hugo', '/v1/payout-runs', { period }, 'run-of-the-month');
  expect(repeated.id).toBe(id);
  const run = await until('the run is calculated', async () => {
    const payout = await scene.get('hugo', `/v1/payouts/${id}`);
    return payout.lines.length > 0 && payout;
  });
  const { helena, carla } = scene.people;
  const payees = run.lines.map(({ payeeId }: Json) => payeeId);
  expect(payees).toEqual(expect.arrayContaining([helena.personId, carla.personId]));

  const release = `/v1/payouts/${id}/release`;
  expect(await scene.refused('hugo', release, {})).toBe('403 conflicting_duties'); // He calculated it.
  expect(await scene.refused('carla', release, {})).toBe('403 forbidden');
  expect(await scene.refused('fiona', release, {})).toBe('403 forbidden'); // Another role, by policy.
  expect(await scene.refused('helena', release, { payeeIds: [helena.personId] })).toBe('422 self_approval');
  const mostly = await scene.post('helena', release, {});
  const releasers = mostly.lines.map(({ payeeId, releasedBy }: Json) => [payeeId, releasedBy]);
  for (const [payeeId, releasedBy] of releasers) {
    expect(releasedBy).toBe(payeeId === helena.personId ? null : helena.personId);
  }
  await scene.post('newcomer', release, {});
  const confirmed = await until('the run is confirmed', async () => {
    const payout = await scene.get('hugo', `/v1/payouts/${id}`);
    return payout.status === 'confirmed' && payout;
  });
  const last = confirmed.lines.find(({ payeeId }: Json) => payeeId === helena.personId);
  expect(last.releasedBy).toBe(ines);
  expect(await scene.refused('newcomer', release, {})).toBe('409 already_decided');
  for (const { leadId } of orders) {
    expect(await inStage(scene, leadId, 'closed')).toMatchObject({ outcome: 'won' });
  }
  for (const { payeeId, paid: paidOut } of confirmed.lines) {
    const statement = await scene.get('hugo', `/v1/statements?payee=${payeeId}&period=${period}`);
    expect(statement.balances).toMatchObject([{ paid: paidOut, currency: 'EUR' }]);
    const earned = statement.items.reduce((sum: number, { amount }: Json) => sum + cents(amount), 0);
    expect(earned).toBe(cents(statement.balances[0].earned));
  }
  await scene.mustBeClean();
});
