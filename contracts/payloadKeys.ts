// The keys that payloads in the engine are encrypted with, as one setting writes them: `id:key,id:key,…`, each key
// 32 bytes in base64. The first one encrypts, all of them decrypt, so a key is changed without losing a history. With
// the word `plain` in the first place none encrypts: how keys are handed out before the first is used, and how
// encryption is switched off over histories that stay readable.
import { createSecretKey, type KeyObject } from 'node:crypto';

/** A key of AES-256; a KeyObject, because it shows nothing when it is logged. */
export interface PayloadKey {
  readonly id: string;
  readonly key: KeyObject;
  /** True: it only decrypts, though it stands first. */
  readonly readsOnly?: boolean;
}

const PLAIN = 'plain';
const KEY_BYTES = 32;
/** Every change of keys leaves one behind, as long as histories of its time are kept. */
const MOST_KEYS = 16;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Reads the setting; `problems` has a sentence for each entry that cannot be used and never shows a key. */
export function readPayloadKeys(setting: string): { keys: PayloadKey[]; problems: string[] } {
  const keys: PayloadKey[] = [];
  const problems: string[] = [];
  const [head, ...others] = setting.split(',').map((entry) => entry.trim());
  const entries = head === PLAIN ? others : [head ?? '', ...others];
  const readsOnly = head === PLAIN;
  if (readsOnly && others.length === 0)
    problems.push(`is ${PLAIN} alone; leave it out where there is no key`);
  if (entries.length > MOST_KEYS)
    problems.push(`names ${entries.length} keys; it takes at most ${MOST_KEYS}`);
  for (const [i, entry] of entries.entries()) {
    const { id, secret } = parts(entry);
    const problem = problemOf(id, secret, keys);
    if (problem !== undefined) problems.push(`entry ${i + 1 + (readsOnly ? 1 : 0)} ${problem}`);
    else
      keys.push({ id, key: createSecretKey(Buffer.from(secret, 'base64')), ...(readsOnly && { readsOnly }) });
  }
  return { keys, problems };
}

/** The setting with the ids of its keys and nothing of the keys. */
export const maskedPayloadKeys = (setting: string): string =>
  setting
    .split(',')
    .map((entry) => entry.trim())
    .map((entry) => [entry, parts(entry).id] as const)
    .map(([entry, id]) => (entry === PLAIN ? PLAIN : ID.test(id) ? `${id}:***` : '***'))
    .join(',');

/** Without a colon there is no id: the text may be a key, so nothing of it is taken for one. */
function parts(entry: string): { id: string; secret: string } {
  const colon = entry.indexOf(':');
  return { id: colon < 0 ? '' : entry.slice(0, colon), secret: entry.slice(colon + 1) };
}

function problemOf(id: string, secret: string, before: readonly PayloadKey[]): string | undefined {
  if (!ID.test(id)) return 'has no usable id: id:key, the id 1 to 32 letters, digits and . _ -';
  if (before.some((key) => key.id === id)) return `names the key ${id} a second time`;
  const length = BASE64.test(secret) ? Buffer.from(secret, 'base64').length : undefined;
  if (length === KEY_BYTES && secret.length === 44) return undefined;
  const has = length === undefined ? 'is not base64' : `has ${length} bytes`;
  return `names the key ${id}, which ${has}; AES-256 takes ${KEY_BYTES} bytes in base64 (openssl rand -base64 ${KEY_BYTES})`;
}
