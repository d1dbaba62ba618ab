// Who made payloads of the engine readable is written down before they see them.
import { randomUUID } from 'node:crypto';
import { recordChange } from '../../db/chains.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import type { By } from './masterData.js';

/** One chain for all of them: who read what is asked of the product, not of a person. */
const SUBJECT = 'codec';

/**
 * Adds the audit entry of payloads that were decrypted: who, when, in which namespace, how many of which key. Nothing
 * of their content, which nobody could erase there.
 */
export async function recordDecoding(
  tx: Tx,
  { personId, at }: By,
  namespace: string,
  payloadsByKey: Readonly<Record<string, number>>,
): Promise<void> {
  const writes = new Writes();
  const action = 'payloadsDecoded';
  const detail = { namespace, payloadsByKey };
  const change = { subject: SUBJECT, key: `${action}/${randomUUID()}`, action, at, actor: personId, detail };
  await recordChange(tx, writes, change);
  await writes.run(tx);
}
