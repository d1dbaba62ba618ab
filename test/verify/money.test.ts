import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { brokenAfter, closeBooks, openBooks } from '../support/withBooks.js';

beforeAll(openBooks);
afterAll(closeBooks);

type Case = [what: string, change: string, subjects: string[]];

const finds = (invariant: string, cases: Case[]) =>
  describe(invariant, () => {
    test.each(cases)('finds %s, and nothing else is broken', async (_what, change, subjects) => {
      expect(await brokenAfter(change)).toEqual({ [invariant]: subjects });
    });
  });

finds('I1', [
  [
    'a posting that lost a cent',
    `update ledger_entries set amount_minor = -2099 where transaction_id = 'ltx_invoice_lead_won'
       and account = 'tax_payable'`,
    ['ledger', 'ltx_invoice_lead_won'],
  ],
  [
    'a charge note posted as a fee where it charges interest',
    `update ledger_entries set account = 'fee_income' where transaction_id = 'ltx_charge-note/charge_lead_won'
       and account = 'interest_income'`,
    ['charge_lead_won'],
  ],
  [
    'a charge note nobody posted',
    `update ledger_transactions set business_key = 'something else' where id = 'ltx_charge-note/charge_lead_lost'`,
    ['charge_lead_lost'],
  ],
  [
    'a waiver posted to nobody',
    `update ledger_transactions set business_key = 'charge-waiver/waiver_2'
     where id = 'ltx_charge-waiver/waiver_1'`,
    ['charge-waiver/waiver_2', 'charge_lead_won'],
  ],
]);

finds('I2', [
  [
    'a write-off of another amount than its row',
    `update invoices set written_off_minor = 6049 where id = 'inv_lead_lost'`,
    ['acc_1', 'inv_lead_lost'],
  ],
  [
    'an allocation no payment made',
    `update invoices set allocated_minor = 100 where id = 'inv_lead_bounced'`,
    ['acc_1', 'inv_lead_bounced'],
  ],
  [
    'a payment with more unapplied than it brought',
    `update payments set unapplied_minor = 600 where id = 'pay_lead_won'`,
    ['ent_1', 'pay_lead_won'],
  ],
  [
    'an allocation whose lines are a cent short',
    `update allocation_lines set amount_minor = -12099 where allocation_id = 'unalloc_lead_bounced'`,
    ['inv_lead_bounced_1', 'unalloc_lead_bounced'],
  ],
  [
    'an allocation booked on another lead than its invoice',
    `update allocations set lead_id = 'lead_lost' where id = 'alloc_lead_won'`,
    ['alloc_lead_won'],
  ],
  [
    'a line that tolerates what its invoice does not',
    `update invoice_lines set tolerated_minor = 1 where id = 'inv_lead_bounced_1'`,
    ['inv_lead_bounced'],
  ],
  [
    'a tax table that contradicts the invoice',
    `update invoice_taxes set tax_minor = 2101 where invoice_id = 'inv_lead_won'`,
    ['inv_lead_won'],
  ],
  [
    'a line credited otherwise than its credit note says',
    `update invoice_lines set credited_net_minor = 4999, credited_tax_minor = 1051
     where id = 'inv_lead_lost_1'`,
    ['inv_lead_lost'],
  ],
  [
    'a receivable of nobody',
    `update ledger_entries set party = null where transaction_id = 'ltx_bounce_lead_bounced'
       and account = 'receivable'`,
    ['acc_1', 'receivable without a party'],
  ],
  [
    'a charge note that says another amount is paid than its allocations',
    `update charge_notes set allocated_fee_minor = 189 where id = 'charge_lead_won'`,
    ['acc_1', 'charge_lead_won'],
  ],
  [
    'cash moved from the interest of a charge note to its fee',
    `update charge_allocations set fee_minor = 191, interest_minor = 9`,
    ['charge_lead_won'],
  ],
  [
    'a charge note paid, waived and written off with more than it charges',
    `alter table charge_notes drop constraint fees_never_overpaid;
     update charge_write_offs set fee_minor = 4001; update charge_notes set written_off_fee_minor = 4001
     where id = 'charge_lead_lost'; update ledger_entries set amount_minor = sign(amount_minor) * 4001
     where transaction_id = 'ltx_charge-write-off/off_charge'`,
    ['charge_lead_lost'],
  ],
  [
    'a charge note whose lines are a cent short',
    `update charge_note_lines set amount_minor = 499 where kind = 'reminder_fee'`,
    ['charge_lead_won'],
  ],
  [
    'interest at another rate than its periods',
    `update charge_note_lines set periods = jsonb_set(periods, '{0,rateBps}', '1200') where kind = 'interest'`,
    ['charge_lead_won'],
  ],
  [
    'interest from before the day after due',
    `update charge_notes set interest_from_on = interest_from_on - 10 where interest_from_on is not null`,
    ['charge_lead_won'],
  ],
  [
    'a day of interest counted twice',
    `update charge_note_lines set periods = jsonb_set(jsonb_set(periods || periods, '{0,principalMinor}', '"6050"'),
       '{1,principalMinor}', '"6050"') where kind = 'interest'`,
    ['charge_lead_won'],
  ],
  [
    'a charge on another lead than its invoice',
    `update charge_notes set lead_id = 'lead_bounced' where id = 'charge_lead_lost'`,
    ['charge_lead_lost'],
  ],
  [
    'two fees for one letter',
    `drop index one_reminder_fee_per_letter;
     update charge_note_lines set kind = 'reminder_fee', letter_id = 'letter_lead_won' where kind <> 'interest'`,
    ['charge_lead_lost'],
  ],
  [
    'a charge note no reminder came with',
    `update charge_notes set level = 2 where id = 'charge_lead_lost'`,
    ['charge_lead_lost'],
  ],
  [
    'a payment with more on charge notes than it brought',
    `update payments set amount_minor = 199 where id = 'pay_charge'`,
    ['pay_charge'],
  ],
  [
    'a bounced payment that is not marked',
    `update payments set reversed_at = null where id = 'pay_lead_bounced'`,
    ['pay_lead_bounced'],
  ],
]);

