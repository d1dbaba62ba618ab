import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { makeDealActivities } from '../../activities/deal.js';
import { PolicyStore } from '../../db/policies.js';
import type { MailKind } from '../../domain/policies/types.js';
import { closeCompany, type Desk, openCompany, openDesk } from './mailDesk.js';
import { AT, later, PERSONAL, QUOTE, subjectOf } from './sampleWords.js';

const _CONTACT = 'zuleika@globex.example';
const _BILLING = 'accounts-payable@globex.example';

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
