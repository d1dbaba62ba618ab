// The codec endpoint of the engine's user interface and command line: they send encrypted payloads here and show what
// comes back. Reading is a right and leaves an entry in the audit chain; writing discloses nothing.
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { recordDecoding } from '../../activities/intake/decoding.js';
import { keyIdOf, PayloadProblem, payloadCodec } from '../../activities/intake/payloadCodec.js';
import { type EncodedPayload, EncodedPayloads } from '../../contracts/payloads.js';
import { refusalsWithBody } from '../../contracts/problem.js';
import { withTransaction } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import { byActor } from '../auth/actor.js';
import type { RouteDeps } from '../routes.js';

const tags = ['histories'];
const config = { permit: ['read', 'histories'] } as const;
const headers = {
  type: 'object',
  properties: {
    'x-namespace': {
      type: 'string',
      maxLength: 200,
      description: 'Namespace the payloads are of; the engine’s tools name it. Another than ours is refused',
      examples: ['default'],
    },
  },
} as const;

/** The protocol behind these two: https://docs.temporal.io/codec-server. */
export async function codecRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const codec = payloadCodec(deps.config.payloadKeys ?? []);
  const { namespace } = deps.engine.client.options;
  app.post<{ Body: EncodedPayloads }>(
    '/v1/codec/decode',
    {
      config,
      schema: {
        tags,
        summary: 'Decrypt payloads of the engine',
        description:
          'For the codec endpoint `…/v1/codec` of the Temporal UI and of `temporal --codec-endpoint`. What is not ' +
          'encrypted comes back as it is. Who decrypted how many payloads of which key is audited.',
        headers,
        body: EncodedPayloads,
        response: { 200: EncodedPayloads, ...refusalsWithBody('unknown_reference') },
      },
    },
    async (request, reply) => {
      mustBeOurs(request, namespace);
      const payloads = readPayloads(request.body);
      const decoded = await decodedBy(codec, payloads);
      const payloadsByKey = counted(payloads);
      if (Object.keys(payloadsByKey).length > 0) {
        const by = byActor(request, deps.clock);
        await withTransaction(deps.db, (tx) => recordDecoding(tx, by, namespace, payloadsByKey));
      }
      return reply.header('cache-control', 'no-store').send(writePayloads(decoded));
    },
  );

  app.post<{ Body: EncodedPayloads }>(
    '/v1/codec/encode',
    {
      config,
      schema: {
        tags,
        summary: 'Encrypt payloads for the engine',
        description:
          'What the engine’s tools ask for before they send an input. With the key in force, or as they are when none is.',
        headers,
        body: EncodedPayloads,
        response: { 200: EncodedPayloads, ...refusalsWithBody() },
      },
    },
    async (request) => {
      mustBeOurs(request, namespace);
      return writePayloads(await codec.encode(readPayloads(request.body)));
    },
  );
}

function mustBeOurs({ headers }: FastifyRequest, namespace: string): void {
  const asked = headers['x-namespace'];
  if (asked === undefined || asked === namespace) return;
  const detail = `${JSON.stringify(String(asked).slice(0, 200))} is not the namespace ${namespace} of this company`;
  throw new DomainError('invalid_field', detail, '/headers/x-namespace');
}

async function decodedBy(codec: PayloadCodec, payloads: Payload[]): Promise<Payload[]> {
  try {
    return await codec.decode(payloads);
  } catch (error) {
    if (!(error instanceof PayloadProblem)) throw error;
    const { reason, index, message } = error;
    if (reason === 'damaged') throw new DomainError('invalid_field', message, `/payloads/${index}/data`);
    const pointer = `/payloads/${index}/metadata/encryption-key-id`;
    throw new DomainError('unknown_reference', message, pointer);
  }
}

/** How many payloads each key was needed for. */
function counted(payloads: readonly Payload[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const id of payloads.flatMap((payload) => keyIdOf(payload) ?? [])) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

const readPayloads = ({ payloads = [] }: EncodedPayloads): Payload[] =>
  payloads.map(({ metadata = {}, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    ),
    ...(data !== undefined && { data: Buffer.from(data, 'base64') }),
  }));

const writePayloads = (payloads: readonly Payload[]): EncodedPayloads => ({
  payloads: payloads.map(writePayload),
});

function writePayload({ metadata, data }: Payload): EncodedPayload {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(entries), ...(data && { data: base64(data) }) };
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
