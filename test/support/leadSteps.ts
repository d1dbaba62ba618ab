// The steps from first contact to the order on real Postgres, each run at once with itself and once more with the
// same key: its effect happens once, its answer is the same, and a refusal changes nothing but the message. One
// lead at a time; `leadId` and `at` are those of the lead captured last.
import { expect } from '@jest/globals';
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
import { BEGINS_AT, PEOPLE, seedCompany, sku } from './company.js';
import { freshDatabase, type TestDatabase } from './database.js';

const HOUR_MS = 3_600_000;
export let base: TestDatabase;
export let steps: DealActivities;
export const policies = new PolicyStore();

export async function openSteps(): Promise<void> {
  base = await freshDatabase();
  await seedCompany(base.owner, BEGINS_AT);
  const deps = { db: base.app, policies, log: pino({ level: 'silent' }), mailer: undefined as never };
  steps = makeActivities(deps);
}
export const closeSteps = async (): Promise<void> => base?.drop();

interface Row {
  stage: string;
  revision: number;
  outcome: string | null;
}
export let leadId: string;
export let at = BEGINS_AT;
export let captured: string;

export async function captureOne(): Promise<void> {
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
}

export const lead = async (): Promise<Row> => {
  const { rows } = await base.owner.query<Row>('select stage, revision, outcome from leads where id = $1', [
    leadId,
  ]);
  return rows[0] as Row;
};

/** What a worker does with a step whose twin was faster: it tries again. */
export async function tried(
  step: (call: StepCall) => Promise<StepAnswer>,
  call: StepCall,
): Promise<StepAnswer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step(call);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.type !== 'DatabaseAway' || attempt === 5)
        throw error;
    }
  }
}

export const counts = async (): Promise<string> => {
  const { rows } = await base.owner.query<{ table: string }>(
    `select relname as table from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const parts = rows.map(({ table }) => `(select count(*) from ${table}) as "${table}"`);
  return JSON.stringify((await base.owner.query(`select ${parts.join(', ')}`)).rows[0], (_k, v: unknown) =>
    typeof v === 'bigint' ? v.toString() : v,
  );
};

/** Runs a step at once with itself and once more; its revision goes up by one, and only once. */
export async function once(name: Exclude<keyof DealActivities, 'loadLead'>, call: Omit<StepCall, 'leadId'>) {
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

export async function told(name: DecisionName, actorId: string, body: object): Promise<string> {
  const id = newId('msg');
  const message = { id, target: leadTarget(leadId), leadId, name, actorId, body, nowMs: Date.now() };
  await putDecision(base.app, message);
  return id;
}

export async function decide(name: DecisionName, actorId: string, body: object) {
  const result = await once(name, { key: await told(name, actorId, body), at });
  expect(result.answer.answer?.result).toBe('applied');
  return result;
}

export async function refused(
  name: DecisionName,
  actorId: string,
  body: object,
): Promise<string | undefined> {
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
export async function due(name: Exclude<keyof DealActivities, 'loadLead'>, kind: string) {
  const { rows } = await base.owner.query<{ subject: string; until: Date }>(
    'select subject, until from waits where lead_id = $1 and kind = $2 and ended_at is null',
    [leadId, kind],
  );
  const { revision } = await lead();
  const wait = rows[0] as (typeof rows)[0];
  at = Math.max(at, wait.until.getTime());
  return once(name, { key: `${leadId}/${name}/${revision}`, at, subject: wait.subject, revision });
}

export const waiting = async (kind: string) => {
  const { rows } = await base.owner.query<{ person_id: string | null; level: number; until: Date }>(
    'select person_id, level, until from waits where lead_id = $1 and kind = $2 and ended_at is null',
    [leadId, kind],
  );
  return rows;
};

export const scored = () => once('scoreLead', { key: captured, at });
export const qualified = async () => {
  await scored();
  await decide('qualifyLead', PEOPLE.rep, { decision: 'qualify' });
};
export async function drafted(discountBps: number, actorId: string = PEOPLE.rep): Promise<string> {
  const draft = { lines: [{ sku: sku(1), quantity: '10', discountBps }] };
  const input = { draft, leadId, actorId, nowMs: at };
  return (await withTransaction(base.app, (tx) => draftQuote(policies, tx, input))).quoteId;
}
export async function submitted(discountBps: number, madeBy: string = PEOPLE.rep): Promise<string> {
  await qualified();
  const quoteId = await drafted(discountBps, madeBy);
  await decide('submitQuote', PEOPLE.rep, { quoteId, revision: 1 });
  return quoteId;
}
export const approvalOf = async (quoteId: string): Promise<string> => {
  const { rows } = await base.owner.query<{ id: string }>(
    `select id from approvals where quote_id = $1 and status = 'open'`,
    [quoteId],
  );
  return rows[0]?.id as string;
};
export const acceptedBy = { name: 'C', email: 'c@customer.example' };
