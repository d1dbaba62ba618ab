// What docs/protocol.md promises of a message when something breaks between the click and its record: nothing is lost
// and nothing is done twice. On the dev server, in real time.
import { expect, test } from '@jest/globals';
import { factRow } from '../../../activities/intake/messages.js';
import { storeRefusal, tellFact } from '../../../activities/intake/telling.js';
import { newId } from '../../../db/ids.js';
import { Writes } from '../../../db/writes.js';
import { PEOPLE } from '../../support/company.js';
import { historyOf, replay, replayAndKeep } from '../../support/histories.js';
import { captured, type Story } from '../../support/story.js';
import { brokenRules } from '../../support/told.js';
import { openWorld, until, type World, type WorldOptions } from '../../support/world.js';
import { type Fault, faulty } from './faulty.js';
import { startWorkerProcess } from './killedWorker.js';

async function inWorld(options: WorldOptions, happens: (world: World) => Promise<void>): Promise<void> {
  const world = await openWorld(options);
  try {
    await happens(world);
    expect(await brokenRules(world)).toEqual([]);
  } finally {
    await world.close();
  }
}

const timesDone = async (story: Story, step: string): Promise<number> =>
  (await story.steps()).filter((done) => done === step).length;

const deliveryTold = (story: Story): Promise<boolean> =>
  until('the fact is told', async () => {
    const told = `select from messages where lead_id = $1 and name = 'deliveryRecorded' and told_at is not null`;
    return (await story.rows(told)).length === 1;
  });

const messageOf = async (story: Story, id: string) => {
  const [message] = await story.rows<{
    answer: { result: string } | null;
    parked: string | null;
    told: boolean;
  }>(
    `select answer, parked_for as parked, told_at is not null as told from messages where lead_id = $1 and id = $2`,
    id,
  );
  if (!message) throw new Error(`no message ${id}`);
  return message;
};

/** As if an hour had passed for the sweep, a decision's last moment with it. */
const letSweepCome = (story: Story): Promise<unknown> =>
  story.rows(
    `update messages set recorded_at = recorded_at - interval '1 hour', not_after = not_after - interval '1 hour',
        told_at = told_at - interval '1 hour', claimed_until = now() - interval '1 second'
      where lead_id = $1 and answer is null`,
  );

test('a worker killed after its step’s commit: the decision is answered by the next one, and done once', () =>
  inWorld({ worker: false }, async (world) => {
    const killed = await startWorkerProcess(world, 'qualifyLead');
    const story = await captured(world);
    const id = newId('msg');
    const deciding = story.decide('qualifyLead', 'rep', { decision: 'qualify' }, id);
    await killed.committed;
    await killed.kill();
    await world.startWorker();
    const answer = await deciding;
    // Within the click's deadline or with its message: never "no", never twice.
    if (answer) expect(answer).toEqual({ result: 'applied' });
    expect((await messageOf(story, id)).answer).toEqual({ result: 'applied' });
    await story.submit();
    expect(await story.lead()).toMatchObject({ stage: 'offered' });
    expect(await timesDone(story, 'qualifyLead')).toBe(1);
    await until('the decision is told', async () => (await messageOf(story, id)).told);
  }));

test('a bug that strikes after the commit changes nothing: the stored answer is found, the deal goes on', () => {
  const fault: Fault = { at: 'commit', left: 0 };
  return inWorld({ workerDb: (db) => faulty(db, fault) }, async (world) => {
    const story = await captured(world);
    fault.left = 1;
    expect(await story.qualify()).toEqual({ result: 'applied' });
    expect(fault.left).toBe(0);
    expect(await timesDone(story, 'qualifyLead')).toBe(1);
    await story.submit();
    expect(await story.tasks()).toEqual([]);
  });
});

/** A lead whose qualification is stuck with a task, though nothing is broken any more. */
function whenStuck(happens: (story: Story, id: string) => Promise<void>): Promise<void> {
  const fault: Fault = { at: 'write', left: 0 };
  return inWorld({ workerDb: (db) => faulty(db, fault) }, async (world) => {
    const story = await captured(world);
    const id = newId('msg');
    fault.left = 3;
    expect(await story.decide('qualifyLead', 'rep', { decision: 'nurture' }, id)).toBeNull();
    expect(await messageOf(story, id)).toMatchObject({ answer: null, parked: 'stuck' });
    expect(await story.tasks()).toMatchObject([{ kind: 'step_stuck', role: 'operations' }]);
    await happens(story, id);
  });
}

