// Steps of a lead's first stages: scored and given an owner, qualified, nurtured, handed on, withdrawn.
import type { Qualification, Reassignment, Withdrawal } from '../contracts/decisions.js';
import {
  FIRST_CONTACT,
  type FirstContactJson,
  PEOPLE,
  type PersonJson,
  RESCORING,
  type Rescoring,
  SCORING,
  type ScoringRow,
} from '../db/leads.js';
import { dateIn } from '../domain/calendar/zones.js';
import { DomainError } from '../domain/errors.js';
import { assignOwner } from '../domain/leads/assign.js';
import { scoreLead as score } from '../domain/leads/score.js';
import { MESSAGES } from '../domain/messages.js';
import { managersOf, type Role } from '../domain/people/people.js';
import type { ScoreField } from '../domain/policies/types.js';
import type { Answer } from '../domain/steps.js';
import { NO_OWNER, WAITS } from '../domain/waits.js';
import { resolveTasks } from './answers.js';
import type { DealChange } from './dealChange.js';
import type { HandOver } from './intake/factBodies.js';
import { peopleFrom } from './people.js';
import { makeStep, type StepDeps } from './step.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Source {
  readonly campaign?: string;
  readonly medium?: string;
  readonly landingPage?: string;
}

async function scored<L extends Rescoring>(deal: DealChange<L>): Promise<void> {
  const { lead, own } = deal;
  const policy = await deal.policy('scoring');
  const source = lead.source as Source;
  const result = score(
    {
      channel: lead.channel,
      campaign: source.campaign ?? null,
      medium: source.medium ?? null,
      landingPage: source.landingPage ?? null,
      country: lead.country ?? own.contact?.country ?? null,
      company: own.contact?.company ? 'given' : null,
      companyDomain: own.contact?.domain ?? null,
      email: own.contact?.email ? 'given' : null,
      phone: own.contact?.phone ? 'given' : null,
      interest: lead.interest,
    } satisfies Record<ScoreField, string | null>,
    own.touches.map((touch) => ({ kind: touch.kind, touchedOn: dateIn(deal.entity.zone, touch.at) })),
    policy,
    deal.today,
  );
  const { points, grade, reasons } = result;
  deal.set({
    score: points,
    grade,
    score_reasons: reasons,
    pins: { ...(lead.pins as object), scoring: deal.versions.scoring },
  });
  deal.detail = { ...deal.detail, points, grade, scoring: deal.versions.scoring };
}

/**
 * Capture is over: the score with its reasons, an owner, and a date by which somebody has to qualify. A decision
 * may have come first (a manager qualifies while the relay is away): stage and owner stay as it left them then.
 */
async function receive(deal: DealChange<ScoringRow>): Promise<Answer | void> {
  if (!deal.wait('intake')) return { result: 'no_effect' };
  await scored(deal);
  const ownerId = deal.lead.owner_id ?? (await assign(deal));
  deal.end('intake');
  deal.set({ owner_id: ownerId });
  deal.detail = { ...deal.detail, ownerId };
  if (deal.stage === 'new' && !deal.wait('qualification')) {
    const { dueHours } = await deal.policy('qualification');
    deal.begin('qualification', { until: deal.atMs + dueHours * HOUR_MS });
  }
  for (const wait of deal.waits) {
    if (wait.personId === null && WAITS[wait.kind].owes === 'rep') deal.move(wait, { personId: ownerId });
  }
}

async function assign(deal: DealChange<ScoringRow>): Promise<string | null> {
  const { lead, own } = deal;
  const policy = await deal.policy('assignment');
  const { ownerId, territoryId, reasonCode } = assignOwner(
    { country: lead.country ?? own.contact?.country ?? null, channel: lead.channel },
    own.reps,
    policy,
    own.fallbackIsActive,
  );
  if (ownerId !== null) deal.writes.update('people', ['id'], { id: ownerId, last_assigned_at: deal.at });
  else deal.task(NO_OWNER, lead.id, 'manager', { assigned: reasonCode, fallback: policy.fallbackOwnerId });
  deal.detail = { ...deal.detail, territoryId, assigned: reasonCode };
  return ownerId;
}

