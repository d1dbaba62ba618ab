// Running a lead again from any point of its history writes nothing and ends as it ended before: what operations
// rely on when they reset one (docs/operations.md, Repair). On the dev server, in real time.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { historyOf, replay } from '../support/histories.js';
import { captured, type Story } from '../support/story.js';
import { brokenRules } from '../support/told.js';
import { openWorld, until, type World } from '../support/world.js';

let world: World;
let story: Story;
let golden: string;
beforeAll(async () => {
  world = await openWorld();
  story = await captured(world);
  await story.qualify();
  const quote = await story.submit({ discountBps: 1_500 });
  await story.approve('boss');
  await story.accept(quote);
  await story.deliver();
  await story.pay(await story.invoiced());
  await story.ended();
  golden = (await story.handle.describe()).runId;
});
afterAll(() => world?.close());

/** Every row of every table, but for what says when a message was told. */
async function everything(): Promise<Record<string, string[]>> {
  const { owner } = world.database;
  const { rows: tables } = await owner.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const all: Record<string, string[]> = {};
  for (const { name } of tables) {
    const { rows } = await owner.query<{ row: string }>(
      `select (to_jsonb(t) - '{told_at,claimed_until,attempts}'::text[])::text as row from ${name} t order by 1`,
    );
    all[name] = rows.map(({ row }) => row);
  }
  return all;
}

/** What operations can reset to: the end of each workflow task. */
async function resetPoints(): Promise<number[]> {
  const { events } = await historyOf(story, golden);
  return (events ?? [])
    .filter(({ workflowTaskCompletedEventAttributes: completed }) => completed)
    .map(({ eventId }) => Number(eventId));
}

/** As the engine does it by default: what came after the point is told again. */
const ALL_AGAIN: readonly number[] = [];
/** As docs/operations.md says: rows remember what was told, so signals (1) and updates (2) are left out. */
const NOTHING_AGAIN = [1, 2];

async function resetTo(eventId: number, runId: string, leftOut: readonly number[]): Promise<string> {
  const { client } = world.engine;
  const reset = (await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: story.workflowId, runId },
    reason: 'a test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: eventId as never, // A number will do; its type is a Long.
    resetReapplyExcludeTypes: [...leftOut],
  })) as { runId: string };
  return reset.runId;
}

test.each([
  ['with everything told again', ALL_AGAIN],
  ['with nothing told again', NOTHING_AGAIN],
])(
  'a lead reset to the end of any of its tasks, %s, and told to look writes nothing and ends the same',
  async (_how, leftOut) => {
    const { client } = world.engine;
    const points = await resetPoints();
    console.info(`reset points: ${points.length}`);
    expect(points.length).toBeGreaterThanOrEqual(7);
    const before = await everything();
    expect(Object.values(before).flat().length).toBeGreaterThan(100);
    for (const point of points) {
      const handle = client.workflow.getHandle(story.workflowId, await resetTo(point, golden, leftOut));
      await handle.signal('look').catch(() => undefined); // It may have ended by itself, without a look.
      await until(`the run that was reset to ${point} has ended`, async () => {
        const { status } = await handle.describe();
        return status.name === 'COMPLETED';
      });
      expect([point, await handle.result()]).toEqual([point, 'won']);
      expect(await everything()).toEqual(before);
      // An update that is told again beside a signal is replayed by the SDK in another order than it ran.
      if (leftOut === NOTHING_AGAIN) await replay(await handle.fetchHistory(), story.workflowId);
    }
    expect(await brokenRules(world)).toEqual([]);
  },
  120_000,
);
