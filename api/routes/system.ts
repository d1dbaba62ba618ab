// What operations ask: is it alive, can it work, what is it, how is it doing. Nobody signs in for these; the
// server listens on the loopback unless told otherwise.
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { openRefusals } from '../../contracts/problem.js';
import { closed } from '../../contracts/wire.js';
import type { AppDeps, Probe } from '../deps.js';

const PROBE_MS = 2_000;

const Version = Type.Object(
  { name: Type.String(), version: Type.String(), node: Type.String() },
  { ...closed, examples: [{ name: 'lead-to-cash', version: '0.1.0', node: 'v20.20.2' }] },
);
const Live = Type.Object({ status: Type.Enum(['alive']) }, closed);
const Check = Type.Enum(['ready', 'away']);
const Ready = Type.Object(
  { status: Type.Enum(['ready', 'away']), database: Check, engine: Check },
  { ...closed, examples: [{ status: 'ready', database: 'ready', engine: 'ready' }] },
);

export async function systemRoutes(
  app: FastifyInstance,
  { config, probes, registry }: AppDeps,
): Promise<void> {
  const open = { config: { permit: 'open' as const } };
  const described = (summary: string, ok: object, more: object = {}) => ({
    tags: ['system'],
    summary,
    security: [],
    response: { 200: ok, ...more, ...openRefusals() },
  });

  app.get('/version', { ...open, schema: described('What runs here', Version) }, async () => ({
    name: 'lead-to-cash',
    version: config.version,
    node: process.version,
  }));
  app.get('/health/live', { ...open, schema: described('The process answers', Live) }, async () => ({
    status: 'alive',
  }));
  app.get<{ Reply: object }>(
    '/health/ready',
    {
      ...open,
      schema: described('Database and engine answer; 503 where one does not', Ready, { 503: Ready }),
    },
    async (request, reply) => {
      const look = async (name: 'database' | 'engine'): Promise<'ready' | 'away'> => {
        try {
          await within(probes[name], PROBE_MS);
          return 'ready';
        } catch (error) {
          request.log.warn({ err: error, probe: name }, 'not ready');
          return 'away';
        }
      };
      const [database, engine] = await Promise.all([look('database'), look('engine')]);
      const status = database === 'ready' && engine === 'ready' ? 'ready' : 'away';
      return reply.code(status === 'ready' ? 200 : 503).send({ status, database, engine });
    },
  );
  const metrics = described('Metrics for Prometheus', {
    description: 'Text in the exposition format of Prometheus',
    content: { 'text/plain': { schema: Type.String() } },
  });
  app.get('/metrics', { ...open, schema: metrics }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

/** A neighbour that does not answer in time is as good as away; the probe itself ends by its own deadline. */
async function within(probe: Probe, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([probe(), late]);
  } finally {
    clearTimeout(timer);
  }
}
