// Every step from first contact to the order but approvals (approvals.test.ts).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { captureLead } from '../../activities/intake/leads.js';
import { leadTarget } from '../../activities/intake/messages.js';
import { newId } from '../../db/ids.js';
import { mailTasks, PEOPLE } from '../support/company.js';
import {
  acceptedBy,
  approvalOf,
  at,
  base,
  captured,
  captureOne,
  closeSteps,
  decide,
  drafted,
  due,
  lead,
  leadId,
  once,
  openSteps,
  qualified,
  refused,
  scored,
  steps,
  submitted,
  told,
  tried,
  waiting,
} from '../support/leadSteps.js';

beforeAll(() => openSteps());
beforeEach(() => captureOne());
afterAll(() => closeSteps());

describe('a lead is received and qualified', () => {
  test('it is scored with reasons that sum to the score, and given to a rep with a date', async () => {
    expect((await scored()).stage).toBe('new');
    const { rows } = await base.owner.query<{
      score: number;
      score_reasons: { points: number }[];
      owner_id: string;
    }>('select score, score_reasons, owner_id from leads where id = $1', [leadId]);
    expect(rows[0]?.owner_id).toBe(PEOPLE.rep);
    expect(rows[0]?.score_reasons.reduce((sum, { points }) => sum + points, 0)).toBe(rows[0]?.score);
    expect(await waiting('qualification')).toMatchObject([{ person_id: PEOPLE.rep }]);
    expect(await waiting('intake')).toEqual([]);
  });

  test.each([
    ['qualify', 'quote', 'qualified'],
    ['nurture', 'interest', 'nurturing'],
  ] as const)(
    'a manager decides before it is scored (%s): score and owner follow, the stage stays',
    async (decision, wait, stage) => {
      await decide('qualifyLead', PEOPLE.boss, { decision });
      expect(await waiting('intake')).toHaveLength(1);
      expect((await once('scoreLead', { key: captured, at })).stage).toBe(stage);
      const { rows } = await base.owner.query('select score, owner_id from leads where id = $1', [leadId]);
      expect(rows).toEqual([{ score: expect.any(Number), owner_id: PEOPLE.rep }]);
      expect(await waiting('intake')).toEqual([]);
      expect(await waiting('qualification')).toEqual([]);
      expect(await waiting(wait)).toMatchObject([{ person_id: decision === 'qualify' ? PEOPLE.rep : null }]);
    },
  );

  describe('while nobody of the territory works here any more, nor the fallback owner,', () => {
    const here = [PEOPLE.rep, PEOPLE.sdr, PEOPLE.boss, PEOPLE.head];
    const work = (active: boolean, ids: readonly string[]) =>
      base.owner.query('update people set active = $1 where id = any($2)', [active, ids]);
    const leadRow = async () =>
      (await base.owner.query('select owner_id, stage from leads where id = $1', [leadId])).rows[0];
    const tasks = async () =>
      (await base.owner.query('select kind, role, status from tasks where lead_id = $1', [leadId])).rows;
    afterEach(() => work(true, here));

    test('it is nobody’s and a task, until a manager gives it to somebody', async () => {
      await work(false, [PEOPLE.rep, PEOPLE.sdr, PEOPLE.boss]);
      await scored();
      expect(await leadRow()).toEqual({ owner_id: null, stage: 'new' });
      expect(await tasks()).toEqual([{ kind: 'no_owner', role: 'manager', status: 'open' }]);
      expect(await waiting('qualification')).toMatchObject([{ person_id: null }]);
      await work(true, here);
      await decide('qualifyLead', PEOPLE.boss, { decision: 'qualify' });
      const quoteId = await drafted(0, PEOPLE.boss);
      expect(await refused('submitQuote', PEOPLE.boss, { quoteId, revision: 1 })).toBe('wrong_stage');
      await decide('reassignLead', PEOPLE.boss, { ownerId: PEOPLE.rep, reason: 'takes it' });
      expect(await leadRow()).toMatchObject({ owner_id: PEOPLE.rep });
      expect(await waiting('quote')).toMatchObject([{ person_id: PEOPLE.rep }]);
      expect(await tasks()).toMatchObject([{ status: 'resolved' }]);
      expect((await decide('submitQuote', PEOPLE.rep, { quoteId, revision: 1 })).stage).toBe('offered');
    });

    test('the fallback owner takes it as long as they are here', async () => {
      await work(false, [PEOPLE.rep, PEOPLE.sdr]);
      await scored();
      expect(await leadRow()).toEqual({ owner_id: PEOPLE.boss, stage: 'new' });
      expect(await tasks()).toEqual([]);
    });
  });

  test('handed to somebody before it is scored, it stays theirs', async () => {
    await decide('reassignLead', PEOPLE.boss, { ownerId: PEOPLE.sdr, reason: 'knows them' });
    expect((await scored()).stage).toBe('new');
    expect(await waiting('qualification')).toMatchObject([{ person_id: PEOPLE.sdr }]);
  });

  test('disqualified before it is scored, it is closed and nothing follows', async () => {
    const reason = 'no_budget';
    await decide('qualifyLead', PEOPLE.boss, { decision: 'disqualify', reason });
    const { answer } = await tried(steps.scoreLead, { leadId, key: captured, at });
    expect(answer).toEqual({ result: 'no_effect' });
    expect(await lead()).toMatchObject({ stage: 'closed', outcome: 'disqualified' });
  });

  test('nobody qualifies in time: the manager is asked, with a task', async () => {
    await scored();
    await due('escalateQualification', 'qualification');
    expect(await waiting('qualification')).toMatchObject([{ person_id: PEOPLE.boss, level: 1 }]);
    const { rows } = await base.owner.query(`select role from tasks where lead_id = $1 and status = 'open'`, [
      leadId,
    ]);
    expect(rows).toEqual([{ role: 'manager' }]);
  });

  const taskOf = async () => {
    const { rows } = await base.owner.query(
      `select role, person_id from tasks where lead_id = $1 and kind = 'qualification_overdue'`,
      [leadId],
    );
    return rows;
  };

  test('past the last manager it is the admin’s, and no longer the manager’s', async () => {
    await scored();
    await due('escalateQualification', 'qualification');
    expect(await taskOf()).toEqual([{ role: 'manager', person_id: PEOPLE.boss }]);
    await due('escalateQualification', 'qualification');
    expect(await taskOf()).toEqual([{ role: 'manager', person_id: PEOPLE.head }]);
    await due('escalateQualification', 'qualification');
    expect(await taskOf()).toEqual([{ role: 'admin', person_id: null }]);
    expect(await waiting('qualification')).toMatchObject([{ person_id: null, level: 3 }]);
    await decide('reassignLead', PEOPLE.boss, { ownerId: PEOPLE.sdr, reason: 'has time' });
    expect(await waiting('qualification')).toMatchObject([{ person_id: PEOPLE.sdr }]);
  });

  test('without a manager it is the admin’s at once', async () => {
    await base.owner.query('update people set manager_id = null where id = $1', [PEOPLE.rep]);
    await scored();
    await due('escalateQualification', 'qualification');
    expect(await taskOf()).toEqual([{ role: 'admin', person_id: null }]);
    await base.owner.query('update people set manager_id = $2 where id = $1', [PEOPLE.rep, PEOPLE.boss]);
  });

  test.each([
    ['their own capacity, below the policy’s', 0],
    ['one more than that', 1],
  ])('a rep who holds %s', async (_what, room) => {
    await base.owner.query(
      `update people set capacity = $2 + (select count(*) from leads where owner_id = $1 and stage <> 'closed')
        where id = $1`,
      [PEOPLE.rep, room],
    );
    await scored();
    const { rows } = await base.owner.query('select owner_id from leads where id = $1', [leadId]);
    expect(rows).toEqual([{ owner_id: room === 0 ? PEOPLE.boss : PEOPLE.rep }]);
    await base.owner.query('update people set capacity = 200 where id = $1', [PEOPLE.rep]);
  });

  test('a rep who takes leads of other countries is not given this one', async () => {
    await base.owner.query(`update people set territories = '["PT"]' where id = $1`, [PEOPLE.rep]);
    await scored();
    const { rows } = await base.owner.query('select owner_id from leads where id = $1', [leadId]);
    expect(rows).toEqual([{ owner_id: PEOPLE.boss }]);
    await base.owner.query(`update people set territories = '[]' where id = $1`, [PEOPLE.rep]);
  });

  test('a nurtured lead comes back, and is given up after its last round', async () => {
    await scored();
    expect((await decide('qualifyLead', PEOPLE.rep, { decision: 'nurture' })).stage).toBe('nurturing');
    expect((await due('recycleLead', 'interest')).stage).toBe('new');
    await decide('qualifyLead', PEOPLE.rep, { decision: 'nurture' });
    expect(await due('recycleLead', 'interest')).toMatchObject({ stage: 'closed', outcome: 'disqualified' });
  });

  test('a touch wakes a nurtured lead', async () => {
    await scored();
    await decide('qualifyLead', PEOPLE.rep, { decision: 'nurture' });
    const touched = newId('msg');
    const { rows } = await base.owner.query<{ email: string }>(
      'select c.email from contacts c join leads l on l.contact_id = c.id where l.id = $1',
      [leadId],
    );
    const capture = { source: { channel: 'email' }, contact: { email: rows[0]?.email ?? '' } };
    const again = await captureLead(base.app, {
      capture,
      actorId: PEOPLE.machine,
      messageId: touched,
      nowMs: at,
    });
    expect(again).toEqual({ leadId, created: false });
    expect((await once('rescoreLead', { key: touched, at })).stage).toBe('new');
  });

  test('only the owner, a manager or a machine may decide, and only with a reason of the policy', async () => {
    await scored();
    expect(await refused('qualifyLead', PEOPLE.sdr, { decision: 'qualify' })).toBe('forbidden');
    expect(await refused('qualifyLead', PEOPLE.finance, { decision: 'qualify' })).toBe('forbidden');
    expect(await refused('qualifyLead', PEOPLE.rep, { decision: 'disqualify', reason: 'mood' })).toBe(
      'invalid_field',
    );
    const result = await decide('qualifyLead', PEOPLE.rep, { decision: 'disqualify', reason: 'no_budget' });
    expect(result).toMatchObject({ stage: 'closed', outcome: 'disqualified' });
    expect(await refused('qualifyLead', PEOPLE.rep, { decision: 'qualify' })).toBe('lead_closed');
  });

  test('a need is recorded when the policy lists it, and refused under its own name when not', async () => {
    await scored();
    const unlisted = { decision: 'qualify', needs: { budget: '10,000 EUR', mood: 'good' } };
    expect(await refused('qualifyLead', PEOPLE.rep, unlisted)).toBe('unknown_reference');
    const needs = { budget: '10,000 EUR' };
    await decide('qualifyLead', PEOPLE.rep, { decision: 'qualify', needs });
    const { rows } = await base.owner.query('select needs from leads where id = $1', [leadId]);
    expect(rows).toEqual([{ needs }]);
  });

  test('first contact was made by somebody who works here and qualifies leads, or nobody', async () => {
    await scored();
    await base.owner.query('update people set active = false where id = $1', [PEOPLE.head]);
    for (const firstContactBy of ['person_01kaz4v8tqfv2r0c0q6c2nq4jd', PEOPLE.finance, PEOPLE.head]) {
      const body = { decision: 'qualify', firstContactBy };
      expect(await refused('qualifyLead', PEOPLE.rep, body)).toBe('unknown_reference');
    }
    await base.owner.query('update people set active = true where id = $1', [PEOPLE.head]);
    await decide('qualifyLead', PEOPLE.rep, { decision: 'qualify', firstContactBy: PEOPLE.sdr });
    const { rows } = await base.owner.query('select first_contact_by as by from leads where id = $1', [
      leadId,
    ]);
    expect(rows).toEqual([{ by: PEOPLE.sdr }]);
  });

  test('marketing qualifies nothing, and made first contact', async () => {
    await scored();
    await base.owner.query(`insert into person_roles values ($1, 'marketing', null, '2026-01-01')`, [
      PEOPLE.comp,
    ]);
    expect(await refused('qualifyLead', PEOPLE.comp, { decision: 'qualify' })).toBe('forbidden');
    await decide('qualifyLead', PEOPLE.rep, { decision: 'qualify', firstContactBy: PEOPLE.comp });
    await base.owner.query(`delete from person_roles where role = 'marketing'`);
  });

  test('handed on by somebody who saw an older revision is refused, by who saw this one done', async () => {
    await scored();
    const { revision } = await lead();
    const handing = { ownerId: PEOPLE.sdr, reason: 'holiday' };
    const stale = { ...handing, revision: revision - 1 };
    expect(await refused('reassignLead', PEOPLE.boss, stale)).toBe('stale_version');
    await decide('reassignLead', PEOPLE.boss, { ...handing, revision });
  });

  test('handed to another rep, the waits go with it; withdrawn, nothing waits any more', async () => {
    await scored();
    await decide('reassignLead', PEOPLE.boss, { ownerId: PEOPLE.sdr, reason: 'holiday' });
    expect(await waiting('qualification')).toMatchObject([{ person_id: PEOPLE.sdr }]);
    expect(await decide('withdrawLead', PEOPLE.sdr, { reason: 'asked to stop' })).toMatchObject({
      outcome: 'lost',
    });
    expect(await waiting('qualification')).toEqual([]);
  });

  test('lost without an order, a credit note asked of it is refused and not stuck', async () => {
    await scored();
    await decide('withdrawLead', PEOPLE.rep, { reason: 'asked to stop' });
    const asked = { invoiceId: newId('inv'), reason: 'damaged', requestedBy: PEOPLE.finance2 };
    expect(await refused('creditInvoice', PEOPLE.finance, asked)).toBe('wrong_stage');
  });
});