/** Whose work first contact is: those who qualify, and marketing, who hands over what it found. */
const MAKES_FIRST_CONTACT: readonly Role[] = [...MESSAGES.qualifyLead.roles, 'marketing'];

/** A share of the commission goes to somebody who works here and whose work first contact is. */
function checkFirstContact({ own }: DealChange<FirstContactJson | null>, personId: string | undefined): void {
  if (personId === undefined || (own?.active && makesFirstContact(own.roles as Role[]))) return;
  const why = own === null ? 'is nobody here' : own.active ? 'makes no first contact' : 'has left';
  throw new DomainError('unknown_reference', `${personId} ${why}`, '/firstContactBy');
}

const makesFirstContact = (roles: readonly Role[]): boolean =>
  roles.some((role) => MAKES_FIRST_CONTACT.includes(role));

/** What is recorded of a lead is what the company asks for: reports on a need find it under one name. */
function checkNeeds(needs: Qualification['needs'], known: readonly string[]): void {
  const name = Object.keys(needs ?? {}).find((given) => !known.includes(given));
  if (name === undefined) return;
  const detail = `${name} is no need of the qualification policy; it has ${known.join(', ') || 'none'}`;
  throw new DomainError('unknown_reference', detail, `/needs/${name}`);
}

async function qualify(deal: DealChange<FirstContactJson | null>): Promise<void> {
  const { decision, reason, needs, firstContactBy } = deal.body as Qualification;
  checkFirstContact(deal, firstContactBy);
  const policy = await deal.policy('qualification');
  checkNeeds(needs, policy.needs);
  const ownerId = deal.lead.owner_id;
  // A code of the policy is told; what else somebody wrote stays in their message, as it can be erased there.
  const code = reason !== undefined && policy.disqualifyReasons.includes(reason) ? reason : undefined;
  deal.detail = { decision, reason: code };
  deal.end('qualification').end('interest');
  switch (decision) {
    case 'qualify': {
      const { dueHours } = await deal.policy('quoting');
      deal.to('qualified').begin('quote', { personId: ownerId, until: deal.atMs + dueHours * HOUR_MS });
      deal.set({
        needs: needs ?? null,
        first_contact_by: firstContactBy ?? (deal.actor.roles.includes('rep') ? deal.actor.id : null),
        pins: { ...(deal.lead.pins as object), qualification: deal.versions.qualification },
      });
      return;
    }
    case 'nurture':
      deal.to('nurturing').begin('interest', {
        until: deal.atMs + policy.nurtureDays * DAY_MS,
        level: deal.lead.nurture_rounds,
      });
      return;
    case 'disqualify':
      if (code === undefined) {
        const detail = `reason ${reason ?? 'is missing'}; one of ${policy.disqualifyReasons.join(', ')} is needed`;
        throw new DomainError('invalid_field', detail, '/reason');
      }
      deal.close('disqualified', code);
  }
}

/** Nobody qualified in time: the next manager is asked, and the admin after the last level or where there is none. */
async function escalate(deal: DealChange<PersonJson[]>): Promise<void> {
  const policy = await deal.policy('qualification');
  const wait = deal.wait('qualification');
  if (!wait) return;
  const people = peopleFrom(deal.own);
  const level = wait.level + 1;
  const manager = wait.personId && managersOf(wait.personId, people).find((person) => person.active);
  const asked = level <= policy.maxEscalations && manager ? manager : null;
  const personId = asked?.id ?? null;
  deal.move(wait, { level, personId, until: deal.atMs + policy.escalateHours * HOUR_MS });
  const role = asked ? 'manager' : 'admin';
  deal.task('qualification_overdue', deal.lead.id, role, { level }, personId);
  deal.detail = { level, personId, role };
}

/** The customer stayed quiet: the lead comes back to be qualified, or is disqualified after its last round. */
async function recycle(deal: DealChange<null>): Promise<void> {
  const policy = await deal.policy('qualification');
  const rounds = deal.lead.nurture_rounds + 1;
  deal.end('interest', undefined, 'void');
  deal.set({ nurture_rounds: rounds });
  deal.detail = { rounds };
  if (rounds >= policy.maxNurtureRounds) {
    deal.close('disqualified', 'no_interest');
    return;
  }
  deal.to('new').begin('qualification', {
    personId: deal.lead.owner_id,
    until: deal.atMs + policy.dueHours * HOUR_MS,
  });
}

