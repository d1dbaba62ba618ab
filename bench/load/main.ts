// `npm run load`: captures while people click, a burst, a cold worker under open leads; what was measured as a table,
// and whether everything acknowledged is there once.
import { loadavg } from 'node:os';
import { CommanderError } from 'commander';
import { machineOf, versionsOf, writeReport } from '../report.js';
import { burst } from './burst.js';
import { cold, SOON_S } from './cold.js';
import { secondsPerDayFor } from './openLeads.js';
import { BadOption, type LoadOptions, type PartName, readOptions } from './options.js';
import { onStage, type PartReport, type Stage } from './part.js';
import { type LoadReport, loadTable } from './report.js';
import { steady } from './steady.js';

const WORK: Readonly<Record<PartName, (stage: Stage) => Promise<PartReport>>> = { steady, burst, cold };

/** Runs the load; answers the exit code: 0 when nothing was lost or done twice and the books are clean. */
export async function load(argv: readonly string[]): Promise<number> {
  let options: LoadOptions;
  try {
    options = readOptions(argv);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof BadOption)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Error('the load was stopped'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  try {
    const report = await ran(options, stopping.signal);
    process.stdout.write(`${loadTable(report)}\n`);
    if (options.json !== undefined) writeReport(options.json, report);
    return report.wrongs.length === 0 ? 0 : 1;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    process.stderr.write(`${(stopping.signal.reason as Error).message}; nothing of it runs any more\n`);
    return 130;
  }
}

async function ran(options: LoadOptions, signal: AbortSignal): Promise<LoadReport> {
  const began = performance.now();
  const loadBefore = loadavg()[0] ?? 0;
  const parts: PartReport[] = [];
  let versions: Record<string, string> = {};
  process.stderr.write(`seed ${options.seed}, load of the machine ${loadBefore.toFixed(1)}\n`);
  for (const part of options.parts) {
    const say = (detail: string): void => {
      const second = ((performance.now() - began) / 1000).toFixed(0).padStart(5);
      process.stderr.write(`${second} s  ${part}: ${detail}\n`);
    };
    const clock = part === 'cold' ? { secondsPerDay: secondsPerDayFor(SOON_S) } : {};
    const report = await onStage({ options, signal, say, ...clock }, async (stage) => {
      versions = await versionsOf(stage.rig);
      return WORK[part](stage);
    });
    parts.push(report);
  }
  return {
    date: new Date().toISOString(),
    options,
    machine: machineOf(loadBefore),
    versions,
    parts,
    wrongs: parts.flatMap(({ part, wrongs }) => wrongs.map((wrong) => `${part}: ${wrong}`)),
  };
}
