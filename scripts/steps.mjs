// How the scripts tell their progress: the same shape as the events of engine/settings.ts.

/** @typedef {{ step: string, status: 'begin'|'done'|'warning'|'failed', ms: number, detail: string }} StepEvent */

/** Prints events as readable lines on stderr, or as JSON lines on stdout. @returns {(event: StepEvent) => void} */
export function stepPrinter({ json = false, quiet = false } = {}) {
  if (json) return (event) => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...event })}\n`);
  return ({ step, status, ms, detail }) => {
    if (quiet && (status === 'begin' || status === 'done')) return;
    const mark = { begin: '…', done: '✓', warning: '!', failed: '✗' }[status];
    const time = status === 'begin' ? '' : `  ${(ms / 1000).toFixed(1)} s`;
    process.stderr.write(`${mark} ${step.padEnd(13)} ${detail}${time}\n`);
  };
}

/**
 * Runs one step and tells how it went.
 * @template T
 * @param {(event: StepEvent) => void} log
 * @param {string} step
 * @param {string} doing what is about to happen
 * @param {() => Promise<T>} work
 * @param {(result: T) => string} told what to say when it is done
 */
export async function runStep(log, step, doing, work, told) {
  const since = performance.now();
  const ms = () => Math.round(performance.now() - since);
  log({ step, status: 'begin', ms: 0, detail: doing });
  try {
    const result = await work();
    log({ step, status: 'done', ms: ms(), detail: told(result) });
    return result;
  } catch (error) {
    log({ step, status: 'failed', ms: ms(), detail: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}
