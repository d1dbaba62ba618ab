// What every step is: one transaction with one commit that locks the lead, answers from memory if its key was
// seen, judges again from what is stored now, and writes business rows, audit, waits and answer together.
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import type { PolicyStore } from '../db/policies.js';
import { type CommitWith, type Db, inOneTrip, isDatabaseAway, type Tx, withTransaction } from '../db/pool.js';
import { DomainError } from '../domain/errors.js';
import { DECISIONS, type FactName, outcomeOf } from '../domain/messages.js';
import {
  type Answer,
  FACT_STEPS,
  type Head,
  type StepAnswer,
  type StepCall,
  type StepName,
  toldAnswer,
} from '../domain/steps.js';
import { OWN_STEPS } from '../domain/waits.js';
import { DealChange } from './dealChange.js';
import { databaseAway, noSuchLead, stepFailed } from './failures.js';
import type { Loaded, LockedLead } from './loaded.js';
import { mustBeAllowed } from './sender.js';

export interface StepDeps {
  readonly db: Db;
  readonly policies: PolicyStore;
  readonly log: Logger;
}

/** Judges and collects the writes; returns nothing when it applied, or says what else became of it. */
export type Judge<L> = (deal: DealChange<L>, tx: Tx) => Promise<Answer | void> | Answer | void;

export interface StepDefinition<L> {
  readonly name: StepName;
  /** SQL expression giving everything the judge needs as one JSON value; $1 is the lead, $2 the key. */
  readonly load?: string;
  readonly judge: Judge<L>;
}

/** So often a step may fail for a reason of ours before somebody is told and it is left for later. */
export const MAX_FAILURES = 3;
const own = new Set<string>(OWN_STEPS);
/** Steps that only a message begins; every other one is the deal's own, or reads. */
const begunByMessage = new Set<string>([...DECISIONS, ...Object.values(FACT_STEPS)]);
const raced = new Set(['audit_key_once', 'audit_entries_pkey']);

/** Makes the activity of one step; the failure count of a broken one lives with the worker. */
export function makeStep<L>(deps: StepDeps, { name, load, judge }: StepDefinition<L>) {
  const failures = new Map<string, number>();
  return async (call: StepCall): Promise<StepAnswer> => {
    try {
      const answer = await withTransaction(deps.db, (tx, commitWith) =>
        runStep(deps, { tx, commitWith }, call, name, load, judge),
      );
      failures.delete(call.key);
      return answer;
    } catch (error) {
      if (error instanceof ApplicationFailure) throw error;
      if (isDatabaseAway(error) || raced.has((error as { constraint?: string }).constraint ?? '')) {
        throw databaseAway();
      }
      const failed = (failures.get(call.key) ?? 0) + 1;
      failures.set(call.key, failed);
      deps.log.error({ step: name, key: call.key, failed, err: error }, 'step failed');
      if (failed < MAX_FAILURES) throw stepFailed(name, error);
      failures.delete(call.key);
      throw ApplicationFailure.create({
        message: `${name} failed ${MAX_FAILURES} times`,
        type: 'StepBroken',
        nonRetryable: true,
      });
    }
  };
}

/** Makes an activity that only reads a lead, with the same load and the same answer to a database away. */
export function makeQuery<L, R>(deps: StepDeps, load: string, answer: (deal: DealChange<L>) => R) {
  return async (call: StepCall): Promise<R> => {
    try {
      return await withTransaction(deps.db, async (tx) => {
        const [lead, loaded] = await lockAndLoad<L>(tx, call, load);
        return answer(new DealChange<L>({ call, name: 'look', lead, loaded, policies: deps.policies, tx }));
      });
    } catch (error) {
      if (error instanceof ApplicationFailure) throw error;
      if (isDatabaseAway(error)) throw databaseAway();
      deps.log.error({ step: 'loadLead', key: call.key, err: error }, 'a lead could not be read');
      throw stepFailed('loadLead', error);
    }
  };
}

async function runStep<L>(
  { policies, log }: StepDeps,
  { tx, commitWith }: { tx: Tx; commitWith: CommitWith },
  call: StepCall,
  name: StepName,
  load: string | undefined,
  judge: Judge<L>,
): Promise<StepAnswer> {
  const [lead, found] = await lockAndLoad<L>(tx, call, load);
  const loaded =
    begunByMessage.has(name) && !begins(found.message, name) ? { ...found, message: null } : found;
  const deal = new DealChange<L>({ call, name, lead, loaded, policies, tx });
  if (begunByMessage.has(name) && !loaded.message) return refuseUnknown(deal, name, log, commitWith);
  const stored = loaded.message?.answer;
  const isOver = own.has(name) && call.revision !== lead.revision;
  if (stored || isOver) {
    const mails = await queuedMails(tx, call.leadId);
    return {
      head: deal.head(),
      ...(stored && { answer: toldAnswer(stored) }),
      ...(mails.length > 0 && { mails }),
    };
  }
  const answer = (await judged(deal, tx, judge)) ?? { result: 'applied' as const };
  await deal.commit(answer, commitWith);
  return answerOf(deal.head(), answer, deal.mails.ids);
}

/** Whether a message of this lead is what this step applies: a decision's has its name, a fact's the table's. */
const begins = <L>(message: Loaded<L>['message'], step: StepName): boolean =>
  message !== null &&
  (message.kind === 'decision' ? message.name === step : FACT_STEPS[message.name as FactName] === step);

/**
 * The engine told the lead something we never stored for it: whoever reaches the engine can invent a message, or
 * name another lead's. Nothing of the deal changes, and nothing of what was told is kept; a person is told, once
 * per lead until the task is resolved.
 */
