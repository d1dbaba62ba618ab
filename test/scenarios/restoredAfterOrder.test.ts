// The engine's database is lost while an ordered lead waits: for a person (payout, task), or for the engine itself,
// which had not come to it yet (invoicing, earning, release). Brought back from its row, the lead goes on by itself, and
// what was to happen once has happened once.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pino from 'pino';
import { addSegment, lookToOpenLeads, segmentInForce } from '../../activities/intake/clock.js';
import { decide } from '../../activities/intake/decide.js';
import { openPayoutRun } from '../../activities/intake/payoutRuns.js';
import { startWorkflow } from '../../activities/intake/telling.js';
import { newId } from '../../db/ids.js';
import { instantAt } from '../../domain/calendar/clock.js';
import { payoutScheduleOf, startSchedule } from '../../worker/schedule.js';
import { PEOPLE, type Rules, sku } from '../support/company.js';
import { MailServer } from '../support/mailAway.js';
import { type OwnEngine, openEngine } from '../support/ownEngine.js';
import { DAY_MS, PAYDAY, RUN, yesterdayWas } from '../support/payday.js';
import { reconciled } from '../support/reconciled.js';
import { captured, type Story } from '../support/story.js';
import { brokenRules } from '../support/told.js';
import { openWorld, until, type World } from '../support/world.js';
import { type Fault, faulty, refusedConnection } from './protocol/faulty.js';

const PERIOD = '2026-03';

