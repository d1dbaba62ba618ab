import { type ChildProcess, spawn } from 'node:child_process';
import { identify } from './processes.js';
import type { Children } from './stateFolder.js';

/**
 * A tiny shell that waits on a pipe from us and stops the servers when it closes without a word: it outlives the
 * kill -9 of this process, which nothing inside it could. Its pids are fixed when it starts, so it is replaced
 * whenever a server is.
 */
export class Reaper {
  #shell: ChildProcess | undefined;

  get pid(): number | undefined {
    return this.#shell?.pid;
  }

  /** Watches over these servers from now on. The new shell stands before the old one is dismissed. */
  watch(children: Children): void {
    const before = this.#shell;
    const script = reaperScript(children);
    this.#shell = undefined;
    if (script !== undefined) {
      const shell = spawn('/bin/sh', ['-c', script], {
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
        cwd: '/',
      });
      shell.once('error', (error) => {
        throw new Error(`no /bin/sh to watch over the servers: ${error.message}`, { cause: error });
      });
      shell.stdin?.on('error', () => undefined); // It was killed: nothing is left to dismiss.
      shell.unref();
      (shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
      this.#shell = shell;
    }
    dismiss(before);
  }

  /** Ends the watch after an orderly stop. */
  async dismiss(): Promise<void> {
    const shell = this.#shell;
    this.#shell = undefined;
    if (shell === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
    shell.ref();
    dismiss(shell);
    await gone;
  }
}

function dismiss(shell: ChildProcess | undefined): void {
  shell?.stdin?.end('done\n');
}

/** The signals are those of an orderly stop; a server that does not live any more is left out. */
function reaperScript({ postgres, temporal }: Children): string | undefined {
  const orders: string[] = [];
  if (temporal !== undefined && identify(temporal.pid)) orders.push(`kill -TERM ${temporal.pid}`);
  if (postgres !== undefined && identify(postgres.pid)) orders.push(`kill -INT ${postgres.pid}`);
  if (orders.length === 0) return undefined;
  return `trap "" INT TERM HUP; read x || { ${orders.join('; ')}; }`;
}
