// A step of the deal's own that the company has made no rules for: one task says so, and it goes on when they are.
import { expect, test } from '@jest/globals';
import { resume } from '../../activities/intake/policies.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { withTransaction } from '../../db/pool.js';
import { orderedDeal, own, PEOPLE, type World } from '../support/deal.js';
import { useWorld } from '../support/offences.js';

let world: World;
useWorld((opened) => {
  world = opened;
});

test('a step without its rules is one task, which a bug of ours replaces and is replaced by', async () => {
  const { leadId, orderId } = await orderedDeal(world, { billOn: 'order' });
  const open = async () => {
    const { rows } = await world.db.query<{ kind: string }>(
      `select kind from tasks where lead_id = $1 and status = 'open'`,
      [leadId],
    );
    return rows.map(({ kind }) => kind);
  };
  const waits = ({ head }: { head: { waits: readonly (readonly unknown[])[] } }) => head.waits;
  const due = () => own(world, 'issueInvoice', leadId, orderId, 1);
  await world.db.query(`delete from policies where kind = 'notifications'`);
  const first = await due();
  expect(first.answer).toEqual({ result: 'stuck', code: 'not_configured' });
  // Its wait has moved by a minute, by which the workflow knows that it has not to be marked as broken.
  const moved = ['invoicing', orderId, world.at(1) + 60_000];
  expect(waits(first).map((wait) => wait.slice(0, 3))).toContainEqual(moved);
  expect(await open()).toEqual(['rules_missing']);
  const { revision } = first.head;
  const key = `${leadId}/issueInvoice/${revision}`;
  const retry = { kind: 'invoicing' as const, at: world.at(1) + 3_600_000 };
  await world.steps.markStuck({ leadId, key, at: world.at(1), subject: orderId, revision, retry });
  expect(await open()).toEqual(['step_stuck']);
  await due();
  expect(await open()).toEqual(['rules_missing']);
  await world.db.query(
    `insert into policies (kind, version, body, body_hash, created_by, created_at)
      values ('notifications', 1, $1, sha256('x'), $2, '2026-01-01')`,
    [POLICY_EXAMPLES.notifications, PEOPLE.editor],
  );
  const by = { at: new Date(world.at(1)), personId: PEOPLE.editor };
  await withTransaction(world.db, (tx) => resume(tx, 'notifications', by as never));
  expect((await due()).answer?.result).toBe('applied');
  expect(await open()).toEqual([]);
});
