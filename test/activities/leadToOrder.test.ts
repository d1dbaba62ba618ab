// Every step from first contact to the order, on real Postgres: at once with itself, and once more with the same
// key. Its effect happens once, its answer is the same, and a refusal changes nothing but the message.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import pino from 'pino';
import { makeActivities } from '../../activities/index.js';
import { captureLead } from '../../activities/intake/leads.js';
import { leadTarget, putDecision } from '../../activities/intake/messages.js';
import { draftQuote } from '../../activities/intake/quotes.js';
import { newId } from '../../db/ids.js';
import { PolicyStore } from '../../db/policies.js';
import { withTransaction } from '../../db/pool.js';
import type { DecisionName } from '../../domain/messages.js';
import type { DealActivities, StepAnswer, StepCall } from '../../domain/steps.js';
import { BEGINS_AT, PEOPLE, seedCompany, sku } from '../support/company.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

const HOUR_MS = 3_600_000;
let base: TestDatabase;
let steps: DealActivities;
const policies = new PolicyStore();

beforeAll(async () => {
  base = await freshDatabase();
  await seedCompany(base.owner, BEGINS_AT);
  const deps = { db: base.app, policies, log: pino({ level: 'silent' }), mailer: undefined as never };
  steps = makeActivities(deps);
});
afterAll(() => base?.drop());

interface Row {
  stage: string;
  revision: number;
  outcome: string | null;
}
let leadId: string;
let at = BEGINS_AT;
let captured: string;

beforeEach(async () => {
  captured = newId('msg');
  at += HOUR_MS;
  const email = `${captured.slice(-12)}@customer.example`;
  const capture = {
    source: { channel: 'website' },
    contact: { name: 'C', email, company: 'C', country: 'ES' },
  };
  ({ leadId } = await captureLead(base.app, {
    capture,
    actorId: PEOPLE.machine,
    messageId: captured,
    nowMs: at,
  }));
});

const lead = async (): Promise<Row> => {
  const { rows } = await base.owner.query<Row>('select stage, revision, outcome from leads where id = $1', [
    leadId,
  ]);
  return rows[0] as Row;
};

/** What a worker does with a step whose twin was faster: it tries again. */
async function tried(step: (call: StepCall) => Promise<StepAnswer>, call: StepCall): Promise<StepAnswer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step(call);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.type !== 'DatabaseAway' || attempt === 5)
        throw error;
    }
  }
}

