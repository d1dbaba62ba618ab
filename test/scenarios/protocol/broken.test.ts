// A step of the deal's own that fails, whatever it throws and however long it takes: the deal goes on, somebody
// is told, and it is done once it works again. On the dev server, in real time.
import { expect, test } from '@jest/globals';
import { factRow } from '../../../activities/intake/messages.js';
import { startWorkflow } from '../../../activities/intake/telling.js';
import { newId } from '../../../db/ids.js';
import { Writes } from '../../../db/writes.js';
import { PEOPLE, sku } from '../../support/company.js';
import { historyOf, payloadsOf, replayAndKeep } from '../../support/histories.js';
import { captured, type Story } from '../../support/story.js';
import { brokenRules } from '../../support/told.js';
import { openWorld, until, type World } from '../../support/world.js';
import { CANARY, type Fault, faulty, refusedConnection } from './faulty.js';

async function withFault(
  fault: Fault,
  happens: (story: Story, world: World) => Promise<void>,
): Promise<void> {
  const world = await openWorld({ workerDb: (db) => faulty(db, fault) });
  try {
    await happens(await captured(world), world);
    expect(await brokenRules(world)).toEqual([]);
  } finally {
    await world.close();
  }
}

const isRunning = async ({ handle }: Story): Promise<boolean> =>
  (await handle.describe()).status.name === 'RUNNING';

const isStuck = (story: Story): Promise<boolean> =>
  until('somebody is told', async () => (await story.tasks()).some(({ kind }) => kind === 'step_stuck'));

const WITHOUT_A_THIRD_BUG = () => [refusedConnection(), refusedConnection()];

test('an invoice that fails over an outage and a bug leaves the deal running, with a task and nothing private', () => {
  const fault: Fault = { at: 'write', left: 0, step: 'issueInvoice', errors: WITHOUT_A_THIRD_BUG() };
  return withFault(fault, async (story) => {
    await story.order();
    fault.left = 4;
    await story.deliver();
    await isStuck(story);
    expect(await isRunning(story)).toBe(true);
    expect(await story.lead()).toMatchObject({ stage: 'collecting' });
    const seen = payloadsOf(await historyOf(story)).map(({ text }) => text);
    expect(seen.filter((text) => text.includes(CANARY))).toEqual([]);
    expect(JSON.stringify(await historyOf(story))).not.toContain(CANARY);
    await replayAndKeep(story, 'step-stuck');
  });
});

test('a decision that fails over an outage and a bug is stuck with a task, not lost', () => {
  const fault: Fault = { at: 'write', left: 0, step: 'qualifyLead', errors: WITHOUT_A_THIRD_BUG() };
  return withFault(fault, async (story) => {
    fault.left = 4;
    expect(await story.decide('qualifyLead', 'rep', { decision: 'qualify' })).toBeNull();
    await isStuck(story);
    expect(await isRunning(story)).toBe(true);
    const stored = await story.rows(
      `select parked_for from messages where lead_id = $1 and name = 'qualifyLead'`,
    );
    expect(stored).toEqual([{ parked_for: 'stuck' }]);
    await replayAndKeep(story, 'decision-stuck');
  });
});

test('four invoices that are stuck keep no other waiting, and are issued by the next worker', () => {
  const fault: Fault = { at: 'write', left: 0, step: 'issueInvoice' };
  return withFault(fault, async (story, world) => {
    await story.order({ lines: [{ sku: sku(1), quantity: '5' }] });
    fault.left = 12;
    for (let part = 1; part <= 5; part++) await story.deliver(1);
    const last = await story.invoiced();
    expect(last.grossMinor).toBe(6_050n);
    await until('four are stuck', async () => (await story.tasks()).length === 4);
    expect((await story.waits()).filter(({ kind }) => kind === 'invoicing')).toHaveLength(4);
    await world.stopWorker();
    await world.startWorker();
    await story.invoiced(5);
    await until('nobody has to look into it any more', async () => (await story.tasks()).length === 0);
  });
});

test('a stuck step that comes due again for another reason is done, and nobody has to look into it any more', () => {
  const fault: Fault = { at: 'write', left: 0, step: 'earnCommission' };
  return withFault(fault, async (story) => {
    await story.order();
    await story.deliver();
    const invoice = await story.invoiced();
    fault.left = 3;
    await story.pay(invoice, invoice.grossMinor / 2n);
    await isStuck(story);
    await story.pay(invoice, invoice.grossMinor - invoice.grossMinor / 2n);
    await story.ended();
    expect(await story.tasks()).toEqual([]);
  });
});

test('more facts parked than a batch holds are all applied when their time has come', () =>
  withFault({ at: 'write', left: 0 }, async (story, world) => {
    const ids = Array.from({ length: 25 }, () => newId('msg'));
    const facts = ids.map((id) => {
      const body = { paymentId: newId('pay'), allocationIds: [] };
      return factRow({ id, leadId: story.leadId, name: 'paymentApplied', actorId: PEOPLE.finance, body });
    });
    await new Writes().insert('messages', ...facts).run(world.db);
    const open = (): Promise<{ parked: boolean }[]> =>
      story.rows(
        `select parked_for is not null as parked from messages where lead_id = $1 and name = 'paymentApplied'
           and answer is null`,
      );
    await until('all are parked', async () => (await open()).filter(({ parked }) => parked).length === 25);
    // Another run knows of them by their rows alone.
    await story.handle.terminate('the engine’s database was lost');
    await startWorkflow(world.engine, story.workflowId, 5_000);
    await story.order();
    await until('all are applied', async () => (await open()).length === 0);
  }));

test('a workflow of no lead ends: there is nothing it could ever do', async () => {
  const world = await openWorld();
  try {
    const target = `lead/${newId('lead')}`;
    await startWorkflow(world.engine, target, 5_000);
    const handle = world.engine.client.workflow.getHandle(target);
    await until('it has ended', async () => (await handle.describe()).status.name === 'FAILED');
  } finally {
    await world.close();
  }
});

test('a step slower than it may be is waited for as for an absent database, then done once', () => {
  const late = Array.from({ length: 4 }, refusedConnection); // After its time: nobody listens any more.
  const fault: Fault = { at: 'write', left: 0, step: 'issueInvoice', takesMs: 4_500, errors: late };
  return withFault(fault, async (story) => {
    await story.order();
    fault.left = 4;
    await story.deliver();
    await until('every quick attempt has taken too long', async () => fault.left === 0, 40_000);
    // After the last attempt, and again where that was not yet given up; else it waits for a quarter of a minute.
    const looking = setInterval(() => void story.handle.signal('look').catch(() => undefined), 1_000);
    await until('the invoice is issued', async () => (await story.invoices()).length > 0, 40_000).finally(
      () => clearInterval(looking),
    );
    expect(await story.invoices()).toHaveLength(1);
    expect(await story.tasks()).toEqual([]);
    expect(await isRunning(story)).toBe(true);
  });
});
