// The Schedule that opens the monthly payout runs, on the dev server: which month it pays, how often it is asked, and
// what becomes of a run whose workflow the engine has lost.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { decide } from '../../activities/intake/decide.js';
import { newId } from '../../db/ids.js';
import { ensurePayoutSchedule, payoutScheduleOf } from '../../worker/schedule.js';
import { PEOPLE } from '../support/company.js';
import { replayAndKeep } from '../support/histories.js';
import { DAY_MS, PAYDAY, RUN, yesterdayNoon, yesterdayWas } from '../support/payday.js';
import { reconciled } from '../support/reconciled.js';
import { captured, type Story } from '../support/story.js';
import { brokenRules } from '../support/told.js';
import { openWorld, until, type World } from '../support/world.js';

let world: World;
let story: Story;
beforeEach(async () => {
  world = await openWorld({ rules: { commission: { payout: 'monthly' } } });
  story = await captured(world);
  await story.order();
  await story.deliver();
  await story.pay(await story.invoiced());
  await story.reaches('commission');
});
afterEach(async () => {
  const { client } = world.engine;
  await client.schedule.getHandle(payoutScheduleOf(world.engine)).delete();
  await client.workflow
    .getHandle(RUN)
    .terminate('the story is over')
    .catch(() => undefined);
  await world.close();
});

/** The workflow the Schedule starts at noon of yesterday. */
const opener = (): string => `payout/open-${new Date(yesterdayNoon()).toISOString().replace('.000', '')}`;

/** What the Schedule would have done yesterday: the workflow it starts, run to its end. */
async function ring(): Promise<unknown> {
  const { client } = world.engine;
  const noon = yesterdayNoon();
  const at = opener();
  const before = await client.workflow
    .getHandle(at)
    .describe()
    .catch(() => undefined);
  await client.schedule
    .getHandle(payoutScheduleOf(world.engine))
    .backfill({ start: new Date(noon - 1_000), end: new Date(noon + 1_000), overlap: 'ALLOW_ALL' });
  return until('the Schedule has run', async () => {
    const described = await client.workflow
      .getHandle(at)
      .describe()
      .catch(() => undefined);
    if (!described || described.runId === before?.runId || described.status.name !== 'COMPLETED') return null;
    return { run: await client.workflow.getHandle(at, described.runId).result() };
  });
}

/** A Schedule made anew asks for the days before it first: here on a business day on which nothing is paid. */
async function ensured(): Promise<void> {
  await ensurePayoutSchedule(world.engine);
  const { client } = world.engine;
  await until('it has asked for the days before', async () => {
    const { info } = await client.schedule.getHandle(payoutScheduleOf(world.engine)).describe();
    return info.numActionsTaken >= 7 && info.runningActions.length === 0;
  });
}

const runs = async (): Promise<unknown[]> => {
  const { rows } = await world.database.owner.query(
    `select period, run, calculated_by as by from payouts where mode = 'monthly'`,
  );
  return rows;
};

test('on payday the run of the month before is opened once, however often it is asked, and is paid', async () => {
  await ensured();
  await ensured();
  const { client } = world.engine;
  const described = await client.schedule.getHandle(payoutScheduleOf(world.engine)).describe();
  expect(described.policies).toMatchObject({ overlap: 'BUFFER_ONE', catchupWindow: 7 * DAY_MS });
  await yesterdayWas(world, PAYDAY);
  expect(await ring()).toEqual({ run: '2026-03/1' });
  expect(await ring()).toEqual({ run: '2026-03/1' });
  expect(await runs()).toEqual([{ period: '2026-03', run: 1, by: null }]);
  const seen = await until('operations see what it waits for', async () => {
    const { typedSearchAttributes } = await client.workflow.getHandle(RUN).describe();
    const values = typedSearchAttributes.getAll().map(({ value }) => value);
    return values.includes('release') && values;
  });
  expect(seen).toContain('calculated');

  // The engine's database is lost: the run is found by its row, started again, and pays once.
  await client.workflow.getHandle(RUN).terminate('lost');
  expect(await brokenRules(world)).toContainEqual(expect.stringContaining(`I6 ${RUN}`));
  const report = await reconciled(world);
  expect(report.started).toEqual([RUN]);
  const { runId } = await client.workflow.getHandle(RUN).describe();
  const { db, marks } = world;
  const decision = {
    id: newId('msg'),
    target: RUN,
    leadId: null,
    name: 'releasePayout',
    actorId: PEOPLE.comp,
    body: {},
    nowMs: Date.now(),
  } as const;
  const log = { warn: () => undefined };
  expect(await decide({ db, marks, log, engine: world.engine }, decision)).toEqual({ result: 'applied' });
  expect(await story.reaches('closed')).toMatchObject({ outcome: 'won' });
  expect(await ring()).toEqual({ run: '2026-03/1' });
  await story.ended();
  await replayAndKeep(story, 'paid-on-payday');
  await replayAndKeep({ world, workflowId: RUN }, 'payout-run', runId);
  await replayAndKeep({ world, workflowId: opener() }, 'payday');
  await until('nothing is left open', async () => (await brokenRules(world)).length === 0);
});

test.each([
  ['the day before payday', PAYDAY - DAY_MS, 86_400],
  ['the day after', PAYDAY + DAY_MS, 86_400],
  ['a payday on a fast clock', PAYDAY, 60],
])('nothing is opened on %s', async (_day, businessMs, secondsPerDay) => {
  await ensured();
  await yesterdayWas(world, businessMs, secondsPerDay);
  expect(await ring()).toEqual({ run: null });
  expect(await runs()).toEqual([]);
});
