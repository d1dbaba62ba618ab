// The description of the API, made from the schemas that check it: OpenAPI 3.1 and a page to read it, whose
// files come with us, so it works without a network.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { ProblemSchema } from '../contracts/problem.js';
import { LOOK, operationIdOf, PROBLEM_PAGE, TAG_LIST } from './describing.js';

const UI_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; " +
  "base-uri 'self'; frame-ancestors 'none'";

const DESCRIPTION = `From first contact to the commission paid.

Sign in with \`Authorization: Bearer\` and an API key or a token of your identity provider.
POSTs take \`Idempotency-Key\`: the same key and body get the same answer. Edits take \`If-Match\` with the
ETag that was read. Lists take \`limit\` and \`cursor\`. Amounts are decimal text with a currency; bodies are
taken as they come, unknown fields are refused. Of requests at once with one key some may get \`key_in_use\`
(409): the first is still being worked on, so ask again for its answer.

Refusals are \`application/problem+json\` with a \`code\`: [what each means and what to do](/docs/problems).
`;

/** Registers the description before the routes it describes. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema(ProblemSchema);
  app.addHook('onRoute', (route) => {
    if (route.schema) route.schema = { ...route.schema, operationId: operationIdOf(route) };
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Lead to Cash', version, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key (`l2c_…`) or a JWT' },
        },
      },
      security: [{ bearer: [] }],
      tags: TAG_LIST,
    },
    transform: ({ schema, url, route }) => ({ schema: describedSchema(schema, route.config), url }),
    refResolver: { buildLocalReference: (json, _uri, _fragment, i) => String(json.$id ?? `schema${i}`) },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: UI_POLICY,
    ...LOOK,
    uiConfig: { validatorUrl: null, docExpansion: 'none', persistAuthorization: false },
  });
  const open = { schema: { hide: true }, config: { permit: 'open' as const } };
  app.get('/', open, async (_request, reply) => reply.redirect('/docs'));
  app.get('/docs/problems', open, async (_request, reply) => reply.type('text/html').send(PROBLEM_PAGE));
  app.get('/openapi.json', open, async () => app.swagger());
}

/** A route's schema with the body its description shows instead of the one that is checked. */
function describedSchema<S>(schema: S, config: FastifyContextConfig | undefined): S {
  const body = config?.describedBody;
  return body === undefined ? schema : { ...schema, body };
}

/** Headers a route takes beside its body, as they stand in the description. */
export const idempotencyHeader = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      maxLength: 200,
      description: 'Makes sending it again safe: same key, same body, same answer',
      examples: ['3f8f1b9e-quote-1'],
    },
  },
} as const;

export const ifMatchHeader = {
  type: 'object',
  properties: {
    'if-match': {
      type: 'string',
      maxLength: 20,
      description: 'ETag of the version this edit is based on; 428 without it',
      examples: ['"3"'],
    },
  },
} as const;

export const ifNoneMatchHeader = {
  type: 'object',
  properties: {
    'if-none-match': {
      type: 'string',
      maxLength: 1000,
      description: 'ETag of the copy you have; 304 while it is the current one',
      examples: ['"3f8f1b9e"'],
    },
  },
} as const;
