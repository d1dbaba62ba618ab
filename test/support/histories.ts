// Histories of stories: fetched, replayed against the bundle, read for what they must not hold, kept for later
// releases. L2C_RECORD=1 writes the stored ones again.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import type { Payload } from '@temporalio/common';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { type ReplayResult, Worker } from '@temporalio/worker';
import { payloadCodec } from '../../activities/intake/payloadCodec.js';
import { productVersion } from '../../api/open.js';
import type { PayloadKey } from '../../contracts/payloadKeys.js';
import type { History } from './payloads.js';
import type { Story } from './story.js';
import { WORKFLOW_BUNDLE } from './world.js';

export { type History, type PayloadSeen, payloadsOf } from './payloads.js';

/** A folder for each release, kept for ever. */
export const HISTORIES = fileURLToPath(new URL('../replay/histories/', import.meta.url));
/** That of the release in the making, which alone is written to. */
export const PRESENT = `v${productVersion()}`;

/** Whose history: a lead's story, or another workflow of its world. */
export type Told = Pick<Story, 'world' | 'workflowId'>;

/** The history of one run of a workflow, the newest unless another is named. */
export const historyOf = ({ world, workflowId }: Told, runId?: string): Promise<History> =>
  world.engine.client.workflow.getHandle(workflowId, runId).fetchHistory();

/** Replays a history with the bundle of this build; throws what the engine would say. */
export async function replay(
  history: History,
  workflowId = 'lead/replayed',
  payloadKeys: readonly PayloadKey[] = [],
): Promise<void> {
  for await (const { error } of replayed([{ workflowId, history }], payloadKeys)) if (error) throw error;
}

/**
 * Replays histories with the bundle of this build, one after the other, and says of each what the engine would say.
 * A replay runs in the test's own thread, where the SDK would note a stack of every promise, of the workflows and,
 * from then on, of everything else: three quarters of a replay's CPU, for a tab of the engine's UI.
 */
export async function* replayed(
  histories: readonly { readonly workflowId: string; readonly history: History }[],
  payloadKeys: readonly PayloadKey[] = [],
): AsyncGenerator<ReplayResult> {
  const dataConverter = { payloadCodecs: [payloadCodec(payloadKeys)] };
  const { promiseHooks } = v8;
  const writable: { promiseHooks: object } = v8;
  writable.promiseHooks = { ...promiseHooks, createHook: () => () => undefined };
  try {
    yield* Worker.runReplayHistories({ workflowBundle: WORKFLOW_BUNDLE, dataConverter }, [...histories]);
  } finally {
    writable.promiseHooks = promiseHooks;
  }
}

/** Replays a story's history and, when histories are recorded, stores it under its name. */
export async function replayAndKeep(story: Told, name: string, runId?: string): Promise<void> {
  const history = await historyOf(story, runId);
  await replay(history, story.workflowId, story.world.payloadKeys);
  if (process.env.L2C_RECORD !== '1') return;
  mkdirSync(join(HISTORIES, PRESENT), { recursive: true });
  const text = JSON.stringify(withoutMachine(JSON.parse(historyToJSON(history))), null, 1);
  writeFileSync(join(HISTORIES, PRESENT, `${name}.json`), `${text}\n`);
}

export const readHistory = (path: string): History => historyFromJSON(JSON.parse(readFileSync(path, 'utf8')));

/** Whose process it was, and in which folder, says nothing to a replay and has no place in a repository. */
function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'stackTrace')
      .map(([key, inner]) => [key, key === 'identity' ? 'story' : withoutMachine(inner)]),
  );
}

/** A history with its payloads readable, as the engine's tools show it. */
export async function decrypted(history: History, payloadKeys: readonly PayloadKey[]): Promise<History> {
  const codec = payloadCodec(payloadKeys);
  const read = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(read));
    if (value === null || typeof value !== 'object') return value;
    if (isPayload(value)) {
      const [payload] = await codec.decode([bytesOf(value)]);
      return textOf(payload as Payload);
    }
    const entries = Object.entries(value).map(async ([key, inner]) => [key, await read(inner)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  return historyFromJSON(await read(JSON.parse(historyToJSON(history))));
}

interface PayloadText {
  readonly metadata: Record<string, string>;
  readonly data: string;
}

const isPayload = (value: object): value is PayloadText =>
  'metadata' in value && typeof (value as { data?: unknown }).data === 'string';

const bytesOf = ({ metadata, data }: PayloadText): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')]),
  ),
  data: Buffer.from(data, 'base64'),
});

const textOf = ({ metadata, data }: Payload): PayloadText => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, bytes]) => [
      name,
      Buffer.from(bytes ?? []).toString('base64'),
    ]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});
