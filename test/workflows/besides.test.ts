// What people and neighbours do beside the straight way: a second contact, a leaver, a write-off by hand, a credit
// after the end, a customer nobody reminds any more, a mail nobody takes. In virtual time.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decide } from '../../activities/intake/decide.js';
import { captureLead } from '../../activities/intake/leads.js';
import { deactivatePerson } from '../../activities/intake/leavers.js';
import { openPayoutRun } from '../../activities/intake/payoutRuns.js';
import { startWorkflow, tellLook } from '../../activities/intake/telling.js';
import { newId } from '../../db/ids.js';
import { withTransaction } from '../../db/pool.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { PEOPLE } from '../support/company.js';
import { replayAndKeep } from '../support/histories.js';
import { CUSTOMER, type Story } from '../support/story.js';
import { openTimeSkipping, type TimeSkipping } from '../support/timeSkipping.js';
import { told } from '../support/told.js';
import { until, type World } from '../support/world.js';

let time: TimeSkipping;
beforeAll(async () => {
  time = await openTimeSkipping();
});
afterAll(() => time?.close());

const answered = (story: Story, name: string): Promise<true | undefined> =>
  until(`${name} is answered`, async () => {
    const found = await story.rows(
      `select from messages where lead_id = $1 and name = $2 and answer ->> 'result' = 'applied'`,
      name,
    );
    return found.length > 0 || undefined;
  });

/** A person leaves; who takes over their leads is decided with it. */
async function leaves({ db, database, policies, businessNow }: World, id: string): Promise<void> {
  const { rows } = await database.owner.query<{ revision: number }>(
    'select revision from people where id = $1',
    [id],
  );
  const at = new Date(await businessNow());
  const leaver = { id, expected: rows[0]?.revision as number, leftOn: dateIn('Europe/Madrid', at.getTime()) };
  const by = { personId: PEOPLE.admin, at };
  await withTransaction(db, (tx) => deactivatePerson(tx, policies, by, leaver));
}

test('a second contact is scored again, a new owner takes over, and when they leave it is their manager’s', () =>
  told('handed-over', { time }, async (story, world) => {
    const again = await captureLead(world.db, {
      capture: { source: { channel: 'website' }, contact: CUSTOMER },
      actorId: PEOPLE.machine,
      messageId: newId('msg'),
      nowMs: await world.now(),
    });
    expect(again.leadId).toBe(story.leadId);
    await answered(story, 'leadTouched');
    await story.decided('reassignLead', 'boss', { ownerId: PEOPLE.sdr, reason: 'holiday' });
    expect(await story.lead()).toMatchObject({ owner: PEOPLE.sdr });
    await leaves(world, PEOPLE.sdr);
    await answered(story, 'waitReassigned');
    expect(await story.lead()).toMatchObject({ owner: PEOPLE.boss });
    expect(await story.waits()).toMatchObject([{ kind: 'qualification', personId: PEOPLE.boss }]);
    await story.decided('qualifyLead', 'boss', { decision: 'disqualify', reason: 'no_need' });
    await story.ended();
  }));

test('an invoice finance writes off by hand closes the lead', () =>
  told('written-off-by-hand', { time }, async (story, world) => {
    await story.order();
    await story.deliver();
    const { id: invoiceId } = await story.invoiced();
    await world.pass(10);
    await story.decided('writeOffInvoice', 'finance2', { invoiceId, reason: 'insolvent' });
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'written_off' });
    expect(await story.waits()).toEqual([]);
  }));

