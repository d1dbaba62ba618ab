// Who dies when: drawn from a seed, so that a run that found something can be had again.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../../cli/sample/chance.js';
import type { Rig } from '../rig.js';
import type { Keeper } from './keepers.js';

export const VICTIMS = ['worker', 'api', 'engine', 'postgres', 'zombie'] as const;
export type Victim = (typeof VICTIMS)[number];
/** In a hundred: those that run a deal's code die most. */
const SHARES: Readonly<Record<Victim, number>> = {
  worker: 40,
  api: 30,
  engine: 10,
  postgres: 10,
  zombie: 10,
};

const HOUR_MS = 3_600_000;
/** Longer than any time-out a process may stand still in: 15 s an idle transaction, 7 s a click, 5 s a task. */
const FROZEN_MS = { least: 16_000, most: 25_000 };

export interface Cast {
  readonly rig: Rig;
  readonly apis: readonly Keeper[];
  readonly workers: readonly Keeper[];
}

export type Killed = Record<Victim, number>;

/** Kills at a rate per hour until the signal ends it; resolves when everything killed is back. */
export async function killing(
  { rig, apis, workers }: Cast,
  chance: Chance,
  perHour: number,
  killed: Killed,
  signal: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const strike = (victim: Victim): Promise<void> | undefined => {
    const { temporal, postgres } = rig.stack.pids;
    const free = (keepers: readonly Keeper[]) => keepers.filter(({ isBusy }) => !isBusy);
    switch (victim) {
      case 'engine':
        return temporal === undefined ? undefined : Promise.resolve(void process.kill(temporal, 'SIGKILL'));
      case 'postgres':
        return postgres === undefined ? undefined : Promise.resolve(void process.kill(postgres, 'SIGKILL'));
      case 'api':
        return free(apis).length > 0 ? chance.pick(free(apis)).kill() : undefined;
      case 'worker':
        return free(workers).length > 0 ? chance.pick(free(workers)).kill() : undefined;
      case 'zombie': {
        const frozen = chance.whole(FROZEN_MS.least, FROZEN_MS.most);
        return free(workers).length > 0 ? chance.pick(free(workers)).freeze(frozen) : undefined;
      }
    }
  };
  while (!signal.aborted) {
    // Half to one and a half of the mean: bursts and lulls, and the rate over an hour as it was asked for.
    const pauseMs = (HOUR_MS / perHour) * (0.5 + chance.whole(0, 1_000) / 1_000);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const victim = victimOf(chance.whole(0, 99));
    const struck = strike(victim);
    if (struck === undefined) continue; // It is down already.
    killed[victim] += 1;
    const over = struck.finally(() => underWay.delete(over));
    underWay.add(over);
  }
  await Promise.all(underWay);
}

function victimOf(drawn: number): Victim {
  let below = 0;
  for (const victim of VICTIMS) {
    below += SHARES[victim];
    if (drawn < below) return victim;
  }
  throw new RangeError(`${drawn} is not below 100`);
}
