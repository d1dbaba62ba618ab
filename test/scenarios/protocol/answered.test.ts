// What the engine itself says of a decision, before any row is asked: refused at the door without a trace, or
// answered by the run that took it, also where it is the last that run does.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { putDecision } from '../../../activities/intake/messages.js';
import { type Addressed, type Told, tellDecision } from '../../../activities/intake/telling.js';
import { newId } from '../../../db/ids.js';
import type { DecisionName } from '../../../domain/messages.js';
import { PEOPLE } from '../../support/company.js';
import { historyOf } from '../../support/histories.js';
import { captured, type Story } from '../../support/story.js';
import { openWorld, until, type World } from '../../support/world.js';

const WITHIN_MS = 20_000;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** Stores a decision and tells it once, as the sweep does; what the engine answered. */
async function told(story: Story, name: DecisionName, body: object): Promise<Told> {
  const message: Addressed = { id: newId('msg'), target: story.workflowId, leadId: story.leadId, name };
  await putDecision(world.db, { ...message, name, actorId: PEOPLE.boss, body, nowMs: Date.now() });
  return tellDecision(world.engine, message, { withinMs: WITHIN_MS });
}

/** No workflow task is under way: what is told now meets a lead that rests. */
const resting = (story: Story): Promise<boolean> =>
  until('the lead rests', async () => {
    const { raw } = await story.handle.describe();
    return !raw.pendingWorkflowTask;
  });

const lengthOf = async (story: Story): Promise<number> => ((await historyOf(story)).events ?? []).length;

test('a decision its stage forbids is refused at the door and leaves no event in the history', async () => {
  const story = await captured(world);
  await resting(story);
  const before = await lengthOf(story);
  const answer = await told(story, 'cancelOrder', { orderId: newId('order'), reason: 'too early' });
  expect(answer).toMatchObject({ kind: 'refused', answer: { result: 'refused', code: 'wrong_stage' } });
  expect(await lengthOf(story)).toBe(before);
});

test('decisions that meet in one task are all answered by the run that the first of them ends', async () => {
  const story = await captured(world);
  await resting(story);
  await world.stopWorker();
  // Nobody is there: all of them wait at the engine and come to the next worker together.
  const asked = Array.from({ length: 3 }, () => told(story, 'withdrawLead', { reason: 'nothing to sell' }));
  await until('the engine holds them', async () => {
    const { rows } = await world.database.owner.query(
      `select from messages where lead_id = $1 and name = 'withdrawLead'`,
      [story.leadId],
    );
    return rows.length === asked.length;
  });
  await world.startWorker();
  const answers = await Promise.all(asked);
  expect(answers.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'answered']);
  const results = answers.map((answer) => (answer.kind === 'answered' ? answer.answer?.result : answer.kind));
  expect(results.sort()).toEqual(['applied', 'refused', 'refused']);
  await story.ended();
});
