import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ReconcileEngine, reconcile } from '../../cli/reconcile.js';
import type { HistoryTells } from '../../cli/restored.js';
import type { WorkflowState } from '../../cli/verify/types.js';
import { closeBooks, engineWith, openBooks, withBooks } from '../support/withBooks.js';

beforeAll(openBooks);
afterAll(closeBooks);

function engineThatActs(
  changed: Readonly<Record<string, WorkflowState>>,
  told: Readonly<Record<string, Partial<HistoryTells>>> = {},
) {
  const calls: string[] = [];
  const engine: ReconcileEngine = {
    ...engineWith(changed),
    tells: async (workflowId) =>
      told[workflowId] && { revision: null, messages: [], mails: [], unconfirmed: null, ...told[workflowId] },
    terminate: async (workflowId) => void calls.push(`terminate ${workflowId}`),
    start: async (workflowId) => void calls.push(`start ${workflowId}`),
    look: async (workflowId) => void calls.push(`look ${workflowId}`),
  };
  return { engine, calls };
}

test('rows and workflows that agree are left alone', async () => {
  const { engine, calls } = engineThatActs({});
  const report = await withBooks('select 1', (db) => reconcile({ db, engine }));
  expect(report).toEqual({
    checkedRows: 4,
    started: [],
    ending: [],
    looked: [],
    ahead: [],
    adopted: [],
    withoutRow: [],
    failed: [],
  });
  expect(calls).toEqual([]);
});

test('starts what should run, wakes what should end, reports what belongs to no lead', async () => {
  const { engine, calls } = engineThatActs({
    'lead/lead_fresh': 'missing',
    'lead/lead_won': 'open',
    'lead/lead_gone': 'open',
    'subscription/sub_1': 'open',
  });
  const report = await withBooks('select 1', (db) => reconcile({ db, engine }));
  expect(report).toMatchObject({
    started: ['lead_fresh'],
    ending: ['lead_won'],
    withoutRow: ['lead/lead_gone'],
    failed: [],
  });
  expect(calls.sort()).toEqual(['look lead/lead_won', 'start lead/lead_fresh']);
});

test('looks at leads whose message was told half a minute ago and is not answered', async () => {
  const { engine, calls } = engineThatActs({});
  const change = `update messages
        set answer = null, answered_at = null, told_at = now() - interval '31 seconds'
      where id = 'msg_lead_bounced_3';
    update messages set answer = null, answered_at = null, told_at = now() - interval '20 seconds'
      where id = 'msg_refused'`;
  const report = await withBooks(change, (db) => reconcile({ db, engine }));
  expect(report.looked).toEqual(['lead_bounced']);
  expect(calls).toEqual(['look lead/lead_bounced']);
});

test.each([
  ['calculated', 'missing', ['start payout/commission/2026-03/1']],
  ['released', 'closed', ['start payout/commission/2026-03/1']],
  ['released', 'open', []],
  ['confirmed', 'open', ['look payout/commission/2026-03/1']],
  ['confirmed', 'missing', []],
] as const)('a payout run that is %s and whose workflow is %s: %s', async (status, state, expected) => {
  const { engine, calls } = engineThatActs({ 'payout/commission/2026-03/1': state });
  const change = `insert into payouts (id, mode, period, run, status, calculated_at)
      values ('payout_run', 'monthly', '2026-03', 1, '${status}', now())`;
  await withBooks(change, (db) => reconcile({ db, engine }));
  expect(calls).toEqual(expected);
});

test.each([
  ['queued', 'missing', ['start lead/lead_won']],
  ['queued', 'closed', ['start lead/lead_won']],
  ['queued', 'open', []],
  ['sent', 'missing', []],
] as const)(
  'a closed lead whose mail is %s and whose workflow is %s: %s',
  async (status, state, expected) => {
    const { engine, calls } = engineThatActs({ 'lead/lead_won': state });
    const change = `insert into mails (id, lead_id, kind, subject, language, status, queued_at)
      values ('mail_late', 'lead_won', 'receipt', 'pay_late', 'en', '${status}', now())`;
    await withBooks(change, (db) => reconcile({ db, engine }));
    expect(calls).toEqual(expected);
  },
);

