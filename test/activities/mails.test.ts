import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { makeDealActivities } from '../../activities/deal.js';
import { PolicyStore } from '../../db/policies.js';
import type { MailKind } from '../../domain/policies/types.js';
import { closeCompany, type Desk, openCompany, openDesk } from './mailDesk.js';
import { AT, later, PERSONAL, speak } from './sampleDeal.js';

const QUOTE = 'quote_01kaz4v8tqfv2r0c0q6c2nq4jd';
const CONTACT = 'zuleika@globex.example';
const BILLING = 'accounts-payable@globex.example';

let desk: Desk;
beforeAll(openCompany);
afterAll(closeCompany);
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(async () => {
  // Whatever a test did, nothing personal was logged.
  expect(desk.logged.join('\n')).not.toMatch(PERSONAL);
  await desk.close();
});

const subjectOf: Record<MailKind, string> = {
  offer: QUOTE,
  order: 'order_1',
  invoice: 'inv_1',
  receipt: 'pay_1',
  reminder: 'letter_1',
  approval: 'appr_1',
  task: 'lead_1',
};

describe('a mail of each kind', () => {
  test.each([
    [
      'en',
      'offer',
      CONTACT,
      'Your offer Q-0Q6C2NQ4JD from Núñez y Peña S.L.',
      '€2,178.00',
      'Q-0Q6C2NQ4JD-2.pdf',
    ],
    [
      'es',
      'offer',
      CONTACT,
      'Su oferta Q-0Q6C2NQ4JD de Núñez y Peña S.L.',
      '2.178,00 €',
      'Q-0Q6C2NQ4JD-2.pdf',
    ],
    ['en', 'order', CONTACT, 'Confirmation of your order ORD-000031', 'PO 4711', null],
    ['es', 'order', CONTACT, 'Confirmación de su pedido ORD-000031', 'PO 4711', null],
    ['en', 'invoice', BILLING, 'Invoice INV-000042', '22 December 2026', 'INV-000042.pdf'],
    ['es', 'invoice', BILLING, 'Factura INV-000042', '22 de diciembre de 2026', 'INV-000042.pdf'],
    ['en', 'receipt', BILLING, 'We have received your payment for invoice INV-000042', '€1,178.00', null],
    ['es', 'receipt', BILLING, 'Hemos recibido su pago de la factura INV-000042', '1.178,00 €', null],
    ['en', 'reminder', BILLING, 'Last payment reminder: INV-000042', '25 February 2027', null],
    ['es', 'reminder', BILLING, 'Último recordatorio de pago: INV-000042', '25 de febrero de 2027', null],
    ['en', 'approval', 'boss@seller.example', 'Approval needed: quote Q-0Q6C2NQ4JD/2', '10%', null],
    ['es', 'approval', 'boss@seller.example', 'Aprobación necesaria: oferta Q-0Q6C2NQ4JD/2', '10 %', null],
    ['en', 'task', 'rep@seller.example', 'Task: Send the quote', 'lead_1', null],
    ['es', 'task', 'rep@seller.example', 'Tarea: Enviar la oferta', 'lead_1', null],
  ] as const)('in %s: %s goes to %s', async (language, kind, to, subject, words, attached) => {
    await speak(desk.db, language);
    const id = await desk.queue(kind, subjectOf[kind]);
    expect(await desk.sendMail(id)).toBe('sent');
    expect(desk.received).toHaveLength(1);
    const [{ to: recipients, mail }] = desk.received as [(typeof desk.received)[0]];
    expect(recipients).toEqual([to]);
    expect(mail.subject).toBe(subject);
    expect(mail.text?.replaceAll('\u00a0', ' ')).toContain(words);
    expect(mail.html?.replaceAll('\u00a0', ' ').replaceAll('&nbsp;', ' ')).toContain(words);
    expect(mail.from).toEqual({ name: 'Seller Sales', address: 'sales@seller.example' });
    expect(mail.attachments.map(({ filename }) => filename)).toEqual(attached ? [attached] : []);
    for (const { content } of mail.attachments) {
      expect(
        Buffer.from(content as ArrayBuffer)
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-');
    }
    const row = await desk.row(id);
    expect(row).toMatchObject({ status: 'sent', language, failure: null });
    // Business time: the clock of the fixture stands two hours after the mail was queued.
    expect(Math.abs((row.sent_at?.getTime() ?? 0) - later(2).getTime())).toBeLessThan(60_000);
  });

  test('a credit note goes out as one, with its own document', async () => {
    await desk.sendMail(await desk.queue('invoice', 'inv_2'));
    expect(desk.received[0]?.mail.subject).toBe('Credit note CN-000003');
    expect(desk.received[0]?.mail.text).toContain('It corrects invoice INV-000042.');
    expect(desk.received[0]?.mail.attachments[0]?.filename).toBe('CN-000003.pdf');
  });

  test.each([
    ['offer', QUOTE, 'Our offer Q-0Q6C2NQ4JD is valid until'],
    ['approval', 'appr_1', 'Still waiting for your approval: quote Q-0Q6C2NQ4JD/2'],
  ] as const)('%s: what is queued after it was asked reminds of it', async (kind, subject, words) => {
    await desk.sendMail(await desk.queue(kind, subject, { queued_at: later(4) }));
    expect(desk.received[0]?.mail.subject?.replaceAll('\u00a0', ' ')).toContain(words);
  });

  test('what passed to the manager is an escalation and goes to the nearest active one', async () => {
    await desk.db.query(
      `update tasks set kind = 'qualification_overdue', role = 'manager', person_id = null where id = 'task_1'`,
    );
    await desk.db.query(`update people set manager_id = 'person_deputy' where id = 'person_boss'`);
    await desk.sendMail(await desk.queue('task', 'lead_1'));
    await desk.db.query(`update people set active = false where id = 'person_boss'`);
    await desk.sendMail(await desk.queue('task', 'lead_1'));
    expect(desk.received.map(({ to }) => to)).toEqual([['boss@seller.example'], ['deputy@seller.example']]);
    expect(desk.received[0]?.mail.subject).toBe('Overdue: Qualification (lead_1)');
  });

  test('a receipt names what of the payment still stands, and all invoices it paid', async () => {
    await desk.db.query(`insert into allocations select 'alloc_2', payment_id, invoice_id, lead_id, -40000, value_on,
      'alloc_1', 'by_hand', recorded_at from allocations where id = 'alloc_1'`);
    await desk.sendMail(await desk.queue('receipt', 'pay_1'));
    expect(desk.received[0]?.mail.text).toContain('€600.00');
  });
});

describe('who gets it', () => {
  test.each([
    ['in force', '2026-11-20', '2026-11-30', ['boss@seller.example', 'deputy@seller.example']],
    ['from tomorrow', '2026-11-23', '2026-11-30', ['boss@seller.example']],
    ['over since yesterday', '2026-11-01', '2026-11-21', ['boss@seller.example']],
    ['for the one day', '2026-11-22', '2026-11-22', ['boss@seller.example', 'deputy@seller.example']],
  ])('a delegation %s', async (_when, from, until, expected) => {
    await desk.db.query(
      `insert into delegations values ('deleg_1', 'person_boss', 'person_deputy', $1, $2)`,
      [from, until],
    );
    await desk.db.query(`update people set language = 'es' where id = 'person_deputy'`);
    expect(await desk.sendMail(await desk.queue('approval', 'appr_1'))).toBe('sent');
    const reached = desk.received.map(({ to }) => to[0]).sort();
    expect(reached).toEqual(expected);
    expect(new Set(desk.received.map(({ mail }) => mail.messageId)).size).toBe(expected.length);
    const deputy = desk.received.find(({ to }) => to[0] === 'deputy@seller.example');
    if (expected.length === 2) expect(deputy?.mail.text).toContain('Estimado/a Dan Ferrer:');
  });

  test.each([
    ['offer', QUOTE, `update contacts set email = null`, BILLING],
    ['invoice', 'inv_1', `update accounts set email = null`, CONTACT],
    [
      'order',
      'order_1',
      `update orders set accepted_by_email = 'buyer@globex.example'`,
      'buyer@globex.example',
    ],
  ] as const)('%s falls back to the next address', async (kind, subject, change, to) => {
    await desk.db.query(change);
    await desk.sendMail(await desk.queue(kind, subject));
    expect(desk.received[0]?.to).toEqual([to]);
  });
});

describe('what is not sent', () => {
  const nobody = 'the customer has no e-mail address';
  const silent = `update contacts set email = null; update accounts set email = null;
    update orders set accepted_by_email = null`;
  const alone = 'nobody to tell is active and has an e-mail address';
  test.each([
    ['offer', silent, nobody],
    ['order', silent, nobody],
    ['invoice', silent, nobody],
    ['receipt', silent, nobody],
    ['reminder', silent, nobody],
    ['approval', `update people set active = false`, alone],
    ['task', `update people set active = false`, alone],
    ['offer', `update quote_revisions set status = 'expired' where revision = 2`, 'the offer is expired'],
    ['order', `update orders set status = 'cancelled'`, 'the order is cancelled'],
    [
      'receipt',
      `insert into allocations select 'alloc_2', payment_id, invoice_id, lead_id, -amount_minor, value_on,
      'alloc_1', 'reversal', recorded_at from allocations where id = 'alloc_1'`,
      'the payment was reversed',
    ],
    [
      'reminder',
      `update invoices set allocated_minor = gross_minor where id = 'inv_1'`,
      'everything has been paid',
    ],
    ['approval', `update approvals set status = 'void'`, 'the approval is void'],
    ['task', `update tasks set status = 'resolved', resolved_at = now()`, 'the task is resolved'],
    ['task', `delete from tasks`, 'what it is about is not there'],
  ] as const)('%s after "%s"', async (kind, change, reason) => {
    await desk.db.query(change);
    const id = await desk.queue(kind, subjectOf[kind]);
    expect(await desk.sendMail(id)).toBe('skipped');
    expect(desk.received).toEqual([]);
    expect(await desk.row(id)).toMatchObject({ status: 'skipped', failure: reason, sent_at: null });
    expect(await desk.tasks(id)).toEqual([]);
  });

  test('a mail nobody queued is no error', async () => {
    expect(await desk.sendMail('mail_none')).toBe('unknown');
  });
});

const KINDS = Object.keys(subjectOf) as MailKind[];

describe('once', () => {
  test.each(KINDS)('%s: a mail already sent is not sent again', async (kind) => {
    const id = await desk.queue(kind, subjectOf[kind]);
    expect([await desk.sendMail(id), await desk.sendMail(id)]).toEqual(['sent', 'sent']);
    expect(desk.received).toHaveLength(1);
  });

  test.each(KINDS)('%s: tried twice at the same time it is one mail', async (kind) => {
    const id = await desk.queue(kind, subjectOf[kind]);
    expect(await Promise.all([desk.sendMail(id), desk.sendMail(id)])).toEqual(['sent', 'sent']);
    expect(desk.received).toHaveLength(1);
  });

  test.each(KINDS)('%s: sent again after its mark was lost it is the same mail', async (kind) => {
    const id = await desk.queue(kind, subjectOf[kind]);
    await desk.sendMail(id);
    await desk.db.query(`update mails set status = 'queued', sent_at = null where id = $1`, [id]);
    await desk.sendMail(id);
    const [first, second] = desk.received.map(({ mail }) => mail);
    expect(first?.messageId).toMatch(new RegExp(`^<${id}(-person_[a-z]+)?@seller.example>$`));
    expect(second).toEqual(first);
  });

  test('tried by two workers at the same time a mailbox shows one mail', async () => {
    const id = await desk.queue('invoice', 'inv_1');
    expect(await Promise.all([desk.sendMail(id), desk.sendMailElsewhere(id)])).toEqual(['sent', 'sent']);
    expect(new Set(desk.received.map(({ mail }) => mail.messageId)).size).toBe(1);
    expect(await desk.row(id)).toMatchObject({ status: 'sent' });
  });

  test('a sender changed later does not change a mail that was queued before', async () => {
    await desk.sendMail(await desk.queue('order', 'order_1', { queued_at: later(24) }));
    await desk.sendMail(await desk.queue('order', 'order_1', { queued_at: later(23) }));
    await desk.sendMail(await desk.queue('order', 'order_1', { queued_at: later(-2000) }));
    const senders = desk.received.map(({ mail }) => mail.from?.address);
    expect(senders).toEqual(['new@other.example', 'sales@seller.example', 'sales@seller.example']);
  });
});

describe('refused for good', () => {
  test.each([
    ['offer', 'rep', 'person_rep'],
    ['order', 'rep', 'person_rep'],
    ['invoice', 'finance', null],
    ['receipt', 'finance', null],
    ['reminder', 'finance', null],
    ['approval', 'admin', null],
    ['task', 'admin', null],
  ] as const)('%s: it is failed with one task for %s', async (kind, role, personId) => {
    desk.refuse = { rcpt: 550 };
    const id = await desk.queue(kind, subjectOf[kind]);
    const failure = await desk.failureOf(id);
    expect(failure).toMatchObject({ type: 'MailRefused', nonRetryable: true });
    expect(failure.message).toMatch(/^mail_1\S* was refused with 550$/);
    expect(failure.text).not.toMatch(PERSONAL);
    const row = await desk.row(id);
    expect(row).toMatchObject({ status: 'failed', sent_at: null, failure: failure.message });
    const tasks = await desk.tasks(id);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({ kind: 'mail_failed', lead_id: 'lead_1', role, person_id: personId });
    expect(JSON.stringify(tasks)).not.toMatch(PERSONAL);
    // The try after the worker died between the row and the failure.
    expect(await desk.sendMail(id)).toBe('failed');
    expect(await desk.tasks(id)).toHaveLength(1);
  });

  test('an address that is none is refused without asking any server', async () => {
    await desk.db.query(`update contacts set email = 'Zuleika Quimby <zuleika@globex.example>'`);
    const failure = await desk.failureOf(await desk.queue('offer', QUOTE));
    expect(failure.message).toBe('the recipient of mail_1 has no address mail can go to');
    expect(failure.text).not.toMatch(PERSONAL);
  });

  test('the delegate is reached although the approver is not', async () => {
    await desk.db.query(
      `insert into delegations values ('deleg_1', 'person_boss', 'person_deputy', '2026-11-01', '2026-12-01')`,
    );
    desk.refuse = { rcpt: 550, only: 'boss@seller.example' };
    const id = await desk.queue('approval', 'appr_1');
    expect(await desk.failureOf(id)).toMatchObject({ type: 'MailRefused' });
    expect(desk.received.map(({ to }) => to)).toEqual([['deputy@seller.example']]);
    expect(await desk.tasks(id)).toHaveLength(1);
  });

  test('tried twice at the same time it is one task', async () => {
    desk.refuse = { data: 554 };
    const id = await desk.queue('invoice', 'inv_1');
    const outcomes = await Promise.allSettled([desk.sendMail(id), desk.sendMail(id)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await desk.tasks(id)).toHaveLength(1);
  });

  test('refused in two workers at the same time it is one task', async () => {
    desk.refuse = { rcpt: 550 };
    const id = await desk.queue('invoice', 'inv_1');
    await Promise.allSettled([desk.sendMail(id), desk.sendMailElsewhere(id)]);
    expect(await desk.row(id)).toMatchObject({ status: 'failed' });
    expect(await desk.tasks(id)).toHaveLength(1);
  });
});

describe('given up by the deal', () => {
  const giveUp = (key: string) => {
    const log = pino({ level: 'silent' });
    // As the worker calls it: a function of its own, without its object.
    const { giveUpMail } = makeDealActivities({ db: desk.working, policies: new PolicyStore(), log });
    return giveUpMail({ leadId: 'lead_1', key, at: Date.now() });
  };

  test('a mail nobody took ends as failed with one task, however often it is given up', async () => {
    const id = await desk.queue('invoice', 'inv_1');
    const answers = [...(await Promise.all([giveUp(id), giveUp(id)])), await giveUp(id)];
    expect(answers.map(({ head }) => head.stage)).toEqual(['collecting', 'collecting', 'collecting']);
    expect(await desk.row(id)).toMatchObject({ status: 'failed', failure: 'not delivered in time' });
    const [task, ...more] = await desk.tasks(id);
    expect(more).toEqual([]);
    expect(task).toMatchObject({ kind: 'mail_failed', role: 'finance', status: 'open' });
    expect(Math.abs((task?.created_at.getTime() ?? 0) - later(2).getTime())).toBeLessThan(60_000);
  });

  test('a refused mail has its task already', async () => {
    desk.refuse = { rcpt: 550 };
    const id = await desk.queue('invoice', 'inv_1');
    const { message } = await desk.failureOf(id);
    await giveUp(id);
    expect(await desk.row(id)).toMatchObject({ status: 'failed', failure: message });
    expect(await desk.tasks(id)).toHaveLength(1);
  });

  test('a mail that was sent stays sent', async () => {
    const id = await desk.queue('invoice', 'inv_1');
    await desk.sendMail(id);
    await giveUp(id);
    expect(await desk.row(id)).toMatchObject({ status: 'sent', failure: null });
    expect(await desk.tasks(id)).toEqual([]);
  });

  test('a database that is busy is waited for', async () => {
    const id = await desk.queue('invoice', 'inv_1');
    const other = await desk.db.connect();
    await other.query('begin');
    await other.query('select from mails where id = $1 for update', [id]);
    await expect(giveUp(id)).rejects.toMatchObject({ type: 'DatabaseAway' });
    expect(await desk.failureOf(id)).toMatchObject({ type: 'DatabaseAway', nonRetryable: false });
    await other.query('rollback');
    other.release();
    expect(await desk.row(id)).toMatchObject({ status: 'queued' });
  });
});

describe('what may pass', () => {
  test.each([
    ['a full mailbox', { rcpt: 450 }],
    ['a server short of space', { data: 452 }],
  ])('%s: it stays queued, names nobody, and is sent later', async (_what, refuse) => {
    desk.refuse = refuse;
    const id = await desk.queue('offer', QUOTE);
    const failure = await desk.failureOf(id);
    expect(failure).toMatchObject({ type: 'MailNotSent', nonRetryable: false });
    expect(failure.text).not.toMatch(PERSONAL);
    expect(await desk.row(id)).toMatchObject({ status: 'queued', failure: null, sent_at: null });
    expect(await desk.tasks(id)).toEqual([]);
    desk.refuse = {};
    expect(await desk.sendMail(id)).toBe('sent');
  });

  test.each(KINDS)('%s: a server that is away leaves it queued', async (kind) => {
    await desk.stopServer();
    const id = await desk.queue(kind, subjectOf[kind]);
    const failure = await desk.failureOf(id);
    expect(failure).toMatchObject({ type: 'MailNotSent', nonRetryable: false });
    expect(failure.message).toBe('mail_1 could not be sent yet: ESOCKET');
    expect(failure.text).not.toMatch(PERSONAL);
    expect(await desk.row(id)).toMatchObject({ status: 'queued', failure: null });
  });

  test('content that cannot be printed names the kind of fault only', async () => {
    await desk.db.query(
      `update legal_entities set country = 'ES', address = '{"street": "Zuleika", "country": "zz"}'`,
    );
    const failure = await desk.failureOf(await desk.queue('invoice', 'inv_1'));
    expect(failure.message).toBe('mail_1 could not be sent yet: RangeError');
    expect(failure.text).not.toMatch(PERSONAL);
  });

  test('the fixture would be noticed if it leaked', () => {
    expect('450 <zuleika@globex.example> unknown here').toMatch(PERSONAL);
    expect(AT.getTime()).toBeLessThan(later(1).getTime());
  });
});
