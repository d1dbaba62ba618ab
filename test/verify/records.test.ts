import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { brokenAfter, closeBooks, openBooks, rehash, rewrite } from '../support/withBooks.js';

beforeAll(openBooks);
afterAll(closeBooks);

type Case = [what: string, change: string, subjects: string[]];

const finds = (invariant: string, cases: Case[]) =>
  describe(invariant, () => {
    test.each(cases)('finds %s, and nothing else is broken', async (_what, change, subjects) => {
      expect(await brokenAfter(change)).toEqual({ [invariant]: subjects });
    });
  });

const ISSUED = 'lead_won/issueInvoice/7';
const QUALIFIED = 'msg_lead_won_3';

finds('I3', [
  [
    'an applied message without an effect',
    `${rewrite('lead_won', 3, QUALIFIED, 'other')};
     update audit_entries set key = 'other' where key = '${QUALIFIED}'`,
    [QUALIFIED],
  ],
  [
    'a message with two effects',
    `drop index audit_key_once; ${rewrite('lead_won', 8, ISSUED, QUALIFIED)};
     update audit_entries set key = '${QUALIFIED}' where key = '${ISSUED}'`,
    [QUALIFIED],
  ],
  [
    'a refused decision that was executed',
    `update messages set answer = '{"result":"refused"}' where id = '${QUALIFIED}'`,
    [QUALIFIED],
  ],
  [
    'a fact without effect that has one',
    `update messages set answer = '{"result":"no_effect"}' where id = 'msg_lead_won_7'`,
    ['msg_lead_won_7'],
  ],
  [
    'a fact that was refused',
    `update messages set answer = '{"result":"refused"}', answered_at = now() where id = 'msg_parked'`,
    ['msg_parked'],
  ],
  [
    'an answer nobody knows',
    `update messages set answer = '{"result":"perhaps"}' where id = 'msg_refused'`,
    ['msg_refused'],
  ],
]);

describe('I3', () => {
  test('a delivery that its order does not take changes its own record, which is its one entry', async () => {
    const noEffect = `update messages set answer = '{"result":"no_effect","code":"order_cancelled"}'
      where id = 'msg_lead_won_7'`;
    const refused = `update deliveries set status = 'refused' where id = 'deliv_lead_won'`;
    // The books below it were made by the delivery as it was taken: that is another invariant's.
    expect(Object.keys(await brokenAfter(`${noEffect}; ${refused}`))).not.toContain('I3');
    expect(Object.keys(await brokenAfter(noEffect))).toContain('I3');
  });
});

describe('I7', () => {
  test('a parked fact is told by a task about its record', async () => {
    const change = `update tasks set subject = 'deliv_1';
      update messages set body = '{"deliveryId":"deliv_1"}' where id = 'msg_parked'`;
    expect(await brokenAfter(change)).toEqual({});
  });
});

describe('I3 and I7 together', () => {
  test('a message told and never answered breaks both', async () => {
    const change = `update messages set answer = null, answered_at = null where id = 'msg_refused'`;
    expect(await brokenAfter(change)).toEqual({ I3: ['msg_refused'], I7: ['msg_refused'] });
  });

  test('a message of this minute may still be under way', async () => {
    const change = `update messages set answer = null, answered_at = null, told_at = null, recorded_at = now()
      where id = 'msg_refused'`;
    expect(await brokenAfter(change)).toEqual({});
  });
});

