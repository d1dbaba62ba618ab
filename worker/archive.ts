// Histories outlive the engine's retention: every run that has closed is written under the data folder, packed, as
// the JSON that the SDK replays and the engine's UI opens. They hold ids and instants, nothing of a person.
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Logger } from 'pino';
import type { Engine } from '../activities/intake/telling.js';
import { inParallel } from './loops.js';

const EVERY_MS = 3_600_000;
/** Not while everything else starts. */
const FIRST_MS = 300_000;
/** The engine's list lags behind, and clocks differ: what closed so long before the last pass is listed again. */
const OVERLAP_MS = 3_600_000;
const IN_FLIGHT = 2; // Leads that are told something go first.
const CALL_MS = 30_000;
const MARK = 'archived-until';
const packed = promisify(gzip);

export interface ArchiveDeps {
  readonly engine: Engine;
  readonly dir: string;
  readonly log: Logger;
}

export interface Archive {
  stop(): Promise<void>;
}

/** Archives every hour; a pass that failed is told, and the next one goes on from the last that did not. */
export function startArchive(deps: ArchiveDeps): Archive {
  let running: Promise<void> | undefined;
  const stopping = new AbortController();
  const pass = (): void => {
    running ??= archiveClosed(deps, Date.now(), stopping.signal)
      .then(
        (count) => deps.log.info({ count }, 'closed histories were archived'),
        (err: unknown) => deps.log.warn({ err }, 'closed histories were not all archived; it is tried again'),
      )
      .finally(() => {
        running = undefined;
      });
  };
  const first = setTimeout(pass, FIRST_MS);
  const timer = setInterval(pass, EVERY_MS);
  first.unref();
  timer.unref();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(first);
      clearInterval(timer);
      await running;
    },
  };
}

/**
 * Writes the history of every run of ours that closed since the last pass, `nowMs` in real time. Returns how many
 * were new. Throws what the engine or the disk refuses; what was written stays, and is not written again.
 */
export async function archiveClosed(
  { engine: { client, taskQueue }, dir }: ArchiveDeps,
  nowMs: number,
  signal?: AbortSignal,
): Promise<number> {
  await mkdir(dir, { recursive: true });
  const mark = join(dir, MARK);
  const since = Date.parse(await readFile(mark, 'utf8').catch(() => '1970-01-01T00:00:00Z'));
  const query = [
    `TaskQueue = '${taskQueue}'`,
    `ExecutionStatus != 'Running'`,
    `CloseTime >= '${new Date(Math.max(0, since - OVERLAP_MS)).toISOString()}'`,
  ].join(' and ');
  const closed: WorkflowExecutionInfo[] = [];
  for await (const run of client.workflow.list({ query })) {
    if (!(await exists(fileOf(dir, run)))) closed.push(run);
  }
  await inParallel(closed, IN_FLIGHT, async (run) => {
    if (signal?.aborted) return;
    const handle = client.workflow.getHandle(run.workflowId, run.runId);
    const history = await client.connection.withDeadline(Date.now() + CALL_MS, () => handle.fetchHistory());
    await writeWhole(fileOf(dir, run), await packed(historyToJSON(history)));
  });
  if (signal?.aborted) return 0;
  await writeWhole(mark, new Date(nowMs).toISOString());
  return closed.length;
}

/** By the day it closed, so that a day can be kept elsewhere or removed as a whole. */
const fileOf = (dir: string, { workflowId, runId, closeTime }: WorkflowExecutionInfo): string =>
  join(
    dir,
    (closeTime ?? new Date(0)).toISOString().slice(0, 10),
    `${workflowId.replaceAll('/', '.')}.${runId}.json.gz`,
  );

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

/** Written beside and renamed: a kill leaves no half of a history. */
async function writeWhole(file: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  await writeFile(part, content);
  await rename(part, file);
}
