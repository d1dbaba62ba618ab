import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { buildApp } from '../../api/app.js';
import { startServer } from '../../api/server.js';
import { ERRORS } from '../../domain/errors.js';
import { startApi, type TestApi } from '../support/api.js';

let api: TestApi;
let engineIsAway = false;

beforeAll(async () => {
  api = await startApi(
    {},
    {
      probes: {
        database: async () => undefined,
        engine: async () => {
          if (engineIsAway) throw new Error('no engine');
        },
      },
    },
  );
});
afterAll(async () => {
  await api?.close();
});

const open = (url: string) => api.call(url, { as: null });

describe('what operations ask', () => {
  test('version and life are open to whoever reaches the port', async () => {
    expect((await open('/version')).body).toEqual({
      name: 'lead-to-cash',
      version: '0.1.0-test',
      node: process.version,
    });
    expect((await open('/health/live')).body).toEqual({ status: 'alive' });
  });

  test('readiness is 503 while the engine is away, and names it', async () => {
    expect(await open('/health/ready')).toMatchObject({
      status: 200,
      body: { database: 'ready', engine: 'ready' },
    });
    engineIsAway = true;
    expect(await open('/health/ready')).toMatchObject({
      status: 503,
      body: { database: 'ready', engine: 'away' },
    });
    engineIsAway = false;
  });

  test('metrics count requests by route pattern, never by address', async () => {
    await api.call(`/v1/people/${api.admin.personId}`);
    const { body } = await open('/metrics');
    expect(body).toContain(
      'l2c_http_request_seconds_count{method="GET",route="/v1/people/:id",status="200"} 1',
    );
    expect(body).not.toContain(api.admin.personId);
  });
});

