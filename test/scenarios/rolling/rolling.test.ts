// A release is rolled out under open leads, and back: workers of two builds, killed in turn, on a schema that moved
// ahead, with a lead at every wait. On the dev server, in real time.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { migrate } from '../../../db/migrate.js';
import { WAITS } from '../../../domain/waits.js';
import { historyOf } from '../../support/histories.js';
import { CUSTOMER, captured, type Story } from '../../support/story.js';
import { brokenRules } from '../../support/told.js';
import { openWorld, until, WORKFLOW_BUNDLE, type World } from '../../support/world.js';
import { buildOf, migrateToNext, nextBundle, type Released, startReleased } from './releases.js';

const THIS = WORKFLOW_BUNDLE.codePath;
let next: string;
let unpatched: string;
let world: World;
const running = new Set<Released>();

beforeAll(async () => {
  [next, unpatched] = [await nextBundle('patched'), await nextBundle('unpatched')];
  world = await openWorld({ worker: false, rules: { commission: { payout: 'monthly' } } });
}, 60_000);
afterEach(async () => {
  for (const worker of running) await killed(worker);
});
afterAll(() => world?.close());

async function started(bundle: string): Promise<Released> {
  const worker = await startReleased(world, bundle);
  running.add(worker);
  return worker;
}

async function killed(worker: Released): Promise<void> {
  await worker.kill();
  running.delete(worker);
}

let customers = 0;
const arrived = (): Promise<Story> =>
  captured(world, 'scored', {
    ...CUSTOMER,
    email: `buyer${++customers}@canarbird-${customers}.example`,
    phone: `+34 612 000 0${String(customers).padStart(2, '0')}`,
    company: `Canarbird ${customers} SL`,
  });

/** A lead that waits, and what is done about it until the lead has nothing left to wait for but payday. */
interface Waiting {
  readonly wait: keyof typeof WAITS;
  readonly story: Story;
  readonly next: (() => Promise<unknown>)[];
}

const discounted = { discountBps: 1_500 };

/** One lead at each wait somebody outside has to end. */
async function atEveryWait(): Promise<Waiting[]> {
  const waiting: Waiting[] = [];
  const add = (wait: keyof typeof WAITS, story: Story, ...steps: (() => Promise<unknown>)[]): void => {
    waiting.push({ wait, story, next: steps });
  };
  const stories = await Promise.all(Array.from({ length: 8 }, arrived));
  const [a, b, c, d, e, f, g, h] = stories as [Story, Story, Story, Story, Story, Story, Story, Story];
  const sold = (story: Story) => [
    () => story.deliver(),
    async () => story.pay(await story.invoiced()),
    () => story.reaches('commission'),
  ];
  const offered = async (story: Story) => story.accept(await story.submit());
  add(
    'qualification',
    a,
    () => a.qualify(),
    () => offered(a),
    ...sold(a),
  );
  await b.qualify('nurture');
  add(
    'interest',
    b,
    () => b.qualify(),
    () => offered(b),
    ...sold(b),
  );
  await c.qualify();
  add('quote', c, () => offered(c), ...sold(c));
  await d.qualify();
  const approving = await d.submit(discounted);
  add(
    'approval',
    d,
    () => d.approve('boss'),
    () => d.accept(approving),
    ...sold(d),
  );
  await e.qualify();
  const offer = await e.submit();
  add('acceptance', e, () => e.accept(offer), ...sold(e));
  await f.order();
  add('delivery', f, ...sold(f));
  await g.order();
  await g.deliver();
  const invoice = await g.invoiced();
  add(
    'payment',
    g,
    () => g.pay(invoice),
    () => g.reaches('commission'),
  );
  await h.order();
  await h.deliver();
  await h.pay(await h.invoiced());
  await h.reaches('commission');
  add('payout', h);
  for (const { wait, story } of waiting) await story.waitsFor(wait);
  return waiting;
}

/** The next thing that happens to each lead, and what the workers that are there make of it. */
async function oneStep(waiting: readonly Waiting[]): Promise<void> {
  await Promise.all(waiting.map(async ({ next }) => next.shift()?.()));
  await until('everything is answered', async () => {
    const { rowCount } = await world.database.owner.query(
      'select from messages where answer is null or told_at is null',
    );
    return rowCount === 0;
  });
  // A row is answered before its task is: who is killed in between leaves the task to the next.
  for (const { story } of waiting) {
    await until('no task is under way', async () => {
      const { raw } = await story.handle.describe();
      return !raw.pendingWorkflowTask;
    });
  }
}

