// A rule that is changed never changes a deal, an invoice or a payout run that is under way.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openPayoutRun } from '../../activities/intake/payoutRuns.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { newId } from '../../db/ids.js';
import type { PolicyByKind } from '../../domain/policies/types.js';
import { DAY, openWorld, orderedDeal, PEOPLE, row, settle, type World } from '../support/deal.js';
import { deliver, invoicesOf, pay } from '../support/money.js';
import { offences } from '../support/offences.js';

let world: World;
beforeAll(async () => {
  world = await openWorld({ commission: { payout: 'monthly' } });
});
afterEach(async () => {
  expect(await offences(world)).toEqual([]);
});
afterAll(() => world.close());

async function changed<K extends keyof PolicyByKind>(
  kind: K,
  change: Partial<PolicyByKind[K]>,
): Promise<void> {
  await world.db.query(
    `insert into policies (kind, version, body, body_hash, created_by, created_at)
      select $1, max(version) + 1, $2, sha256('y'), $3, '2026-01-01' from policies where kind = $1`,
    [kind, { ...POLICY_EXAMPLES[kind], ...change }, PEOPLE.editor],
  );
}

async function invoiced(netMinor = 10_000) {
  const deal = await orderedDeal(world, { lines: [{ quantity: 1, netMinor }] });
  await deliver(world, deal, [1]);
  await settle(world, deal.leadId);
  const [invoice] = await invoicesOf(world, deal);
  return { deal, invoice: invoice as NonNullable<typeof invoice> };
}

const dueOf = async (leadId: string, kind: string): Promise<string> =>
  (
    await row<{ due: string }>(
      world,
      `select to_char(until at time zone 'Europe/Madrid', 'YYYY-MM-DD') as due from waits
        where lead_id = $1 and kind = $2 and ended_at is null`,
      leadId,
      kind,
    )
  ).due;

describe('an order keeps what it pinned', () => {
  test('its invoices are reminded by the plan of then, with the tolerance of then', async () => {
    const before = await invoiced();
    const due = await dueOf(before.deal.leadId, 'payment');
    const { business } = POLICY_EXAMPLES.dunning;
    const levels = business.levels.map((level) => ({ ...level, afterDays: level.afterDays + 30 }));
    await changed('dunning', { business: { ...business, levels } });
    await changed('invoicing', {
      smallDifference: { shareBps: 10_000, maximums: [{ amount: '1000.00', currency: 'EUR' }] },
    });
    const after = await invoiced();
    expect(await dueOf(after.deal.leadId, 'payment')).toBe(due);
    const { pins } = await row<{ pins: object }>(
      world,
      'select pins from invoices where id = $1',
      after.invoice.id,
    );
    expect(pins).toMatchObject({ dunning: 1, invoicing: 1 });
    await pay(world, after.deal, after.invoice.number, 6_000n, 1);
    expect((await invoicesOf(world, after.deal))[0]?.open).toBe(6_100n);
  });

  test('but the tax is the law’s on the day of delivery: rate and category together', async () => {
    const { rates } = POLICY_EXAMPLES.tax;
    const freed = {
      country: 'ES',
      taxClass: 'reduced',
      fromOn: '2026-03-01',
      rateBps: 0,
      treatment: 'Z',
    } as const;
    const deal = await orderedDeal(world, { lines: [{ product: 'sw', quantity: 2, netMinor: 10_000 }] });
    await changed('tax', { rates: [...rates, freed] });
    await deliver(world, deal, [1]);
    await settle(world, deal.leadId);
    await changed('tax', { rates: [...rates, { ...freed, rateBps: 400, treatment: 'S' }] });
    await deliver(world, deal, [1], 1);
    await settle(world, deal.leadId, 1);
    const { rows } = await world.db.query(
      `select t.treatment, t.rate_bps as rate, t.tax_minor as tax from invoice_taxes t join invoices i
        on i.id = t.invoice_id where i.lead_id = $1 order by i.seq`,
      [deal.leadId],
    );
    expect(rows).toEqual([
      { treatment: 'Z', rate: 0, tax: 0n },
      { treatment: 'S', rate: 400, tax: 200n },
    ]);
    await changed('tax', {});
  });

  test('its commission is due on the payday of then', async () => {
    const first = await invoiced();
    await pay(world, first.deal, first.invoice.number, first.invoice.gross, 1);
    await settle(world, first.deal.leadId, 1);
    const due = await dueOf(first.deal.leadId, 'payout');
    await changed('payout', { dayOfMonth: 20, releaseHours: 1 });
    const second = await invoiced();
    await pay(world, second.deal, second.invoice.number, second.invoice.gross, 1);
    await settle(world, second.deal.leadId, 1);
    expect(await dueOf(second.deal.leadId, 'payout')).toBe(due);
  });
});

test('a payout run is released by the rules it was calculated by', async () => {
  await changed('payout', {});
  const deal = await invoiced(1_000_000);
  await pay(world, deal.deal, deal.invoice.number, deal.invoice.gross, 1);
  await settle(world, deal.deal.leadId, 1);
  const opened = await openPayoutRun(world.deps, {
    period: DAY.slice(0, 7),
    actorId: PEOPLE.comp,
    at: world.at(34),
  });
  const call = { run: `${opened.period}/${opened.run}`, at: world.at(34) };
  const head = await world.steps.calculatePayout(call);
  await changed('payout', { releaserRole: 'finance', releaseHours: 999 });
  expect(await world.steps.calculatePayout(call)).toEqual(head);
  const release = async (actorId: string) => {
    const messageId = newId('msg');
    await world.db.query(
      `insert into messages (id, target, name, kind, actor_id, body, body_hash, not_after)
        values ($1, $2, 'releasePayout', 'decision', $3, '{}', sha256('x'), now() + interval '1 day')`,
      [messageId, opened.target, actorId],
    );
    return (await world.steps.releasePayout({ ...call, messageId })).answer;
  };
  expect(await release(PEOPLE.finance)).toMatchObject({ code: 'forbidden' });
  expect(await release(PEOPLE.comp2)).toEqual({ result: 'applied' });
});
