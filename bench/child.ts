// A part of the bench in a process of its own: its CPU can be read alone, it can be killed in the middle, and
// it ends when we do. Parent and child speak in questions and answers.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

export interface ChildOptions {
  /** File name in bench/children or bench/controls, without its ending. */
  readonly module: string;
  /** Longest life; after it the child is killed and every question it owes fails. */
  readonly limitMs: number;
  readonly execArgv?: readonly string[];
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const STOP_MS = 8_000;

/** A running child process. */
export class Child {
  readonly #process: ChildProcess;
  readonly #module: string;
  readonly #open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #limit: NodeJS.Timeout;
  readonly #gone: Promise<void>;
  #asked = 0;

  constructor({ module, limitMs, execArgv = [], env = {} }: ChildOptions) {
    this.#module = module;
    this.#process = fork(fileURLToPath(new URL(`./${module}.js`, import.meta.url)), [], {
      execArgv: [...execArgv],
      env: { ...process.env, TZ: 'UTC', ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (reply: Reply) => this.#take(reply));
    this.#gone = once(this.#process, 'exit').then(([code, signal]) => {
      clearTimeout(this.#limit);
      const error = new Error(`${module} ended (${signal ?? `exit code ${code}`}) and owes an answer`);
      for (const { reject } of this.#open.values()) reject(error);
      this.#open.clear();
    });
    this.#limit = setTimeout(() => this.#process.kill('SIGKILL'), limitMs);
    this.#limit.unref();
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`${this.#module} could not be started`);
    return this.#process.pid;
  }

  /** Puts a question and answers what the child says; throws what it could not do. */
  ask<T>(op: string, args?: unknown): Promise<T> {
    const id = ++this.#asked;
    return new Promise<T>((resolve, reject) => {
      if (!this.#process.connected) return reject(new Error(`${this.#module} does not listen any more`));
      this.#open.set(id, { resolve: resolve as (value: never) => void, reject });
      this.#process.send({ id, op, args });
    });
  }

  /** Lets it close in order; kills it when that takes too long. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const late = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await this.ask('close').catch(() => undefined); // Killed or broken: it is gone either way.
    if (this.#process.connected) this.#process.disconnect();
    await this.#gone;
    clearTimeout(late);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#gone;
  }

  #take({ id, result, error }: Reply): void {
    const asked = this.#open.get(id);
    if (!asked) return;
    this.#open.delete(id);
    if (error === undefined) asked.resolve(result as never);
    else asked.reject(new Error(`${this.#module}: ${error}`));
  }
}