/** Who ran the tasks of a history, and what went wrong in it. */
async function tasksOf(story: Story): Promise<{ builds: string[]; failed: string[] }> {
  const { events = [] } = await historyOf(story);
  const done = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: task }) =>
    task ? [task.workerVersion?.buildId || task.binaryChecksum || ''] : [],
  );
  const failed = (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: task }) =>
    task ? [task.failure?.message ?? 'failed'] : [],
  );
  return { builds: [...new Set(done)], failed };
}

const replayedBy = async (bundle: string, story: Story): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: { codePath: bundle } }, await historyOf(story), story.workflowId);

test('leads at every wait are carried by either release, on either schema, whoever is killed', async () => {
  let [old, young] = [await started(THIS), undefined as Released | undefined];
  const waiting = await atEveryWait();
  const outside = Object.keys(WAITS).filter((kind) => WAITS[kind as keyof typeof WAITS].owes !== 'engine');
  // `task` is the dunning of consumers alone: an open task of finance, begun and ended as payment is.
  expect(waiting.map(({ wait }) => wait).sort()).toEqual(outside.filter((kind) => kind !== 'task').sort());

  // The schema first, under the release before; that release, started again, finds nothing to migrate.
  expect(await migrateToNext(world.database.ownerUrl)).toEqual(['9999_next']);
  expect(await migrate(world.database.ownerUrl)).toEqual([]);
  await oneStep(waiting);
  young = await started(next); // Both at once, relays and all.
  await oneStep(waiting);
  await killed(old);
  await oneStep(waiting);
  await killed(young);
  old = await started(THIS); // Back again.
  await oneStep(waiting);
  young = await started(next);
  await killed(old);
  while (waiting.some((lead) => lead.next.length > 0)) await oneStep(waiting);
  for (const { story } of waiting) await story.waitsFor('payout');

  const tasks = await Promise.all(waiting.map(({ story }) => tasksOf(story)));
  expect(tasks.flatMap(({ failed }) => failed)).toEqual([]);
  const builds = new Set(tasks.flatMap((task) => task.builds));
  expect([...builds].sort()).toEqual([buildOf(THIS), buildOf(next)].sort());
  expect(tasks.filter((task) => task.builds.length === 2).length).toBeGreaterThanOrEqual(4);
  for (const { story } of waiting) {
    await replayedBy(THIS, story);
    await replayedBy(next, story);
    await expect(replayedBy(unpatched, story)).rejects.toThrow(/nondeterminism/i);
  }
  await until('the books are right', async () => (await brokenRules(world)).length === 0);
  await killed(young);
}, 120_000);

test('a lead that began with the next release waits unharmed for it, or goes on with this one after a reset', async () => {
  const young = await started(next);
  const [waits, reset] = [await arrived(), await arrived()];
  for (const story of [waits, reset]) await story.qualify();
  await killed(young);
  const old = await started(THIS);
  const { client } = world.engine;
  for (const story of [waits, reset]) {
    await story.handle.signal('look');
    await until('its task fails', async () =>
      (await tasksOf(story)).failed.some((message) => /nondeterminism|TMPRL1100/i.test(message)),
    );
    expect(await story.lead()).toMatchObject({ stage: 'qualified' });
  }
  // As docs/operations.md says: to the end of the first task, nothing told again, then a look.
  const { runId } = await reset.handle.describe();
  const { events } = await historyOf(reset);
  const first = events?.find(({ workflowTaskCompletedEventAttributes: task }) => task)?.eventId;
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: reset.workflowId, runId },
    reason: 'rolled back',
    requestId: randomUUID(),
    workflowTaskFinishEventId: first as never,
    resetReapplyExcludeTypes: [1, 2],
  });
  await reset.handle.signal('look');
  await reset.submit();
  expect(await reset.lead()).toMatchObject({ stage: 'offered' });
  await killed(old);

  const back = await started(next);
  await until('it goes on', async () => {
    const answer = await waits.decide('withdrawLead', 'rep', { reason: 'went elsewhere' });
    return answer?.result === 'applied';
  });
  await waits.ended();
  expect((await reset.lead()).stage).toBe('offered');
  await until('the books are right', async () => (await brokenRules(world)).length === 0);
  await killed(back);
}, 120_000);
