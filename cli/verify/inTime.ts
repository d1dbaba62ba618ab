// I11: what was delivered (or ordered, by policy) is invoiced within the days of the policy the order pins.
// I12: no reminder was decided after the payment that had settled its invoice was recorded.
import type { Check } from './types.js';

// Each line's net invoiced to date is round(net x delivered / ordered).
const progress = `
  delivered as (
    select dl.order_line_id, sum(dl.quantity) as quantity, bool_and(d.invoice_id is not null) as all_invoiced
    from delivery_lines dl join deliveries d on d.id = dl.delivery_id
    where d.status = 'applied' group by 1),
  invoiced as (
    select l.order_line_id, sum(l.net_minor) as minor
    from invoice_lines l join invoices i on i.id = l.invoice_id and i.kind = 'invoice' group by 1),
  progress as (
    select ol.*, o.status, o.bill_on, coalesce(d.quantity, 0) as found,
      coalesce(d.all_invoiced, true) as all_invoiced, coalesce(i.minor, 0) as invoiced,
      div(ol.net_minor * coalesce(d.quantity, 0) * 2 + ol.quantity, ol.quantity * 2) as to_invoice
    from order_lines ol join orders o on o.id = ol.order_id
    left join delivered d on d.order_line_id = ol.id
    left join invoiced i on i.order_line_id = ol.id)`;

// An order pins {"invoicing": 3} or {"invoicing": {"version": 3, …}}. A delivery made known late counts from
// the business day it was recorded: nobody can invoice what he has not heard of.
const due = `
  pinned as (
    select o.*, case jsonb_typeof(o.pins -> 'invoicing')
      when 'number' then (o.pins ->> 'invoicing')::int
      when 'object' then (o.pins -> 'invoicing' ->> 'version')::int end as version
    from orders o),
  ruled as (
    select p.*, (r.body ->> 'withinDays')::int as within_days, e.zone
    from pinned p
    left join policies r on r.kind = 'invoicing' and r.version = p.version
    join legal_entities e on e.id = p.entity_id),
  heard as (
    select m.body ->> 'deliveryId' as delivery_id, min(coalesce(c.anchor_at
      + (m.recorded_at - c.real_anchor_at) * (86400.0 / c.seconds_per_day), m.recorded_at)) as heard_at
    from messages m left join lateral (
      select * from clock_segments s where s.real_anchor_at <= m.recorded_at
      order by s.real_anchor_at desc, s.id desc limit 1) c on true
    where m.name = 'deliveryRecorded' group by 1),
  owed as (
    select d.id, o.id as order_id, o.within_days, o.zone, i.id as invoice_id, i.issued_on,
      greatest(d.delivered_on, o.ordered_on, (h.heard_at at time zone o.zone)::date) as from_on
    from deliveries d
    join ruled o on o.id = d.order_id and o.bill_on = 'delivery'
    left join heard h on h.delivery_id = d.id
    left join invoices i on i.id = d.invoice_id and i.order_id = o.id and i.kind = 'invoice'
    where d.status = 'applied' and (i.id is not null or o.status <> 'cancelled' and exists (
      select from delivery_lines dl join progress p on p.id = dl.order_line_id
      where dl.delivery_id = d.id and p.invoiced < p.to_invoice))
    union all
    select o.id, o.id, o.within_days, o.zone, i.id, i.issued_on, o.ordered_on
    from ruled o
    left join lateral (select i.id, i.issued_on from invoices i
      where i.order_id = o.id and i.kind = 'invoice' order by i.issued_on limit 1) i on true
    where o.bill_on = 'order' and o.net_minor > 0 and (o.status <> 'cancelled' or i.id is not null))`;

const invoicedInTime = `
  with ${progress}, ${due}
  select id, case
    when within_days is null then format('order %s pins no invoicing policy with withinDays', order_id)
    when invoice_id is null then format('of %s is not invoiced within %s days', from_on, within_days)
    else format('of %s is invoiced on %s, not within %s days', from_on, issued_on, within_days) end
  from owed
  where within_days is null or coalesce(issued_on,
    ((select business_settled_at from asked) at time zone zone)::date) > from_on + within_days`;

// Freight goes whole with the first delivery and is not counted here.
const invoicedInFull = `
  with ${progress}
  select id, format('is delivered %s, its deliveries sum to %s', delivered, found)
  from progress where charged_on = 'each_delivery' and delivered <> found
  union all
  select id, format('has %s net invoiced; what was delivered makes %s', invoiced, to_invoice)
  from progress
  where charged_on = 'each_delivery' and bill_on = 'delivery' and status <> 'cancelled'
    and all_invoiced and invoiced < to_invoice`;

export const invoicing: Check = {
  invariant: 'I11',
  rules: [
    { offenders: invoicedInTime, counted: `select count(*) from deliveries where status = 'applied'` },
    { offenders: invoicedInFull, counted: 'select count(*) from order_lines' },
  ],
};

// recorded_at is the start of the payment's transaction: one that met the reminder's lock on the invoice
// began before it and committed after it. No lock is waited for longer than these seconds, so beyond them it
// is proof. An allocation that was undone (negative) needs no such span: what a reminder counted on began before
// it was decided, and a bounce is often what makes the reminder due at once.
const LOCK_SECONDS = 3;

// Credits and write-offs have no real instant and are left out: they could only make it look settled too
// early.
const remindedAfterPayment = `
  with paid as (
    select r.invoice_id, r.level, r.decided_at, sum(a.amount_minor) as minor,
      max(p.recorded_at) filter (where a.amount_minor > 0) as recorded_at
    from reminders r
    join allocations a on a.invoice_id = r.invoice_id
      and a.recorded_at <= r.decided_at
        - case when a.amount_minor > 0 then interval '${LOCK_SECONDS} seconds' else interval '0' end
    join payments p on p.id = a.payment_id
    group by 1, 2, 3)
  select p.invoice_id, format('reminder %s was decided at %s; the payment that settled it is of %s', p.level,
    p.decided_at, p.recorded_at)
  from paid p join invoices i on i.id = p.invoice_id
  where p.minor >= i.gross_minor - i.discount_minor - i.small_difference_minor`;

export const reminders: Check = {
  invariant: 'I12',
  rules: [{ offenders: remindedAfterPayment, counted: 'select count(*) from reminders' }],
};