test('a decision whose step is broken is stuck with a task, others go on; repaired, it is done once', () =>
  whenStuck(async (story, id) => {
    await story.decided('reassignLead', 'boss', { ownerId: PEOPLE.sdr, reason: 'holiday' });
    expect(await story.lead()).toMatchObject({ stage: 'new', owner: PEOPLE.sdr });
    await story.decided('reassignLead', 'boss', { ownerId: PEOPLE.rep, reason: 'back again' });
    await letSweepCome(story);
    await story.reaches('nurturing');
    await until('the decision is told', async () => (await messageOf(story, id)).told);
    expect((await messageOf(story, id)).answer).toEqual({ result: 'applied' });
    expect(await timesDone(story, 'qualifyLead')).toBe(1);
    await closeTasks(story);
  }));

test('a decision that was stuck until its lead had closed is refused, and nobody is asked to look into it', () =>
  whenStuck(async (story, id) => {
    await story.decided('withdrawLead', 'boss', { reason: 'nothing to sell' });
    await letSweepCome(story);
    await until('it is answered', async () => (await messageOf(story, id)).answer !== null);
    expect(await messageOf(story, id)).toMatchObject({
      answer: { result: 'refused', code: 'lead_closed' },
      parked: null,
    });
    expect(await story.tasks()).toEqual([]);
    const refusal = { answer: { result: 'refused', code: 'lead_closed' }, revision: -1 } as const;
    const message = { id, target: story.workflowId, leadId: story.leadId, name: 'qualifyLead' };
    expect(await storeRefusal(story.world.db, message, refusal)).toBe(false); // It has its answer.
  }));

test('a capture told three times before a worker is there, and once more at the end, is scored once', () =>
  inWorld({ worker: false }, async (world) => {
    const story = await captured(world, 'unseen');
    const [message] = await story.rows<{ id: string }>(
      `select id from messages where lead_id = $1 and name = 'leadCaptured'`,
    );
    const told = {
      id: message?.id ?? '',
      target: story.workflowId,
      leadId: story.leadId,
      name: 'leadCaptured',
    };
    await Promise.all([true, true, true].map((again) => tellFact(world.engine, told, 5_000, again)));
    await world.startWorker();
    await until('it has an owner', async () => (await story.lead()).owner !== null);
    await tellFact(world.engine, told, 5_000);
    await story.decided('withdrawLead', 'boss', { reason: 'nothing to sell' });
    await story.ended();
    expect(await timesDone(story, 'scoreLead')).toBe(1);
    await replayAndKeep(story, 'captured-again');
  }));

test('a fact no worker takes in waits in the history as a signal, and has one effect', () =>
  inWorld({}, async (world) => {
    const story = await captured(world);
    await story.order();
    await world.stopWorker();
    await story.deliver();
    const [message] = await story.rows<{ id: string }>(
      `select id from messages where lead_id = $1 and name = 'deliveryRecorded'`,
    );
    const fact = {
      id: message?.id ?? '',
      target: story.workflowId,
      leadId: story.leadId,
      name: 'deliveryRecorded',
    };
    await expect(tellFact(world.engine, fact, 1_000)).rejects.toThrow();
    await tellFact(world.engine, fact, 5_000, true);
    const waiting = ((await historyOf(story)).events ?? []).flatMap(
      ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? [],
    );
    expect(waiting).toEqual(['deliveryRecorded']);
    await world.startWorker();
    await story.invoiced();
    await tellFact(world.engine, fact, 5_000); // Once more, as an update that is taken in.
    expect(await timesDone(story, 'recordDelivery')).toBe(1);
    await replay(await historyOf(story), story.workflowId);
  }));

