// What is looked at while a load runs: how far the workflows are behind what was stored, and the memory of every
// process. Once a few seconds, because looking costs the same two cores.
import { setTimeout as sleep } from 'node:timers/promises';
import { workFigures } from '../../db/observations.js';
import type { Queryable } from '../../db/pool.js';
import type { Rig } from '../rig.js';
import { memoryOf } from './memory.js';

export interface Moment {
  /** Since the watch began. */
  readonly second: number;
  /** Messages stored and not told, told and not answered. */
  readonly untold: number;
  readonly unanswered: number;
  /** Age of the oldest of both. */
  readonly behindS: number;
  /** Waits whose time is over and whose step has not run. */
  readonly overdue: number;
  readonly memoryMiB: Readonly<Record<string, number>>;
}

const EVERY_MS = 2_000;
const POLL_MS = 250;
const TOLD_EVERY = 5;

/** Work that stands at this moment. */
export async function workNow(db: Queryable): Promise<Omit<Moment, 'second' | 'memoryMiB'>> {
  const figures = await workFigures(db);
  const of = (what: string) => figures.filter((figure) => figure.what === what);
  const sum = (what: string): number => of(what).reduce((all, { value }) => all + value, 0);
  return {
    untold: sum('untold'),
    unanswered: sum('unanswered'),
    behindS: Math.max(0, ...[...of('untold'), ...of('unanswered')].map(({ beyond }) => beyond)),
    overdue: sum('overdue'),
  };
}

/** A watch over a rig, from its making until `stop`. */
export class Watch {
  readonly moments: Moment[] = [];
  readonly #began = performance.now();
  readonly #over = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    private readonly rig: Rig,
    private readonly db: Queryable,
    private readonly say: (detail: string) => void,
  ) {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#over.signal.aborted; turn++) {
      await this.#look(turn);
      await sleep(EVERY_MS, undefined, { signal: this.#over.signal }).catch(() => undefined);
    }
  }

  async #look(turn: number): Promise<void> {
    const memoryMiB = memoryOf(this.rig.system.pids());
    let work: Awaited<ReturnType<typeof workNow>>;
    try {
      work = await workNow(this.db);
    } catch (error) {
      this.say(`could not look: ${(error as Error).message}`); // Too much to do; the next look tells.
      return;
    }
    const second = Math.round((performance.now() - this.#began) / 1000);
    this.moments.push({ second, ...work, memoryMiB });
    if (turn % TOLD_EVERY !== 0) return;
    const { untold, unanswered, behindS, overdue } = work;
    const memory = Object.entries(memoryMiB).map(([name, mib]) => `${name} ${mib}`);
    this.say(
      `untold ${untold}, unanswered ${unanswered}, ${behindS.toFixed(1)} s behind, overdue ${overdue}; ` +
        `MiB: ${memory.join(', ')}`,
    );
  }
}

/** The largest memory of each process in each minute. */
export function memoryByMinute(moments: readonly Moment[]): Record<string, number[]> {
  const byName: Record<string, number[]> = {};
  for (const { second, memoryMiB } of moments) {
    const minute = Math.floor(second / 60);
    for (const [name, mib] of Object.entries(memoryMiB)) {
      byName[name] ??= [];
      byName[name][minute] = Math.max(byName[name][minute] ?? 0, mib);
    }
  }
  return byName;
}

/** Waits until every message is told and answered; answers after how many seconds, or null when it gave up. */
export async function untilAnswered(db: Queryable, patienceMs: number): Promise<number | null> {
  const began = performance.now();
  for (;;) {
    const { untold, unanswered } = await workNow(db);
    const waited = performance.now() - began;
    if (untold + unanswered === 0) return waited / 1000;
    if (waited > patienceMs) return null;
    await sleep(POLL_MS);
  }
}

/** Upper bounds in ms with how many workflow tasks waited at most so long for a worker. */
export type Waited = ReadonlyMap<number, number>;

/** Reads how long workflow tasks waited for this worker, since it began. Empty where it shows no metrics. */
export async function scheduleToStart(metricsUrl: string | undefined): Promise<Waited> {
  const counts = new Map<number, number>();
  if (metricsUrl === undefined) return counts;
  const page = await (await fetch(metricsUrl)).text();
  const line = /^temporal_workflow_task_schedule_to_start_latency_bucket\{.*?le="([^"]+)".*?\} (\S+)$/gm;
  for (const [, bound = '', count = ''] of page.matchAll(line)) {
    const ms = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
    counts.set(ms, (counts.get(ms) ?? 0) + Number(count)); // Sticky and not, one histogram each.
  }
  return counts;
}

/** The bound below which a share of the tasks started that came between two readings; undefined without any. */
export function startedWithin(before: Waited, after: Waited, share: number): number | undefined {
  const bounds = [...after.keys()].sort((a, b) => a - b);
  const came = (bound: number): number => (after.get(bound) ?? 0) - (before.get(bound) ?? 0);
  const all = came(Number.POSITIVE_INFINITY);
  return all === 0 ? undefined : bounds.find((bound) => came(bound) >= all * share);
}
