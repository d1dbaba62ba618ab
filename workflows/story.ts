// The lead's story as Markdown for whoever opens the workflow in the engine's UI, and its waits for whoever asks
// by query. Ids and instants only. The workflow knows real time and no other: the business date of a step, which
// differs on a fast clock, stands in the lead's timeline.
import type { Head, WaitHead } from '../domain/steps.js';
import { type OwnStep, WAITS, type WaitKind } from '../domain/waits.js';

const LINES = 30;
const CLOCK_NOTE = '_All times are real time, UTC. Business dates stand in the timeline of the lead._';
const TO_THE_MINUTE = 'yyyy-mm-ddThh:mm'.length;
const TO_THE_SECOND = 'yyyy-mm-ddThh:mm:ss'.length;

export interface Story {
  add(step: string, head: Head): void;
  markdown(head: Head, waitsFor?: WaitKind): string;
}

/** An open wait as the query `getWaits` answers it: who owes what by when, and what happens then. */
export interface WaitView {
  readonly waitsFor: WaitKind;
  readonly of: string;
  readonly owedBy: (typeof WAITS)[WaitKind]['owes'];
  /** The person who owns the lead; whoever acts for a role is found in the lead's own record. */
  readonly owner: string | null;
  /** Real instant, ISO 8601. */
  readonly dueAt: string;
  readonly then: OwnStep | 'scoreLead';
  readonly level: number;
}

const at = (ms: number): string => new Date(ms).toISOString();

/** An ISO instant for the eye: `2026-11-27 23:00`. */
const short = (iso: string, length: number): string => iso.slice(0, length).replace('T', ' ');

/** A line, because the page has a narrow column for it: a table of the same runs its cells into each other. */
const lineOf = ({ waitsFor, of, owedBy, dueAt, then, level }: WaitView): string =>
  `- **${waitsFor}** of \`${of}\`: owed by ${owedBy}, due ${short(dueAt, TO_THE_MINUTE)}, then \`${then}\`` +
  (level > 0 ? `, level ${level}` : '');

function viewOf([waitsFor, of, dueAt, level, next]: WaitHead, owner: string | null): WaitView {
  const { owes: owedBy, onReminder, onOverdue } = WAITS[waitsFor];
  const then = next === 'reminder' ? (onReminder ?? onOverdue) : onOverdue;
  return { waitsFor, of, owedBy, owner, dueAt: at(dueAt), then, level };
}

/** The open waits of a lead, earliest first; none while its state is not loaded. */
export const waitViews = (head: Head | undefined): WaitView[] =>
  head ? head.waits.map((wait) => viewOf(wait, head.owner)) : [];

export function story(): Story {
  const lines: string[] = [];
  return {
    add(step, head) {
      lines.push(`- ${short(at(Date.now()), TO_THE_SECOND)} \`${step}\` → ${head.stage} (r${head.revision})`);
      if (lines.length > LINES) lines.shift();
    },
    markdown(head, waitsFor) {
      const waits = waitViews(head);
      const first = waits.find((wait) => wait.waitsFor === waitsFor);
      return [
        `**${head.stage}**${head.outcome ? ` · ${head.outcome}` : ''}${head.owner ? ` · owner ${head.owner}` : ''}`,
        ...(first
          ? [
              '',
              `Next: ${first.owedBy} owes ${first.waitsFor}, due ${short(first.dueAt, TO_THE_MINUTE)}; then \`${first.then}\`.`,
            ]
          : []),
        ...(waits.length ? ['', ...waits.map(lineOf)] : []),
        ...(lines.length ? ['', ...lines] : []),
        '',
        CLOCK_NOTE,
      ].join('\n');
    },
  };
}
