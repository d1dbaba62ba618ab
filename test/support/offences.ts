// What must hold of the books after every test, and how much they hold.
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { openWorld, type World } from './deal.js';

/** Opens a world for the tests of a file; after each of them its books must be right. */
export function useWorld(opened: (world: World) => void): void {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    opened(world);
  });
  afterEach(async () => {
    expect(await offences(world)).toEqual([]);
  });
  afterAll(() => world?.close());
}

/** Sums that must hold after every step; each row returned is an offence. */
export async function offences({ db }: World): Promise<unknown[]> {
  const { rows } = await db.query(`
    select 'ledger' as what, transaction_id as id from ledger_entries group by transaction_id, currency
      having sum(amount_minor) <> 0
    union all
    select 'allocated', i.id from invoices i where i.kind = 'invoice' and i.allocated_minor <>
      (select coalesce(sum(a.amount_minor), 0) from allocations a where a.invoice_id = i.id)
    union all
    select 'written off', i.id from invoices i where i.kind = 'invoice' and i.written_off_minor <>
      (select coalesce(sum(w.amount_minor), 0) from write_offs w where w.invoice_id = i.id)
    union all
    select 'line allocated', l.id from invoice_lines l where l.allocated_minor <>
      (select coalesce(sum(a.amount_minor), 0) from allocation_lines a where a.invoice_line_id = l.id)
    union all
    select 'credited', i.id from invoices i where i.kind = 'invoice' and i.credited_minor <>
      (select coalesce(sum(c.gross_minor), 0) from invoices c where c.credits_id = i.id)
    union all
    select 'payment', p.id from payments p where case when p.reversed_at is null then p.amount_minor else 0 end <>
      p.unapplied_minor + (select coalesce(sum(a.amount_minor), 0) from allocations a where a.payment_id = p.id)
      + (select coalesce(sum(a.amount_minor), 0) from charge_allocations a where a.payment_id = p.id)
    union all
    select 'receivable', coalesce(l.party, d.account_id) from
      (select party, sum(amount_minor) as minor from ledger_entries where account = 'receivable' group by 1) l
      full join (select account_id, sum(minor) as minor from (select account_id, open_minor as minor from invoices
          union all select account_id, open_minor from charge_notes) o group by 1) d on d.account_id = l.party
      where coalesce(l.minor, 0) <> coalesce(d.minor, 0)
    union all
    select 'unapplied', 'all' where (select coalesce(-sum(amount_minor), 0) from ledger_entries
      where account = 'unapplied_cash') <> (select coalesce(sum(unapplied_minor), 0) from payments)
    union all
    select 'commission payable', c.payee_id from
      (select payee_id, sum(amount_minor) as minor from commission_lines group by 1) c
      left join (select payee_id, sum(amount_minor) as minor from payout_lines where released_at is not null
        group by 1) p using (payee_id)
      left join (select party, -sum(amount_minor) as minor from ledger_entries
        where account = 'commission_payable' group by 1) l on l.party = c.payee_id
      where c.minor - coalesce(p.minor, 0) <> coalesce(l.minor, 0)
    union all
    select 'paid more than was ever earned', p.payee_id from
      (select payee_id, sum(amount_minor) as minor from payout_lines group by 1) p
      left join (select payee_id, sum(amount_minor) as minor from commission_lines where corrects is null
        group by 1) c using (payee_id)
      where p.minor > coalesce(c.minor, 0)
    union all
    select 'numbers', n.series from number_series n where n.series <> 'order' and n.last_seq <>
      (select count(*) from invoices i where i.series = n.series and i.entity_id = n.entity_id)
      + (select count(*) from charge_notes c where c.series = n.series and c.entity_id = n.entity_id)
    union all
    select 'charge', n.id from charge_notes n where (n.allocated_fee_minor, n.allocated_interest_minor) <>
        (select coalesce(sum(a.fee_minor), 0), coalesce(sum(a.interest_minor), 0) from charge_allocations a
          where a.charge_note_id = n.id)
      or (n.written_off_fee_minor, n.written_off_interest_minor) <>
        (select coalesce(sum(w.fee_minor), 0), coalesce(sum(w.interest_minor), 0) from charge_write_offs w
          where w.charge_note_id = n.id)
      or (n.waived_fee_minor, n.waived_interest_minor) <>
        (select coalesce(sum(w.fee_minor), 0), coalesce(sum(w.interest_minor), 0) from charge_waivers w
          where w.charge_note_id = n.id)
    union all
    select 'deferred', o.id from orders o where o.bill_on = 'order' and
      (select coalesce(sum(l.invoiced_minor - l.recognised_minor), 0) - coalesce((select sum(il.credited_net_minor)
        from invoice_lines il join order_lines x on x.id = il.order_line_id where x.order_id = o.id), 0)
        from order_lines l where l.order_id = o.id) <>
      (select coalesce(-sum(e.amount_minor), 0) from ledger_entries e join ledger_transactions t
        on t.id = e.transaction_id where t.lead_id = o.lead_id and e.account = 'deferred_revenue')`);
  return rows;
}

/** How much every table holds: equal before and after what must change nothing. */
export async function counts({ db }: World): Promise<unknown> {
  const { rows } = await db.query(`select (select count(*) from audit_entries) as audit,
    (select count(*) from ledger_entries) as ledger, (select count(*) from invoices) as invoices,
    (select count(*) from commission_lines) as commission, (select count(*) from payout_lines) as payouts,
    (select count(*) from waits) as waits, (select count(*) from tasks) as tasks, (select count(*) from mails) as mails,
    (select count(*) from allocations) as allocations, (select count(*) from charge_notes) as charges,
    (select count(*) from charge_allocations) as charged, (select count(*) from charge_waivers) as waivers, (select count(*) from deliveries) as deliveries,
    (select sum(revision) from leads) as revisions, (select count(*) from reminders) as reminders`);
  return rows[0];
}
