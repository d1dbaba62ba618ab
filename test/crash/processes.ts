// A process of the product under a supervisor: killed by itself where the plan says so, or from outside, it is
// started again at once with what is left of the plan.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where a process is killed: nothing written yet; written, nobody knows; its function has returned. */
export const POINTS = ['before', 'committed', 'answered'] as const;
export type Point = (typeof POINTS)[number];

/** One kill: an activity by its name, or a call of the API as `POST /v1/leads/{id}/quotes`. */
export interface Kill {
  readonly unit: string;
  readonly point: Point;
}

export interface Killed extends Kill {
  /** Files of activities/intake/ that had written in that transaction. */
  readonly intake: readonly string[];
}

export interface VictimSettings {
  readonly role: 'worker' | 'api';
  readonly address: string;
  readonly appUrl: string;
  readonly taskQueue: string;
  readonly stateDir: string;
  readonly port?: number;
  readonly smtpUrl?: string;
  /** The step that throws while a file `broken` stands in the state folder. */
  readonly fault?: string;
}

const ENTRY = fileURLToPath(new URL('./victim.mjs', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const READY_MS = 60_000;
const PAUSE_MS = 100;

export class Supervised {
  readonly #settings: VictimSettings;
  #plan: Kill[];
  #child: ChildProcess | undefined;
  #ready: Promise<void> = Promise.resolve();
  #gone: Promise<void> = Promise.resolve();
  #isStopping = false;
  /** Every kill of the plan that happened, in order. */
  readonly killed: Killed[] = [];
  /** Why it ended where nobody killed it. */
  readonly accidents: string[] = [];

  constructor(settings: VictimSettings, plan: readonly Kill[] = []) {
    this.#settings = settings;
    this.#plan = [...plan];
  }

  start(): Promise<void> {
    this.#start();
    return this.#ready;
  }

  /** Resolves when the process that runs now works. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** SIGKILL from outside; the next one has been started when it resolves. */
  async kill(): Promise<void> {
    const gone = this.#gone;
    this.#child?.kill('SIGKILL');
    await gone;
    await this.#ready;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child?.kill('SIGKILL');
    await this.#gone;
  }

  #start(): void {
    const env = { ...this.#settings, dist: DIST, kills: this.#plan };
    const child = spawn(process.execPath, [ENTRY], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TZ: 'UTC', NODE_OPTIONS: '', L2C_VICTIM: JSON.stringify(env) },
    });
    this.#child = child;
    let heard = '';
    let isUp: () => void = () => undefined;
    let isLost: (error: Error) => void = () => undefined;
    this.#ready = new Promise<void>((resolve, reject) => {
      [isUp, isLost] = [resolve, reject];
    });
    this.#ready.catch(() => undefined); // Whoever waits for it is told; a process killed while starting is not lost.
    const late = setTimeout(() => isLost(new Error(`${this.#settings.role} is not up`)), READY_MS);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
      if (heard.includes('ready\n')) isUp();
    });
    this.#gone = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        clearTimeout(late);
        this.#note(heard, signal ?? `exit code ${code}`);
        if (!this.#isStopping) setTimeout(() => this.#again(isUp, isLost), PAUSE_MS).unref();
        resolve();
      });
    });
    // `kill()` waits for the next one: the promise of a process that is gone follows that of its successor.
    this.#gone = this.#gone.then(
      () => new Promise<void>((resolve) => setTimeout(resolve, this.#isStopping ? 0 : PAUSE_MS + 10)),
    );
  }

  #again(isUp: () => void, isLost: (error: Error) => void): void {
    if (this.#isStopping) return;
    this.#start();
    this.#ready.then(isUp, isLost);
  }

  #note(heard: string, how: string): void {
    const [, json] = /^killed (.*)$/m.exec(heard) ?? [];
    if (json === undefined) {
      if (how !== 'SIGKILL') this.accidents.push(`${this.#settings.role}: ${how}`);
      return;
    }
    const killed = JSON.parse(json) as Killed;
    this.killed.push(killed);
    this.#plan = this.#plan.filter(({ unit, point }) => unit !== killed.unit || point !== killed.point);
  }
}
