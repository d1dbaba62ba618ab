// A line of the play for every act, for people or as JSON: in the order of the business, with the dates of the
// company's own zone, which are those of its documents.
import { dateIn } from '../../domain/calendar/zones.js';
import type { OnEvent } from '../progress.js';
import type { Language } from '../words.js';
import { SAMPLE_ZONE } from './company.js';
import type { Line, Money, Tell } from './stage.js';
import { wordFor } from './words.js';

/**
 * What people do is told at once and what leads do by themselves when the watch finds it, so lines come late. Each
 * waits so long for older ones; longer than the watch takes for a round.
 */
const HOLD_MS = 2_500;
const EVERY_MS = 250;

export interface Teller {
  readonly tell: Tell;
  /** Tells what is still held back, and ends. */
  stop(): void;
}

/** Hands lines on in business time, whatever the order they come in. `stop` hands on the rest. */
export function inOrder(print: Tell, holdMs = HOLD_MS, now: () => number = () => performance.now()) {
  let held: { readonly line: Line; readonly until: number; readonly nth: number }[] = [];
  let nth = 0;
  const release = (upTo: number): void => {
    const due = held.filter(({ until }) => until <= upTo).map(({ line }) => line.atMs);
    if (due.length === 0) return;
    const last = Math.max(...due);
    const ready = held.filter(({ line }) => line.atMs <= last);
    held = held.filter(({ line }) => line.atMs > last);
    ready.sort((a, b) => a.line.atMs - b.line.atMs || a.nth - b.nth);
    for (const { line } of ready) print(line);
  };
  return {
    tell: (line: Line): void => {
      nth += 1;
      held.push({ line, until: now() + holdMs, nth });
    },
    release: () => release(now()),
    stop: () => release(Number.POSITIVE_INFINITY),
  };
}

/** Prints acts: `2026-09-05  Talleres Ribera   offer accepted, order SO-00003   12,345.60 EUR`. */
export function lineTeller(options: {
  readonly json: boolean;
  readonly language: Language;
  readonly onEvent: OnEvent;
}): Teller {
  const ordered = inOrder(linePrinter(options));
  const timer = setInterval(ordered.release, EVERY_MS);
  return {
    tell: ordered.tell,
    stop() {
      clearInterval(timer);
      ordered.stop();
    },
  };
}

function linePrinter({ json, language, onEvent }: Parameters<typeof lineTeller>[0]): Tell {
  return ({ lead, act, atMs, detail, money }) => {
    const on = dateIn(SAMPLE_ZONE, atMs);
    const said = [wordFor(act, language), detail].filter(Boolean).join(' ');
    if (json) {
      const more = { on, lead: lead.number, act, ...(money && { money }) };
      onEvent({ step: 'play', status: 'done', ms: 0, detail: `${lead.company}: ${said}`, ...more } as never);
      return;
    }
    const amount = money === undefined ? '' : `  ${shownAmount(money, language)}`;
    process.stdout.write(`${on}  ${lead.company.padEnd(24)} ${said}${amount}\n`);
  };
}

export function shownAmount({ amount, currency }: Money, language: Language): string {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: 2, useGrouping: true });
  // Decimal text is formatted digit by digit; the types know numbers only.
  return `${format.format(amount as unknown as number)} ${currency}`;
}
