// What operations find leads by that need a look, without knowing their ids: a wait has run out, a step is broken. A lead
// within its times has none: it is listed from Postgres, while each change of an attribute is an event and a row the
// engine writes for its own lists (six of them cost a lead 12 ms of CPU, a fifth of the engine's).
import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Head } from '../domain/steps.js';
import type { WaitKind } from '../domain/waits.js';

const STAGE = defineSearchAttributeKey('Stage', 'KEYWORD');
const WAITS_FOR = defineSearchAttributeKey('WaitsFor', 'KEYWORD');
const OWNER = defineSearchAttributeKey('Owner', 'KEYWORD');
const OUTCOME = defineSearchAttributeKey('Outcome', 'KEYWORD');

export interface Findable {
  /** Somebody should look at this lead: its attributes are kept until its run, or one that continues it, ends. */
  late(): void;
  show(head: Head, waitsFor?: WaitKind): void;
}

/** The attributes of one run; where the run before it was late, it came with the attributes and keeps them. */
export function findable(): Findable {
  const inherited = workflowInfo().typedSearchAttributes.getAll();
  const shown = new Map<string, unknown>(inherited.map(({ key, value }) => [key.name, value]));
  let isLate = shown.has(STAGE.name);
  return {
    late() {
      isLate = true;
    },
    show({ stage, owner, outcome }, waitsFor) {
      if (!isLate) return;
      const values = [
        { key: STAGE, value: stage },
        { key: WAITS_FOR, value: waitsFor ?? 'nothing' },
        { key: OWNER, value: owner },
        { key: OUTCOME, value: outcome },
      ];
      const changed = values.filter(({ key, value }) => (shown.get(key.name) ?? null) !== value);
      if (changed.length > 0) upsertSearchAttributes(changed);
      for (const { key, value } of changed) shown.set(key.name, value);
    },
  };
}
