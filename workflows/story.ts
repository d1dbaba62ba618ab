// The lead's story as Markdown for whoever opens the workflow in the engine's UI, and its waits for whoever asks
// by query. Ids and instants only. The workflow knows real time and no other: the business date of a step, which
// differs on a fast clock, stands in the lead's timeline.
import type { Head, WaitHead } from '../domain/steps.js';
import { type OwnStep, WAITS, type WaitKind } from '../domain/waits.js';

const LINES = 30;
const CLOCK_NOTE = '_All times are real time, UTC. Business dates stand in the timeline of the lead._';

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
      lines.push(`- ${at(Date.now())} \`${step}\` → ${head.stage} (r${head.revision})`);
      if (lines.length > LINES) lines.shift();
    },
    markdown(head, waitsFor) {
      const waits = waitViews(head);
      const first = waits.find((wait) => wait.waitsFor === waitsFor);
      const rows = waits.map(
        ({ waitsFor: kind, of, owedBy, dueAt, then, level }) =>
          `| ${kind} | ${of} | ${owedBy} | due ${dueAt} | ${then} | ${level} |`,
      );
      return [
        `**${head.stage}**${head.outcome ? ` · ${head.outcome}` : ''}${head.owner ? ` · owner ${head.owner}` : ''}`,
        ...(first
          ? ['', `Next: ${first.owedBy} owes ${first.waitsFor}, due ${first.dueAt}; then \`${first.then}\`.`]
          : []),
        ...(rows.length
          ? ['', '| waits for | of | owed by | due | then | level |', '|---|---|---|---|---|---|', ...rows]
          : []),
        ...(lines.length ? ['', ...lines] : []),
        '',
        CLOCK_NOTE,
      ].join('\n');
    },
  };
}
