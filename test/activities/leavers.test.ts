// Somebody leaves in the middle of a deal: their leads get another owner, and an approval goes to somebody who may
// decide it, which the next step of the deal then finds.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { deactivatePerson } from '../../activities/intake/leavers.js';
import { newId } from '../../db/ids.js';
import { withTransaction } from '../../db/pool.js';
import { APPROVAL_STATUSES, UNDECIDED } from '../../domain/approvals/types.js';
import { PEOPLE } from '../support/company.js';
import {
  approvalOf,
  at,
  base,
  captureOne,
  closeSteps,
  decide,
  due,
  lead,
  leadId,
  once,
  openSteps,
  policies,
  qualified,
  refused,
  submitted,
  waiting,
} from '../support/leadSteps.js';

beforeAll(() => openSteps());
beforeEach(() => captureOne());
afterEach(async () => {
  await base.owner.query('update people set active = true, left_on = null');
  await base.owner.query(
    `update leads set stage = 'closed', outcome = 'lost', closed_at = now() where stage <> 'closed'`,
  );
  await base.owner.query('delete from delegations');
});
afterAll(() => closeSteps());

const MARCH = '2026-03-02';

/** Somebody leaves; their lead hears of it. */
async function leaves(id: string): Promise<void> {
  const { rows } = await base.owner.query<{ revision: number }>('select revision from people where id = $1', [
    id,
  ]);
  const by = { personId: PEOPLE.admin, at: new Date(at) };
  const leaver = { id, expected: rows[0]?.revision as number, leftOn: MARCH };
  await withTransaction(base.app, (tx) => deactivatePerson(tx, policies, by, leaver));
  const told = await base.owner.query<{ id: string }>(
    `select id from messages where lead_id = $1 and name = 'waitReassigned' and answer is null`,
    [leadId],
  );
  expect(told.rows).toHaveLength(1);
  await once('adoptWaits', { key: told.rows[0]?.id as string, at });
}

const approverOf = async (id: string) => {
  const { rows } = await base.owner.query<{ approver_id: string | null; limit_minor: bigint | null }>(
    'select approver_id, limit_minor from approvals where id = $1',
    [id],
  );
  return rows[0];
};
const ownerOf = async () => {
  const { rows } = await base.owner.query<{ owner_id: string }>('select owner_id from leads where id = $1', [
    leadId,
  ]);
  return rows[0]?.owner_id;
};
const standsIn = (from: string, to: string) =>
  base.owner.query(`insert into delegations values ($1, $2, $3, '2026-01-01', '2099-12-31')`, [
    newId('deleg'),
    from,
    to,
  ]);

