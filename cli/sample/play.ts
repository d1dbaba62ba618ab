// The play: forty leads of a quarter, lived in front of the reader through the API, on a clock on which a day
// takes a second and which ends in the present.

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { addSegment, lookToOpenLeads, REAL_SPEED, segmentInForce } from '../../activities/intake/clock.js';
import type { Db } from '../../db/pool.js';
import type { ClockSegment } from '../../domain/calendar/clock.js';
import { callerFor } from '../http.js';
import { runStep } from '../progress.js';
import type { Product } from '../serve.js';
import { type CastLead, castOf } from './cast.js';
import type { SampleKey, SampleState } from './file.js';
import { lineTeller } from './lines.js';
import type { SampleOptions } from './sample.js';
import { Stage } from './stage.js';
import { playLead } from './stories.js';
import { tableOf, tableText } from './table.js';
import { watchLeads } from './watch.js';
import { TABLE_WORDS } from './words.js';

/** Business days the play covers; they end today. */
export const PLAYED_DAYS = 90;
const SECONDS_PER_DAY = 1;
const DAY_MS = 86_400_000;
/**
 * So much of the last day is left out: the clock jumps into the present, and a process that is a little late
 * never carries the business beyond it.
 */
const LEFT_OUT_MS = DAY_MS / 2;

export interface PlayOptions extends SampleOptions {
  readonly state: SampleState;
  readonly onBegan: (beganAtMs: number) => void;
}

/** A play that was cut off goes on where it stood: the time nobody was there is not counted. */
export async function resumeClock(db: Db, nowMs: number): Promise<void> {
  const segment = await segmentInForce(db);
  if (segment === undefined || segment.secondsPerDay === REAL_SPEED) return;
  await addSegment(db, { nowMs, secondsPerDay: segment.secondsPerDay, floor: 'written' });
}

/** Plays what is left of the sample's leads, and leaves the clock at real speed, in the present. */
export async function playSample(product: Product, options: PlayOptions): Promise<void> {
  const { onEvent, language, json } = options;
  if (!json) process.stdout.write(`\n${TABLE_WORDS[language].playing}\n\n`);
  await runStep(
    onEvent,
    'play',
    'forty leads of the last quarter, a day a second',
    () => play(product, options),
    (leads) => `${leads} leads played`,
  );
  if (options.signal.aborted) return;
  const rows = await tableOf(callerOf(product, options.state.keys, 'helena'));
  if (json) onEvent({ step: 'table', status: 'done', ms: 0, detail: 'by outcome and stage', rows } as never);
  else process.stdout.write(`\n${tableText(rows, language)}\n`);
}

async function play(product: Product, options: PlayOptions): Promise<number> {
  const { state, signal, onBegan } = options;
  const { clock, url: baseUrl } = mustServe(product);
  const toldFromMs = clock.now();
  const beganAtMs = state.beganAtMs ?? (await raiseCurtain(product, onBegan));
  const { over, fall } = await curtain(product, signal);
  const cast = castOf(state.seed);
  const teller = lineTeller(options);
  const { tell } = teller;
  const { keys, seed } = state;
  const shared = { keys, seed, baseUrl, beganAtMs, tell, signal, now: clock.now };
  const stage = new Stage({ ...shared, toldFromMs: state.beganAtMs === null ? 0 : toldFromMs, over });
  const watch = watchLeads({
    caller: callerOf(product, keys, 'helena'),
    cast,
    nameOf: (id) => keys.find(({ personId }) => personId === id)?.name ?? id,
    toldFromMs: state.beganAtMs === null ? 0 : toldFromMs,
    tell,
    language: options.language,
  });
  const playing = Promise.all(cast.map((lead) => playInTime(stage, lead, options)));
  try {
    await Promise.all([fall, playing]);
    await watch.stop();
  } finally {
    teller.stop();
  }
  return cast.length;
}

/** One story that fails is told and does not end the others: its lead stays where it is, for people to see. */
async function playInTime(stage: Stage, lead: CastLead, { signal, onEvent }: PlayOptions): Promise<void> {
  try {
    await playLead(stage, lead);
  } catch (error) {
    if (signal.aborted) return; // What is left is played at the next start.
    const detail = `${lead.company} (${lead.story}) stays where it is: ${(error as Error).message}`;
    onEvent({ step: 'play', status: 'warning', ms: 0, detail });
  }
}

/** The business goes fast from here on. */
async function raiseCurtain({ db, api, engine }: Product, onBegan: (ms: number) => void): Promise<number> {
  const { anchorMs } = await addSegment(db, { nowMs: Date.now(), secondsPerDay: SECONDS_PER_DAY });
  onBegan(anchorMs);
  await api?.clock.refresh();
  await lookToOpenLeads(db, engine);
  return anchorMs;
}

/** Brings the clock back to the present when the fast one has nearly reached it; `over` tells the stories. */
async function curtain(
  { db, api, engine }: Product,
  signal: AbortSignal,
): Promise<{ over: AbortSignal; fall: Promise<void> }> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // Every story waits for it.
  const segment = await segmentInForce(db);
  const fallen = async (): Promise<void> => {
    if (segment !== undefined && segment.secondsPerDay !== REAL_SPEED) {
      await pausedUntil(presentAt(segment), signal);
      if (signal.aborted) return;
      const nowMs = Date.now();
      await addSegment(db, { nowMs, secondsPerDay: REAL_SPEED, anchorMs: nowMs });
      await api?.clock.refresh();
      await lookToOpenLeads(db, engine);
    }
    controller.abort();
  };
  return { over: controller.signal, fall: fallen() };
}

/**
 * The real instant at which a fast clock is `LEFT_OUT_MS` behind the present: anchor + x × pace = real anchor
 * + x − left out, solved for the time x since the real anchor.
 */
function presentAt({ anchorMs, realAnchorMs, secondsPerDay }: ClockSegment): number {
  const pace = REAL_SPEED / secondsPerDay;
  return realAnchorMs + Math.max(0, (realAnchorMs - anchorMs - LEFT_OUT_MS) / (pace - 1));
}

async function pausedUntil(realMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(Math.max(0, realMs - Date.now()), undefined, { signal });
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
}

function mustServe({ api }: Product): NonNullable<Product['api']> {
  if (!api) throw new RangeError('the sample is played through the API, which this process does not run');
  return api;
}

function callerOf(product: Product, keys: readonly SampleKey[], handle: string) {
  return callerFor(mustServe(product).url, keys.find((key) => key.handle === handle)?.key ?? '');
}