finds('I5', [
  [
    'an entry with another text',
    `update audit_entries set entry = replace(entry, '"detail":{}', '"detail":{"a":1}')
     where subject = 'lead_won' and seq = 4`,
    ['lead_won'],
  ],
  [
    'an entry taken out of the middle and the chain built anew',
    `alter table audit_entries drop constraint audit_entries_seq_check;
     delete from audit_entries where key = '${ISSUED}';
     update audit_entries set seq = -seq where subject = 'lead_won' and seq > 8;
     update audit_entries set seq = -seq - 1 where seq < 0;
     update audit_heads set seq = seq - 1 where subject = 'lead_won'; ${rehash}`,
    ['lead_won', 'ltx_invoice_lead_won'],
  ],
  [
    'a head that lags behind',
    `update audit_heads set seq = 1 where subject = 'pay_lead_bounced'`,
    ['pay_lead_bounced'],
  ],
  [
    'a key that its entry does not say',
    `update audit_entries set key = 'other' where key = '${ISSUED}'`,
    ['lead_won'],
  ],
  [
    'a revision nobody entered',
    `update leads set revision = revision + 1 where id = 'lead_lost'`,
    ['lead_lost'],
  ],
  [
    'a posting by a transaction without an entry',
    `insert into ledger_transactions (id, business_key, kind, entity_id, posted_on)
     values ('ltx_dark', 'dark', 'dark', 'ent_1', current_date)`,
    ['ltx_dark'],
  ],
  [
    'a waiver by a transaction without an entry',
    `update charge_waivers set recorded_at = recorded_at + interval '1 second'`,
    ['waiver_1'],
  ],
  [
    'an approval nobody was asked for by message',
    `update messages set name = 'other' where id = 'msg_lead_lost_5'`,
    ['lead_lost'],
  ],
]);

describe('I5', () => {
  test('an entry that is no JSON is a finding, not a crash', async () => {
    const change = `update audit_entries set entry = 'x' where subject = 'pay_lead_won'`;
    expect(await brokenAfter(change)).toEqual({ I5: ['pay_lead_won', 'unreadable'] });
  });
});

finds('I7', [
  [
    'a task about what a closed lead does not owe any more',
    `insert into tasks (id, kind, lead_id, subject, role, created_at)
      values ('task_late', 'delivery_overdue', 'lead_won', 'order_lead_won', 'fulfilment', now())`,
    ['task_late'],
  ],
  ['a message nobody told', `update messages set told_at = null where id = 'msg_refused'`, ['msg_refused']],
  [
    'a parked fact without a task',
    `update tasks set status = 'resolved', resolved_at = now()`,
    ['msg_parked'],
  ],
  [
    'a wait past its time',
    `update waits set until = now() - interval '2 minutes' where lead_id = 'lead_bounced'`,
    ['lead_bounced'],
  ],
  [
    'a wait past its time on the fast business clock',
    `insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day)
     values (now() - interval '1 hour', now() - interval '1 hour', 10);
     update waits set until = now() + interval '300 days' where lead_id = 'lead_fresh';
     update waits set until = now() + interval '400 days' where lead_id = 'lead_bounced'`,
    ['lead_fresh'],
  ],
  [
    'a closed lead that still waits',
    `update waits set ended_at = null, ended_by = null where lead_id = 'lead_won'`,
    ['lead_won'],
  ],
  [
    'an open lead that waits for nothing',
    `delete from waits where lead_id = 'lead_bounced'`,
    ['lead_bounced'],
  ],
  [
    'a mail that failed in silence',
    `insert into mails (id, lead_id, kind, subject, language, status, queued_at)
     values ('mail_1', 'lead_won', 'invoice', 'inv_lead_won', 'en', 'failed', now())`,
    ['mail_1'],
  ],
]);

finds('I8', [
  [
    'an approval by the requester',
    `alter table approvals drop constraint nobody_approves_his_own_quote;
     update approvals set decided_by = 'per_rep' where id = 'appr_lead_won'`,
    ['appr_lead_won'],
  ],
  [
    'an approval by the maker',
    `update quote_revisions set created_by = 'per_boss' where quote_id = 'quote_lead_won'`,
    ['appr_lead_won'],
  ],
  [
    'an approval by the delegate of the maker',
    `update approvals set approver_id = 'per_rep', acting_for = 'per_rep', requested_by = 'per_fin1'
      where id = 'appr_lead_won'`,
    ['appr_lead_won'],
  ],
  [
    'an approval by somebody who was not asked',
    `update approvals set decided_by = 'per_admin' where id = 'appr_lead_won'`,
    ['appr_lead_won'],
  ],
  [
    'an approval above the limit',
    `alter table approvals drop constraint nobody_approves_above_his_limit;
     update approvals set limit_minor = 9999 where id = 'appr_lead_won'`,
    ['appr_lead_won'],
  ],
  [
    'an order of something else than was approved',
    `update orders set content_hash = sha256('else') where id = 'order_lead_lost'`,
    ['order_lead_lost'],
  ],
  [
    'an approval of something else than was submitted',
    `update approvals set content_hash = sha256('else') where id = 'appr_lead_lost'`,
    ['appr_lead_lost'],
  ],
  [
    'a quote accepted before it was approved',
    `update approvals set status = 'void', decided_by = null, decided_at = null where id = 'appr_lead_lost'`,
    ['appr_lead_lost'],
  ],
  [
    'a credit note approved by its maker',
    `alter table invoices drop constraint credit_note_maker_never_approves;
     update invoices set approved_by = created_by where kind = 'credit_note'`,
    ['note_lead_lost'],
  ],
  [
    'a payout released by its payee',
    `alter table payout_lines drop constraint nobody_releases_his_own_payout;
     update payout_lines set released_by = payee_id where payee_id = 'per_boss'`,
    ['payout_lead_won'],
  ],
  [
    'a payout released by the editor of its plan',
    `update payout_lines set released_by = 'per_admin'`,
    ['payout_lead_won'],
  ],
  [
    'a payout by a plan one person approved',
    `delete from policy_approvals where person_id = 'per_fin2'`,
    ['payout_lead_won'],
  ],
]);