test('a fact that was taken in by a run that is gone begins the next when it is told again', () => {
  const fault: Fault = { at: 'write', left: 0, step: 'recordDelivery' };
  return inWorld({ workerDb: (db) => faulty(db, fault) }, async (world) => {
    const story = await captured(world);
    await story.order();
    fault.left = 1_000;
    await story.deliver();
    const taken = async () =>
      ((await historyOf(story)).events ?? []).some(
        ({ workflowExecutionUpdateAcceptedEventAttributes: update }) =>
          update?.acceptedRequest?.input?.name === 'deliveryRecorded',
      );
    await until('it is taken in', taken);
    await deliveryTold(story);
    await story.handle.terminate('lost');
    fault.left = 0;
    // What the sweep does after half a minute of silence.
    await story.rows(
      `update messages set told_at = null, claimed_until = null, parked_for = null
        where lead_id = $1 and answer is null`,
    );
    await story.invoiced();
    expect(await timesDone(story, 'recordDelivery')).toBe(1);
    await closeTasks(story);
  });
});

test('two facts and a decision that meet in one task, one of them as a signal, run and are replayed alike', () =>
  inWorld({}, async (world) => {
    const story = await captured(world);
    await story.order();
    await world.stopWorker();
    await story.deliver(1);
    await story.deliver(2);
    const rows = await story.rows<{ id: string }>(
      `select id from messages where lead_id = $1 and name = 'deliveryRecorded' order by recorded_at`,
    );
    const [first, second] = rows.map(({ id }) => ({
      id,
      target: story.workflowId,
      leadId: story.leadId,
      name: 'deliveryRecorded',
    }));
    if (!first || !second) throw new Error('two deliveries make two messages');
    await tellFact(world.engine, first, 5_000, true);
    const update = story.handle.executeUpdate<void, [string]>(second.name, {
      updateId: second.id,
      args: [second.id],
    });
    const decided = story.decide('reassignLead', 'boss', { ownerId: PEOPLE.sdr, reason: 'holiday' });
    await world.startWorker();
    await update;
    expect(await decided).toEqual({ result: 'applied' });
    await story.invoiced(2);
    expect(await timesDone(story, 'recordDelivery')).toBe(2);
    await replay(await historyOf(story), story.workflowId);
  }));

test('what is stuck is tried again by the next worker, whenever it comes', () => {
  const fault: Fault = { at: 'write', left: 0 };
  return inWorld({ workerDb: (db) => faulty(db, fault) }, async (world) => {
    const story = await captured(world);
    const id = newId('msg');
    fault.left = 3;
    expect(await story.decide('qualifyLead', 'rep', { decision: 'qualify' }, id)).toBeNull();
    await world.stopWorker();
    await story.rows(
      `update messages set not_after = not_after - interval '1 hour', claimed_until = now() + interval '1 hour'
        where lead_id = $1 and answer is null`,
    );
    await world.startWorker();
    await story.reaches('qualified');
    expect((await messageOf(story, id)).answer).toEqual({ result: 'applied' });
    expect(await story.tasks()).toEqual([]);
    await until('the decision is told', async () => (await messageOf(story, id)).told);
  });
});

test('a fact whose step is broken is stuck with a task and applied once it is repaired', () => {
  const fault: Fault = { at: 'write', left: 0 };
  return inWorld({ workerDb: (db) => faulty(db, fault) }, async (world) => {
    const story = await captured(world);
    await story.order();
    fault.left = 3;
    await story.deliver();
    await until('the step is stuck', async () =>
      (await story.tasks()).some(({ kind }) => kind === 'step_stuck'),
    );
    expect(await story.lead()).toMatchObject({ stage: 'ordered' });
    await deliveryTold(story);
    await letSweepCome(story);
    await story.invoiced();
    expect(await timesDone(story, 'recordDelivery')).toBe(1);
    await closeTasks(story);
  });
});

test('a decision that was refused is never executed later', () =>
  inWorld({}, async (world) => {
    const story = await captured(world);
    const id = newId('msg');
    const order = { orderId: newId('order'), reason: 'changed my mind' };
    const refused = { result: 'refused', code: 'wrong_stage' };
    expect(await story.decide('cancelOrder', 'boss', order, id)).toMatchObject(refused);
    await story.order();
    expect(await story.decide('cancelOrder', 'boss', order, id)).toMatchObject(refused);
    await letSweepCome(story);
    await story.deliver();
    await story.invoiced();
    expect(await story.lead()).toMatchObject({ stage: 'collecting' });
    expect(await timesDone(story, 'cancelOrder')).toBe(0);
  }));

