import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningProcess, type StopLadder, stopProcess } from './processes.js';
import type { Reaper } from './reaper.js';
import type { OnStackEvent } from './settings.js';
import type { ChildName, Children, StateFolder } from './stateFolder.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Starts a server on the port it always has; reports its process before it answers. */
export type StartChild = (onSpawn: (process: RunningProcess) => void) => Promise<RunningProcess>;

interface Supervised {
  name: ChildName;
  start: StartChild;
  ladder: StopLadder;
  running: RunningProcess;
}

/**
 * Keeps the servers of a stack alive: one that dies is started again on the same port, for ever, with pauses of up
 * to five seconds. Whoever was connected reconnects by itself. Every change of a pid is written to the state
 * folder and handed to the reaper at once.
 */
export class Supervisor {
  readonly #folder: StateFolder;
  readonly #reaper: Reaper;
  readonly #onEvent: OnStackEvent;
  readonly #processes: Partial<Record<ChildName, RunningProcess>> = {};
  readonly #ladders: Partial<Record<ChildName, StopLadder>> = {};
  readonly #ending = new AbortController();
  readonly #restarts: Promise<void>[] = [];

  constructor(folder: StateFolder, reaper: Reaper, onEvent: OnStackEvent) {
    this.#folder = folder;
    this.#reaper = reaper;
    this.#onEvent = onEvent;
  }

  /** The servers that were started last, alive or being restarted. */
  get children(): Children {
    return Object.fromEntries(
      Object.entries(this.#processes).map(([name, running]) => [name, running.identity]),
    );
  }

  /** Starts a server and keeps it alive from then on. A start that fails is the caller's to tell. */
  async start(name: ChildName, ladder: StopLadder, start: StartChild): Promise<void> {
    const running = await start((spawned) => this.#know(name, ladder, spawned));
    this.#restarts.push(this.#keepAlive({ name, start, ladder, running }));
  }

  /** Stops every server, and those being restarted, and waits until they are gone. */
  async stop(): Promise<void> {
    this.#ending.abort();
    // Servers do not hold the event loop; without this Node would end between a server's end and the news of it.
    const hold = setInterval(() => undefined, 1_000);
    try {
      await this.#stopAll();
      await Promise.all(this.#restarts);
      // A restart under way may have brought one up in the meantime.
      await this.#stopAll();
      await this.#reaper.dismiss();
    } finally {
      clearInterval(hold);
    }
  }

  /** The engine's dev server keeps its own file and needs no database: both may end at the same time. */
  async #stopAll(): Promise<void> {
    await Promise.all(Object.keys(this.#processes).map((name) => this.#stopOne(name as ChildName)));
  }

  async #stopOne(name: ChildName): Promise<void> {
    const running = this.#processes[name];
    const ladder = this.#ladders[name];
    if (running === undefined || ladder === undefined) return;
    if (!(await stopProcess(running.identity, ladder))) {
      throw new Error(
        `process ${running.identity.pid} (${name}) does not end: kill -9 ${running.identity.pid}`,
      );
    }
  }

  #know(name: ChildName, ladder: StopLadder, spawned: RunningProcess): void {
    this.#processes[name] = spawned;
    this.#ladders[name] = ladder;
    this.#reaper.watch(this.children);
    this.#folder.recordChildren(this.children);
  }

  async #keepAlive(child: Supervised): Promise<void> {
    for (;;) {
      const reason = await child.running.exited;
      if (this.#ending.signal.aborted) return;
      const since = performance.now();
      this.#tell('warning', since, `${child.name} ${reason}, starting it again on the same port`);
      if (!(await this.#restart(child, since))) return;
    }
  }

  /** False when the stack ends before the server is back. */
  async #restart(child: Supervised, since: number): Promise<boolean> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.#ending.signal.aborted; ) {
      try {
        child.running = await child.start((spawned) => this.#know(child.name, child.ladder, spawned));
        // Asked to stop while it came up: stop() has waited for us and now ends this one too.
        if (this.#ending.signal.aborted) return false;
        this.#tell('done', since, `${child.name} is back as process ${child.running.identity.pid}`);
        return true;
      } catch (error) {
        if (this.#ending.signal.aborted) return false;
        this.#tell('failed', since, `${child.name} is not back yet: ${(error as Error).message}`);
        // A start that failed half way may have left a process behind, which would hold the port.
        await this.#stopOne(child.name);
        await this.#pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
    return false;
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#ending.signal });
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
    }
  }

  #tell(status: 'warning' | 'done' | 'failed', since: number, detail: string): void {
    this.#onEvent({ step: 'supervisor', status, ms: Math.round(performance.now() - since), detail });
  }
}
