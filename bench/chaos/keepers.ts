// The product's processes under somebody who starts them again: two APIs on ports that stay, two workers. What
// starts while its database or engine is away is started again as well, as any supervisor of services does.
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePort } from '../../engine/ports.js';
import type { Child } from '../child.js';
import type { Rig } from '../rig.js';

const AGAIN_MS = 250;

export class Keeper {
  readonly #open: () => Promise<Child>;
  #child: Child | undefined;
  #isStopping = false;
  /** Until it is over nobody else does anything to this process. */
  #isBusy = false;

  private constructor(
    readonly name: string,
    readonly url: string,
    open: () => Promise<Child>,
  ) {
    this.#open = open;
  }

  static async api(rig: Rig, name: string): Promise<Keeper> {
    const { port } = await choosePort(undefined);
    return Keeper.#started(new Keeper(name, `http://127.0.0.1:${port}`, () => opened(rig, 'api', port)));
  }

  static worker(rig: Rig, name: string): Promise<Keeper> {
    return Keeper.#started(new Keeper(name, '', () => opened(rig, 'worker')));
  }

  static async #started(keeper: Keeper): Promise<Keeper> {
    keeper.#child = await keeper.#open();
    return keeper;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** SIGKILL, and another one in its place. */
  kill(): Promise<void> {
    return this.#alone(async () => {
      await this.#child?.kill();
      await this.#again();
    });
  }

  /** Stands still for longer than anybody waits for it, then goes on as if nothing had happened. */
  freeze(ms: number): Promise<void> {
    return this.#alone(async () => {
      const { pid } = this.#child ?? {};
      if (pid === undefined) return;
      process.kill(pid, 'SIGSTOP');
      try {
        await sleep(ms);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    });
  }

  stop(): void {
    this.#isStopping = true;
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    this.#isBusy = true;
    try {
      await work();
    } finally {
      this.#isBusy = false;
    }
  }

  async #again(): Promise<void> {
    while (!this.#isStopping) {
      try {
        this.#child = await this.#open();
        return;
      } catch {
        await sleep(AGAIN_MS); // Its database or engine was killed as well, and comes back.
      }
    }
  }
}

async function opened(rig: Rig, module: 'api' | 'worker', port?: number): Promise<Child> {
  const child = rig.child({ module: `children/${module}` });
  try {
    await child.ask('open', { ...rig.partSettings(), ...(port !== undefined && { port }) });
    return child;
  } catch (error) {
    await child.kill();
    throw error;
  }
}
