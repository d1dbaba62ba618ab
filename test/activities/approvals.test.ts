// Asking and deciding, on real Postgres: who is asked, who may answer, and what the database refuses by itself.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { PEOPLE } from '../support/company.js';
import {
  acceptedBy,
  approvalOf,
  base,
  captureOne,
  closeSteps,
  decide,
  due,
  lead,
  leadId,
  openSteps,
  refused,
  submitted,
  waiting,
} from '../support/leadSteps.js';

beforeAll(() => openSteps());
beforeEach(() => captureOne());
afterAll(() => closeSteps());

describe('an approval', () => {
  test('above policy the manager is asked, and the rep who asked cannot answer', async () => {
    const quoteId = await submitted(1500);
    expect((await lead()).stage).toBe('approval');
    const approvalId = await approvalOf(quoteId);
    const body = { approvalId, quoteId, revision: 1, decision: 'approve' };
    expect(await refused('acceptQuote', PEOPLE.rep, { quoteId, revision: 1, acceptedBy })).toBe(
      'wrong_stage',
    );
    expect(await refused('decideApproval', PEOPLE.rep, body)).toBe('forbidden');
    expect(await refused('decideApproval', PEOPLE.boss, { ...body, revision: 2 })).toBe('not_found');
    expect((await decide('decideApproval', PEOPLE.boss, body)).stage).toBe('offered');
    expect(await refused('decideApproval', PEOPLE.boss, body)).toBe('already_decided');
  });

  test('rejected, it goes back to the rep, who submits another revision', async () => {
    const quoteId = await submitted(1500);
    const body = {
      approvalId: await approvalOf(quoteId),
      quoteId,
      revision: 1,
      decision: 'reject',
      reason: 'thin',
    };
    expect((await decide('decideApproval', PEOPLE.boss, body)).stage).toBe('quoting');
    expect(await refused('submitQuote', PEOPLE.rep, { quoteId, revision: 1 })).toBe('wrong_stage');
    expect(await refused('submitQuote', PEOPLE.rep, { quoteId, revision: 7 })).toBe('not_found');
  });

  test('silence is reminded, then handed up, then the admin’s; it never approves', async () => {
    await submitted(1500);
    await due('remindApprover', 'approval');
    expect((await due('escalateApproval', 'approval')).stage).toBe('approval');
    expect(await waiting('approval')).toMatchObject([{ person_id: PEOPLE.head, level: 1 }]);
    await due('escalateApproval', 'approval');
    const { rows } = await base.owner.query(
      `select role from tasks where lead_id = $1 and kind = 'approval_overdue'`,
      [leadId],
    );
    expect(rows).toEqual([{ role: 'admin' }]);
  });
});

describe('an approval nobody may give', () => {
  const task = async () => {
    const { rows } = await base.owner.query(
      `select role, status, reason from tasks where lead_id = $1 and kind = 'approval_overdue'`,
      [leadId],
    );
    return rows[0];
  };
  const limits = (minor: bigint) => base.owner.query('update approval_limits set limit_minor = $1', [minor]);
  const before = async () => {
    await base.owner.query('update approval_limits set limit_minor = 100000000 where person_id = $1', [
      PEOPLE.head,
    ]);
    await base.owner.query('update approval_limits set limit_minor = 2000000 where person_id = $1', [
      PEOPLE.boss,
    ]);
  };
  afterEach(before);

  test('is the admin’s with the way out; once a limit is raised, it is asked again and decided', async () => {
    await limits(1n);
    const quoteId = await submitted(1500);
    expect(await waiting('approval')).toMatchObject([{ person_id: null }]);
    await due('escalateApproval', 'approval');
    expect(await task()).toMatchObject({
      role: 'admin',
      status: 'open',
      reason: {
        reasonCode: 'nobody_able',
        amountMinor: '42500',
        wayOut: ['raise_limit', 'set_manager', 'new_revision'],
      },
    });
    await due('escalateApproval', 'approval');
    expect(await waiting('approval')).toMatchObject([{ person_id: null, level: 2 }]);
    await before();
    await due('escalateApproval', 'approval');
    expect(await waiting('approval')).toMatchObject([{ person_id: PEOPLE.boss, level: 3 }]);
    expect(await task()).toMatchObject({ status: 'resolved' });
    const approvalId = await approvalOf(quoteId);
    const body = { approvalId, quoteId, revision: 1, decision: 'approve' };
    expect((await decide('decideApproval', PEOPLE.boss, body)).stage).toBe('offered');
  });
});

describe('a delegate', () => {
  beforeEach(async () => {
    await base.owner.query(`insert into delegations values ($1, $2, $3, '2026-01-01', '2099-12-31')`, [
      newId('deleg'),
      PEOPLE.boss,
      PEOPLE.finance,
    ]);
  });
  afterEach(async () => {
    await base.owner.query('delete from delegations');
  });

  test('decides for the approver, and the record says for whom', async () => {
    const quoteId = await submitted(1500);
    const approvalId = await approvalOf(quoteId);
    await decide('decideApproval', PEOPLE.finance, { approvalId, quoteId, revision: 1, decision: 'approve' });
    const { rows } = await base.owner.query(
      'select approver_id, decided_by, acting_for from approvals where id = $1',
      [approvalId],
    );
    expect(rows).toEqual([{ approver_id: PEOPLE.boss, decided_by: PEOPLE.finance, acting_for: PEOPLE.boss }]);
  });

  test('of the maker never decides: the next manager is asked instead', async () => {
    const quoteId = await submitted(1500, PEOPLE.boss);
    const approvalId = await approvalOf(quoteId);
    expect(await waiting('approval')).toMatchObject([{ person_id: PEOPLE.head }]);
    const body = { approvalId, quoteId, revision: 1, decision: 'approve' };
    for (const person of [PEOPLE.boss, PEOPLE.finance])
      expect(await refused('decideApproval', person, body)).toBe('forbidden');
    // As if the maker had been asked, which an older version did.
    await base.owner.query('update approvals set approver_id = $2 where id = $1', [approvalId, PEOPLE.boss]);
    for (const person of [PEOPLE.boss, PEOPLE.finance])
      expect(await refused('decideApproval', person, body)).toBe('self_approval');
  });
});

