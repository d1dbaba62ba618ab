// What a person waits after a click, and what the leads that are open meanwhile take of the worker's memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { chanceOf } from '../../cli/sample/chance.js';
import { byUsers, CALLS, CLICKS, type Click, type Lead, live } from '../golden.js';
import type { Rig } from '../rig.js';

export interface Heap {
  readonly leads: number;
  /** Bytes per open lead, of the main thread and of the threads workflows run in. */
  readonly bytesPerLead: number;
  readonly mainBytes: number;
  readonly threadBytes: number;
}

export interface Clicks {
  readonly openLeads: number;
  readonly clicks: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly byClick: Readonly<Record<Click, number>>;
}

const USERS = 16;

type HeapInUse = { readonly main: number; readonly threads: number };

/** Captures leads that stay open and answers what they take of the worker's heap. */
export async function openLeads(rig: Rig, count: number): Promise<{ leads: Lead[]; heap: Heap }> {
  const before = await rig.worker.ask<HeapInUse>('heapInUse');
  const leads = await byUsers(USERS, count, () => live(rig.lead(), { to: 'capture' }));
  const after = await rig.worker.ask<HeapInUse>('heapInUse');
  const mainBytes = (after.main - before.main) / count;
  const threadBytes = (after.threads - before.threads) / count;
  return { leads, heap: { leads: count, bytesPerLead: mainBytes + threadBytes, mainBytes, threadBytes } };
}

/** Clicks at a fixed pace, whatever the answers take, each of the four decisions equally often. */
export async function clicks(
  leads: readonly Lead[],
  { count, perSecond, seed }: { count: number; perSecond: number; seed: number },
): Promise<Clicks> {
  const chosen = leads.slice(0, count);
  const clickOf = (index: number): Click => CLICKS[index % CLICKS.length] as Click;
  await byUsers(USERS, chosen.length, async (index) => {
    const before = CALLS[CALLS.indexOf(clickOf(index)) - 1] as (typeof CALLS)[number];
    if (before === 'capture') return;
    await live(chosen[index] as Lead, { from: 'qualification', to: before });
  });
  const order = shuffled(chosen.length, seed);
  const began = performance.now();
  const waited = await Promise.all(
    order.map(async (index, turn) => {
      const due = began + (turn * 1000) / perSecond;
      await sleep(Math.max(0, due - performance.now()));
      await (chosen[index] as Lead).send(clickOf(index));
      // From the moment it was due: a queue in front of the server is waiting, too.
      return { click: clickOf(index), ms: performance.now() - due };
    }),
  );
  const of = (click: Click): number =>
    quantile(
      waited.flatMap((one) => (one.click === click ? one.ms : [])),
      0.5,
    );
  const all = waited.map(({ ms }) => ms);
  return {
    openLeads: leads.length,
    clicks: all.length,
    perSecond,
    p50: quantile(all, 0.5),
    p99: quantile(all, 0.99),
    byClick: Object.fromEntries(CLICKS.map((click) => [click, of(click)])) as Record<Click, number>,
  };
}

function shuffled(count: number, seed: number): number[] {
  const chance = chanceOf(seed).fork('clicks');
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = chance.whole(0, last);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}

/** Nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