describe('the description', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a whole OpenAPI document
  let document: any;
  beforeAll(async () => {
    document = (await open('/openapi.json')).body;
  });

  test('is OpenAPI 3.1, and every reference in it leads somewhere', () => {
    expect(document.openapi).toBe('3.1.0');
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(new Set(references)).toEqual(new Set(['Problem']));
    expect(Object.keys(document.components.schemas)).toEqual(['Problem']);
    expect(text.match(/"\$ref":"[^#]/)).toBeNull();
  });

  test('leads to a page with each refusal code, its status, what it means and what to do', async () => {
    expect(document.info.description).toContain('(/docs/problems)');
    const page = String((await open('/docs/problems')).body);
    for (const [code, { status }] of Object.entries(ERRORS)) {
      expect(page).toMatch(
        new RegExp(`id="${code}">${code}</h2><p>${status}: .+</p><p>What to do: .+\\.</p>`),
      );
    }
    expect(document.components.schemas.Problem.properties.code.enum).toEqual(Object.keys(ERRORS));
  });

  test('names every call once, groups them by tags it describes, and lists the metrics', () => {
    // biome-ignore lint/suspicious/noExplicitAny: a whole OpenAPI document
    const calls: any[] = Object.values(document.paths).flatMap((path: any) => Object.values(path));
    const ids = calls.map(({ operationId }) => operationId);
    expect(ids).toContain('getLeadsByIdTimeline');
    expect(ids.filter((id, at) => typeof id !== 'string' || ids.indexOf(id) !== at)).toEqual([]);
    const described = document.tags.map(({ name }: { name: string }) => name).sort();
    expect([...new Set(calls.flatMap(({ tags }) => tags))].sort()).toEqual(described);
    expect(document.paths['/metrics'].get.responses['200'].content).toHaveProperty('text/plain');
  });

  test('has an example for every body', () => {
    const lacking: string[] = [];
    for (const { method, url, schema } of api.app.routeTable.all()) {
      // What a policy says depends on its kind, and so do its examples.
      if (!url.startsWith('/v1/') || schema?.body === undefined || url === '/v1/policies/:kind') continue;
      const { content } = document.paths[url.replace(/:(\w+)/g, '{$1}')][method.toLowerCase()].requestBody;
      const bodies = Object.values(content) as { schema?: object; example?: unknown; examples?: object }[];
      const has = ({ schema: shown = {}, example, examples }: (typeof bodies)[number]) =>
        example !== undefined || examples !== undefined || 'examples' in shown;
      if (!bodies.every(has)) lacking.push(`${method} ${url}`);
    }
    expect(lacking).toEqual([]);
  });

  test('each call says who it is for, what it takes with an example, and each way it ends', () => {
    const lacking: string[] = [];
    for (const { method, url, schema } of api.app.routeTable.all()) {
      if (!url.startsWith('/v1/') || method === 'HEAD') continue;
      const call = document.paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      const statuses = Object.keys(call?.responses ?? {});
      const problems = statuses.filter((status) => Number(status) >= 400);
      const isProblem = (status: string) => 'application/problem+json' in call.responses[status].content;
      if (!call?.summary || !call.tags) lacking.push(`${method} ${url}: summary, tags`);
      if (!statuses.some((status) => Number(status) < 300)) lacking.push(`${method} ${url}: success`);
      if (!['400', '401', '403', '429', '500', '503'].every((status) => problems.includes(status))) {
        lacking.push(`${method} ${url}: common refusals`);
      }
      if (!problems.every(isProblem)) lacking.push(`${method} ${url}: problem+json`);
      if (schema?.body !== undefined && !problems.includes('413')) lacking.push(`${method} ${url}: body`);
    }
    expect(lacking).toEqual([]);
  });

  test('every text of a body has a longest length, every list a most items, every object is closed', () => {
    const lacking: string[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: walks any JSON schema
    const walk = (schema: any, at: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if (schema.type === 'string' && schema.maxLength === undefined && schema.enum === undefined)
        lacking.push(at);
      if (schema.type === 'array' && schema.maxItems === undefined) lacking.push(at);
      if (schema.type === 'integer' && schema.maximum === undefined) lacking.push(at);
      if (schema.type === 'object' && schema.additionalProperties !== false && !schema.patternProperties)
        lacking.push(at);
      for (const [name, inner] of Object.entries(schema.properties ?? {})) walk(inner, `${at}/${name}`);
      for (const inner of schema.anyOf ?? []) walk(inner, at);
      walk(schema.items, `${at}/*`);
    };
    for (const { method, url, schema } of api.app.routeTable.all()) {
      if (url.startsWith('/v1/'))
        for (const part of [schema?.body, schema?.querystring, schema?.params])
          walk(part, `${method} ${url}`);
    }
    expect(lacking).toEqual([]);
  });

  test('its page comes with its files and asks no other machine', async () => {
    const page = await open('/docs/');
    expect(page.status).toBe(200);
    expect(String(page.body).match(/(src|href)="https?:/)).toBeNull();
    expect(String(page.body)).toContain('<title>Lead to Cash API</title>');
    expect(await open('/')).toMatchObject({ status: 302, headers: { location: '/docs' } });
    expect((await open('/docs/static/swagger-ui-bundle.js')).status).toBe(200);
    expect(String(page.headers['content-security-policy'])).not.toContain('upgrade-insecure-requests');
    expect((await open('/docs/static/swagger-initializer.js')).body).not.toMatch(/validator\.swagger/);
  });

  test('the type of a problem leads to what it means', async () => {
    const { body } = await open('/v1/nothing');
    const [path, code] = body.type.split('#');
    expect((await open(path)).body).toContain(`id="${code}"`);
  });
});

describe('what is kept of a request', () => {
  test('who, which route, how it ended and how long it took, but no personal data', async () => {
    const { body } = await api.call('/v1/people', {
      method: 'POST',
      body: { name: 'Wilhelmina Fogg', email: 'fogg@secret.example' },
    });
    await api.call('/v1/people', {
      method: 'POST',
      body: { name: 'Wilhelmina Fogg', email: 'fogg@secret.example' },
    });
    await api.call('/v1/people?q=Wilhelmina');
    await api.call('/v1/people', { method: 'POST', body: { name: 'Wilhelmina Fogg', email: 'fogg' } });
    const lines = api.logs.join('');
    expect(lines).not.toMatch(/Wilhelmina|fogg|l2c_[0-9a-z]{26}/);
    expect(lines).not.toContain(body.id);
    const last = JSON.parse(api.logs.at(-1) ?? '{}');
    expect(last).toMatchObject({
      msg: 'answered',
      person: api.admin.personId,
      method: 'POST',
      route: '/v1/people',
      status: 400,
      ms: expect.any(Number),
      reqId: expect.stringMatching(/^req_/),
    });
  });

  test('a fault of ours is 500 with the id under which its cause is logged, and tells nothing else', async () => {
    const broken = await startApi();
    try {
      await broken.database.owner.query('alter table products rename column unit to unit_of_old');
      const { status, body } = await broken.call('/v1/products?q=a', { headers: { 'request-id': 'ask-me' } });
      expect([status, body.code]).toEqual([200, undefined]);
      await broken.database.owner.query('alter table products rename column sku to sku_of_old');
      const fault = await broken.call('/v1/products?q=a', { headers: { 'request-id': 'ask-me' } });
      expect([fault.status, fault.body.code, fault.body.requestId]).toEqual([500, 'internal', 'ask-me']);
      expect(JSON.stringify(fault.body)).not.toContain('sku');
      const logged = broken.logs.map((line) => JSON.parse(line)).find((line) => line.code === 'internal');
      expect(logged).toMatchObject({ reqId: 'ask-me', msg: 'request failed' });
      expect(logged.err.message).toContain('sku');
    } finally {
      await broken.close();
    }
  });
});

test('a route that does not say who may call it does not start', async () => {
  const app = await buildApp({ ...api.deps, registry: new Registry() });
  expect(() => app.get('/v1/forgotten', async () => 'secret')).toThrow(
    'says in config.permit who may call it',
  );
  await app.close();
});

describe('browsers', () => {
  test('of other origins may not call unless a setting lets them', async () => {
    const headers = { origin: 'https://shop.example' };
    expect((await api.call('/version', { headers })).headers['access-control-allow-origin']).toBeUndefined();
    const allowing = await startApi({ corsOrigins: ['https://shop.example'] });
    try {
      const named = await allowing.call('/version', { headers });
      expect(named.headers['access-control-allow-origin']).toBe('https://shop.example');
      const other = await allowing.call('/version', { headers: { origin: 'https://evil.example' } });
      expect(other.headers['access-control-allow-origin']).not.toBe('https://evil.example');
      expect((await allowing.call('/nothing')).status).toBe(404);
    } finally {
      await allowing.close();
    }
  });

  test('get the headers that keep pages from framing or sniffing', async () => {
    const { headers } = await open('/version');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });
});

test('over a socket: bytes that are no HTTP, headers too large, a body longer than announced', async () => {
  const deps = { ...api.deps, registry: new Registry() };
  const running = await startServer(deps, { host: '127.0.0.1', port: 0 });
  const say = async (bytes: string): Promise<string> => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write(bytes);
    await once(socket, 'close');
    return text;
  };
  try {
    const nonsense = await say('HELLO\r\n\r\n');
    expect(nonsense).toMatch(/^HTTP\/1\.1 400 /);
    expect(nonsense).toContain('application/problem+json');
    const large = await say(`GET /version HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1\.1 431 /);
    const nul = await say('GET /version HTTP/1.1\r\nhost: a\r\nx: a\0b\r\nconnection: close\r\n\r\n');
    expect(nul).toMatch(/^HTTP\/1\.1 400 /);
  } finally {
    await running.stop();
  }
});