describe('the database refuses by itself', () => {
  const approved = async (madeBy: string, change: object) => {
    const quoteId = await submitted(1500, madeBy);
    const approvalId = await approvalOf(quoteId);
    const set = { status: 'approved', decided_at: new Date(), limit_minor: 2_000_000, ...change };
    const columns = Object.keys(set);
    const values = Object.values(set);
    const assigned = columns.map((column, i) => `${column} = $${i + 2}`).join(', ');
    return base.app.query(`update approvals set ${assigned} where id = $1`, [approvalId, ...values]);
  };

  const delegated = (fromOn: string, untilOn: string, toId: string = PEOPLE.finance) =>
    base.owner.query('insert into delegations values ($1, $2, $3, $4, $5)', [
      newId('deleg'),
      PEOPLE.boss,
      toId,
      fromOn,
      untilOn,
    ]);
  afterEach(async () => {
    await base.owner.query('delete from delegations');
  });

  test.each<[string, string, object, string]>([
    [
      'the maker',
      PEOPLE.boss,
      { approver_id: PEOPLE.boss, decided_by: PEOPLE.boss },
      'quote_maker_never_approves',
    ],
    [
      'the delegate of the maker',
      PEOPLE.boss,
      { approver_id: PEOPLE.boss, decided_by: PEOPLE.finance, acting_for: PEOPLE.boss },
      'quote_maker_never_approves',
    ],
    [
      'the delegate of the requester',
      PEOPLE.rep,
      { requested_by: PEOPLE.boss, decided_by: PEOPLE.finance, acting_for: PEOPLE.boss },
      'nobody_has_his_own_request_approved',
    ],
    ['who was not asked', PEOPLE.rep, { decided_by: PEOPLE.head }, 'only_who_was_asked_approves'],
    [
      'a limit the row only says',
      PEOPLE.rep,
      { approver_id: PEOPLE.finance, decided_by: PEOPLE.finance },
      'nobody_approves_above_his_limit',
    ],
    [
      'no limit at all',
      PEOPLE.rep,
      { decided_by: PEOPLE.boss, limit_minor: null },
      'nobody_approves_above_his_limit',
    ],
  ])('%s', async (_what, madeBy, change, constraint) => {
    await delegated('2026-01-01', '2099-12-31');
    await expect(approved(madeBy, change)).rejects.toMatchObject({ constraint });
  });

  const forBoss = { approver_id: PEOPLE.boss, decided_by: PEOPLE.finance, acting_for: PEOPLE.boss };
  const constraint = 'stands_in_by_a_delegation';
  // Decided at 23:30 UTC, which is the next day where the company is.
  const decided_at = new Date(Date.UTC(2026, 2, 9, 23, 30));
  test.each([
    ['over the day before', '2026-03-01', '2026-03-09', PEOPLE.finance, false],
    ['over on the day', '2026-03-01', '2026-03-10', PEOPLE.finance, true],
    ['in force from the day', '2026-03-10', '2026-03-31', PEOPLE.finance, true],
    ['in force from the next day', '2026-03-11', '2026-03-31', PEOPLE.finance, false],
    ['to somebody else', '2026-03-01', '2026-03-31', PEOPLE.head, false],
  ])('who decides for another by a delegation %s', async (_what, fromOn, untilOn, toId, stands) => {
    await delegated(fromOn, untilOn, toId);
    const deciding = approved(PEOPLE.rep, { ...forBoss, decided_at });
    if (stands) expect((await deciding).rowCount).toBe(1);
    else await expect(deciding).rejects.toMatchObject({ constraint });
  });

  test('who rejects for another without a delegation; along a chain of them it is taken', async () => {
    const approvalId = await approvalOf(await submitted(1500));
    const rejecting = () =>
      base.app.query(
        `update approvals set status = 'rejected', decided_by = $2, acting_for = $3, decided_at = $4 where id = $1`,
        [approvalId, PEOPLE.finance, PEOPLE.boss, decided_at],
      );
    await expect(rejecting()).rejects.toMatchObject({ constraint });
    await delegated('2026-03-01', '2026-03-31', PEOPLE.head);
    await base.owner.query(`insert into delegations values ($1, $2, $3, '2026-03-10', '2026-03-10')`, [
      newId('deleg'),
      PEOPLE.head,
      PEOPLE.finance,
    ]);
    expect((await rejecting()).rowCount).toBe(1);
  });

  test('a row that is born approved', async () => {
    const quoteId = await submitted(1500);
    const approvalId = await approvalOf(quoteId);
    await expect(
      base.app.query(
        `insert into approvals select (jsonb_populate_record(a, jsonb_build_object('id', 'appr_born', 'rule_id', 'x',
            'status', 'approved', 'decided_by', $2::text, 'decided_at', now(), 'limit_minor', 2000000))).*
          from approvals a where a.id = $1`,
        [approvalId, PEOPLE.head],
      ),
    ).rejects.toMatchObject({ constraint: 'only_who_was_asked_approves' });
  });
});