let engine: OwnEngine;
let world: World | undefined;
beforeAll(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(async () => {
  await world?.close();
  world = undefined;
});
afterAll(() => engine?.close());

/** Puts the business so many days ahead, and says so to every open lead. */
async function pass({ db, engine: of }: World, days: number): Promise<void> {
  const segment = await segmentInForce(db);
  if (!segment) throw new RangeError('the company has no clock');
  const nowMs = Date.now();
  const { secondsPerDay } = segment;
  await addSegment(db, { nowMs, anchorMs: instantAt(segment, nowMs) + days * DAY_MS, secondsPerDay });
  await lookToOpenLeads(db, of);
}

interface Case {
  readonly wait: 'invoicing' | 'earning' | 'release' | 'payout' | 'task';
  /** How often it has been reminded of by then. */
  readonly level?: number;
  readonly rules?: Rules;
  /** The step that finds no database from the moment `to` asks for it until the engine is lost. */
  readonly absentFor?: string;
  to(story: Story, away: () => void): Promise<unknown>;
  /** Besides the lead. */
  readonly alsoStarted?: readonly string[];
  on(story: Story): Promise<unknown>;
}

async function released({ db, marks, engine: of }: World): Promise<void> {
  const decision = { id: newId('msg'), target: RUN, leadId: null, name: 'releasePayout', body: {} } as const;
  const log = { warn: () => undefined };
  const asked = { ...decision, actorId: PEOPLE.comp, nowMs: Date.now() };
  expect(await decide({ db, marks, log, engine: of }, asked)).toEqual({ result: 'applied' });
}

/** 2,000.00 net: enough commission for each payee to be paid out. */
const ORDER = { lines: [{ sku: sku(1), quantity: '40' }] };

async function invoiced(story: Story) {
  await story.order(ORDER);
  await story.deliver();
  return story.invoiced();
}

const cases: readonly Case[] = [
  {
    wait: 'invoicing',
    absentFor: 'issueInvoice',
    async to(story, away) {
      await story.order(ORDER);
      away();
      await story.deliver();
    },
    on: async (story) => story.pay(await story.invoiced()),
  },
  {
    wait: 'earning',
    absentFor: 'earnCommission',
    async to(story, away) {
      const invoice = await invoiced(story);
      away();
      await story.pay(invoice);
    },
    on: async () => undefined, // By itself.
  },
  {
    wait: 'release',
    absentFor: 'payCommission',
    async to(story, away) {
      const invoice = await invoiced(story);
      away();
      await story.pay(invoice);
    },
    on: async () => undefined,
  },
  {
    wait: 'payout',
    rules: { commission: { payout: 'monthly' } },
    async to(story) {
      await story.pay(await invoiced(story));
      await story.earned(2);
      const { db, engine: of } = story.world;
      const at = await story.world.businessNow();
      const { target } = await openPayoutRun({ db }, { period: PERIOD, actorId: PEOPLE.comp2, at });
      await startWorkflow(of, target, 5_000);
      await until('the run is calculated', async () => {
        const { rowCount } = await db.query('select from payout_lines');
        return rowCount === 2;
      });
    },
    alsoStarted: [RUN],
    on: ({ world: at }) => released(at),
  },
  {
    wait: 'task',
    level: 1,
    rules: {
      dunning: {
        business: {
          levels: [{ level: 1, afterDays: 1, fees: [] }],
          minGapDays: 1,
          minOpen: [],
          afterLast: { action: 'task', afterDays: 1 },
          interest: null,
          flatFees: [],
        },
      },
    },
    async to(story) {
      await invoiced(story);
      await pass(story.world, 32);
      await story.waitsFor('payment', 1);
      await pass(story.world, 3);
    },
    async on(story) {
      await pass(story.world, 2);
      await story.waitsFor('task', 2); // Its timer came back with it: finance is asked again.
      await story.pay(await story.invoiced());
    },
  },
];

test.each(cases)(
  'a lead that waits for $wait comes back and is won',
  async (one) => {
    const { wait, level = 0, rules, absentFor, alsoStarted = [] } = one;
    const errors = Array.from({ length: 1_000 }, refusedConnection);
    const fault: Fault = { at: 'write', left: 0, errors, ...(absentFor && { step: absentFor }) };
    const workerDb: NonNullable<Parameters<typeof openWorld>[0]>['workerDb'] = (db) => faulty(db, fault);
    const here = await openWorld({ address: engine.address, workerDb, ...(rules && { rules }) });
    world = here;
    const story = await captured(here);
    await one.to(story, () => {
      fault.left = Number.POSITIVE_INFINITY;
    });
    await story.waitsFor(wait, level);
    await here.stopWorker();
    await here.marks.flush();
    await engine.forget();
    fault.left = 0;
    const report = await reconciled(here);
    expect(new Set(report.started)).toEqual(new Set([story.leadId, ...alsoStarted]));
    expect(report).toMatchObject({ ahead: [], withoutRow: [], failed: [] });
    await here.startWorker();
    await one.on(story);
    expect(await story.reaches('closed')).toMatchObject({ outcome: 'won' });
    await story.ended();
    expect(await story.invoices()).toMatchObject([{ openMinor: 0n }]);
    const [made] = await story.rows(
      `select (select count(*)::int from invoices where lead_id = $1) as invoices,
      (select count(*)::int from payout_lines) as paid,
      (select sum(amount_minor)::int from payout_lines) as minor`,
    );
    expect(made).toEqual({ invoices: 1, paid: 2, minor: 8_000 });
    await until('every invariant holds', async () => (await brokenRules(here)).length === 0);
  },
  120_000,
);

test('a lead closed while its receipt could not be sent comes back for it, and ends', async () => {
  const mailer = new MailServer();
  const rules: Rules = { notifications: { mails: ['receipt'] } };
  const here = await openWorld({ address: engine.address, mailer, rules });
  world = here;
  const story = await captured(here);
  const invoice = await invoiced(story);
  mailer.isAway = true;
  await story.pay(invoice);
  await story.reaches('closed');
  const mails = () => story.rows<{ status: string }>('select status from mails where lead_id = $1');
  expect(await mails()).toEqual([{ status: 'queued' }]);
  await here.stopWorker();
  await here.marks.flush();
  await engine.forget();
  mailer.isAway = false;
  const broken = await brokenRules(here);
  expect(broken).toEqual([expect.stringMatching(`^I6 ${story.leadId}: is closed, has mails queued`)]);
  expect((await reconciled(here)).started).toEqual([story.leadId]);
  await here.startWorker();
  await story.ended();
  expect(await mails()).toEqual([{ status: 'sent' }]);
  expect(mailer.taken).toHaveLength(1);
  expect(await brokenRules(here)).toEqual([]);
  expect((await reconciled(here)).started).toEqual([]);
}, 120_000);

test('the Schedule of payday is made again by the next worker, and the payday it was lost on is paid', async () => {
  const here = await openWorld({ address: engine.address, rules: { commission: { payout: 'monthly' } } });
  world = here;
  const { client } = here.engine;
  const log = pino({ level: 'silent' });
  const schedule = () =>
    client.schedule
      .getHandle(payoutScheduleOf(here.engine))
      .describe()
      .catch(() => undefined);
  const story = await captured(here);
  await story.pay(await invoiced(story));
  await story.earned(2);
  const before = startSchedule(here.engine, log);
  await until('there is a Schedule', schedule);
  await before.stop();
  await here.stopWorker();
  await here.marks.flush();
  await engine.forget();
  expect(await schedule()).toBeUndefined();
  await yesterdayWas(here, PAYDAY); // Nobody was there to ring at noon.
  expect((await reconciled(here)).started).toEqual([story.leadId]);
  await here.startWorker();
  const after = startSchedule(here.engine, log);
  try {
    expect((await until('there is a Schedule', schedule)).spec.calendars).toHaveLength(1);
    const runs = () => story.rows(`select period, run from payouts where mode = 'monthly' and $1 <> ''`);
    await until('the run is open', async () => (await runs()).length > 0);
    await until(
      'it is calculated',
      async () => (await story.rows(`select from payout_lines where $1 <> ''`)).length === 2,
    );
    expect(await runs()).toEqual([{ period: PERIOD, run: 1 }]);
  } finally {
    await after.stop();
  }
  await released(here);
  expect(await story.reaches('closed')).toMatchObject({ outcome: 'won' });
  await story.ended();
  await client.schedule.getHandle(payoutScheduleOf(here.engine)).delete();
}, 120_000);
