// Charge notes in I1 (each is posted as it reads, and taken back as it was waived) and I2 (every minor unit of
// its fees and of its interest is allocated, waived, written off or open, and stands on its lines).
import type { Rule } from './types.js';

const postedAsCharged = `
  with owed as (
    select 'charge-note/' || id as key, id, entity_id, account_id, currency,
      fee_minor + interest_minor as receivable, -fee_minor as fee, -interest_minor as interest
    from charge_notes
    union all
    select 'charge-waiver/' || w.id, w.charge_note_id, n.entity_id, n.account_id, n.currency,
      -w.fee_minor - w.interest_minor, w.fee_minor, w.interest_minor
    from charge_waivers w left join charge_notes n on n.id = w.charge_note_id),
  posted as (
    select t.business_key as key, t.entity_id, min(e.party) filter (where e.account = 'receivable') as account_id,
      e.currency, coalesce(sum(e.amount_minor) filter (where e.account = 'receivable'), 0) as receivable,
      coalesce(sum(e.amount_minor) filter (where e.account = 'fee_income'), 0) as fee,
      coalesce(sum(e.amount_minor) filter (where e.account = 'interest_income'), 0) as interest
    from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
    where t.business_key like 'charge-note/%' or t.business_key like 'charge-waiver/%' group by 1, 2, 4)
  select coalesce(o.id, p.key), format('%s owes %s fees and %s interest to be posted, the ledger has %s and %s',
    coalesce(o.key, 'nothing'), coalesce(-o.fee, 0), coalesce(-o.interest, 0), coalesce(-p.fee, 0),
    coalesce(-p.interest, 0))
  from owed o full join posted p on p.key = o.key
  where (o.entity_id, o.account_id, o.currency, o.receivable, o.fee, o.interest)
    is distinct from (p.entity_id, p.account_id, p.currency, p.receivable, p.fee, p.interest)`;

const headerAndLines = `
  with lines as (
    select charge_note_id, coalesce(sum(amount_minor) filter (where kind <> 'interest'), 0) as fee,
      coalesce(sum(amount_minor) filter (where kind = 'interest'), 0) as interest
    from charge_note_lines group by 1)
  select n.id, format('charges %s fees and %s interest, its lines sum to %s and %s', n.fee_minor, n.interest_minor,
    coalesce(l.fee, 0), coalesce(l.interest, 0))
  from charge_notes n left join lines l on l.charge_note_id = n.id
  where (n.fee_minor, n.interest_minor) is distinct from (coalesce(l.fee, 0), coalesce(l.interest, 0))`;

const parts = `
  with paid as (
    select charge_note_id as id, sum(fee_minor) as fee, sum(interest_minor) as interest
    from charge_allocations group by 1),
  waived as (
    select charge_note_id as id, sum(fee_minor) as fee, sum(interest_minor) as interest
    from charge_waivers group by 1),
  written_off as (
    select charge_note_id as id, sum(fee_minor) as fee, sum(interest_minor) as interest
    from charge_write_offs group by 1),
  parts as (
    select n.id, n.open_minor, v.*
    from charge_notes n left join paid p using (id) left join waived w using (id) left join written_off o using (id)
    cross join lateral (values
      ('fees', n.fee_minor, n.allocated_fee_minor, n.waived_fee_minor, n.written_off_fee_minor,
        coalesce(p.fee, 0), coalesce(w.fee, 0), coalesce(o.fee, 0)),
      ('interest', n.interest_minor, n.allocated_interest_minor, n.waived_interest_minor,
        n.written_off_interest_minor, coalesce(p.interest, 0), coalesce(w.interest, 0), coalesce(o.interest, 0)))
      v (part, charged, allocated, waived, written_off, paid, forgiven, given_up))`;

const cachedColumns = `${parts}
  select id, format('%s say %s allocated, %s waived, %s written off; the rows sum to %s, %s, %s', part, allocated,
    waived, written_off, paid, forgiven, given_up)
  from parts where (allocated, waived, written_off) is distinct from (paid, forgiven, given_up)`;

const identity = `${parts}
  select id, format('%s of %s are %s allocated + %s waived + %s written off', part, charged, paid, forgiven,
    given_up)
  from parts where paid < 0 or given_up < 0 or charged < paid + forgiven + given_up
  union all
  select id, format('has %s open, its parts leave %s', min(open_minor), sum(charged - paid - forgiven - given_up))
  from parts group by id having min(open_minor) <> sum(charged - paid - forgiven - given_up)`;

