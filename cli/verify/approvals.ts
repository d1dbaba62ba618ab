// I8: nobody approves what he asked for or made, nor above his limit, and what was executed is what was
// approved. The same holds where a credit note, a write-off, a plan or a payout is released.
import type { Check } from './types.js';

const decisions = `
  select a.id, format('%s approved what %s asked for and %s made', concat_ws(' for ', a.decided_by, a.acting_for),
    a.requested_by, r.created_by)
  from approvals a left join quote_revisions r on r.quote_id = a.quote_id and r.revision = a.revision
  where a.status = 'approved' and (a.decided_by is null or r.created_by is null
    or array[a.decided_by, a.acting_for] && array[a.requested_by, r.created_by, r.submitted_by])
  union all
  select id, format('%s approved for %s, who was not asked: %s was', decided_by, coalesce(acting_for, 'nobody'),
    coalesce(approver_id, 'nobody'))
  from approvals where status = 'approved' and coalesce(acting_for, decided_by) is distinct from approver_id
  union all
  select id, format('%s approved %s %s above the limit of %s', decided_by, amount_minor, currency,
    limit_minor)
  from approvals where status = 'approved' and amount_minor > limit_minor
  union all
  select a.id, format('approved content is not the content of %s revision %s', a.quote_id, a.revision)
  from approvals a join quote_revisions r on r.quote_id = a.quote_id and r.revision = a.revision
  where a.status = 'approved' and a.content_hash <> r.content_hash`;

const executed = `
  select o.id, format('ordered content is not the content of %s revision %s', o.quote_id, o.quote_revision)
  from orders o left join quote_revisions r on r.quote_id = o.quote_id and r.revision = o.quote_revision
  where o.content_hash is distinct from r.content_hash
  union all
  select o.id, format('stands on %s revision %s, which is %s', o.quote_id, o.quote_revision, r.status)
  from orders o join quote_revisions r on r.quote_id = o.quote_id and r.revision = o.quote_revision
  where r.status <> 'accepted'
  union all
  select a.id, format('is %s, yet %s revision %s is %s', a.status, a.quote_id, a.revision, r.status)
  from quote_revisions r join approvals a on a.quote_id = r.quote_id and a.revision = r.revision
  where r.status in ('offered', 'accepted') and a.status <> 'approved'`;

const releases = `
  select id, format('credit note was made by %s and approved by %s', coalesce(created_by, 'nobody'),
    coalesce(approved_by, 'nobody'))
  from invoices where kind = 'credit_note'
    and (created_by is null or approved_by is null or created_by = approved_by)
  union all
  select distinct w.id, format('%s wrote off an invoice whose payment %s he recorded or put on it', w.decided_by, p.id)
  from write_offs w
  join allocations a on a.invoice_id = w.invoice_id
  join payments p on p.id = a.payment_id
  where w.decided_by in (p.recorded_by, a.allocated_by)
  union all
  select format('%s/%s', a.kind, a.version), format('%s edited and approved this policy', a.person_id)
  from policy_approvals a join policies p using (kind, version)
  where p.created_by = a.person_id
  union all
  select l.payout_id, format('%s released %s %s to %s, calculated by %s', l.released_by, l.amount_minor,
    l.currency, l.payee_id, p.calculated_by)
  from payout_lines l join payouts p on p.id = l.payout_id
  where l.released_by in (l.payee_id, p.calculated_by)
  union all
  select l.payout_id, format('%s released what his own commission plan pays', l.released_by)
  from payout_lines l
  where l.released_by is not null and exists (
    select from payout_items i
    join commission_lines c on c.id = i.commission_line_id
    join policies p on p.kind = 'commission' and p.version = c.plan_version
    where i.payout_id = l.payout_id and p.created_by = l.released_by)`;

// A payout nobody releases by hand is released by the two persons who approved its plan.
const plansThatPay = `
  with approved as (
    select a.version from policy_approvals a join policies p using (kind, version)
    where a.kind = 'commission' and a.person_id is distinct from p.created_by
    group by a.version having count(distinct a.person_id) >= 2)
  select distinct p.id, format('paid by plan version %s, which two persons did not approve', c.plan_version)
  from payouts p
  join payout_items i on i.payout_id = p.id
  join commission_lines c on c.id = i.commission_line_id
  join payout_lines l on l.payout_id = p.id and l.payee_id = c.payee_id and l.currency = c.currency
  left join approved a on a.version = c.plan_version
  where p.mode = 'on_earned' and p.status <> 'calculated' and l.released_by is null and a.version is null`;

export const approvals: Check = {
  invariant: 'I8',
  rules: [
    { offenders: decisions, counted: 'select count(*) from approvals' },
    { offenders: executed, counted: 'select count(*) from orders' },
    { offenders: releases, counted: 'select count(*) from payout_lines' },
    { offenders: plansThatPay },
  ],
};
