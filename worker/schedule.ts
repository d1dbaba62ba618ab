// The Schedule that opens the monthly payout runs, made when a worker starts and brought up to date where it is
// there. It rings every day at noon UTC, when it is the same date nearly everywhere; whether the day is payday stands
// in the payout policy, which may change between two of them.
import {
  ScheduleAlreadyRunning,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import type { Logger } from 'pino';
import type { Engine } from '../activities/intake/telling.js';
import { loop, pause } from './loops.js';

const CALL_MS = 10_000;
const AGAIN_MS = 30_000;
/** An engine whose database was lost has no Schedule either. */
const THERE_MS = 3_600_000;
/** How late a payday is still asked for, whether the engine was away or its database lost. */
const CATCH_UP_DAYS = 7;
const DAY_MS = 86_400_000;

/** One a company; another task queue is another company that shares the namespace. */
export const payoutScheduleOf = ({ taskQueue }: Engine): string =>
  taskQueue === 'lead-to-cash' ? 'payout-commission' : `payout-commission/${taskQueue}`;

const definition = ({ taskQueue }: Engine) =>
  ({
    spec: { calendars: [{ hour: 12, comment: 'every day at noon UTC: is it payday?' }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'openPayout',
      workflowId: 'payout/open', // The engine appends the nominal instant.
      taskQueue,
      workflowTaskTimeout: '5s',
      staticSummary: 'opens the payout run of the month before, if it is payday',
    },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: `${CATCH_UP_DAYS} days` },
  }) satisfies Omit<ScheduleOptions, 'scheduleId'>;

/** A new Schedule knows of no day before it: the one that was lost may have slept through a payday. */
const askedBefore = (nowMs: number) => ({
  backfill: [
    {
      start: new Date(nowMs - CATCH_UP_DAYS * DAY_MS),
      end: new Date(nowMs),
      overlap: ScheduleOverlapPolicy.BUFFER_ALL,
    },
  ],
});

/**
 * Makes the Schedule, or gives an older one our definition; whether it is paused stays as it is. One that is made asks
 * for the days before as well: a run that was opened is not opened twice, and where nothing is due none is.
 */
export async function ensurePayoutSchedule(engine: Engine): Promise<void> {
  const { client } = engine;
  const scheduleId = payoutScheduleOf(engine);
  const wanted = definition(engine);
  await client.connection.withDeadline(Date.now() + CALL_MS, async () => {
    try {
      await client.schedule.create({ scheduleId, ...wanted, state: askedBefore(Date.now()) });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await client.schedule
        .getHandle(scheduleId)
        .update(({ state }): ScheduleUpdateOptions => ({ ...wanted, state }) as ScheduleUpdateOptions);
    }
  });
}

/** Sees to the Schedule beside the worker, as often as the engine is away. */
export function startSchedule(engine: Engine, log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const ensuring = loop('schedule', stopping.signal, log, async () => {
    try {
      await ensurePayoutSchedule(engine);
    } catch (err) {
      log.warn({ err }, 'the Schedule of payday could not be seen to; it is tried again');
      return pause(AGAIN_MS, stopping.signal);
    }
    return pause(THERE_MS, stopping.signal);
  });
  return {
    async stop() {
      stopping.abort();
      await ensuring;
    },
  };
}
