// A worker in a process of its own that stands still after a step's commit and is then killed.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { World } from '../../support/world.js';

export interface WorkerProcess {
  /** Resolves when the step has committed; its answer will never be given. */
  readonly committed: Promise<void>;
  kill(): Promise<void>;
}

/** Starts a worker for a world and waits until it runs; it hangs after the first commit of a step of that name. */
export async function startWorkerProcess(world: World, hangIn: string): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./workerProcess.mjs', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      L2C_ADDRESS: world.address,
      L2C_DATABASE: world.database.appUrl,
      L2C_QUEUE: world.engine.taskQueue,
      L2C_DIST: fileURLToPath(new URL('../../../dist', import.meta.url)),
      L2C_HANG_IN: hangIn,
    },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let heard = '';
  const says = (word: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const listen = () => heard.includes(word) && resolve();
      child.stdout.on('data', listen);
      void exited.then(() => reject(new Error(`the worker ended before it was ${word}`)));
      listen();
    });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  const committed = says('committed');
  committed.catch(() => undefined); // Awaited by the test; a child that never starts is told by `ready`.
  await says('ready');
  return {
    committed,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
