// Golden leads under load: sixteen users on each system in turn, A B C A B C, so that a machine that gets
// slower gets slower for all. CPU is what the processes spent, read from the kernel.

import { cpuOf } from '../cpu.js';
import { byUsers, live } from '../golden.js';
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
  readonly rounds: readonly Readonly<Record<string, Block>>[];
}

export interface LoadOptions {
  readonly users: number;
  /** Leads of one block. */
  readonly leads: number;
  readonly warmUp: number;
  readonly rounds: number;
}

/** Runs blocks of golden leads on every system, alternating. */
export async function load(systems: readonly System[], options: LoadOptions): Promise<Load> {
  const { users, leads, warmUp } = options;
  for (const system of systems) await byUsers(users, warmUp, () => live(system.lead()));
  const rounds: Record<string, Block>[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const blocks: Record<string, Block> = {};
    for (const system of systems) blocks[system.name] = await block(system, users, leads);
    rounds.push(blocks);
  }
  return { users, leads, rounds };
}

async function block(system: System, users: number, leads: number): Promise<Block> {
  const before = cpuOf(system.pids());
  const began = performance.now();
  await byUsers(users, leads, () => live(system.lead()));
  const seconds = (performance.now() - began) / 1000;
  const after = cpuOf(system.pids());
  const cpu = Object.fromEntries(
    Object.entries(after).map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / leads]),
  );
  const cpuMs = Object.values(cpu).reduce((sum, ms) => sum + ms, 0);
  return { leadsPerSecond: leads / seconds, cpu, cpuMs };
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
