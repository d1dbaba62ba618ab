// CPU of processes, from /proc: what a process and the children it has buried spent, in milliseconds.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Spent {
  readonly parent: number;
  readonly ownMs: number;
  readonly buriedMs: number;
}

const TICK_MS = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Undefined when the process is gone by the time it is asked. */
function spentBy(pid: number): Spent | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command may hold blanks and brackets, so count from its closing bracket: state is field 3.
  const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (number: number): number => Number(field[number - 3]) * TICK_MS;
  return { parent: Number(field[1]), ownMs: at(14) + at(15), buriedMs: at(16) + at(17) };
}

/** CPU of a process, all that descend from it and those it has buried, so that a pool's backends count. */
export function cpuOfTree(root: number): number {
  const all = new Map<number, Spent>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const spent = Number.isInteger(pid) ? spentBy(pid) : undefined;
    if (spent) all.set(pid, spent);
  }
  let sum = 0;
  for (const [pid, spent] of all) {
    let ancestor: number | undefined = pid;
    while (ancestor !== undefined && ancestor !== root && ancestor > 1) ancestor = all.get(ancestor)?.parent;
    if (ancestor === root) sum += spent.ownMs + spent.buriedMs;
  }
  return sum;
}

/** CPU of named process trees by their names. */
export function cpuOf(roots: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(roots).map(([name, pid]) => [name, cpuOfTree(pid)]));
}
