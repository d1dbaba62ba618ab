// Histories of stories: fetched, replayed against the bundle, read for what they must not hold, kept for later
// releases. L2C_RECORD=1 writes the stored ones again.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import type { History } from './payloads.js';
import type { Story } from './story.js';
import { WORKFLOW_BUNDLE } from './world.js';

export { type History, type PayloadSeen, payloadsOf } from './payloads.js';

/** Histories of the release that is being made; a release keeps its folder for ever. */
export const HISTORIES = fileURLToPath(new URL('../replay/histories/', import.meta.url));
const PRESENT = 'v0.1.0';

/** The history of one run of the lead's workflow, the newest unless another is named. */
export const historyOf = ({ world, workflowId }: Story, runId?: string): Promise<History> =>
  world.engine.client.workflow.getHandle(workflowId, runId).fetchHistory();

/** Replays a history with the bundle of this build; throws what the engine would say. */
export const replay = (history: History, workflowId = 'lead/replayed'): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: WORKFLOW_BUNDLE }, history, workflowId);

/** Replays a story's history and, when histories are recorded, stores it under its name. */
export async function replayAndKeep(story: Story, name: string, runId?: string): Promise<void> {
  const history = await historyOf(story, runId);
  await replay(history, story.workflowId);
  if (process.env.L2C_RECORD !== '1') return;
  mkdirSync(join(HISTORIES, PRESENT), { recursive: true });
  const text = JSON.stringify(withoutMachine(JSON.parse(historyToJSON(history))), null, 1);
  writeFileSync(join(HISTORIES, PRESENT, `${name}.json`), `${text}\n`);
}

export const readHistory = (path: string): History => historyFromJSON(JSON.parse(readFileSync(path, 'utf8')));

/** Whose process it was says nothing to a replay and has no place in a repository. */
function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'identity' ? 'story' : withoutMachine(inner)]),
  );
}
