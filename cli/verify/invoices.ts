// I2: every minor unit of an invoice is allocated, credited, tolerated, written off or open, and of a payment
// allocated or unapplied. Recomputed from the rows that say so; the cached columns and the ledger must agree.
import { chargeNotes } from './charges.js';
import type { Check } from './types.js';

const invoiceParts = `
  with allocated as (select invoice_id, sum(amount_minor) as minor from allocations group by invoice_id),
  credited as (
    select credits_id as invoice_id, sum(gross_minor) as minor from invoices
    where kind = 'credit_note' group by credits_id),
  written_off as (select invoice_id, sum(amount_minor) as minor from write_offs group by invoice_id),
  parts as (
    select i.*, coalesce(a.minor, 0) as allocated, coalesce(c.minor, 0) as credited,
      coalesce(w.minor, 0) as written_off
    from invoices i
    left join allocated a on a.invoice_id = i.id
    left join credited c on c.invoice_id = i.id
    left join written_off w on w.invoice_id = i.id
    where i.kind = 'invoice')`;

const cachedColumns = `${invoiceParts}
  select p.id, format('%s is %s, its rows sum to %s', c.name, c.cached, c.found)
  from parts p cross join lateral (values
    ('allocated_minor', p.allocated_minor, p.allocated),
    ('credited_minor', p.credited_minor, p.credited),
    ('written_off_minor', p.written_off_minor, p.written_off)) c (name, cached, found)
  where c.cached <> c.found`;

const identity = `${invoiceParts}
  select id, format('gross %s is not allocated %s + credited %s + discount %s + small difference %s + '
    'written off %s + open %s', gross_minor, allocated, credited, discount_minor, small_difference_minor,
    written_off, open_minor)
  from parts
  where open_minor < 0 or gross_minor <> allocated + credited + discount_minor + small_difference_minor
    + written_off + open_minor`;

const headerAndLines = `
  with lines as (
    select invoice_id, sum(net_minor) as net, sum(tax_minor) as tax, sum(gross_minor) as gross
    from invoice_lines group by invoice_id),
  taxes as (
    select invoice_id, sum(base_minor) as base, sum(tax_minor) as tax from invoice_taxes group by invoice_id)
  select i.id, format('net, tax, gross are %s, %s, %s; lines sum to %s, %s, %s; tax table to %s, %s',
    i.net_minor, i.tax_minor, i.gross_minor, l.net, l.tax, l.gross, t.base, t.tax)
  from invoices i
  left join lines l on l.invoice_id = i.id
  left join taxes t on t.invoice_id = i.id
  where (i.net_minor, i.tax_minor, i.gross_minor)
      is distinct from (coalesce(l.net, 0), coalesce(l.tax, 0), coalesce(l.gross, 0))
    or (i.net_minor, i.tax_minor) is distinct from (coalesce(t.base, 0), coalesce(t.tax, 0))
    or i.gross_minor <> i.net_minor + i.tax_minor`;

// A credit note's line names no line of the invoice; both name the order line.
const creditedLines = `
  with cached as (
    select l.invoice_id, l.order_line_id, sum(l.credited_net_minor) as net, sum(l.credited_tax_minor) as tax
    from invoice_lines l join invoices i on i.id = l.invoice_id and i.kind = 'invoice'
    group by 1, 2),
  notes as (
    select i.credits_id as invoice_id, l.order_line_id, sum(l.net_minor) as net, sum(l.tax_minor) as tax
    from invoice_lines l join invoices i on i.id = l.invoice_id and i.kind = 'credit_note'
    group by 1, 2)
  select invoice_id, format('line of %s is credited %s net, %s tax; its credit notes say %s, %s',
    order_line_id, coalesce(c.net, 0), coalesce(c.tax, 0), coalesce(n.net, 0), coalesce(n.tax, 0))
  from cached c full join notes n using (invoice_id, order_line_id)
  where (coalesce(c.net, 0), coalesce(c.tax, 0)) <> (coalesce(n.net, 0), coalesce(n.tax, 0))`;

const linesAndHeader = `
  with lines as (
    select invoice_id, sum(credited_net_minor + credited_tax_minor) as credited,
      sum(allocated_minor) as allocated, sum(tolerated_minor) as tolerated,
      sum(written_off_minor) as written_off
    from invoice_lines group by invoice_id)
  select i.id, format('%s is %s, its lines sum to %s', c.name, c.header, coalesce(c.lines, 0))
  from invoices i left join lines l on l.invoice_id = i.id
  cross join lateral (values
    ('credited_minor', i.credited_minor, l.credited),
    ('allocated_minor', i.allocated_minor, l.allocated),
    ('discount and small difference', i.discount_minor + i.small_difference_minor, l.tolerated),
    ('written_off_minor', i.written_off_minor, l.written_off)) c (name, header, lines)
  where i.kind = 'invoice' and c.header <> coalesce(c.lines, 0)`;

const allocationShares = `
  with shares as (
    select allocation_id, sum(amount_minor) as minor from allocation_lines group by allocation_id)
  select a.id, format('amount is %s, its lines sum to %s', a.amount_minor, coalesce(s.minor, 0))
  from allocations a left join shares s on s.allocation_id = a.id
  where a.amount_minor <> coalesce(s.minor, 0)`;

