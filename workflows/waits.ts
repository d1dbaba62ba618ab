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

/** The contract that is due first among the open waits, or undefined where none of them stands. */
export function firstDue(contracts: readonly Contract[], waits: readonly WaitHead[]): Due | undefined {
  let first: Due | undefined;
  for (const wait of waits) {
    const [kind, subject, at, , next] = wait;
    const contract = contracts.find((c) => c.wait === kind && (c.subject ?? subject) === subject);
    if (!contract) continue;
    const step = next === 'reminder' ? (contract.reminder ?? contract.overdue) : contract.overdue;
    if (!first || at < first.at) first = { at, step, wait };
  }
  return first;
}
