import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Names one process for ever: a pid is used again, a pid with its start and the machine's boot is not. */
export interface ProcessIdentity {
  pid: number;
  startTicks: string;
  bootId: string;
}

/** A child that was spawned; `exited` resolves with a readable reason and never rejects. */
export interface RunningProcess {
  identity: ProcessIdentity;
  exited: Promise<string>;
  child: ChildProcess;
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

let boot: string | undefined;

function bootId(): string {
  if (boot === undefined) {
    try {
      boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    } catch {
      boot = 'unknown'; // Without /proc the start time alone must do; it is absolute there.
    }
  }
  return boot;
}

function startTicks(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The command may hold spaces and brackets, so count from its closing bracket: state is field 3, start 22.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Identifies a process that lives now; undefined when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | undefined {
  const ticks = startTicks(pid);
  return ticks === undefined ? undefined : { pid, startTicks: ticks, bootId: bootId() };
}

/** Is exactly this process still alive, and not another one under its pid? */
export function isAlive(identity: ProcessIdentity): boolean {
  return identity.bootId === bootId() && startTicks(identity.pid) === identity.startTicks;
}

/** The command line of a process, empty when it cannot be read. */
export function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

export interface SpawnSettings {
  command: string;
  args: readonly string[];
  cwd: string;
  logFile: string;
  user?: { uid: number; gid: number };
}

/**
 * Spawns a server in a session of its own, its output appended to a log file. Its environment is bare:
 * PG… and TEMPORAL_… variables of the user would bend it.
 *
 * @throws Error when the program cannot be run at all
 */
export async function spawnServer({
  command,
  args,
  cwd,
  logFile,
  user,
}: SpawnSettings): Promise<RunningProcess> {
  turnLogOver(logFile);
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(command, args, {
    cwd,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: cwd, LC_ALL: 'C', TZ: 'UTC' },
    ...user,
  });
  closeSync(log);
  // Jest and short commands must be able to end; whoever waits for the exit holds the loop with a timer.
  child.unref();
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exited with ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  if (child.pid === undefined) throw new Error(`${command} does not run: ${await exited}`);
  const identity = identify(child.pid) ?? { pid: child.pid, startTicks: '0', bootId: bootId() };
  return { identity, exited, child };
}

function turnLogOver(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
}

/** The last lines of a log, for the message of an error. */
export function lastLines(logFile: string, count = 8): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}

/** A signal and how long it is given, in milliseconds, before the next one is sent. */
export type StopLadder = readonly (readonly [NodeJS.Signals, number])[];

/** Stops one process by sterner and sterner signals and waits until it is gone; false when it would not go. */
export async function stopProcess(identity: ProcessIdentity, ladder: StopLadder): Promise<boolean> {
  for (const [signal, graceMs] of ladder) {
    if (!isAlive(identity)) return true;
    try {
      process.kill(identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    const until = Date.now() + graceMs;
    while (isAlive(identity) && Date.now() < until) await sleep(10);
  }
  return !isAlive(identity);
}