describe('a quote is submitted, approved and accepted', () => {
  test('within policy it is offered at once; accepted, it is an order with credits', async () => {
    const quoteId = await submitted(0);
    expect((await lead()).stage).toBe('offered');
    const { answer, stage } = await decide('acceptQuote', PEOPLE.rep, { quoteId, revision: 1, acceptedBy });
    expect(stage).toBe('ordered');
    const { rows } = await base.owner.query(
      `select o.net_minor::int as net, count(c.*)::int as credits, sum(c.share_bps) filter (where component = 'direct')::int
         as direct from orders o join commission_credits c on c.order_id = o.id where o.id = $1 group by o.id`,
      [answer.answer?.made],
    );
    expect(rows).toEqual([{ net: 50_000, credits: 2, direct: 10_000 }]);
    expect(await refused('acceptQuote', PEOPLE.rep, { quoteId, revision: 1, acceptedBy })).toBe(
      'already_decided',
    );
  });

  test('a customer renamed after the price was made stops the deal', async () => {
    const quoteId = await submitted(1500);
    const body = { approvalId: await approvalOf(quoteId), quoteId, revision: 1, decision: 'approve' };
    await base.owner.query(
      `update accounts set legal_name = 'Somebody else' where id = (select account_id from quotes where id = $1)`,
      [quoteId],
    );
    expect(await refused('decideApproval', PEOPLE.boss, body)).toBe('content_changed');
  });

  test('a newer quote replaces the one that is offered', async () => {
    const first = await submitted(0);
    const second = await drafted(0);
    await decide('submitQuote', PEOPLE.rep, { quoteId: second, revision: 1 });
    const { rows } = await base.owner.query(
      'select quote_id, status from quote_revisions where lead_id = $1 order by 1',
      [leadId],
    );
    expect(rows).toEqual([
      { quote_id: first, status: 'superseded' },
      { quote_id: second, status: 'offered' },
    ]);
  });

  test('the customer is reminded; an offer nobody accepts expires; a declined one is lost', async () => {
    await submitted(0);
    await due('remindCustomer', 'acceptance');
    expect(await due('expireOffer', 'acceptance')).toMatchObject({ stage: 'closed', outcome: 'lost' });
  });

  test('only the owner, a manager or a machine records what the customer said', async () => {
    const quoteId = await submitted(0);
    const said = { quoteId, revision: 1 };
    expect(await refused('acceptQuote', PEOPLE.sdr, { ...said, acceptedBy })).toBe('forbidden');
    expect(await refused('declineQuote', PEOPLE.sdr, { ...said, reason: 'x' })).toBe('forbidden');
    await decide('acceptQuote', PEOPLE.boss, { ...said, acceptedBy });
  });

  test('declined with a reason', async () => {
    const quoteId = await submitted(0);
    const result = await decide('declineQuote', PEOPLE.rep, {
      quoteId,
      revision: 1,
      reason: 'too expensive',
    });
    expect(result).toMatchObject({ stage: 'closed', outcome: 'lost' });
  });

  test('no quote in time: the rep is reminded, with a task', async () => {
    await qualified();
    await due('remindRep', 'quote');
    expect(await waiting('quote')).toMatchObject([{ level: 1 }]);
  });
});

