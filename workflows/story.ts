// The lead's story as Markdown for whoever opens the workflow in the engine's UI. Ids and instants only.
import type { Head } from '../domain/steps.js';

const LINES = 30;

export interface Story {
  add(step: string, head: Head): void;
  markdown(head: Head, owes?: string): string;
}

export function story(): Story {
  const lines: string[] = [];
  return {
    add(step, head) {
      lines.push(`- ${new Date(Date.now()).toISOString()} \`${step}\` → ${head.stage} (r${head.revision})`);
      if (lines.length > LINES) lines.shift();
    },
    markdown(head, owes) {
      const waits = head.waits.map(
        ([kind, subject, dueAt, level, next]) =>
          `| ${kind} | ${subject} | ${level} | ${next} ${new Date(dueAt).toISOString()} |`,
      );
      return [
        `**${head.stage}**${head.outcome ? ` · ${head.outcome}` : ''}${owes ? ` · ${owes} owes the next move` : ''}`,
        ...(waits.length ? ['', '| waits for | of | level | next |', '|---|---|---|---|', ...waits] : []),
        ...(lines.length ? ['', ...lines] : []),
      ].join('\n');
    },
  };
}