describe('when an approver leaves', () => {
  test('the next manager who may is asked, has the whole time, and decides', async () => {
    const quoteId = await submitted(1500);
    const approvalId = await approvalOf(quoteId);
    await leaves(PEOPLE.boss);
    expect(await approverOf(approvalId)).toEqual({ approver_id: PEOPLE.head, limit_minor: 100_000_000n });
    expect(await waiting('approval')).toMatchObject([{ person_id: PEOPLE.head, level: 0 }]);
    const body = { approvalId, quoteId, revision: 1, decision: 'approve' };
    expect(await refused('decideApproval', PEOPLE.boss, body)).toBe('forbidden');
    expect((await decide('decideApproval', PEOPLE.head, body)).stage).toBe('offered');
  });

  test.each([
    ['with a limit of their own comes first', 2_000_000, PEOPLE.finance],
    ['without one is passed over', 0, PEOPLE.head],
  ])('a delegate %s', async (_what, limit, expected) => {
    const approvalId = await approvalOf(await submitted(1500));
    await standsIn(PEOPLE.boss, PEOPLE.finance);
    await base.owner.query(
      `insert into approval_limits values ($1, 'EUR', $2) on conflict (person_id, currency) do update set limit_minor = $2`,
      [PEOPLE.finance, limit],
    );
    await leaves(PEOPLE.boss);
    expect((await approverOf(approvalId))?.approver_id).toBe(expected);
    await base.owner.query('delete from approval_limits where person_id = $1', [PEOPLE.finance]);
  });

  test('nobody is left who may: it is the admin’s at once, as a task', async () => {
    const approvalId = await approvalOf(await submitted(1500));
    await base.owner.query('update approval_limits set limit_minor = 1 where person_id = $1', [PEOPLE.head]);
    await leaves(PEOPLE.boss);
    await base.owner.query('update approval_limits set limit_minor = 100000000 where person_id = $1', [
      PEOPLE.head,
    ]);
    expect(await approverOf(approvalId)).toEqual({ approver_id: null, limit_minor: null });
    expect(await waiting('approval')).toMatchObject([{ person_id: null, until: new Date(at) }]);
    const { rows } = await base.owner.query(
      `select kind, role from tasks where subject = $1 and status = 'open'`,
      [approvalId],
    );
    expect(rows).toEqual([{ kind: 'approval_overdue', role: 'admin' }]);
    await due('escalateApproval', 'approval');
    expect((await lead()).stage).toBe('approval');
  });

  test('what is decided or void stays with who decided it, whatever else is handed over', async () => {
    const quoteId = await submitted(1500);
    const open = await approvalOf(quoteId);
    for (const status of APPROVAL_STATUSES.filter((one) => one !== 'open')) {
      const isDecided = status === 'approved' || status === 'rejected';
      const decided = isDecided ? { decided_by: PEOPLE.boss, decided_at: new Date() } : {};
      await base.owner.query(
        `insert into approvals select (jsonb_populate_record(a, $2)).* from approvals a where a.id = $1`,
        [open, { id: `appr_${status}_${leadId.slice(-8)}`, rule_id: status, status, ...decided }],
      );
    }
    await leaves(PEOPLE.boss);
    const { rows } = await base.owner.query<{ status: string }>(
      'select status from approvals where quote_id = $1 and approver_id = $2 order by 1',
      [quoteId, PEOPLE.head],
    );
    expect(rows.map(({ status }) => status)).toEqual([...UNDECIDED].sort());
  });
});

describe('when the owner of leads leaves', () => {
  test('they belong to the manager, and what waits next waits for the manager', async () => {
    await qualified();
    await leaves(PEOPLE.rep);
    expect(await ownerOf()).toBe(PEOPLE.boss);
    expect(await waiting('quote')).toMatchObject([{ person_id: PEOPLE.boss }]);
    await due('remindRep', 'quote');
    expect(await waiting('quote')).toMatchObject([{ person_id: PEOPLE.boss, level: 1 }]);
    expect(await refused('withdrawLead', PEOPLE.sdr, { reason: 'x' })).toBe('forbidden');
  });

  test('a delegate who sells comes first, one who does not is passed over', async () => {
    await qualified();
    await standsIn(PEOPLE.rep, PEOPLE.finance);
    await leaves(PEOPLE.rep);
    expect(await ownerOf()).toBe(PEOPLE.boss);
    await base.owner.query('update people set active = true');
    await standsIn(PEOPLE.boss, PEOPLE.sdr);
    await leaves(PEOPLE.boss);
    expect(await ownerOf()).toBe(PEOPLE.sdr);
  });

  test('the manager who takes over approves nothing of it any more', async () => {
    const quoteId = await submitted(1500);
    const approvalId = await approvalOf(quoteId);
    expect((await approverOf(approvalId))?.approver_id).toBe(PEOPLE.boss);
    await leaves(PEOPLE.rep);
    expect(await ownerOf()).toBe(PEOPLE.boss);
    expect((await approverOf(approvalId))?.approver_id).toBe(PEOPLE.head);
    const body = { approvalId, quoteId, revision: 1, decision: 'approve' };
    expect(await refused('decideApproval', PEOPLE.boss, body)).toBe('forbidden');
    expect((await decide('decideApproval', PEOPLE.head, body)).stage).toBe('offered');
  });
});
