// Whoever reaches the engine can send a workflow whatever he likes. Every update and signal there is, forged in
// every way, changes nothing of any deal and is told to a person; the deal goes on as if nothing had happened.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { factRow, putDecision } from '../../../activities/intake/messages.js';
import { newId } from '../../../db/ids.js';
import { withTransaction } from '../../../db/pool.js';
import { Writes } from '../../../db/writes.js';
import { ERRORS } from '../../../domain/errors.js';
import { DECISIONS, type DecisionName, FACTS, type FactName } from '../../../domain/messages.js';
import type { StepAnswer } from '../../../domain/steps.js';
import { PEOPLE } from '../../support/company.js';
import { historyOf } from '../../support/histories.js';
import { sampled } from '../../support/sampled.js';
import { captured, type Story } from '../../support/story.js';
import { fingerprint } from '../../support/tables.js';
import { openWorld, until, type World } from '../../support/world.js';

let world: World;
beforeAll(async () => {
  sampled(`forged messages: leads that are ${tried.map(([stage]) => stage).join(' and ')}`);
  world = await openWorld();
});
afterAll(() => world?.close());

const UNTOLD = `now() + interval '1 day'`; // The sweep must not tell for us what a test forges.

/** A decision somebody made of a lead and nobody has told yet. */
async function stored(story: Story, name: DecisionName, body: object): Promise<string> {
  const id = newId('msg');
  const { workflowId: target, leadId } = story;
  await putDecision(world.db, { id, target, leadId, name, actorId: PEOPLE.boss, body, nowMs: Date.now() });
  await story.rows(`update messages set claimed_until = ${UNTOLD} where lead_id = $1 and id = $2`, id);
  return id;
}

/** A fact of a lead nobody has told yet. */
async function storedFact(story: Story): Promise<string> {
  const id = newId('msg');
  const body = { fromId: PEOPLE.sdr, toId: null, ownerId: null };
  const row = factRow({ id, leadId: story.leadId, name: 'waitReassigned', actorId: PEOPLE.admin, body });
  await withTransaction(world.db, (tx) => new Writes().insert('messages', row).run(tx));
  await story.rows(`update messages set claimed_until = ${UNTOLD} where lead_id = $1 and id = $2`, id);
  return id;
}

/** What the sender of an update learns: the code of a refusal, or what was applied. */
async function update(story: Story, name: string, ...args: unknown[]): Promise<string> {
  try {
    const answer = await story.handle.executeUpdate<StepAnswer, [unknown]>(name, {
      updateId: randomUUID(),
      args: args as [unknown],
    });
    return answer.answer?.code ?? answer.answer?.result ?? 'nothing';
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure))
      throw error;
    return error.cause.type ?? 'no type';
  }
}

const localActivities = async (story: Story): Promise<number> =>
  ((await historyOf(story)).events ?? []).filter(
    ({ markerRecordedEventAttributes: marker }) => marker?.markerName === 'core_local_activity',
  ).length;

/** Tells a fact in one of its two ways and waits until the deal has run its step for it. */
async function tell(how: Way, story: Story, name: string, ...told: unknown[]): Promise<void> {
  const before = await localActivities(story);
  const args = told as [unknown];
  if (how === 'signal') await story.handle.signal(name, ...args);
  else await story.handle.executeUpdate<void, [unknown]>(name, { updateId: randomUUID(), args });
  await until(`${name} was judged`, async () => (await localActivities(story)) > before);
}
const WAYS = ['signal', 'update'] as const;
type Way = (typeof WAYS)[number];

const all = () => fingerprint(world.database.owner, { tasks: `kind = 'message_unknown'` });

const STAGES: readonly (readonly [string, (story: Story) => Promise<unknown>])[] = [
  ['new', async () => undefined],
  [
    'offered',
    async (story) => {
      await story.qualify();
      return story.submit();
    },
  ],
  [
    'collecting',
    async (story) => {
      await story.order();
      await story.deliver();
      return story.invoiced();
    },
  ],
];

// One open stage and one with money in the normal run; all of them in the long one.
const SHORT = ['new', 'collecting'];
const tried = STAGES.filter(([stage]) => process.env.L2C_LONG === '1' || SHORT.includes(stage));