const places = `
  select n.id, format('is of %s for %s in %s on %s; its invoice says %s, %s, %s, %s', n.lead_id, n.account_id,
    n.currency, n.entity_id, i.lead_id, i.account_id, i.currency, i.entity_id)
  from charge_notes n left join invoices i on i.id = n.invoice_id and i.kind = 'invoice'
  where (n.lead_id, n.account_id, n.currency, n.entity_id)
    is distinct from (i.lead_id, i.account_id, i.currency, i.entity_id)
  union all
  select a.id, format('of payment %s in %s on charge note %s in %s of %s; the allocation says %s', a.payment_id,
    p.currency, a.charge_note_id, n.currency, n.lead_id, a.lead_id)
  from charge_allocations a left join payments p on p.id = a.payment_id
  left join charge_notes n on n.id = a.charge_note_id
  where p.currency is distinct from n.currency or a.lead_id is distinct from n.lead_id
  union all
  select a.id, format('of %s and %s is undone with %s and %s', a.fee_minor, a.interest_minor, u.fee_minor,
    u.interest_minor)
  from charge_allocations a join charge_allocations u on u.undoes = a.id
  where (u.payment_id, u.charge_note_id, -u.fee_minor, -u.interest_minor)
    is distinct from (a.payment_id, a.charge_note_id, a.fee_minor, a.interest_minor)`;

// Simple interest, actual/365, rounded half away from zero once: as numeric's round does.
const interest = `
  with periods as (
    select l.charge_note_id, l.amount_minor, p.*
    from charge_note_lines l cross join lateral jsonb_to_recordset(l.periods)
      as p ("fromOn" date, "untilOn" date, days int, "principalMinor" numeric, "rateBps" numeric)
    where l.kind = 'interest'),
  counted as (
    select charge_note_id, min(amount_minor) as charged,
      round(sum("principalMinor" * "rateBps" * days) / 3650000) as counted, min("fromOn") as first,
      max("untilOn") as last, bool_and(days = "untilOn" - "fromOn" + 1 and days > 0) as whole
    from periods group by 1)
  select n.id, format('charges %s of interest from %s to %s, its periods make %s from %s to %s', n.interest_minor,
    n.interest_from_on, n.interest_until_on, coalesce(c.counted, 0), c.first, c.last)
  from charge_notes n left join counted c on c.charge_note_id = n.id
  where n.interest_minor <> coalesce(c.counted, 0) or c.first < n.interest_from_on or c.last > n.interest_until_on
    or c.whole is false
  union all
  select charge_note_id, format('counts interest for %s twice', "fromOn")
  from (select *, max("untilOn") over (partition by charge_note_id order by "fromOn", "untilOn"
      rows between unbounded preceding and 1 preceding) as before from periods) x
  where before >= "fromOn"
  union all
  select id, format('charges interest from %s, an earlier note of its invoice until %s', interest_from_on, before)
  from (select n.*, max(interest_until_on) over (partition by invoice_id order by seq
      rows between unbounded preceding and 1 preceding) as before from charge_notes n) x
  where before >= interest_from_on
  union all
  select n.id, format('charges interest from %s, its invoice was due on %s', n.interest_from_on, i.due_on)
  from charge_notes n join invoices i on i.id = n.invoice_id where n.interest_from_on <= i.due_on`;

const once = `
  select min(charge_note_id), format('letter %s has %s fees', letter_id, count(*))
  from charge_note_lines where kind = 'reminder_fee' group by letter_id having count(*) > 1
  union all
  select min(charge_note_id), format('invoice %s has the flat compensation %s times', invoice_id, count(*))
  from charge_note_lines where kind = 'flat_compensation' group by invoice_id having count(*) > 1
  union all
  select n.id, format('came with letter %s, which does not remind of invoice %s at level %s', n.letter_id,
    n.invoice_id, n.level)
  from charge_notes n where not exists (select from reminders r
    where r.letter_id = n.letter_id and r.invoice_id = n.invoice_id and r.level = n.level)`;

export const chargePostings: Rule = {
  offenders: postedAsCharged,
  counted: 'select (select count(*) from charge_notes) + (select count(*) from charge_waivers)',
};

export const chargeNotes: readonly Rule[] = [
  { offenders: headerAndLines, counted: 'select count(*) from charge_notes' },
  { offenders: cachedColumns },
  { offenders: identity },
  { offenders: places, counted: 'select count(*) from charge_allocations' },
  { offenders: interest },
  { offenders: once },
];
