// What leads do by themselves while they are played: read from their timelines, told as it happens.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../http.js';
import type { Language } from '../words.js';
import type { CastLead } from './cast.js';
import type { Tell } from './stage.js';
import { type ActWord, isActWord, stateFor } from './words.js';

const EVERY_MS = 700;

interface Lead {
  readonly id: string;
  readonly revision: number;
  readonly externalId: string | null;
  readonly outcome: string | null;
}

interface Entry {
  readonly seq: number;
  readonly at: string;
  readonly action: string;
  readonly actor: string | null;
  readonly to: string | null;
  readonly from: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface Watch {
  /** Looks a last time, tells what is left, and ends. */
  stop(): Promise<void>;
}

/** Tells every own step of the cast's leads that happened after `toldFromMs` (business time). */
export function watchLeads(options: {
  readonly caller: Caller;
  readonly cast: readonly CastLead[];
  readonly nameOf: (personId: string) => string;
  readonly toldFromMs: number;
  readonly tell: Tell;
  readonly language: Language;
}): Watch {
  const seen = new Map<string, { revision: number; seq: number }>();
  const byNumber = new Map(options.cast.map((lead) => [`sample-lead-${lead.number}`, lead]));
  let ending = false;
  const look = async (): Promise<void> => {
    const { items } = await options.caller.get<Page<Lead>>('/v1/leads?limit=200');
    for (const lead of items) {
      const cast = byNumber.get(lead.externalId ?? '');
      const before = seen.get(lead.id) ?? { revision: 0, seq: 0 };
      if (!cast || lead.revision === before.revision) continue;
      const entries = await timelineOf(options.caller, lead.id);
      for (const entry of entries.filter(({ seq }) => seq > before.seq))
        tellEntry(options, cast, lead, entry);
      seen.set(lead.id, { revision: lead.revision, seq: entries.at(-1)?.seq ?? before.seq });
    }
  };
  const watching = (async () => {
    while (!ending) {
      await look();
      await sleep(EVERY_MS);
    }
    await look();
  })();
  // Told when the play is awaited; until then the rejection is nobody's.
  watching.catch(() => undefined);
  return {
    async stop() {
      ending = true;
      await watching;
    },
  };
}

async function timelineOf(caller: Caller, leadId: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let cursor = ''; ; ) {
    const path = `/v1/leads/${leadId}/timeline?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const page: Page<Entry> = await caller.get(path);
    entries.push(...page.items);
    if (page.next === null) return entries;
    cursor = page.next;
  }
}

function tellEntry(
  { tell, toldFromMs, nameOf, language }: Parameters<typeof watchLeads>[0],
  cast: CastLead,
  { outcome }: Lead,
  entry: Entry,
): void {
  const atMs = Date.parse(entry.at);
  if (atMs < toldFromMs) return;
  const owner = entry.detail?.ownerId;
  const act = actOf(entry);
  if (act !== undefined) {
    tell({ lead: cast, act, atMs, ...(typeof owner === 'string' && { detail: nameOf(owner) }) });
  }
  if (entry.to === 'closed' && entry.from !== 'closed') {
    tell({ lead: cast, act: 'closed', atMs, detail: stateFor(outcome ?? '', language) });
  }
}

/** What a person did, that person's story has told already. */
function actOf({ action, actor, detail }: Entry): ActWord | undefined {
  if (actor !== null || !isActWord(action)) return action === 'scoreLead' ? 'scoreLead' : undefined;
  if (action === 'sendReminder') {
    if (detail?.letterId !== undefined) return 'sendReminder';
    return detail?.amount === undefined ? undefined : 'writtenOff';
  }
  return action;
}