async function refuseUnknown<L>(
  deal: DealChange<L>,
  name: StepName,
  log: Logger,
  commitWith: CommitWith,
): Promise<StepAnswer> {
  const { leadId } = deal.call;
  log.error({ step: name, lead: leadId }, 'the engine told a message that is not stored for this lead');
  deal.task('message_unknown', leadId, 'admin', { step: name });
  deal.keepsRevision();
  const answer: Answer = { result: 'refused', code: 'not_found' };
  await deal.commit(answer, commitWith);
  return answerOf(deal.head(), answer, deal.mails.ids);
}

async function judged<L>(deal: DealChange<L>, tx: Tx, judge: Judge<L>): Promise<Answer | void> {
  const { message } = deal;
  if (deal.expired) return deal.discard({ result: 'expired', code: 'expired' });
  const outcome = message && outcomeOf(deal.stage, message.name);
  switch (outcome?.kind) {
    case 'refuse':
      return deal.discard({ result: 'refused', code: outcome.code, detail: outcome.detail });
    case 'no_effect':
      return deal.discard({ result: 'no_effect' });
    case 'park':
      return deal.park('too_early');
    default: // Applied, reopening, or the deal's own step.
  }
  try {
    mustBeAllowed(deal);
    return await judge(deal, tx);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { code, detail, pointer } = error;
    if (code === 'not_configured' && message?.kind !== 'decision') return deal.waitForRules(error);
    if (message?.kind !== 'decision') throw error;
    return deal.discard({ result: 'refused', code, detail, ...(pointer !== undefined && { pointer }) });
  }
}

const answerOf = (head: Head, answer: Answer, mails: readonly string[]): StepAnswer => ({
  head,
  answer: toldAnswer(answer),
  ...(mails.length > 0 && { mails }),
});

/** More than a step writes, and few enough for a history. */
const MAILS_AGAIN = 5;

/**
 * A step that was done and whose answer was lost has perhaps told nobody of the mails it wrote. The workflow knows
 * which of these it is sending already.
 */
async function queuedMails(tx: Tx, leadId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'mails_again',
    text: `select id from (select id, queued_at from mails where lead_id = $1 and status = 'queued'
      order by queued_at desc, id desc limit ${MAILS_AGAIN}) m order by queued_at, id`,
    values: [leadId],
  });
  return rows.map(({ id }) => id);
}

// The load is a statement of its own: it has to see what was committed while the lock was waited for.
const lockAndLoad = <L>(tx: Tx, call: StepCall, load?: string): Promise<[LockedLead, Loaded<L>]> =>
  inOneTrip(
    tx,
    () => lockLead(tx, call.leadId),
    () => loadContext<L>(tx, call, load),
  );

/** First statement of every step: the lead and the head of its audit chain, locked in one order. */
async function lockLead(tx: Tx, leadId: string): Promise<LockedLead> {
  const { rows } = await tx.query<LockedLead>({
    name: 'lock_lead',
    text: `select l.*, h.seq as audit_seq, h.hash as audit_hash from leads l
      join audit_heads h on h.subject = l.id where l.id = $1 for no key update of l, h`,
    values: [leadId],
  });
  if (!rows[0]) throw noSuchLead(leadId);
  return rows[0];
}

/** Second statement: message, actor, open waits, clock, policy versions and what the step itself asked for. */
async function loadContext<L>(tx: Tx, call: StepCall, load = 'null::jsonb'): Promise<Loaded<L>> {
  const { rows } = await tx.query<Loaded<L>>({
    name: `load_${hash(load)}`,
    text: `select
      (select jsonb_build_object('name', m.name, 'kind', m.kind, 'body', m.body, 'actorId', m.actor_id,
         'notAfter', floor(extract(epoch from m.not_after) * 1000), 'answer', m.answer, 'parkedFor', m.parked_for)
       from messages m where m.id = $2 and m.lead_id = $1 and m.target = 'lead/' || $1) as message,
      (select jsonb_build_object('id', p.id, 'active', p.active, 'managerId', p.manager_id, 'roles',
         (select coalesce(jsonb_agg(r.role), '[]') from person_roles r where r.person_id = p.id
            and (r.granted_by is null or r.granted_on < current_date)))
       from people p join messages m on m.actor_id = p.id where m.id = $2) as actor,
      (select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'kind', w.kind, 'subject', w.subject,
         'role', w.role, 'personId', w.person_id, 'level', w.level,
         'since', floor(extract(epoch from w.since) * 1000),
         'remindAt', floor(extract(epoch from w.remind_at) * 1000), 'until', floor(extract(epoch from w.until) * 1000),
         'retryAt', floor(extract(epoch from w.retry_at) * 1000))),
         '[]') from waits w where w.lead_id = $1 and w.ended_at is null) as waits,
      (select jsonb_build_object('anchorMs', floor(extract(epoch from c.anchor_at) * 1000),
         'realAnchorMs', floor(extract(epoch from c.real_anchor_at) * 1000), 'secondsPerDay', c.seconds_per_day)
       from clock_segments c order by c.id desc limit 1) as clock,
      (select coalesce(jsonb_object_agg(p.kind, p.version), '{}') from
         (select kind, max(version) as version from policies group by kind) p) as versions,
      (select jsonb_build_object('id', e.id, 'zone', e.zone, 'country', e.country) from legal_entities e
       order by e.created_at, e.id limit 1) as entity,
      (${load}) as own`,
    values: [call.leadId, call.key],
  });
  return rows[0] as Loaded<L>;
}

const hashes = new Map<string, number>();
const hash = (text: string): number => {
  if (!hashes.has(text)) hashes.set(text, hashes.size);
  return hashes.get(text) as number;
};