async function rescore(deal: DealChange<Rescoring>): Promise<void> {
  await scored(deal);
  // A nurtured lead that moves by itself has shown interest: it is looked at again.
  if (deal.stage !== 'nurturing') return;
  const { dueHours } = await deal.policy('qualification');
  deal.end('interest').to('new');
  deal.begin('qualification', { personId: deal.lead.owner_id, until: deal.atMs + dueHours * HOUR_MS });
}

function reassign(deal: DealChange<PersonJson[]>): void {
  const { ownerId, revision } = deal.body as Reassignment;
  if (revision !== undefined && revision !== deal.lead.revision) {
    const detail = `you changed version ${revision} of ${deal.lead.id}, now it is ${deal.lead.revision}`;
    throw new DomainError('stale_version', detail);
  }
  const person = peopleFrom(deal.own).get(ownerId);
  if (!person?.active || !person.roles.some((role) => role === 'rep' || role === 'manager')) {
    throw new DomainError('invalid_field', `${ownerId} is no active rep or manager`, '/ownerId');
  }
  const before = deal.lead.owner_id;
  for (const wait of deal.waits) {
    const isTheirs = wait.personId !== null && wait.personId === before;
    const isNobodys = wait.personId === null && WAITS[wait.kind].owes === 'rep';
    if (isTheirs || isNobodys) deal.move(wait, { personId: ownerId });
  }
  if (before === null) {
    resolveTasks(deal.writes, { leadId: deal.lead.id, kinds: [NO_OWNER], resolution: 'done', at: deal.at });
  }
  deal.set({ owner_id: ownerId });
  deal.detail = { from: deal.lead.owner_id, ownerId };
}

function withdraw(deal: DealChange<null>): void {
  const { reason } = deal.body as Withdrawal;
  deal.writes.statement(
    'withdraw the live revision',
    `update quote_revisions set status = 'withdrawn', ended_at = ($ ->> 'at')::timestamptz, reason = 'lead_withdrawn'
      where lead_id = $ ->> 'lead' and status in ('submitted', 'offered')`,
    { lead: deal.lead.id, at: deal.at },
    'any',
  );
  voidApprovals(deal);
  deal.close('lost', reason);
}

/** Open questions to approvers end with the revision they were about. */
export function voidApprovals(deal: DealChange<unknown>, except?: string): void {
  deal.writes.statement(
    'void open approvals',
    `update approvals set status = 'void' where lead_id = $ ->> 'lead' and status in ('waiting', 'open')
      and id is distinct from $ ->> 'except'`,
    { lead: deal.lead.id, except: except ?? null },
    'any',
  );
}

/** Intake has given waits, lead or approvals to somebody else: the workflow takes the head, who is asked is told. */
async function adopt(deal: DealChange<null>): Promise<void> {
  const { approvalIds = [], ...handed } = deal.body as HandOver;
  deal.detail = handed;
  for (const id of approvalIds) if (deal.wait('approval', id)) await deal.mail('approval', id);
}

export function makeLeadSteps(deps: StepDeps) {
  return {
    scoreLead: makeStep<ScoringRow>(deps, { name: 'scoreLead', load: SCORING, judge: receive }),
    rescoreLead: makeStep<Rescoring>(deps, { name: 'rescoreLead', load: RESCORING, judge: rescore }),
    qualifyLead: makeStep<FirstContactJson | null>(deps, {
      name: 'qualifyLead',
      load: FIRST_CONTACT,
      judge: qualify,
    }),
    escalateQualification: makeStep<PersonJson[]>(deps, {
      name: 'escalateQualification',
      load: PEOPLE,
      judge: escalate,
    }),
    recycleLead: makeStep<null>(deps, { name: 'recycleLead', judge: recycle }),
    reassignLead: makeStep<PersonJson[]>(deps, { name: 'reassignLead', load: PEOPLE, judge: reassign }),
    withdrawLead: makeStep<null>(deps, { name: 'withdrawLead', judge: withdraw }),
    adoptWaits: makeStep<null>(deps, { name: 'adoptWaits', judge: adopt }),
  };
}