finds('I4', [
  [
    'a payout above what was earned',
    `update payout_lines set amount_minor = 501 where payee_id = 'per_rep'`,
    ['per_rep'],
  ],
  [
    'a payout that is on its way and the ledger says it arrived',
    `update payouts set status = 'released'`,
    ['per_boss', 'per_rep'],
  ],
  [
    'a payout that names other earnings than its items',
    `update payout_lines set earned_minor = 99 where payee_id = 'per_boss'`,
    ['payout_lead_won'],
  ],
  [
    'a mirror that is a cent off, in the ledger too',
    `update commission_lines set amount_minor = -499 where id = 'com_lead_bounced_direct_mirror';
     update ledger_entries set amount_minor = sign(amount_minor) * 499
     where transaction_id = 'ltx_mirror_lead_bounced_direct'`,
    ['com_lead_bounced_direct'],
  ],
  [
    'a mirror at another rate',
    `update commission_lines set rate_bps = 400 where id = 'com_lead_bounced_direct_mirror'`,
    ['com_lead_bounced_direct_mirror'],
  ],
  [
    'a correction of a line that is not there',
    `update commission_lines set corrects = 'com_none' where id = 'com_lead_bounced_direct_mirror'`,
    ['com_lead_bounced_direct', 'com_lead_bounced_direct_mirror'],
  ],
  [
    'a rate that does not make the amount',
    `update commission_lines set rate_bps = 501 where id = 'com_lead_won_direct'`,
    ['com_lead_won_direct'],
  ],
  [
    'a line earned on the cash of another invoice',
    `update commission_lines set allocation_id = 'alloc_lead_bounced' where id = 'com_lead_won_override1'`,
    ['com_lead_won_override1'],
  ],
  [
    'a payee nobody credited for the order',
    `delete from commission_credits where order_id = 'order_lead_won' and component = 'override1'`,
    ['com_lead_won_override1'],
  ],
  [
    'more basis than the cash carries',
    `update commission_lines set basis_minor = 10001 where id = 'com_lead_won_direct'`,
    ['inv_lead_won_1'],
  ],
  [
    'a line paid twice',
    `alter table payout_items drop constraint payout_items_pkey;
     insert into payout_items select * from payout_items where commission_line_id = 'com_lead_won_direct'`,
    ['com_lead_won_direct', 'payout_lead_won'],
  ],
]);

finds('I11', [
  [
    'a delivery without an invoice for all it is worth',
    `update deliveries set invoice_id = null;
     update order_lines set net_minor = 10001, delivered = 2 where id = 'oline_lead_bounced'`,
    ['deliv_lead_bounced'],
  ],
  [
    'invoices issued a day too late',
    `update policies set body = '{"withinDays":-1}' where kind = 'invoicing'`,
    ['deliv_lead_bounced', 'deliv_lead_lost', 'deliv_lead_won'],
  ],
  [
    'an order that pins no policy',
    `update orders set pins = '{}' where id = 'order_lead_won'`,
    ['deliv_lead_won'],
  ],
  [
    'less invoiced than delivered',
    `update order_lines set net_minor = 10001 where id = 'oline_lead_won'`,
    ['oline_lead_won'],
  ],
  [
    'a delivered quantity no delivery brought',
    `update order_lines set delivered = 1 where id = 'oline_lead_won'`,
    ['oline_lead_won'],
  ],
]);

describe('I11', () => {
  test('a delivery told late is judged from the day it was told', async () => {
    const change = `update deliveries set delivered_on = delivered_on - 10 where id = 'deliv_lead_won'`;
    expect(await brokenAfter(change)).toEqual({});
  });

  test('a delivery told late by no message is late', async () => {
    const change = `update orders set ordered_on = ordered_on - 10;
      update number_series set last_issued_on = last_issued_on - 10 where series = 'order';
      update deliveries set delivered_on = delivered_on - 10 where id = 'deliv_lead_won';
      update messages set body = '{}' where name = 'deliveryRecorded'`;
    expect(await brokenAfter(change)).toEqual({ I11: ['deliv_lead_won'] });
  });
});

describe('I12', () => {
  test('a reminder that a bounce made due at once was decided in order', async () => {
    const change = `insert into reminder_letters select 'letter_again', account_id, entity_id, currency,
        decided_on + 1 from reminder_letters where id = 'letter_lead_won';
      insert into reminders (invoice_id, level, letter_id, open_minor, decided_on, decided_at)
        select invoice_id, 1, 'letter_again', 12100, value_on, recorded_at + interval '1 second'
        from allocations where id = 'unalloc_lead_bounced'`;
    const earlier = (table: string, which: string) =>
      `update ${table} set recorded_at = recorded_at - interval '1 minute' where ${which}`;
    const paidBefore = [
      earlier('allocations', `id = 'alloc_lead_bounced'`),
      earlier('payments', `id = 'pay_lead_bounced'`),
      earlier('ledger_transactions', `id = 'ltx_payment_lead_bounced'`),
      earlier('audit_entries', `subject = 'pay_lead_bounced' and action = 'recordPayment'`),
    ].join('; ');
    expect(await brokenAfter(`${change}; ${paidBefore}`)).toEqual({});
  });
});

finds('I12', [
  [
    'a reminder decided after the money came',
    `update reminders set decided_at = now() + interval '1 minute'`,
    ['inv_lead_won'],
  ],
]);
