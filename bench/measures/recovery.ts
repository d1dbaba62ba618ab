// A worker killed with kill -9 in the middle of clicks and started again at once: how long the last of those
// clicks waits, and that none of them was lost or done twice.
import { setTimeout as sleep } from 'node:timers/promises';
import { callerFor } from '../../cli/http.js';
import { byUsers, live } from '../golden.js';
import type { Rig } from '../rig.js';

export interface Recovery {
  readonly clicks: number;
  /** From the kill until the last click was answered. */
  readonly lastMs: number;
  /** From the kill until the new worker had been started. */
  readonly workerMs: number;
  readonly lost: number;
  readonly twice: number;
}

const SPACING_MS = 25;

/** Sends clicks, kills the worker after half of them, starts another one and waits for all answers. */
export async function recovery(rig: Rig, clicks: number): Promise<Recovery> {
  const leads = await byUsers(8, clicks, () => live(rig.lead(), { to: 'capture' }));
  let killedAt = 0;
  let workerMs = 0;
  const restarted = (async () => {
    await sleep((clicks / 2) * SPACING_MS);
    killedAt = performance.now();
    await rig.worker.kill();
    await rig.openWorker();
    workerMs = performance.now() - killedAt;
  })();
  await Promise.all(
    leads.map(async (lead, index) => {
      await sleep(index * SPACING_MS);
      await lead.send('qualification');
    }),
  );
  const lastMs = performance.now() - killedAt;
  await restarted;
  const reader = callerFor(rig.apiUrl, rig.keys.admin);
  const done = await Promise.all(
    leads.map(async ({ id }) => {
      const { items } = await reader.get<{ items: { action: string }[] }>(
        `/v1/leads/${id}/timeline?limit=100`,
      );
      return items.filter(({ action }) => action === 'qualifyLead').length;
    }),
  );
  const lost = done.filter((times) => times === 0).length;
  return { clicks, lastMs, workerMs, lost, twice: done.filter((times) => times > 1).length };
}
