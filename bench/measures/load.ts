// Golden leads under load: sixteen users on each system in turn, so that a machine that gets slower gets slower for all.
// Each round has another order: what the shared Postgres still writes and cleans up for one falls on the next, and by
// turns that is every other one. CPU is what the processes spent, read from the kernel.

import { cpuOf } from '../cpu.js';
import { byUsers, type Lead, live } from '../golden.js';
import type { System } from '../rig.js';

export interface Block {
  readonly leadsPerSecond: number;
  /** Milliseconds of CPU per lead, by process and in all. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly cpuMs: number;
}

export interface Load {
  readonly users: number;
  readonly leads: number;
  /** Each with its blocks in the order they were run in. */
  readonly rounds: readonly Readonly<Record<string, Block>>[];
}

export interface LoadOptions {
  readonly users: number;
  /** Leads of one block. */
  readonly leads: number;
  readonly warmUp: number;
  readonly rounds: number;
}

/**
 * The order of a round: forwards and backwards in turn, from the next one on after both. Of two and of three systems each
 * follows each other equally often after so many rounds as there are orders.
 */
export function orderOf<T>(systems: readonly T[], round: number): T[] {
  const from = Math.floor(round / 2) % Math.max(1, systems.length);
  const order = [...systems.slice(from), ...systems.slice(0, from)];
  return round % 2 === 0 ? order : order.reverse();
}

/** Runs blocks of golden leads on every system by turns; `onLived` is told those of the blocks. */
export async function load(
  systems: readonly System[],
  options: LoadOptions,
  onLived: (system: System, leads: readonly Lead[]) => void = () => undefined,
): Promise<Load> {
  const { users, leads, warmUp } = options;
  for (const system of systems) await byUsers(users, warmUp, () => live(system.lead()));
  const rounds: Record<string, Block>[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const blocks: Record<string, Block> = {};
    for (const system of orderOf(systems, round)) {
      const { lived, ...measured } = await block(system, users, leads);
      blocks[system.name] = measured;
      onLived(system, lived);
    }
    rounds.push(blocks);
  }
  return { users, leads, rounds };
}

async function block(
  system: System,
  users: number,
  leads: number,
): Promise<Block & { readonly lived: readonly Lead[] }> {
  const before = cpuOf(system.pids());
  const began = performance.now();
  const lived = await byUsers(users, leads, () => live(system.lead()));
  const seconds = (performance.now() - began) / 1000;
  const after = cpuOf(system.pids());
  const cpu = Object.fromEntries(
    Object.entries(after).map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / leads]),
  );
  const cpuMs = Object.values(cpu).reduce((sum, ms) => sum + ms, 0);
  return { leadsPerSecond: leads / seconds, cpu, cpuMs, lived };
}

/** The middle one; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError('nothing has no median');
  return (low + high) / 2;
}

export function blockOf(round: Readonly<Record<string, Block>>, name: string): Block {
  const block = round[name];
  if (block === undefined) throw new RangeError(`the load has no block of ${name}`);
  return block;
}
