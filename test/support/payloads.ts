// What a history says, payload by payload, as text.
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { temporal } from '@temporalio/proto';

export type History = temporal.api.history.v1.IHistory;

export interface PayloadSeen {
  readonly path: string;
  readonly text: string;
}

/** Every payload of a history as text, with the place where it stands. */
export function payloadsOf(history: History): PayloadSeen[] {
  const found: PayloadSeen[] = [];
  walk(JSON.parse(historyToJSON(history)), '', found);
  return found;
}

function walk(value: unknown, path: string, found: PayloadSeen[]): void {
  if (value === null || typeof value !== 'object') return;
  const { metadata, data } = value as { metadata?: unknown; data?: unknown };
  if (typeof data === 'string' && metadata !== undefined) {
    found.push({ path, text: Buffer.from(data, 'base64').toString('utf8') });
    return;
  }
  for (const [key, inner] of Object.entries(value)) walk(inner, `${path}/${key}`, found);
}
