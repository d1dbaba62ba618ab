// I3: every acknowledged message has one answer and at most one effect. I7: nothing is untold, unanswered,
// stuck, parked or overdue without somebody knowing, once things have been quiet.
// An effect of a message is an audit entry under the message's id.
import type { Check } from './types.js';

const settled = '(select settled_at from asked)';
const businessSettled = '(select business_settled_at from asked)';
const isParked = `(m.answer is null and m.parked_for is not null
  or m.answer ->> 'result' in ('parked', 'stuck'))`;

const unanswered = `
  select m.id, format('%s %s for %s has no answer since %s', m.kind, m.name, m.target, m.recorded_at)
  from messages m
  where m.answer is null and m.parked_for is null and m.recorded_at < ${settled}`;

const unknownAnswers = `
  select m.id, format('%s %s is answered with %s', m.kind, m.name, m.answer)
  from messages m
  where m.answer is not null and coalesce(m.answer ->> 'result', '')
      not in ('applied', 'no_effect', 'refused', 'parked', 'expired', 'stuck')
    or m.kind = 'fact' and m.answer ->> 'result' in ('refused', 'expired')`;

// A payment chains an entry of its own when it is taken in; of a fact only the lead's entry is its effect. A
// delivery its order does not take has none on the deal and one on its own record, which it leaves refused.
const effects = `
  with found as (
    select m.id, m.kind, m.name, m.lead_id, coalesce(m.answer ->> 'result', 'nothing yet') as result,
      m.name = 'deliveryRecorded' and m.answer ->> 'result' = 'no_effect' and exists (select from deliveries d
        where d.id = m.body ->> 'deliveryId' and d.status = 'refused') as left_refused,
      count(e.key) as effects,
      count(e.key) filter (where e.subject = m.lead_id) as on_lead,
      count(e.key) - count(distinct e.subject) as repeated
    from messages m left join audit_entries e on e.key = m.id
    group by m.id)
  select id, format('%s %s is answered %s and has %s effects, %s of them on lead %s',
    kind, name, result, effects, on_lead, lead_id)
  from found
  where repeated > 0
    or result = 'applied' and (lead_id is null and effects = 0 or lead_id is not null and on_lead <> 1)
    or result <> 'applied'
      and case when kind = 'fact' and lead_id is not null then on_lead else effects end
        > case when left_refused then 1 else 0 end`;

export const answers: Check = {
  invariant: 'I3',
  rules: [
    { offenders: unanswered, counted: 'select count(*) from messages' },
    { offenders: unknownAnswers },
    { offenders: effects },
  ],
};

// A decision whose step broke stays untold so that the sweep tries it again; it is parked, and judged as such.
const untold = `
  select m.id, format('%s %s for %s is untold since %s', m.kind, m.name, m.target, m.recorded_at)
  from messages m where m.told_at is null and m.parked_for is null and m.recorded_at < ${settled}`;

const toldButUnanswered = `
  select m.id, format('%s %s for %s was told at %s and is not answered', m.kind, m.name, m.target, m.told_at)
  from messages m
  where m.told_at is not null and m.answer is null and m.parked_for is null and m.recorded_at < ${settled}`;

// The task names the message, or the record the message is about.
const parkedInSilence = `
  select m.id, format('%s %s is %s (%s) and no open task or wait names it', m.kind, m.name,
    coalesce(m.answer ->> 'result', 'parked'), m.parked_for)
  from messages m
  where ${isParked} and m.recorded_at < ${settled}
    and not exists (select from tasks t where t.status = 'open'
      and (t.subject = m.id or t.subject in (select b.value from jsonb_each_text(m.body) b)))
    and not exists (select from waits w where w.lead_id = m.lead_id and w.subject = m.id
      and w.ended_at is null and w.until >= ${businessSettled})`;

// The step at a wait's end (or reminder) moves it; one that stands in the past has not run.
const overdueInSilence = `
  select w.lead_id, format('wait %s for %s of %s was due at %s and nobody was told', w.kind, w.subject,
    coalesce(w.person_id, w.role), least(w.until, w.remind_at))
  from waits w
  where w.ended_at is null and least(w.until, w.remind_at) < ${businessSettled}
    and not exists (select from tasks t where t.status = 'open' and t.lead_id = w.lead_id
      and (t.subject = w.subject or t.created_at >= least(w.until, w.remind_at)))`;

const waitsOfClosedLeads = `
  select w.lead_id, format('is closed and still waits: %s for %s', w.kind, w.subject)
  from waits w join leads l on l.id = w.lead_id
  where w.ended_at is null and l.stage = 'closed'`;

const tasksOfClosedLeads = `
  select t.id, format('%s of %s is open and its lead %s is closed', t.kind, t.subject, t.lead_id)
  from tasks t join leads l on l.id = t.lead_id
  where t.status = 'open' and l.stage = 'closed'
    and (t.kind like '%\\_overdue' or t.kind in ('invoice_unpaid', 'no_owner'))`;

const leadsWaitingForNothing = `
  select l.id, format('is %s and neither a wait nor a task stands for it', l.stage)
  from leads l
  where l.stage <> 'closed'
    and not exists (select from waits w where w.lead_id = l.id and w.ended_at is null)
    and not exists (select from tasks t where t.lead_id = l.id and t.status = 'open')`;

const failedMails = `
  select m.id, format('mail %s for %s failed (%s) and no task says so', m.kind, m.subject, m.failure)
  from mails m
  where m.status = 'failed' and not exists (select from tasks t where t.subject in (m.id, m.subject))`;

export const quiet: Check = {
  invariant: 'I7',
  rules: [
    { offenders: untold, counted: 'select count(*) from messages' },
    { offenders: toldButUnanswered },
    { offenders: parkedInSilence },
    { offenders: overdueInSilence, counted: 'select count(*) from waits where ended_at is null' },
    { offenders: waitsOfClosedLeads },
    { offenders: tasksOfClosedLeads },
    { offenders: leadsWaitingForNothing, counted: `select count(*) from leads where stage <> 'closed'` },
    { offenders: failedMails },
  ],
};
