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
const AFTERWARDS_MS = 700;

/** Long enough for one round of relay and sweep. */
const IDLE_MS = 2_500;

// Who the caller is, marks in batches, what relay and sweep ask on their own account, and checkpoints, which
// come once a minute. Whatever else is asked while nobody clicks is found out by listening.
const NOT_OF_THE_CLICK = [
  /^(begin|commit|rollback|savepoint|set|listen)\b/i,
  /^sign_in/,
  /^mark_told$/,
  /^claim_/,
  /^select anchor_at as anchor/,
  /audit_heads where (subject >|age)/,
  /^select pg_try_advisory_xact_lock\(hashtextextended\('checkpoint/,
];

/**
 * Counts the statements of each of the four clicks of a golden lead, after one that has filled the caches.
 */
export async function clickStatements(rig: Rig): Promise<Record<Click, ClickStatements>> {
  await live(rig.lead());
  const parts = [rig.api, rig.worker];
  const listen = (): Promise<unknown> => Promise.all(parts.map((part) => part.ask('startCounting')));
  const heard = (): Promise<Statement[][]> =>
    Promise.all(parts.map((part) => part.ask<Statement[]>('stopCounting')));
  await listen();
  await sleep(IDLE_MS);
  const idle = new Set((await heard()).flat().map(({ name }) => name));
  const ofTheClick = ({ name }: Statement): boolean =>
    !idle.has(name) && !NOT_OF_THE_CLICK.some((pattern) => pattern.test(name));
  const lead = rig.lead();
  const found = {} as Record<Click, ClickStatements>;
  for (const call of CALLS) {
    const isClick = (CLICKS as readonly string[]).includes(call);
    if (call !== 'capture') await untilQuiet(rig.client, lead.workflowId);
    if (isClick) await listen();
    await lead.send(call);
    await lead.settled(call);
    if (!isClick) continue;
    await sleep(AFTERWARDS_MS);
    const [api = [], worker = []] = await heard();
    found[call as Click] = counted(api.filter(ofTheClick), worker.filter(ofTheClick), [...api, ...worker]);
  }
  return found;
}

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
