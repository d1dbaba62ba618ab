// What leads do by themselves while they are played: read from their timelines, told with its documents.
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAmount, parseAmount } from '../../domain/money/amounts.js';
import type { Caller } from '../http.js';
import type { Language } from '../words.js';
import type { CastLead } from './cast.js';
import type { Line, Money, Tell } from './stage.js';
import { type ActWord, isActWord, stateFor } from './words.js';

const EVERY_MS = 700;

interface Lead {
  readonly id: string;
  readonly revision: number;
  readonly externalId: string | null;
  readonly outcome: string | null;
}

export interface Entry {
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

interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly gross: Money;
}

interface Commission {
  readonly id: string;
  readonly payeeId: string;
  readonly amount: Money;
  readonly payoutId: string | null;
}

type Said = Pick<Line, 'act' | 'detail' | 'money'>;

export interface Watch {
  /** Looks a last time, tells what is left, and ends. */
  stop(): Promise<void>;
}

interface WatchOptions {
  readonly caller: Caller;
  readonly cast: readonly CastLead[];
  readonly nameOf: (personId: string) => string;
  readonly toldFromMs: number;
  readonly tell: Tell;
  readonly language: Language;
}

/** What is told of a lead already: its revision, its entries, its commission lines. */
interface Told {
  readonly revision: number;
  readonly seq: number;
  readonly earned: Set<string>;
}

/** Tells every own step of the cast's leads that happened after `toldFromMs` (business time). */
export function watchLeads(options: WatchOptions): Watch {
  const seen = new Map<string, Told>();
  const byNumber = new Map(options.cast.map((lead) => [`sample-lead-${lead.number}`, lead]));
  let ending = false;
  const look = async (): Promise<void> => {
    const { items } = await options.caller.get<Page<Lead>>('/v1/leads?limit=200');
    for (const lead of items) {
      const cast = byNumber.get(lead.externalId ?? '');
      const told = seen.get(lead.id) ?? { revision: 0, seq: 0, earned: new Set<string>() };
      if (!cast || lead.revision === told.revision) continue;
      const entries = await timelineOf(options.caller, lead.id);
      for (const entry of entries.filter(({ seq }) => seq > told.seq)) {
        await tellEntry(options, cast, lead, entry, { entries, earned: told.earned });
      }
      seen.set(lead.id, { ...told, revision: lead.revision, seq: entries.at(-1)?.seq ?? told.seq });
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

async function tellEntry(
  options: WatchOptions,
  cast: CastLead,
  lead: Lead,
  entry: Entry,
  { entries, earned }: { readonly entries: readonly Entry[]; readonly earned: Set<string> },
): Promise<void> {
  const { tell, toldFromMs, language } = options;
  const atMs = Date.parse(entry.at);
  const act = actOf(entry);
  // Asked for even where it is not told: which commission lines are new is known by those before.
  const said = act && (await saidOf(options, lead, entry, act, earned));
  if (atMs < toldFromMs) return;
  for (const one of said ?? []) tell({ lead: cast, atMs, ...one });
  if (entry.to === 'closed' && entry.from !== 'closed') {
    const outcome = outcomeOf(entry, entries, lead.outcome);
    tell({ lead: cast, act: 'closed', atMs, detail: stateFor(outcome, language) });
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

/** With what an act is told: the document and its amount, or who earned how much. */
async function saidOf(
  { caller, nameOf }: WatchOptions,
  { id }: Lead,
  { detail }: Entry,
  act: ActWord,
  earned: Set<string>,
): Promise<Said[]> {
  const of = <T>(path: string): Promise<readonly T[]> =>
    caller.get<Page<T>>(`${path}?lead=${id}&limit=200`).then(({ items }) => items);
  if (act === 'issueInvoice' || act === 'sendReminder' || act === 'writtenOff') {
    const named = [detail?.invoices ?? detail?.invoiceId ?? []].flat();
    const invoices = (await of<Invoice>('/v1/invoices')).filter((invoice) => named.includes(invoice.id));
    if (invoices.length === 0) return [{ act }];
    // What is reminded or lost is less than what was invoiced, where a part was paid.
    return invoices.map(({ number, gross }) => ({
      act,
      detail: number,
      ...(act === 'issueInvoice' && { money: gross }),
    }));
  }
  if (act === 'earnCommission') {
    const lines = (await of<Commission>('/v1/commissions')).filter((line) => !earned.has(line.id));
    for (const line of lines) earned.add(line.id);
    return perPayee(lines, nameOf, act, 'commissionLost');
  }
  if (act === 'payCommission') {
    const lines = await of<Commission>('/v1/commissions');
    const paid = lines.filter(({ payoutId }) => payoutId !== null && payoutId === detail?.payoutId);
    return perPayee(paid, nameOf, act, 'commissionTakenBack');
  }
  const owner = detail?.ownerId;
  return [{ act, ...(typeof owner === 'string' && { detail: nameOf(owner) }) }];
}

/** A line for each payee and currency; `less` is the word where money goes back. */
function perPayee(
  lines: readonly Commission[],
  nameOf: (id: string) => string,
  act: ActWord,
  less: ActWord,
): Said[] {
  const sums = new Map<string, { payeeId: string; currency: string; minor: bigint }>();
  for (const { payeeId, amount } of lines) {
    const { currency } = amount;
    const sum = sums.get(`${payeeId}/${currency}`) ?? { payeeId, currency, minor: 0n };
    sum.minor += minorOf(amount);
    sums.set(`${payeeId}/${currency}`, sum);
  }
  return [...sums.values()]
    .filter(({ minor }) => minor !== 0n)
    .map(({ payeeId, currency, minor }) => ({
      act: minor < 0n ? less : act,
      detail: nameOf(payeeId),
      money: { amount: formatAmount(minor < 0n ? -minor : minor, currency), currency },
    }));
}

const minorOf = ({ amount, currency }: Money): bigint =>
  amount.startsWith('-') ? -parseAmount(amount.slice(1), currency) : parseAmount(amount, currency);

const OUTCOMES: Readonly<Record<string, string>> = {
  qualifyLead: 'disqualified',
  withdrawLead: 'lost',
  declineQuote: 'lost',
  expireOffer: 'lost',
  remindRep: 'lost',
  cancelOrder: 'cancelled',
};

/**
 * How a lead closed: the row knows it of the last time only. A lead that was reopened since was settled with cash,
 * since only a fact about money reopens one.
 */
export function outcomeOf(closing: Entry, entries: readonly Entry[], outcome: string | null): string {
  const isLast = !entries.some(
    ({ seq, from, to }) => seq > closing.seq && from === 'closed' && to !== 'closed',
  );
  return (isLast ? outcome : null) ?? OUTCOMES[closing.action] ?? 'won';
}