const allocationPlaces = `
  select a.id, format('of payment %s in %s on invoice %s in %s of %s; the allocation says %s',
    a.payment_id, p.currency, a.invoice_id, i.currency, i.lead_id, a.lead_id)
  from allocations a
  left join payments p on p.id = a.payment_id
  left join invoices i on i.id = a.invoice_id and i.kind = 'invoice'
  where p.currency is distinct from i.currency or a.lead_id is distinct from i.lead_id
  union all
  select l.allocation_id, format('has a share on line %s of invoice %s instead of %s',
    l.invoice_line_id, i.invoice_id, a.invoice_id)
  from allocation_lines l
  left join allocations a on a.id = l.allocation_id
  left join invoice_lines i on i.id = l.invoice_line_id
  where a.invoice_id is distinct from i.invoice_id
  union all
  select a.id, format('of %s is undone with %s', a.amount_minor, sum(u.amount_minor))
  from allocations a join allocations u on u.undoes = a.id
  group by a.id having a.amount_minor + sum(u.amount_minor) < 0
    or bool_or(u.payment_id <> a.payment_id or u.invoice_id <> a.invoice_id)`;

const lineIdentity = `
  with paid as (
    select invoice_line_id, sum(amount_minor) as minor from allocation_lines group by invoice_line_id)
  select l.id, format('has %s allocated, its allocations sum to %s; of %s gross %s is credited, '
    '%s tolerated, %s written off', l.allocated_minor, coalesce(p.minor, 0), l.gross_minor,
    l.credited_net_minor + l.credited_tax_minor, l.tolerated_minor, l.written_off_minor)
  from invoice_lines l left join paid p on p.invoice_line_id = l.id
  where l.allocated_minor <> coalesce(p.minor, 0)
    or l.gross_minor >= 0 and (l.allocated_minor < 0 or l.gross_minor < l.allocated_minor
      + l.credited_net_minor + l.credited_tax_minor + l.tolerated_minor + l.written_off_minor)`;

const paymentIdentity = `
  with allocated as (
    select payment_id, sum(amount_minor) as minor from (
      select payment_id, amount_minor from allocations
      union all select payment_id, fee_minor + interest_minor from charge_allocations) a
    group by payment_id)
  select p.id, format('of %s%s has %s allocated and %s unapplied', p.amount_minor,
    case when p.reversed_at is null then '' else ' (reversed)' end, coalesce(a.minor, 0), p.unapplied_minor)
  from payments p left join allocated a on a.payment_id = p.id
  where coalesce(a.minor, 0) < 0 or p.unapplied_minor < 0
    or coalesce(a.minor, 0) + p.unapplied_minor <>
      case when p.reversed_at is null then p.amount_minor else 0 end
  union all
  select p.id, 'its reversal and its reversed_at contradict each other'
  from payments p left join payment_reversals r on r.payment_id = p.id
  where (p.reversed_at is null) <> (r.id is null)`;

// The party of a receivable is the customer's account, or the invoice itself.
const receivable = `
  with ledger as (
    select t.entity_id, coalesce(i.account_id, e.party) as account_id, e.currency,
      sum(e.amount_minor) as minor
    from ledger_entries e
    join ledger_transactions t on t.id = e.transaction_id
    left join invoices i on i.id = e.party
    where e.account = 'receivable' group by 1, 2, 3),
  documents as (
    select entity_id, account_id, currency, sum(open_minor) as minor from (
      select entity_id, account_id, currency, open_minor from invoices where kind = 'invoice'
      union all select entity_id, account_id, currency, open_minor from charge_notes) o
    group by 1, 2, 3)
  select coalesce(account_id, 'receivable without a party'),
    format('owes %s %s to %s by its invoices and charge notes, %s by the ledger',
    coalesce(d.minor, 0), currency, entity_id, coalesce(l.minor, 0))
  from ledger l full join documents d using (entity_id, account_id, currency)
  where coalesce(l.minor, 0) <> coalesce(d.minor, 0)`;

// Who sent unapplied cash may become known later, so the parties of the ledger's lines are not compared.
const unappliedCash = `
  with ledger as (
    select t.entity_id, e.currency, -sum(e.amount_minor) as minor
    from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
    where e.account = 'unapplied_cash' group by 1, 2),
  held as (select entity_id, currency, sum(unapplied_minor) as minor from payments group by 1, 2)
  select entity_id, format('holds %s %s unapplied by its payments, %s by the ledger',
    coalesce(h.minor, 0), currency, coalesce(l.minor, 0))
  from ledger l full join held h using (entity_id, currency)
  where coalesce(l.minor, 0) <> coalesce(h.minor, 0)`;

export const invoices: Check = {
  invariant: 'I2',
  rules: [
    { offenders: cachedColumns, counted: 'select count(*) from invoices' },
    { offenders: identity },
    { offenders: headerAndLines, counted: 'select count(*) from invoice_lines' },
    { offenders: creditedLines },
    { offenders: linesAndHeader },
    { offenders: allocationShares, counted: 'select count(*) from allocations' },
    { offenders: allocationPlaces },
    { offenders: lineIdentity },
    { offenders: paymentIdentity, counted: 'select count(*) from payments' },
    { offenders: receivable },
    { offenders: unappliedCash },
    ...chargeNotes,
  ],
};
