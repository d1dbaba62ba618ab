// A process of the product under a supervisor: killed by itself where the plan says so, or from outside, it is
// started again at once with what is left of the plan.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.js';

/** Where a process is killed: nothing written yet; written, nobody knows; its function has returned. */
export const POINTS = ['before', 'committed', 'answered'] as const;
export type Point = (typeof POINTS)[number];

/**
 * One kill: an activity by its name, a call of the API as `POST /v1/leads/{id}/quotes`, or a named statement of a process
 * as `worker claim_facts`, where it writes something.
 */
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
  /** The steps that throw while a file `broken` stands in the state folder. */
  readonly faults?: readonly string[];
}

const ENTRY = fileURLToPath(new URL('./victim.mjs', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const READY_MS = 60_000;
const PAUSE_MS = 100;

export class Supervised {
  readonly #settings: VictimSettings;
  #plan: readonly Kill[];
  #child: ChildProcess | undefined;
  #isUp = false;
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();
  /** Every kill of the plan that happened, in order. */
  readonly killed: Killed[] = [];
  /** How it ended where nobody killed it. */
  readonly accidents: string[] = [];

  constructor(settings: VictimSettings, plan: readonly Kill[] = []) {
    this.#settings = settings;
    this.#plan = plan;
  }

  start(): Promise<void> {
    this.#running = this.#keepAlive();
    return this.ready();
  }

  /** Resolves when a process works. */
  ready(): Promise<void> {
    const { role } = this.#settings;
    return until(`the ${role} works`, async () => this.#isUp, READY_MS).then(() => undefined);
  }

  /** SIGKILL from outside; resolves when the next one works. */
  async kill(): Promise<void> {
    this.#isUp = false;
    this.#child?.kill('SIGKILL');
    await this.ready();
  }

  /** A word to the process; one that is being started needs none. */
  tell(word: string): void {
    if (this.#isUp) this.#child?.stdin?.write(`${word}\n`);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child?.kill('SIGKILL');
    await this.#running;
  }

  /** What of the plan has not happened yet. */
  get left(): readonly Kill[] {
    return this.#plan;
  }

  async #keepAlive(): Promise<void> {
    while (!this.#isStopping) {
      await this.#live();
      if (!this.#isStopping) await pause(PAUSE_MS);
    }
  }

  /** One process from its start to its end. */
  async #live(): Promise<void> {
    const victim = JSON.stringify({ ...this.#settings, dist: DIST, kills: this.#plan });
    const child = spawn(process.execPath, [ENTRY], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TZ: 'UTC', NODE_OPTIONS: '', L2C_VICTIM: victim },
    });
    this.#child = child;
    let heard = '';
    child.stdin.on('error', () => undefined); // It may be gone when it is told something.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
      if (text.includes('ready\n') && this.#child === child) this.#isUp = true;
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    this.#isUp = false;
    this.#note(heard, signal ?? `exit code ${code}`);
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
