// I10: a lead's audit entries tell one path through the stages, made of allowed steps only, which ends where
// the lead stands. The table of allowed changes is written down a second time here on purpose.
import type { Check } from './types.js';

const allowed = `allowed (from_stage, to_stage) as (values
  ('new', 'nurturing'), ('new', 'qualified'), ('new', 'closed'),
  ('nurturing', 'new'), ('nurturing', 'qualified'), ('nurturing', 'closed'),
  ('qualified', 'quoting'), ('qualified', 'approval'), ('qualified', 'offered'), ('qualified', 'closed'),
  ('quoting', 'approval'), ('quoting', 'offered'), ('quoting', 'closed'),
  ('approval', 'quoting'), ('approval', 'offered'), ('approval', 'closed'),
  ('offered', 'quoting'), ('offered', 'approval'), ('offered', 'ordered'), ('offered', 'closed'),
  ('ordered', 'delivering'), ('ordered', 'collecting'), ('ordered', 'commission'), ('ordered', 'closed'),
  ('delivering', 'collecting'), ('delivering', 'commission'), ('delivering', 'closed'),
  ('collecting', 'delivering'), ('collecting', 'commission'), ('collecting', 'closed'),
  ('commission', 'delivering'), ('commission', 'collecting'), ('commission', 'closed'),
  ('closed', 'collecting'))`;

const outcomes = `outcomes (from_stage, outcome) as (values
  ('new', 'disqualified'), ('new', 'lost'), ('nurturing', 'disqualified'), ('nurturing', 'lost'),
  ('qualified', 'disqualified'), ('qualified', 'lost'), ('quoting', 'lost'), ('approval', 'lost'),
  ('offered', 'lost'),
  ('ordered', 'won'), ('ordered', 'cancelled'), ('ordered', 'written_off'),
  ('delivering', 'won'), ('delivering', 'cancelled'), ('delivering', 'written_off'),
  ('collecting', 'won'), ('collecting', 'cancelled'), ('collecting', 'written_off'),
  ('commission', 'won'), ('commission', 'cancelled'), ('commission', 'written_off'))`;

// Entries that name no stage (a note, a mail given up) are passed over.
const moves = `
  entries as materialized (
    select e.subject, e.seq, e.entry::jsonb as entry
    from audit_entries e join leads l on l.id = e.subject),
  moves as (
    select subject, seq, entry ->> 'from' as from_stage, entry ->> 'to' as to_stage,
      lag(entry ->> 'to') over (partition by subject order by seq) as stood,
      lead(seq) over (partition by subject order by seq) as next_seq
    from entries where entry ? 'to')`;

// One query, because reading each entry's JSON is what it costs.
const paths = `
  with ${allowed}, ${outcomes}, ${moves},
  last as (select subject, to_stage from moves where next_seq is null),
  closings as (
    select distinct on (subject) subject, from_stage from moves
    where to_stage = 'closed' and from_stage <> 'closed' order by subject, seq desc),
  reopenings as (
    select subject, count(*) as times from moves
    where from_stage = 'closed' and to_stage <> 'closed' group by 1)
  select subject, format('entry %s goes from %s to %s, the lead was %s', seq, coalesce(from_stage, 'nothing'),
    to_stage, coalesce(stood, 'nothing'))
  from moves m
  where case when stood is null then to_stage <> 'new' or coalesce(from_stage, 'new') <> 'new'
    else from_stage is distinct from stood or from_stage <> to_stage and not exists
      (select from allowed a where a.from_stage = m.from_stage and a.to_stage = m.to_stage) end
  union all
  select l.id, format('stands at %s; its entries end at %s', l.stage, coalesce(s.to_stage, 'no stage'))
  from leads l left join last s on s.subject = l.id
  where l.stage is distinct from s.to_stage and exists (select from audit_entries e where e.subject = l.id)
  union all
  select l.id, format('is closed as %s out of %s', l.outcome, c.from_stage)
  from leads l join closings c on c.subject = l.id
  where l.stage = 'closed' and not exists
    (select from outcomes o where o.from_stage = c.from_stage and o.outcome = l.outcome)
  union all
  select l.id, format('is said to be reopened %s times, its entries say %s', l.reopened, coalesce(r.times, 0))
  from leads l left join reopenings r on r.subject = l.id
  where l.reopened <> coalesce(r.times, 0)`;

export const stages: Check = {
  invariant: 'I10',
  rules: [
    { offenders: paths, counted: 'select count(*) from audit_entries e join leads l on l.id = e.subject' },
  ],
};