describe('I8', () => {
  test('finds who wrote off an invoice whose payment he recorded, and I2 what he wrote off', async () => {
    const change = `insert into write_offs
        (id, invoice_id, lead_id, amount_minor, written_off_on, reason, decided_by)
      values ('off_1', 'inv_lead_won', 'lead_won', 1, current_date, 'lost', 'per_fin1')`;
    expect(await brokenAfter(change)).toEqual({ I2: ['inv_lead_won'], I8: ['off_1'] });
  });

  test('finds who wrote off an invoice on which he put a payment by hand', async () => {
    const change = `update allocations set allocated_by = 'per_fin2' where invoice_id = 'inv_lead_won';
      insert into write_offs (id, invoice_id, lead_id, amount_minor, written_off_on, reason, decided_by)
      values ('off_1', 'inv_lead_won', 'lead_won', 1, current_date, 'lost', 'per_fin2')`;
    expect(await brokenAfter(change)).toEqual({ I2: ['inv_lead_won'], I8: ['off_1'] });
  });
});

finds('I9', [
  [
    'a number left out',
    `update invoices set seq = 4 where id = 'inv_lead_lost';
     update number_series set last_seq = 4 where series = 'invoice'`,
    ['inv_lead_lost'],
  ],
  [
    'a date that goes back',
    `update orders set ordered_on = ordered_on - 30 where id = 'order_lead_lost'`,
    ['order_lead_lost'],
  ],
  [
    'a counter ahead of its documents',
    `update number_series set last_seq = 9 where series = 'credit_note'`,
    ['ent_1/credit_note'],
  ],
  [
    'a charge note left out',
    `update charge_notes set seq = 3 where id = 'charge_lead_lost';
     update number_series set last_seq = 3 where series = 'charge_note'`,
    ['charge_lead_lost'],
  ],
  [
    'a charge note dated before the one before it',
    `update charge_notes set issued_on = issued_on - 30 where id = 'charge_lead_lost'`,
    ['charge_lead_lost'],
  ],
  [
    'a charge note with the number of an invoice',
    `update charge_notes set number = 'invoice-1' where id = 'charge_lead_won'`,
    ['charge_lead_won'],
  ],
  [
    'an order number given twice',
    `update orders set number = 'order-1' where id = 'order_lead_lost'`,
    ['order_lead_lost'],
  ],
]);

finds('I10', [
  [
    'a stage no entry tells',
    `update leads set stage = 'delivering' where id = 'lead_bounced'`,
    ['lead_bounced'],
  ],
  [
    'a leap that is not allowed',
    `${rewrite('lead_lost', 5, '"to":"offered"', '"to":"ordered"')};
     ${rewrite('lead_lost', 6, '"from":"offered"', '"from":"ordered"')}`,
    ['lead_lost'],
  ],
  [
    'an entry that begins where the lead was not',
    rewrite('lead_lost', 6, '"from":"offered"', '"from":"ordered"'),
    ['lead_lost'],
  ],
  [
    'an outcome that stage cannot have',
    `update leads set outcome = 'lost' where id = 'lead_won'`,
    ['lead_won'],
  ],
  ['a reopening that left no entry', `update leads set reopened = 1 where id = 'lead_won'`, ['lead_won']],
]);