describe.each(tried)('a lead that is %s', (stage, brought) => {
  let story: Story;
  let other: Story;
  let otherAnswered: string;
  let otherOpen: string;
  beforeAll(async () => {
    const customer = (n: number) => ({
      email: `${stage}${n}@customer.example`,
      company: `${stage} ${n}`,
      country: 'ES',
    });
    story = await captured(world, 'scored', customer(1));
    other = await captured(world, 'scored', customer(2));
    await brought(story);
    await brought(other);
    await story.reaches(stage as 'new');
    otherOpen = await stored(other, 'withdrawLead', { reason: 'theirs' });
    const [told] = await other.rows<{ id: string }>(
      `select id from messages where lead_id = $1 and answer is not null order by recorded_at limit 1`,
    );
    otherAnswered = told?.id as string;
    await until('what was told is marked', async () => {
      await world.marks.flush();
      const untold = `select from messages where lead_id = $1 and told_at is null and claimed_until is null`;
      return (await story.rows(untold)).length + (await other.rows(untold)).length === 0;
    });
  });

  test.each(DECISIONS)('is not moved by a forged %s', async (name) => {
    const mine = await stored(story, name === 'qualifyLead' ? 'withdrawLead' : 'qualifyLead', {
      decision: 'qualify',
    });
    const before = await all();
    const refusals = [
      await update(story, name, { messageId: newId('msg') }),
      await update(story, name, { messageId: otherOpen }),
      await update(story, name, { messageId: otherAnswered }),
      await update(story, name, { messageId: mine, body: { decision: 'disqualify' } }),
      await update(story, name, { messageId: `${story.leadId}/closeLead/1` }),
      await update(story, name, { messageId: 'a word of somebody\u2019s' }),
      await update(story, name, { messageId: 7 }),
      await update(story, name, null),
      await update(story, name),
    ];
    expect(await all()).toEqual(before);
    expect(refusals.filter((code) => !(code in ERRORS))).toEqual([]);
    expect(new Set(refusals.slice(5))).toEqual(new Set(['not_found']));
    await story.rows(`delete from messages where lead_id = $1 and id = $2`, mine);
  });

  test.each(FACTS.flatMap((name) => WAYS.map((how) => ({ name, how }))))(
    'is not moved by a forged $name, sent as $how',
    async ({ name, how }) => {
      const before = await all();
      for (const id of [newId('msg'), otherOpen, otherAnswered, `${story.leadId}/closeLead/1`])
        await tell(how, story, name, id);
      for (const args of [[{ messageId: otherOpen }], [], ['x'.repeat(100_000)]]) {
        if (how === 'signal') await tell(how, story, name, ...args);
        else expect(await update(story, name, ...args)).toBe('not_found');
      }
      expect(await all()).toEqual(before);
    },
  );

  test('is not kept from a fact by the same id under other names', async () => {
    const id = await storedFact(story);
    const before = await all();
    for (const name of FACTS.filter((fact) => fact !== 'waitReassigned')) {
      for (const how of WAYS) await tell(how, story, name, id);
    }
    expect(await all()).toEqual(before);
    await tell('update', story, 'waitReassigned' satisfies FactName, id);
    const [row] = await story.rows<{ answer: unknown }>(
      `select answer from messages where lead_id = $1 and id = $2`,
      id,
    );
    expect(row?.answer).not.toBeNull();
  });

  test('is not kept from a fact by an update forged under its id', async () => {
    const id = await storedFact(story);
    const before = await all();
    await story.handle.executeUpdate<void, [string]>('deliveryRecorded', {
      updateId: id,
      args: [newId('msg')],
    });
    expect(await all()).toEqual(before);
    // The engine takes the real one for told; the workflow reads it from its row when it looks.
    await story.handle.executeUpdate<void, [string]>('waitReassigned', { updateId: id, args: [id] });
    await story.handle.signal('look');
    await until('it is answered', async () => {
      const answered = `select from messages where lead_id = $1 and id = $2 and answer is not null`;
      return (await story.rows(answered, id)).length === 1;
    });
  });

  test('does not know an update or a signal of another name', async () => {
    const before = await all();
    await expect(update(story, 'payEverybody', { messageId: otherOpen })).resolves.toMatch(/./);
    await story.handle.signal('payEverybody', otherOpen);
    expect(await update(story, 'qualifyLead')).toBe('not_found'); // It still answers.
    expect(await all()).toEqual(before);
  });

  test('has told an admin once', async () => {
    const tasks = await story.rows<{ subject: string; role: string; reason: object }>(
      `select subject, role, reason from tasks where lead_id = $1 and kind = 'message_unknown'`,
    );
    expect(tasks).toEqual([{ subject: story.leadId, role: 'admin', reason: { step: expect.any(String) } }]);
  });

  test('and its neighbour go on: a decision that was stored says what its row says, whatever is sent beside it', async () => {
    const beside = { messageId: otherOpen, body: { reason: 'forged' }, actorId: PEOPLE.head };
    const code = await update(other, 'withdrawLead', beside);
    expect(code).toBe(stage === 'collecting' ? 'wrong_stage' : 'applied');
    if (code === 'applied') expect(await other.lead()).toMatchObject({ stage: 'closed', reason: 'theirs' });
  });
});

test.each([{}, { captured: newId('msg') }])(
  'a lead nobody captured is not begun by starting its workflow with %j',
  async (more) => {
    const before = await all();
    const { client, taskQueue } = world.engine;
    const workflowId = `lead/${newId('lead')}`;
    const handle = await client.workflow.signalWithStart('leadToCash', {
      workflowId,
      taskQueue,
      args: [{ leadId: workflowId.slice(5), ...more }],
      signal: 'leadCaptured',
      signalArgs: [newId('msg')],
    });
    await expect(handle.result()).rejects.toThrow();
    expect(await all()).toEqual(before);
  },
);

test('a lead that is closed is not opened again by a forged fact', async () => {
  const story = await captured(world, 'scored', { email: 'closed@customer.example' });
  await story.decided('withdrawLead', 'boss', { reason: 'nothing to sell' });
  await story.ended();
  await world.marks.flush();
  const before = await all();
  const { client, taskQueue } = world.engine;
  for (const name of FACTS) {
    const handle = await client.workflow.signalWithStart('leadToCash', {
      workflowId: story.workflowId,
      taskQueue,
      args: [{ leadId: story.leadId, captured: newId('msg') }],
      signal: name,
      signalArgs: [newId('msg')],
    });
    await handle.result();
  }
  expect(await all()).toEqual(before);
});
