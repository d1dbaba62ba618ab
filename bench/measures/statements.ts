// What one click asks of Postgres, in the API and in the worker, with nothing else going on.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Statement } from '../children/statements.js';
import { CALLS, CLICKS, type Click, live } from '../golden.js';
import { untilQuiet } from '../quiet.js';
import type { Rig } from '../rig.js';

export interface ClickStatements {
  readonly statements: number;
  readonly commits: number;
  readonly api: readonly Statement[];
  readonly worker: readonly Statement[];
}

/** Long enough for the marks, which are flushed in batches after the answer. */
const AFTERWARDS_MS = 250;

// Who the caller is, marks in batches, and what relay, sweep, clock and checkpoints ask on their own account.
const NOT_OF_THE_CLICK = [
  /^begin/i,
  /^commit/i,
  /^rollback/i,
  /^savepoint/i,
  /^sign_in/,
  /^mark_told$/,
  /^claim_(facts|decisions)$/,
  /^expire_decisions$/,
  /^silent_targets$/,
  /^listen/i,
  /clock_segments order by id desc/,
  /audit_heads where (subject >|age)/,
  /^select pg_(current_)?snapshot/i,
  /^set /i,
];

/** Counts the statements of each of the four clicks of a golden lead, after one that has filled the caches. */
export async function clickStatements(rig: Rig): Promise<Record<Click, ClickStatements>> {
  await live(rig.lead());
  const lead = rig.lead();
  const found = {} as Record<Click, ClickStatements>;
  for (const call of CALLS) {
    const isClick = (CLICKS as readonly string[]).includes(call);
    if (call !== 'capture') await untilQuiet(rig.client, lead.workflowId);
    const parts = [rig.api, rig.worker];
    if (isClick) await Promise.all(parts.map((part) => part.ask('startCounting')));
    await lead.send(call);
    await lead.settled(call);
    if (!isClick) continue;
    await sleep(AFTERWARDS_MS);
    const [api = [], worker = []] = await Promise.all(
      parts.map((part) => part.ask<Statement[]>('stopCounting')),
    );
    found[call as Click] = counted(api.filter(ofTheClick), worker.filter(ofTheClick), [...api, ...worker]);
  }
  return found;
}

const ofTheClick = ({ name }: Statement): boolean => !NOT_OF_THE_CLICK.some((pattern) => pattern.test(name));

function counted(
  api: readonly Statement[],
  worker: readonly Statement[],
  all: readonly Statement[],
): ClickStatements {
  const own = [...api, ...worker];
  const ends = all.filter(({ name }) => /^commit/i.test(name));
  const sum = (statements: readonly Statement[], what: 'times' | 'commits'): number =>
    statements.reduce((total, statement) => total + statement[what], 0);
  return { statements: sum(own, 'times'), commits: sum(own, 'commits') + sum(ends, 'commits'), api, worker };
}
