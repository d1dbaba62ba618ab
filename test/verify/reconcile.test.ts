import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ReconcileEngine, reconcile } from '../../cli/reconcile.js';
import type { WorkflowState } from '../../cli/verify/types.js';
import { closeBooks, engineWith, openBooks, withBooks } from '../support/withBooks.js';

beforeAll(openBooks);
afterAll(closeBooks);

function engineThatActs(changed: Readonly<Record<string, WorkflowState>>) {
  const calls: string[] = [];
  const engine: ReconcileEngine = {
    ...engineWith(changed),
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
