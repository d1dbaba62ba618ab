// How commands tell their progress: the same shape as the events of engine/settings.ts and scripts/steps.mjs,
// as readable lines on stderr or as JSON lines on stdout.

/** One line of progress. `begin` opens a step, `done` or `failed` closes it; `warning` goes on. */
export interface ProgressEvent {
  readonly step: string;
  readonly status: 'begin' | 'done' | 'warning' | 'failed';
  readonly ms: number;
  readonly detail: string;
}

export type OnEvent = (event: ProgressEvent) => void;

const MARKS = { begin: '…', done: '✓', warning: '!', failed: '✗' } as const;

/** Prints events; JSON lines carry the real time as `at`. */
export function eventPrinter({ json = false, quiet = false } = {}): OnEvent {
  if (json) return (event) => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...event })}\n`);
  return ({ step, status, ms, detail }) => {
    if (quiet && status !== 'warning') return; // What fails is told by the command itself.
    const time = status === 'begin' ? '' : `  ${(ms / 1000).toFixed(1)} s`;
    process.stderr.write(`${MARKS[status]} ${step.padEnd(13)} ${detail}${time}\n`);
  };
}

export interface StatusLine {
  show(text: string): void;
  /** Leaves the last text standing. */
  end(): void;
}

/** How far something is, on stderr: one line written over on a terminal, a line each time elsewhere. */
export function statusLine(): StatusLine {
  const { stderr } = process;
  let isOpen = false;
  return {
    show(text) {
      stderr.write(stderr.isTTY ? `\u001b[2K\r${text.slice(0, (stderr.columns || 80) - 1)}` : `${text}\n`);
      isOpen = stderr.isTTY;
    },
    end() {
      if (isOpen) stderr.write('\n');
      isOpen = false;
    },
  };
}

/** Runs one step and tells how it went; `told` is what to say when it is done. */
export async function runStep<T>(
  onEvent: OnEvent,
  step: string,
  doing: string,
  work: () => Promise<T>,
  told: (result: T) => string,
): Promise<T> {
  const since = performance.now();
  const ms = () => Math.round(performance.now() - since);
  onEvent({ step, status: 'begin', ms: 0, detail: doing });
  try {
    const result = await work();
    onEvent({ step, status: 'done', ms: ms(), detail: told(result) });
    return result;
  } catch (error) {
    const detail = error instanceof Error ? error.message || String(error) : String(error);
    onEvent({ step, status: 'failed', ms: ms(), detail });
    throw error;
  }
}
