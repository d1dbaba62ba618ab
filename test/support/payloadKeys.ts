// Keys of payloads for tests. Those of stored histories are fixed, or nobody could read them later; they guard nothing.
import { createHash } from 'node:crypto';
import { type PayloadKey, readPayloadKeys } from '../../contracts/payloadKeys.js';

const keyOf = (id: string): PayloadKey => {
  const bytes = createHash('sha256').update(`a key of stored histories: ${id}`).digest();
  const [key] = readPayloadKeys(`${id}:${bytes.toString('base64')}`).keys;
  return key as PayloadKey;
};

export const FIRST_KEY = keyOf('test-1');
export const NEXT_KEY = keyOf('test-2');
/** All that a stored history may need. */
export const STORED_KEYS: readonly PayloadKey[] = [FIRST_KEY, NEXT_KEY];