describe('messages', () => {
  test('a decision past its time is answered expired and never executed', async () => {
    await scored();
    const key = await told('qualifyLead', PEOPLE.rep, { decision: 'qualify' });
    await base.owner.query(`update messages set not_after = now() - interval '1 second' where id = $1`, [
      key,
    ]);
    const { answer } = await steps.qualifyLead({ leadId, key, at });
    expect(answer?.result).toBe('expired');
    expect((await lead()).stage).toBe('new');
  });

  test('a fact that comes too early is parked with a task, which its application resolves', async () => {
    await scored();
    const key = newId('msg');
    await base.owner.query(
      `insert into messages (id, target, lead_id, name, kind, body, body_hash)
        values ($1, $2, $3, 'paymentApplied', 'fact', '{}', sha256('x'))`,
      [key, leadTarget(leadId), leadId],
    );
    const { answer } = await steps.applyPayment({ leadId, key, at });
    expect(answer).toEqual({ result: 'parked', code: 'too_early' });
    const { rows } = await base.owner.query(`select kind, status from tasks where subject = $1`, [key]);
    expect(rows).toEqual([{ kind: 'message_parked', status: 'open' }]);
  });

  test('whoever has to look at a parked fact is mailed when it begins to wait, and not each time it is tried', async () => {
    await scored();
    await mailTasks(base.owner);
    const key = newId('msg');
    await base.owner.query(
      `insert into messages (id, target, lead_id, name, kind, body, body_hash)
        values ($1, $2, $3, 'paymentApplied', 'fact', '{}', sha256('x'))`,
      [key, leadTarget(leadId), leadId],
    );
    const { mails } = await steps.applyPayment({ leadId, key, at });
    const again = await steps.applyPayment({ leadId, key, at: at + 1 });
    const told = await base.owner.query(
      `select m.id, m.kind, m.status from mails m join tasks t on t.id = m.subject where t.subject = $1`,
      [key],
    );
    expect(told.rows).toEqual([{ id: mails?.[0], kind: 'task', status: 'queued' }]);
    expect([mails?.length, again.mails]).toEqual([1, undefined]);
  });

  test('whoever has to look at a message that was never stored is mailed by the workflow it was told to', async () => {
    await scored();
    const { mails, answer } = await steps.applyPayment({ leadId, key: newId('msg'), at });
    expect(answer).toEqual({ result: 'refused', code: 'not_found' });
    const { rows } = await base.owner.query(
      `select m.id, m.status from mails m join tasks t on t.id = m.subject
        where t.kind = 'message_unknown' and t.lead_id = $1`,
      [leadId],
    );
    expect(rows).toEqual([{ id: mails?.[0], status: 'queued' }]);
  });

  test('a role granted today is not usable today', async () => {
    await scored();
    await base.owner.query(
      `insert into person_roles values ($1, 'manager', $2, current_date) on conflict do nothing`,
      [PEOPLE.fulfilment, PEOPLE.admin],
    );
    expect(await refused('qualifyLead', PEOPLE.fulfilment, { decision: 'qualify' })).toBe('forbidden');
  });
});
