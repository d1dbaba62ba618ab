// Memory of processes, from /proc. Of a tree the proportional share of each, so that what Postgres' backends share
// counts once; of a process alone that is what it has resident.
import { readdirSync, readFileSync } from 'node:fs';

const MIB = 1_024;

/** MiB of memory of named process trees. One that is gone has none. */
export function memoryOf(roots: Readonly<Record<string, number>>): Record<string, number> {
  const parents = parentsOf();
  return Object.fromEntries(
    Object.entries(roots).map(([name, root]) => {
      let kib = 0;
      for (const pid of parents.keys()) if (descends(pid, root, parents)) kib += kibOf(pid);
      return [name, Math.round(kib / MIB)];
    }),
  );
}

function parentsOf(): Map<number, number> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = read(`/proc/${pid}/stat`);
    // The command may hold blanks and brackets: state and parent follow its closing bracket.
    if (stat) parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  return parents;
}

function descends(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
    if (at === root) return true;
  }
  return false;
}

function kibOf(pid: number): number {
  const shared = read(`/proc/${pid}/smaps_rollup`)?.match(/^Pss:\s+(\d+) kB/m)?.[1];
  // Of a process of somebody else only the size is told.
  return Number(shared ?? read(`/proc/${pid}/status`)?.match(/^VmRSS:\s+(\d+) kB/m)?.[1] ?? 0);
}

/** Undefined when the process is gone by the time it is asked, or is not ours to ask. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