test('of two decisions at once exactly one holds, and the other is told why', () =>
  inWorld({}, async (world) => {
    const story = await captured(world);
    await story.qualify();
    const quote = await story.submit();
    const acceptedBy = { name: 'N', email: 'n@example.com' };
    const answers = await Promise.all([
      story.decide('acceptQuote', 'rep', { ...quote, acceptedBy }),
      story.decide('declineQuote', 'boss', { ...quote, reason: 'price' }),
    ]);
    expect(answers.filter((answer) => answer?.result === 'applied')).toHaveLength(1);
    const [refused] = answers.filter((answer) => answer?.result === 'refused');
    expect(['wrong_stage', 'already_decided', 'lead_closed']).toContain(refused?.code);
    expect(refused?.detail).toBeTruthy();
    expect((await timesDone(story, 'acceptQuote')) + (await timesDone(story, 'declineQuote'))).toBe(1);
  }));

test('a fact told three times has one effect, also after the end', () =>
  inWorld({}, async (world) => {
    const story = await captured(world);
    await story.order();
    await story.deliver();
    const [message] = await story.rows<{ id: string }>(
      `select id from messages where lead_id = $1 and name = 'deliveryRecorded'`,
    );
    const fact = {
      id: message?.id as string,
      target: story.workflowId,
      leadId: story.leadId,
      name: 'deliveryRecorded',
    };
    await Promise.all([tellFact(world.engine, fact, 5_000), tellFact(world.engine, fact, 5_000)]);
    await story.pay(await story.invoiced());
    await story.reaches('closed');
    await story.ended();
    const { revision } = await story.lead();
    await tellFact(world.engine, fact, 5_000);
    await story.ended();
    expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'won', revision });
    expect(await timesDone(story, 'recordDelivery')).toBe(1);
    expect(await story.invoices()).toHaveLength(1);
  }));

test('a fact that comes before its time is parked and applied when its stage has come', () =>
  inWorld({}, async (world) => {
    const story = await captured(world);
    const id = newId('msg');
    const body = { paymentId: newId('pay'), allocationIds: [] };
    const row = factRow({ id, leadId: story.leadId, name: 'paymentApplied', actorId: PEOPLE.finance, body });
    await new Writes().insert('messages', row).run(world.db);
    await until('the fact is parked', async () => (await messageOf(story, id)).parked !== null);
    expect(await messageOf(story, id)).toMatchObject({ answer: null });
    await story.order();
    await until('the fact is answered', async () => (await messageOf(story, id)).answer);
    expect((await messageOf(story, id)).answer).toEqual({ result: 'applied' });
    expect(await timesDone(story, 'applyPayment')).toBe(1);
  }));

test('a lead qualified before anybody told it of its capture is scored and has an owner all the same', () =>
  inWorld({ worker: false }, async (world) => {
    const story = await captured(world, 'unseen');
    // The relay has taken the capture and is about to die with it.
    await story.rows(`update messages set claimed_until = now() + interval '3 seconds' where lead_id = $1`);
    await world.startWorker();
    await story.decided('qualifyLead', 'boss', { decision: 'qualify' });
    await until('the lead has an owner', async () => (await story.lead()).owner !== null);
    expect(await story.waits()).toMatchObject([{ kind: 'quote', personId: PEOPLE.rep }]);
    await story.accept(await story.submit());
    await until(
      'the capture is told',
      async () =>
        (await story.rows(`select from messages where lead_id = $1 and told_at is null`)).length === 0,
    );
  }));

test('what was captured while worker and relay were away is told when they are back', () =>
  inWorld({ worker: false }, async (world) => {
    const story = await captured(world, 'unseen');
    expect(await story.waits()).toMatchObject([{ kind: 'intake' }]);
    await world.startWorker();
    await story.waitsFor('qualification');
    await story.qualify();
    await world.stopWorker();
    const answer = story.decide('withdrawLead', 'rep', { reason: 'nothing to sell' });
    await world.startWorker();
    expect(await answer).toEqual({ result: 'applied' });
    await story.ended();
    expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'lost' });
  }));

/** What operations do when a step works again; the proof counts a task that stays open for nothing. */
const closeTasks = (story: Story): Promise<unknown> =>
  story.rows(
    `update tasks set status = 'resolved', resolved_at = now(), resolved_by = 'person_admin' where lead_id = $1`,
  );
