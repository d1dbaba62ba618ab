// I5 inside the database: chains that verify, heads that are their ends, one entry for each revision of a
// lead, and no money written by a transaction that left no entry. Checkpoints outside it: checkpoints.ts.
//
// Not provable from what is stored: that an order, approval or reminder is named by the entry of its step
// (`detail` is free), and that an entry without a revision stands for a change at all.
import type { Check } from './types.js';

const chains = `
  with chained as (
    select subject, seq, entry, hash, lag(hash, 1, decode(repeat('00', 32), 'hex')) over w as hash_before,
      lag(seq, 1, 0::bigint) over w as seq_before
    from audit_entries window w as (partition by subject order by seq))
  select subject, case when seq <> seq_before + 1 then format('entry %s follows %s', seq, seq_before)
    else format('entry %s has not the hash of its text and the entry before', seq) end
  from chained
  where seq <> seq_before + 1 or hash <> sha256(hash_before || convert_to(entry, 'UTF8'))`;

const heads = `
  with ends as (select subject, max(seq) as seq from audit_entries group by subject)
  select subject, format('head is at %s, the last entry at %s', coalesce(h.seq::text, 'nothing'),
    coalesce(s.seq::text, 'nothing'))
  from audit_heads h full join ends s using (subject)
  where h.seq is distinct from s.seq
  union all
  select subject, format('head at %s has not the hash of its entry', h.seq)
  from audit_heads h join audit_entries e using (subject, seq)
  where h.hash <> e.hash`;

// The hash covers the text alone; the columns beside it must say what it says.
const columns = `
  select subject, format('entry %s is stored under %s %s and says %s %s', seq, action, key,
    entry::jsonb ->> 'action', entry::jsonb ->> 'key')
  from audit_entries
  where (entry::jsonb ->> 'key', entry::jsonb ->> 'action') is distinct from (key, action)`;

// The database's own stamp stands beside the text. An entry made by a message has that of its answer, from the same
// transaction; every other lies between its neighbours, as far as transactions that wait for each other allow.
const instants = `
  with placed as (
    select subject, seq, key, recorded_at, max(recorded_at) over before as latest_before
    from audit_entries
    window before as (partition by subject order by seq rows between unbounded preceding and 1 preceding))
  select p.subject, format('entry %s is stamped %s', p.seq, p.recorded_at)
  from placed p, asked
  where p.recorded_at < p.latest_before - interval '1 hour' or p.recorded_at > asked.checked_at + interval '1 hour'
  union all
  select e.subject, format('entry %s is stamped %s, its message was answered at %s', e.seq, e.recorded_at,
    m.answered_at)
  from audit_entries e join messages m on m.id = e.key and m.lead_id = e.subject
  where m.answer ->> 'result' = 'applied' and e.recorded_at <> m.answered_at
    and not exists (select from audit_entries d where d.key = e.key and d.subject = e.subject and d.seq <> e.seq)`;

const revisions = `
  with said as (
    select e.subject, (e.entry::jsonb ->> 'revision')::int as revision
    from audit_entries e join leads l on l.id = e.subject),
  counted as (
    select subject, count(revision) as entries, count(distinct revision) as revisions,
      min(revision) as first, max(revision) as last
    from said group by subject)
  select l.id, case when c.subject is null then 'has no audit entry'
    else format('is at revision %s; %s entries name %s revisions from %s to %s', l.revision, c.entries,
      c.revisions, c.first, c.last) end
  from leads l left join counted c on c.subject = l.id
  where (c.entries, c.revisions, c.first, c.last) is distinct from (l.revision, l.revision, 1, l.revision)`;

// Both sides take recorded_at from the same transaction's start, so equality is the proof of one commit.
const moneyWithoutEntry = `
  with written as (
    select 'payment' as what, id, recorded_at from payments
    union all select 'reversal', id, recorded_at from payment_reversals
    union all select 'allocation', id, recorded_at from allocations
    union all select 'charge note', id, recorded_at from charge_notes
    union all select 'charge allocation', id, recorded_at from charge_allocations
    union all select 'charge waiver', id, recorded_at from charge_waivers
    union all select 'charge write-off', id, recorded_at from charge_write_offs
    union all select 'ledger transaction', id, recorded_at from ledger_transactions
    union all select 'commission line', id, recorded_at from commission_lines)
  select w.id, format('%s was written at %s by a transaction without an audit entry', w.what, w.recorded_at)
  from written w
  where not exists (select from audit_entries e where e.recorded_at = w.recorded_at)`;

const undecided = `
  with applied as (
    select lead_id, count(*) filter (where name = 'acceptQuote') as acceptances,
      count(*) filter (where name = 'decideApproval') as decisions
    from messages where answer ->> 'result' = 'applied' group by lead_id),
  made as (
    select lead_id, sum(orders) as orders, sum(decided) as decided
    from (select lead_id, 1 as orders, 0 as decided from orders
      union all select lead_id, 0, 1 from approvals where status in ('approved', 'rejected')) m
    group by lead_id)
  select m.lead_id, format('has %s orders by %s acceptances and %s decided approvals by %s decisions',
    m.orders, coalesce(a.acceptances, 0), m.decided, coalesce(a.decisions, 0))
  from made m left join applied a using (lead_id)
  where m.orders > coalesce(a.acceptances, 0) or m.decided > coalesce(a.decisions, 0)`;

export const audit: Check = {
  invariant: 'I5',
  rules: [
    { offenders: chains, counted: 'select count(*) from audit_entries' },
    { offenders: heads },
    { offenders: columns },
    { offenders: instants },
    { offenders: revisions, counted: 'select count(*) from leads' },
    { offenders: moneyWithoutEntry },
    { offenders: undecided },
  ],
};
