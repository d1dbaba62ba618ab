// What a golden lead leaves in the engine: state transitions, events, bytes, payloads. The same in every run
// when each message is sent into quiet, so these are asserted and not only looked at. Of leads under load the transitions
// are counted as well, and looked at.
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { callerFor } from '../../cli/http.js';
import { CUSTOMER_MAILS, mailsOf } from '../company.js';
import { byUsers, type Lead, live } from '../golden.js';
import { quietly, untilQuiet } from '../quiet.js';
import type { Rig } from '../rig.js';
import { median } from './load.js';

export interface HistoryCount {
  readonly transitions: number;
  readonly events: number;
  readonly bytes: number;
  readonly largestPayload: number;
  /** Words of the customer that were found in it. */
  readonly personal: readonly string[];
  /** Where events and bytes come from. */
  readonly byType: Readonly<Record<string, { readonly events: number; readonly bytes: number }>>;
}

export interface Counts {
  readonly off: readonly HistoryCount[];
  readonly on: readonly HistoryCount[];
}

/** Lives `runs` golden leads without mails and as many with them, one after the other. */
export async function counts(rig: Rig, runs: number): Promise<Counts> {
  const off = await counted(rig, runs);
  const admin = callerFor(rig.apiUrl, rig.keys.admin);
  await mailsOf(admin, CUSTOMER_MAILS);
  const on = await counted(rig, runs);
  await mailsOf(admin, []);
  return { off, on };
}

/** Of leads that met others on their way: messages and tasks of theirs may have met each other, too. */
export interface TransitionsUnderLoad {
  readonly leads: number;
  readonly median: number;
  readonly most: number;
}

const AT_ONCE = 8;

export async function transitionsOf(client: Client, leads: readonly Lead[]): Promise<TransitionsUnderLoad> {
  const found = await byUsers(AT_ONCE, leads.length, async (index) => {
    const { workflowId } = leads[index] as Lead;
    await untilQuiet(client, workflowId, true);
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    return Number(raw.workflowExecutionInfo?.stateTransitionCount);
  });
  return { leads: leads.length, median: median(found), most: Math.max(...found) };
}

async function counted(rig: Rig, runs: number): Promise<HistoryCount[]> {
  const found: HistoryCount[] = [];
  for (let run = 0; run < runs; run++) {
    const lead = await live(rig.lead(), { watch: quietly(rig.client) });
    found.push(await countOf(rig.client, lead));
  }
  return found;
}

async function countOf(client: Client, lead: Lead): Promise<HistoryCount> {
  const handle = client.workflow.getHandle(lead.workflowId);
  const { raw, historyLength, historySize } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const seen = { texts: [] as string[], largest: 0 };
  walk(events, seen);
  const text = seen.texts.join('\n').toLowerCase();
  const byType: Record<string, { events: number; bytes: number }> = {};
  for (const event of events ?? []) {
    const type =
      Object.keys(event)
        .find((key) => key.endsWith('EventAttributes'))
        ?.slice(0, -15) ?? 'other';
    const { events: before, bytes } = byType[type] ?? { events: 0, bytes: 0 };
    const size = proto.temporal.api.history.v1.HistoryEvent.encode(event).finish().byteLength;
    byType[type] = { events: before + 1, bytes: bytes + size };
  }
  return {
    transitions: Number(raw.workflowExecutionInfo?.stateTransitionCount),
    events: historyLength,
    bytes: historySize ?? 0,
    largestPayload: seen.largest,
    personal: lead.customerWords.filter((word) => text.includes(word.toLowerCase())),
    byType,
  };
}

/** Every text of a history, payloads decoded, and the size of its largest payload. */
function walk(value: unknown, seen: { texts: string[]; largest: number }): void {
  if (typeof value === 'string') seen.texts.push(value);
  if (value === null || typeof value !== 'object') return;
  if (value instanceof Uint8Array) {
    seen.texts.push(Buffer.from(value).toString('utf8'));
    return;
  }
  const { data, metadata } = value as { data?: unknown; metadata?: unknown };
  if (data instanceof Uint8Array && metadata) seen.largest = Math.max(seen.largest, data.byteLength);
  for (const inner of Object.values(value)) walk(inner, seen);
}
