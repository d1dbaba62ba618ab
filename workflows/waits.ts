// What the process awaits: a contract names the wait, and the steps when a reminder is due or the time is over.
import type { WaitHead } from '../domain/steps.js';
import type { OwnStep, WaitKind } from '../domain/waits.js';

export interface Contract {
  readonly wait: WaitKind;
  readonly subject?: string;
  readonly reminder?: OwnStep;
  readonly overdue: OwnStep;
}

export interface Due {
  /** Real instant, epoch milliseconds. */
  readonly at: number;
  readonly step: OwnStep;
  readonly wait: WaitHead;
}

/** A wait's own key: one is open per kind and subject. */
export const keyOf = ([kind, subject]: WaitHead): string => `${kind}/${subject}`;

/**
 * The contract that is due first among the open waits, or undefined where none of them stands. `quiet` holds
 * back steps that moved nothing or broke, until a later instant.
 */
export function firstDue(
  contracts: readonly Contract[],
  waits: readonly WaitHead[],
  quiet: ReadonlyMap<string, number>,
): Due | undefined {
  let first: Due | undefined;
  for (const wait of waits) {
    const [kind, subject, dueAt, , next] = wait;
    const contract = contracts.find((c) => c.wait === kind && (c.subject ?? subject) === subject);
    if (!contract) continue;
    const at = Math.max(dueAt, quiet.get(keyOf(wait)) ?? 0);
    const step = next === 'reminder' ? (contract.reminder ?? contract.overdue) : contract.overdue;
    if (!first || at < first.at) first = { at, step, wait };
  }
  return first;
}