test('a credit after the end opens the lead again, and it closes as it was', () =>
  told('credited-after-the-end', { time }, async (story) => {
    await story.order();
    await story.deliver();
    const invoice = await story.invoiced();
    await story.pay(invoice);
    await story.ended();
    const first = (await story.handle.describe()).runId;
    const [line] = await story.rows<{ id: string }>(
      `select l.id from invoice_lines l join invoices i on i.id = l.invoice_id where i.lead_id = $1`,
    );
    await story.decided('creditInvoice', 'finance', {
      invoiceId: invoice.id,
      lines: [{ invoiceLineId: line?.id, netMinor: '2500' }],
      reason: 'damaged',
      requestedBy: PEOPLE.rep,
    });
    await story.reaches('closed');
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'won', reopened: 1 });
    expect((await story.handle.describe()).runId).not.toBe(first);
  }));

test('a consumer who does not pay is finance’s task, asked for again, and ended by the payment', () =>
  told('consumer-unpaid', { time }, async (story, world) => {
    await story.order();
    await world.database.owner.query(
      `update accounts set segment = 'consumer' where id = (select account_id from leads where id = $1)`,
      [story.leadId],
    );
    await story.deliver();
    const invoice = await story.invoiced();
    for (let passed = 0; passed < 100 && !(await kinds(story)).includes('task'); passed += 5) {
      await world.pass(5);
      await until('it waits for something', async () => (await story.waits()).length > 0);
    }
    const [task] = await story.waits();
    expect(task).toMatchObject({ kind: 'task' });
    const untilDue = (task?.until.getTime() ?? 0) - (await world.businessNow());
    await world.pass(untilDue / 86_400_000 + 0.5);
    await until('finance is asked again', async () => (await story.steps()).includes('escalateTask'));
    await story.pay(invoice, (await story.invoices())[0]?.openMinor);
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'won' });
  }));

test('a monthly run nobody releases is asked for again, and pays once it is released', () =>
  told('paid-late', { time, rules: { commission: { payout: 'monthly' } } }, async (story, world) => {
    await story.order();
    await story.deliver();
    await story.pay(await story.invoiced());
    await story.waitsFor('payout');
    await world.pass(31);
    const { db, engine, marks } = world;
    const asked = { period: '2026-03', actorId: PEOPLE.comp, at: await world.businessNow() };
    const { target } = await openPayoutRun({ db }, asked);
    expect(await startWorkflow(engine, target, 5_000)).toBe(true);
    await until('the run is calculated', async () => {
      const { rows } = await world.database.owner.query(
        `select from audit_entries where action = 'calculatePayout'`,
      );
      return rows.length > 0 || undefined;
    });
    for (const id of [target, story.workflowId]) expect(await tellLook(engine, id, 5_000)).toBe(true);
    await world.pass(3.5);
    await until('somebody is asked again', async () => {
      const { rows } = await world.database.owner.query(
        `select from tasks where kind = 'payout_unreleased' and status = 'open'`,
      );
      return rows.length > 0 || undefined;
    });
    const release = {
      id: newId('msg'),
      target,
      leadId: null,
      name: 'releasePayout',
      actorId: PEOPLE.comp2,
      body: {},
      nowMs: Date.now(),
    } as const;
    const log = { warn: () => undefined };
    expect(await decide({ db, engine, marks, log }, release)).toEqual({ result: 'applied' });
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'won' });
    await replayAndKeep({ world, workflowId: target }, 'payout-run-late');
  }));

const kinds = async (story: Story): Promise<string[]> => (await story.waits()).map(({ kind }) => kind);

test('a mail nobody takes for a day is a person’s task, and the lead goes on without it', () => {
  const mailer = { send: () => Promise.reject(new Error('421 closing')) };
  const rules = { notifications: { mails: ['offer' as const] } };
  return told('mail-given-up', { time, mailer, rules }, async (story, world) => {
    await story.qualify();
    const quote = await story.submit();
    await world.pass(1.1);
    await until('somebody is told', async () => (await story.tasks()).length > 0);
    expect((await story.tasks()).map(({ kind }) => kind)).toEqual(['mail_failed']);
    await story.accept(quote);
    expect(await story.lead()).toMatchObject({ stage: 'ordered' });
    await replayAndKeep(story, 'mail-given-up');
  });
});
