// I4: per payee and currency, earned less paid is the balance the ledger carries; corrections mirror the
// lines they name; every line leads back to the cash, the invoice, the order, the approved quote and the
// lead's source.
import type { Check } from './types.js';

const released = `
  released as (
    select l.*, l.released_at is not null or p.status in ('released', 'confirmed') as is_released,
      l.confirmed_at is not null or p.status = 'confirmed' as is_confirmed
    from payout_lines l join payouts p on p.id = l.payout_id)`;

const balances = `
  with ${released},
  earned as (
    select payee_id, currency, sum(amount_minor) as minor, sum(amount_minor) filter (where amount_minor > 0
      or corrects is null) as unreversed
    from commission_lines group by 1, 2),
  paid as (
    select payee_id, currency, coalesce(sum(amount_minor) filter (where is_released), 0) as minor,
      coalesce(sum(amount_minor) filter (where is_released and not is_confirmed), 0) as clearing,
      sum(amount_minor) as promised
    from released group by 1, 2),
  ledger as (
    select party as payee_id, currency,
      coalesce(-sum(amount_minor) filter (where account = 'commission_payable'), 0) as payable,
      coalesce(-sum(amount_minor) filter (where account = 'payout_clearing'), 0) as clearing
    from ledger_entries where account in ('commission_payable', 'payout_clearing') group by 1, 2),
  balances as (
    select coalesce(payee_id, 'commission without a payee') as payee_id, currency,
      coalesce(e.minor, 0) as earned, coalesce(p.minor, 0) as paid, coalesce(l.payable, 0) as payable,
      coalesce(p.clearing, 0) as on_the_way, coalesce(l.clearing, 0) as clearing,
      coalesce(e.unreversed, 0) as unreversed,
      coalesce(p.promised, 0) as promised
    from earned e full join paid p using (payee_id, currency) full join ledger l using (payee_id, currency))
  select payee_id, format('earned %s less paid %s %s; the ledger owes %s', earned, paid, currency, payable)
  from balances where earned - paid <> payable
  union all
  select payee_id, format('%s %s is released and not confirmed; the ledger has %s', on_the_way, currency,
    clearing)
  from balances where on_the_way <> clearing
  union all
  select payee_id, format('was paid or promised %s %s, more than the %s ever earned', promised, currency,
    unreversed)
  from balances where earned < promised and unreversed < promised`;

// Half away from zero, in whole numbers.
const amounts = `
  select id, format('%s at %s bps of %s', amount_minor, rate_bps, basis_minor)
  from commission_lines
  where sequence = 0 and amount_minor <>
    sign(basis_minor) * div(abs(basis_minor)::numeric * rate_bps * 2 + 10000, 20000)
  union all
  select id, format('takes %s back and names no line', amount_minor)
  from commission_lines where amount_minor < 0 and corrects is null
  union all
  select id, format('sequence %s corrects %s', sequence, coalesce(corrects, 'nothing'))
  from commission_lines where (sequence > 0) <> (corrects is not null)`;

const roots = `
  roots as (
    select id, id as root_id from commission_lines where corrects is null
    union all
    select c.id, r.root_id from commission_lines c join roots r on c.corrects = r.id)`;

const mirrors = `
  with recursive ${roots},
  standing as (
    select r.root_id, sum(c.amount_minor) as amount, sum(c.basis_minor) as basis, count(*) - 1 as corrections
    from roots r join commission_lines c on c.id = r.id group by r.root_id),
  bounced as (
    select undoes as allocation_id from allocations where cause = 'reversal' and undoes is not null)
  select c.id, format('corrects %s, which does not exist or is corrected by it', c.corrects)
  from commission_lines c left join roots r on r.id = c.id
  where r.id is null
  union all
  select c.id, format('corrects %s of another payee, invoice line, plan, rate or currency', c.corrects)
  from commission_lines c join commission_lines o on o.id = c.corrects
  where (c.payee_id, c.component, c.plan_version, c.rate_bps, c.currency, c.invoice_line_id,
      c.family, c.order_id, c.lead_id)
    <> (o.payee_id, o.component, o.plan_version, o.rate_bps, o.currency, o.invoice_line_id,
      o.family, o.order_id, o.lead_id)
  union all
  select o.id, format('%s on %s stands with %s on %s after its corrections', o.amount_minor, o.basis_minor,
    s.amount, s.basis)
  from standing s join commission_lines o on o.id = s.root_id
  where s.corrections > 0 and (s.amount not between least(o.amount_minor, 0) and greatest(o.amount_minor, 0)
    or s.basis not between least(o.basis_minor, 0) and greatest(o.basis_minor, 0))
  union all
  select o.id, format('its payment bounced and %s on %s of it still stands', s.amount, s.basis)
  from bounced b join commission_lines o on o.allocation_id = b.allocation_id and o.corrects is null
  join standing s on s.root_id = o.id
  where s.amount <> 0 or s.basis <> 0`;