test('a call that fails is reported and does not stop the others', async () => {
  const { engine, calls } = engineThatActs({ 'lead/lead_fresh': 'missing', 'lead/lead_bounced': 'missing' });
  const start = async (workflowId: string) => {
    if (workflowId === 'lead/lead_bounced') throw new Error('namespace is full');
    calls.push(`start ${workflowId}`);
  };
  const report = await withBooks('select 1', (db) => reconcile({ db, engine: { ...engine, start } }));
  expect(report.started).toEqual(['lead_fresh']);
  expect(report.failed).toEqual([{ workflowId: 'lead/lead_bounced', reason: 'namespace is full' }]);
});

const openTasks = async (db: Parameters<typeof reconcile>[0]['db']) =>
  (
    await db.query(
      `select kind, lead_id, subject, role, reason from tasks where status = 'open' and kind = 'restored_behind'`,
    )
  ).rows;

test.each([
  ['a revision the row has not come to', { revision: 99 }],
  ['a message that is not stored', { messages: ['msg_lead_fresh_2', 'msg_gone'] }],
  ['a mail that is not stored', { mails: ['mail_gone'] }],
] as const)(
  'a deal whose workflow knows %s is not begun again, and a person is asked once',
  async (_what, tells) => {
    const told = { 'lead/lead_fresh': tells, 'lead/lead_bounced': { revision: 1 } };
    const { engine, calls } = engineThatActs(
      { 'lead/lead_fresh': 'closed', 'lead/lead_bounced': 'missing' },
      told,
    );
    await withBooks('select 1', async (db) => {
      for (const dryRun of [true, false, false]) {
        const report = await reconcile({ db, engine, dryRun });
        expect(report.ahead).toMatchObject([{ workflowId: 'lead/lead_fresh', subject: 'lead_fresh' }]);
        expect(report.started).toEqual(['lead_bounced']);
        expect(await openTasks(db)).toHaveLength(dryRun ? 0 : 1);
      }
      expect(new Set(calls)).toEqual(new Set(['start lead/lead_bounced']));
      const [task] = await openTasks(db);
      expect(task).toMatchObject({ lead_id: 'lead_fresh', role: 'admin', reason: { storedRevision: 2 } });
      const report = await reconcile({ db, engine, adopt: ['lead_fresh'] });
      expect(report).toMatchObject({ adopted: ['lead_fresh'], ahead: [] });
      expect(calls.slice(-3)).toEqual(
        expect.arrayContaining(['terminate lead/lead_fresh', 'start lead/lead_fresh']),
      );
      expect(await openTasks(db)).toEqual([]);
    });
  },
);

test('a lead that is running and knows more is found as well, unless only differences are asked for', async () => {
  const { engine, calls } = engineThatActs({}, { 'lead/lead_fresh': { revision: 99 } });
  await withBooks('select 1', async (db) => {
    expect((await reconcile({ db, engine, fast: true })).ahead).toEqual([]);
    expect((await reconcile({ db, engine })).ahead).toMatchObject([{ knownRevision: 99, storedRevision: 2 }]);
  });
  expect(calls).toEqual([]);
});

test('a payout that was confirmed and is unpaid in the database is paid by nobody again', async () => {
  const run = 'payout/commission/2026-03/1';
  const { engine, calls } = engineThatActs({ [run]: 'closed' }, { [run]: { unconfirmed: 0 } });
  const change = `insert into payouts (id, mode, period, run, status, calculated_at)
      values ('payout_run', 'monthly', '2026-03', 1, 'released', now());
    insert into payout_lines (payout_id, payee_id, currency, earned_minor, amount_minor)
      values ('payout_run', 'per_rep', 'EUR', 1, 1)`;
  await withBooks(change, async (db) => {
    expect((await reconcile({ db, engine })).ahead).toMatchObject([{ workflowId: run, payoutLines: 1 }]);
    expect(await openTasks(db)).toMatchObject([{ lead_id: null, subject: run }]);
  });
  expect(calls).toEqual([]);
});