const counts = async (): Promise<string> => {
  const { rows } = await base.owner.query<{ table: string }>(
    `select relname as table from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const parts = rows.map(({ table }) => `(select count(*) from ${table}) as "${table}"`);
  return JSON.stringify((await base.owner.query(`select ${parts.join(', ')}`)).rows[0], (_k, v: unknown) =>
    typeof v === 'bigint' ? v.toString() : v,
  );
};

/** Runs a step at once with itself and once more; its revision goes up by one, and only once. */
async function once(name: Exclude<keyof DealActivities, 'loadLead'>, call: Omit<StepCall, 'leadId'>) {
  const before = await lead();
  const whole = { leadId, ...call };
  const [first, twin] = await Promise.all([tried(steps[name], whole), tried(steps[name], whole)]);
  const after = await lead();
  expect(after.revision).toBe(before.revision + 1);
  const rows = await counts();
  const again = await steps[name]({ ...whole, at: whole.at + HOUR_MS });
  expect(await counts()).toBe(rows);
  expect((await lead()).revision).toBe(after.revision);
  for (const answer of [first, twin, again]) {
    expect(answer?.head.revision).toBe(after.revision);
    expect(answer?.head.stage).toBe(after.stage);
  }
  return { answer: again, stage: after.stage, outcome: after.outcome };
}

async function told(name: DecisionName, actorId: string, body: object): Promise<string> {
  const id = newId('msg');
  const message = { id, target: leadTarget(leadId), leadId, name, actorId, body, nowMs: Date.now() };
  await putDecision(base.app, message);
  return id;
}

async function decide(name: DecisionName, actorId: string, body: object) {
  const result = await once(name, { key: await told(name, actorId, body), at });
  expect(result.answer.answer?.result).toBe('applied');
  return result;
}

async function refused(name: DecisionName, actorId: string, body: object): Promise<string | undefined> {
  const before = await lead();
  const key = await told(name, actorId, body);
  const rows = await counts();
  const { answer } = await tried(steps[name], { leadId, key, at });
  expect(answer?.result).toBe('refused');
  expect(await counts()).toBe(rows);
  expect(await lead()).toEqual(before);
  const again = await steps[name]({ leadId, key, at });
  expect(again.answer).toEqual(answer);
  return answer?.code;
}

/** An own step, due for one of the lead's waits. */
async function due(name: Exclude<keyof DealActivities, 'loadLead'>, kind: string) {
  const { rows } = await base.owner.query<{ subject: string; until: Date }>(
    'select subject, until from waits where lead_id = $1 and kind = $2 and ended_at is null',
    [leadId, kind],
  );
  const { revision } = await lead();
  const wait = rows[0] as (typeof rows)[0];
  at = Math.max(at, wait.until.getTime());
  return once(name, { key: `${leadId}/${name}/${revision}`, at, subject: wait.subject, revision });
}

const waiting = async (kind: string) => {
  const { rows } = await base.owner.query<{ person_id: string | null; level: number; until: Date }>(
    'select person_id, level, until from waits where lead_id = $1 and kind = $2 and ended_at is null',
    [leadId, kind],
  );
  return rows;
};

const scored = () => once('scoreLead', { key: captured, at });
const qualified = async () => {
  await scored();
  await decide('qualifyLead', PEOPLE.rep, { decision: 'qualify' });
};
async function drafted(discountBps: number): Promise<string> {
  const draft = { lines: [{ sku: sku(1), quantity: '10', discountBps }] };
  const input = { draft, leadId, actorId: PEOPLE.rep, nowMs: at };
  return (await withTransaction(base.app, (tx) => draftQuote(policies, tx, input))).quoteId;
}
async function submitted(discountBps: number): Promise<string> {
  await qualified();
  const quoteId = await drafted(discountBps);
  await decide('submitQuote', PEOPLE.rep, { quoteId, revision: 1 });
  return quoteId;
}
const approvalOf = async (quoteId: string): Promise<string> => {
  const { rows } = await base.owner.query<{ id: string }>(
    `select id from approvals where quote_id = $1 and status = 'open'`,
    [quoteId],
  );
  return rows[0]?.id as string;
};
const acceptedBy = { name: 'C', email: 'c@customer.example' };

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

  test('handed to another rep, the waits go with it; withdrawn, nothing waits any more', async () => {
    await scored();
    await decide('reassignLead', PEOPLE.boss, { ownerId: PEOPLE.sdr, reason: 'holiday' });
    expect(await waiting('qualification')).toMatchObject([{ person_id: PEOPLE.sdr }]);
    expect(await decide('withdrawLead', PEOPLE.sdr, { reason: 'asked to stop' })).toMatchObject({
      outcome: 'lost',
    });
    expect(await waiting('qualification')).toEqual([]);
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
    expect(await refused('decideApproval', PEOPLE.boss, body)).toBe('wrong_stage');
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

  test('the customer is reminded; an offer nobody accepts expires; a declined one is lost', async () => {
    await submitted(0);
    await due('remindCustomer', 'acceptance');
    expect(await due('expireOffer', 'acceptance')).toMatchObject({ stage: 'closed', outcome: 'lost' });
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

  test('a role granted today is not usable today', async () => {
    await scored();
    await base.owner.query(
      `insert into person_roles values ($1, 'manager', $2, current_date) on conflict do nothing`,
      [PEOPLE.fulfilment, PEOPLE.admin],
    );
    expect(await refused('qualifyLead', PEOPLE.fulfilment, { decision: 'qualify' })).toBe('forbidden');
  });
});
