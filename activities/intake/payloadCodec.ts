// What stands between us and the engine: payloads are encrypted before they leave a client or a worker, and decrypted
// when they come back. Workflow ids, search attributes and messages of failures are not payloads and stay readable,
// which is why nothing of a person may stand there.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { PayloadKey } from '../../contracts/payloadKeys.js';

/** How the codecs of the engine's own examples name it, so that its tools know it for what it is. */
const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
/** 96 random bits for each payload: NIST SP 800-38D allows 2^32 of them under one key, some 70 million leads. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const wire = proto.temporal.api.common.v1.Payload;
const utf8 = new TextDecoder();

export type Undecodable = 'no_key' | 'unknown_key' | 'damaged';

/** A payload that cannot be read: `reason` says why, `index` which one of those that were given. */
export class PayloadProblem extends Error {
  override readonly name = 'PayloadProblem';
  constructor(
    readonly reason: Undecodable,
    readonly keyId: string,
    readonly index: number,
    message: string,
  ) {
    super(message);
  }
}

/** The key a payload is encrypted with; undefined for one that is not encrypted. */
export function keyIdOf({ metadata }: Payload): string | undefined {
  if (textOf(metadata?.encoding) !== ENCRYPTED) return undefined;
  return textOf(metadata?.[KEY_ID]);
}

const textOf = (bytes: Uint8Array | null | undefined): string => utf8.decode(bytes ?? new Uint8Array());

/**
 * The codec of every client and worker. The first key encrypts unless it only reads; without one payloads leave as they are. Those that
 * are not encrypted are read in either case, so encryption can be switched on over leads that run. What is encrypted
 * with a key that is not there throws PayloadProblem naming it: the task of a workflow fails with that sentence and is
 * tried again, so the lead goes on once the key is set.
 */
export function payloadCodec(keys: readonly PayloadKey[]): PayloadCodec {
  const first = keys[0]?.readsOnly ? undefined : keys[0];
  const byId = new Map(keys.map((key) => [key.id, key]));
  return {
    encode: async (payloads) => (first ? payloads.map((payload) => encrypted(payload, first)) : payloads),
    decode: async (payloads) => payloads.map((payload, i) => decrypted(payload, byId, i)),
  };
}

function encrypted(payload: Payload, { id, key }: PayloadKey): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(id));
  const inside = cipher.update(wire.encode(payload).finish());
  return {
    metadata: { encoding: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([nonce, inside, cipher.final(), cipher.getAuthTag()]),
  };
}

function decrypted(payload: Payload, keys: ReadonlyMap<string, PayloadKey>, index: number): Payload {
  const id = keyIdOf(payload);
  if (id === undefined) return payload;
  const found = keys.get(id);
  if (!found) throw withoutKey(id, keys, index);
  const data = payload.data ?? new Uint8Array();
  try {
    const decipher = createDecipheriv(CIPHER, found.key, data.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(boundTo(id));
    decipher.setAuthTag(data.subarray(Math.max(NONCE_BYTES, data.length - TAG_BYTES)));
    const inside = decipher.update(data.subarray(NONCE_BYTES, data.length - TAG_BYTES));
    return wire.decode(Buffer.concat([inside, decipher.final()]));
  } catch {
    // Why it does not fit is nobody's business; who guesses at keys learns only that this one is wrong.
    throw new PayloadProblem('damaged', id, index, `a payload does not decrypt with the key ${id}`);
  }
}

/**
 * What is authenticated beside the content: encoding and key id, so neither can be exchanged. The workflow is not:
 * the engine's user interface sends payloads without saying whose they are, and a Schedule starts a workflow under
 * another id than its input was written for. Steps read Postgres, so a payload put elsewhere changes nothing there.
 */
const boundTo = (id: string): Buffer => Buffer.from(`${ENCRYPTED}/${id}`);

function withoutKey(id: string, keys: ReadonlyMap<string, PayloadKey>, index: number): PayloadProblem {
  const shown = JSON.stringify(id.slice(0, 64));
  if (keys.size === 0) {
    const message = `a payload is encrypted with the key ${shown}; L2C_PAYLOAD_KEYS is not set in this process`;
    return new PayloadProblem('no_key', id, index, message);
  }
  const message = `a payload is encrypted with the key ${shown}; L2C_PAYLOAD_KEYS has ${[...keys.keys()].join(', ')}`;
  return new PayloadProblem('unknown_key', id, index, message);
}
