// I9: the numbers of documents have no gap and their dates never go back.
import type { Check } from './types.js';

const documents = `
  documents as (
    select id, entity_id, series, seq, issued_on from invoices
    union all
    select id, entity_id, series, seq, issued_on from charge_notes
    union all
    select id, entity_id, 'order', seq, ordered_on from orders)`;

const gapsAndDates = `
  with ${documents}, placed as (
    select *, lag(seq, 1, 0::bigint) over w as seq_before, lag(issued_on) over w as issued_before
    from documents window w as (partition by entity_id, series order by seq))
  select id, case when seq <> seq_before + 1
    then format('number %s of %s %s follows %s', seq, entity_id, series, seq_before)
    else format('number %s of %s %s is dated %s, the one before %s', seq, entity_id, series, issued_on,
      issued_before) end
  from placed
  where seq <> seq_before + 1 or issued_on < issued_before`;

const counters = `
  with ${documents}, lasts as (
    select entity_id, series, max(seq) as seq, max(issued_on) as issued_on from documents group by 1, 2)
  select format('%s/%s', entity_id, series),
    format('counter stands at %s of %s, the documents end with %s of %s',
    s.last_seq, s.last_issued_on, coalesce(l.seq, 0), l.issued_on)
  from number_series s full join lasts l using (entity_id, series)
  where s.last_seq is distinct from coalesce(l.seq, 0) or l.issued_on > s.last_issued_on`;

const sharedNumbers = `
  select min(id), format('order number %s of %s is given %s times', number, entity_id, count(*))
  from orders group by entity_id, number having count(*) > 1
  union all
  select min(id), format('invoice number %s of %s is given %s times', number, entity_id, count(*))
  from (select id, number, entity_id from invoices union all select id, number, entity_id from charge_notes) d
  group by entity_id, number having count(*) > 1`;

export const numbers: Check = {
  invariant: 'I9',
  rules: [
    {
      offenders: gapsAndDates,
      counted: `select (select count(*) from invoices) + (select count(*) from charge_notes)
        + (select count(*) from orders)`,
    },
    { offenders: counters, counted: 'select count(*) from number_series' },
    { offenders: sharedNumbers },
  ],
};
