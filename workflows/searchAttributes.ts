// What operations list leads by. An attribute is written only where its value changed, since each write is an event.
import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { Head } from '../domain/steps.js';
import type { WaitKind } from '../domain/waits.js';

const STAGE = defineSearchAttributeKey('Stage', 'KEYWORD');
const WAITS_FOR = defineSearchAttributeKey('WaitsFor', 'KEYWORD');
const OWNER = defineSearchAttributeKey('Owner', 'KEYWORD');
const OUTCOME = defineSearchAttributeKey('Outcome', 'KEYWORD');

/** Returns what shows the state of one run; it remembers what it showed. */
export function searchAttributes(): (head: Head, waitsFor?: WaitKind) => void {
  const shown = new Map<string, string | null>();
  return ({ stage, owner, outcome }, waitsFor) => {
    const values = [
      { key: STAGE, value: stage },
      { key: WAITS_FOR, value: waitsFor ?? 'nothing' },
      { key: OWNER, value: owner },
      { key: OUTCOME, value: outcome },
    ];
    const changed = values.filter(({ key, value }) => (shown.get(key.name) ?? null) !== value);
    if (changed.length > 0) upsertSearchAttributes(changed);
    for (const { key, value } of changed) shown.set(key.name, value);
  };
}
