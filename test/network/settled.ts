// After the fault: nothing under way any more, every invariant holds, and what the lead has left behind.
import { expect } from '@jest/globals';
import { until } from '../support/until.js';
import { leftBehind } from './golden.js';
import type { Network } from './network.js';

/** Mails go one after the other, and each may be handed out again after 30 s. */
const PATIENCE_MS = 180_000;

/** What a lead leaves behind can be asked of. */
type Seen = Pick<Network, 'scene' | 'mail'>;

/** Waits until mails are sent and messages told, then proves the books and answers what stands in them. */
export async function settled(network: Seen, leadId: string): Promise<unknown> {
  const { scene, mail } = network;
  const { owner } = scene.database;
  await until(
    `every mail of ${leadId} is sent and every message told`,
    async () => {
      const { rowCount } = await owner.query(
        `select from mails where lead_id = $1 and status = 'queued'
          union all select from messages where lead_id = $1 and (told_at is null or answer is null)`,
        [leadId],
      );
      return rowCount === 0;
    },
    PATIENCE_MS,
  );
  // A list the engine asks for on a dead connection is given up after 30 s, and asked for again.
  await scene.mustBeClean(PATIENCE_MS);
  const { rows } = await owner.query<{ id: string }>(
    `select id from mails where lead_id = $1 and status = 'sent' order by id`,
    [leadId],
  );
  // A mailbox shows one mail for each Message-ID, however often it came.
  const arrived = new Set(mail.taken.filter((id) => rows.some((row) => id.startsWith(`<${row.id}`))));
  expect(rows.length).toBeGreaterThan(0);
  expect([...arrived].map((id) => id.slice(1, id.indexOf('@'))).sort()).toEqual(rows.map(({ id }) => id));
  return leftBehind(scene, leadId);
}

/** How often each mail of a lead reached the server. */
export async function arrivals({ scene, mail }: Seen, leadId: string): Promise<number[]> {
  const { rows } = await scene.database.owner.query<{ id: string }>(
    `select id from mails where lead_id = $1 and status = 'sent' order by id`,
    [leadId],
  );
  return rows.map(({ id }) => mail.taken.filter((taken) => taken.startsWith(`<${id}`)).length);
}