// Left joins all the way: a link that is missing is what is looked for, foreign keys or not.
const chain = `
  with unapproved as (
    select quote_id, revision, count(*) as missing from approvals where status <> 'approved' group by 1, 2)
  select c.id, concat_ws('; ',
    case when a.id is null then format('no allocation %s', c.allocation_id) end,
    case when a.invoice_id <> c.invoice_id
      then format('allocation %s is on invoice %s', a.id, a.invoice_id) end,
    case when p.id is null then format('no payment %s', a.payment_id) end,
    case when s.allocation_id is null then format('nothing allocated to line %s', c.invoice_line_id) end,
    case when l.invoice_id is distinct from c.invoice_id then format('no line %s on %s', c.invoice_line_id,
      c.invoice_id) end,
    case when ol.order_id is distinct from c.order_id then format('no line of order %s', c.order_id) end,
    case when ol.family <> c.family then format('family %s instead of %s', c.family, ol.family) end,
    case when o.lead_id is distinct from c.lead_id then format('no order %s of this lead', c.order_id) end,
    case when o.currency <> c.currency then format('currency %s instead of %s', c.currency, o.currency) end,
    case when r.quote_id is null or r.content_hash <> o.content_hash
      then format('order does not hold the content of quote %s', o.quote_id) end,
    case when u.missing > 0 then format('%s approvals of the quote are not given', u.missing) end,
    case when le.channel is null then format('lead %s has no source', c.lead_id) end,
    case when cr.order_id is null then format('%s is not credited for the order', c.payee_id) end)
  from commission_lines c
  left join allocations a on a.id = c.allocation_id
  left join payments p on p.id = a.payment_id
  left join allocation_lines s on s.allocation_id = c.allocation_id and s.invoice_line_id = c.invoice_line_id
  left join invoice_lines l on l.id = c.invoice_line_id
  left join order_lines ol on ol.id = l.order_line_id
  left join orders o on o.id = c.order_id
  left join quote_revisions r on r.quote_id = o.quote_id and r.revision = o.quote_revision
  left join unapproved u on u.quote_id = o.quote_id and u.revision = o.quote_revision
  left join leads le on le.id = c.lead_id
  left join commission_credits cr on cr.order_id = c.order_id and cr.payee_id = c.payee_id
    and cr.component = c.component
  where a.id is null or a.invoice_id <> c.invoice_id or p.id is null or s.allocation_id is null
    or l.invoice_id is distinct from c.invoice_id or ol.order_id is distinct from c.order_id
    or ol.family <> c.family or o.lead_id is distinct from c.lead_id or o.currency <> c.currency
    or r.quote_id is null or r.content_hash <> o.content_hash or u.missing > 0 or le.channel is null
    or cr.order_id is null`;

// Never more basis than the cash that arrived carries. A credit note changes net and gross, whose taxes were
// rounded apart: that may leave two minor units until the line is settled.
const basis = `
  with booked as (
    select invoice_line_id, sum(basis_minor) as minor from commission_lines
    where component = 'direct' group by invoice_line_id),
  paid as (
    select invoice_line_id, sum(amount_minor) as minor from allocation_lines group by invoice_line_id),
  carried as (
    select l.id, b.minor as booked, coalesce(p.minor, 0) as paid, l.net_minor - l.credited_net_minor as net,
      (l.gross_minor - l.credited_net_minor - l.credited_tax_minor)::numeric as gross
    from booked b join invoice_lines l on l.id = b.invoice_line_id
    left join paid p on p.invoice_line_id = l.id
    where l.gross_minor > 0),
  due as (
    select c.*, case when gross = 0 then 0 else div(net * paid * 2 + gross, 2 * gross) end as to_date
    from carried c)
  select d.id, format('has commission on a basis of %s; its cash carries %s', booked, to_date)
  from due d join invoice_lines l on l.id = d.id
  where booked > to_date + 2 * (l.credited_net_minor > 0)::int`;

const payouts = `
  with items as (
    select i.payout_id, c.payee_id, c.currency, sum(c.amount_minor) as minor
    from payout_items i join commission_lines c on c.id = i.commission_line_id group by 1, 2, 3)
  select payout_id, format('says %s earned %s %s; its items sum to %s', payee_id, coalesce(l.earned_minor, 0),
    currency, coalesce(i.minor, 0))
  from items i full join payout_lines l using (payout_id, payee_id, currency)
  where coalesce(l.earned_minor, 0) <> coalesce(i.minor, 0)
  union all
  select i.commission_line_id, format('stands in %s payout items', count(*))
  from payout_items i group by 1 having count(*) > 1
  union all
  select i.payout_id, format('pays line %s, which does not exist', i.commission_line_id)
  from payout_items i left join commission_lines c on c.id = i.commission_line_id where c.id is null`;

export const commissions: Check = {
  invariant: 'I4',
  rules: [
    { offenders: balances, counted: 'select count(*) from commission_lines' },
    { offenders: amounts },
    { offenders: mirrors },
    { offenders: chain },
    { offenders: basis },
    { offenders: payouts, counted: 'select count(*) from payout_items' },
  ],
};
