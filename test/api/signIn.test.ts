import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { openSignIns } from '../../api/auth/signIn.js';
import { addKey, codeOf, startApi, type TestApi } from '../support/api.js';

const ISSUER = 'https://identity.example';
const AUDIENCE = 'lead-to-cash';

let api: TestApi;
let server: Server;
let provider = '';
let sign: (
  claims: JWTPayload,
  more?: { alg?: string; issuer?: string; audience?: string; expires?: string },
) => Promise<string>;
let stranger: typeof sign;

beforeAll(async () => {
  const ours = await generateKeyPair('ES256');
  const theirs = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  server = createServer((request, response) => {
    response.statusCode = request.url === '/failing' ? 500 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/nonsense' ? { hello: 1 } : { keys: [jwk] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  provider = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signer =
    (key: CryptoKey): typeof sign =>
    (claims, { issuer = ISSUER, audience = AUDIENCE, expires = '5m' } = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(expires)
        .sign(key);
  sign = signer(ours.privateKey);
  stranger = signer(theirs.privateKey);
  api = await startApi({
    jwt: { issuer: ISSUER, audience: AUDIENCE, jwksUrl: `${provider}/jwks` },
  });
});
afterAll(async () => {
  await api?.close();
  await new Promise((done) => server?.close(done));
});

const statusAs = async (token: string | null, headers: Record<string, string> = {}) => {
  const { status, body } = await api.call('/v1/products', { as: token, headers });
  return status === 200 ? '200' : `${status} ${body.code}`;
};

describe('an API key', () => {
  test('signs in, and only its hash is stored', async () => {
    expect(await statusAs(api.admin.token)).toBe('200');
    const secret = api.admin.token.split('_').slice(2).join('_');
    const { rows } = await api.database.owner.query(
      `select (select string_agg(k::text, '') from api_keys k) || (select string_agg(a::text, '') from audit_entries a)
         || coalesce((select string_agg(i::text, '') from idempotency_keys i), '') as everything`,
    );
    expect(rows[0].everything).not.toContain(secret);
  });

  test.each([
    ['nothing', ''],
    ['no Bearer', 'Basic YTpi'],
    ['Bearer and nothing', 'Bearer '],
    ['two tokens', 'Bearer a b'],
    ['a word', 'Bearer hello'],
    ['an unknown key', `Bearer l2c_${'0'.repeat(26)}_${'A'.repeat(43)}`],
    ['a key with a bent id', `Bearer l2c_${'u'.repeat(26)}_${'A'.repeat(43)}`],
  ])('is refused with 401: %s', async (_what, authorization) => {
    const { status, body, headers } = await api.call('/v1/products', {
      as: null,
      headers: { authorization },
    });
    expect({ status, code: body.code, asks: headers['www-authenticate'] }).toEqual({
      status: 401,
      code: 'unauthenticated',
      asks: 'Bearer',
    });
  });

  test('with the right id and another secret is refused like an unknown one', async () => {
    const [, id = ''] = api.admin.token.split('_');
    const bent = await api.call('/v1/products', { as: `l2c_${id}_${'B'.repeat(43)}` });
    const unknown = await api.call('/v1/products', { as: `l2c_${'0'.repeat(26)}_${'B'.repeat(43)}` });
    expect(bent.status).toBe(401);
    expect(bent.body.detail).toBe(unknown.body.detail);
  });

  test('that has expired is refused', async () => {
    const { personId } = await api.person(['rep']);
    const token = await addKey(api.database.owner, personId, ['admin'], new Date(Date.now() - 1_000));
    expect(await statusAs(token)).toBe('401 unauthenticated');
  });

  test('of somebody who left is refused', async () => {
    const { personId, token } = await api.person(['rep']);
    await api.database.owner.query('update people set active = false where id = $1', [personId]);
    expect(await statusAs(token)).toBe('401 unauthenticated');
  });

  test('of the machinery’s own person is refused', async () => {
    const { personId, token } = await api.person(['admin']);
    await api.database.owner.query('update people set system = true where id = $1', [personId]);
    expect(await statusAs(token)).toBe('401 unauthenticated');
  });

  test('costs no statement while it is kept', async () => {
    const { token } = await api.person(['rep']);
    await api.call('/v1/products', { as: token });
    const before = api.database.app.totalCount;
    let statements = 0;
    const counted = api.database.app;
    const query = counted.query.bind(counted) as (...args: unknown[]) => unknown;
    counted.query = ((...args: unknown[]) => {
      statements += 1;
      return query(...args);
    }) as typeof counted.query;
    await api.call('/v1/products', { as: token });
    counted.query = query as typeof counted.query;
    expect({ statements, opened: api.database.app.totalCount - before }).toEqual({
      statements: 1,
      opened: 0,
    });
  });

  test('is forgotten at once where it is revoked', async () => {
    const { token, personId } = await api.person(['rep']);
    expect(await statusAs(token)).toBe('200');
    const list = await api.call(`/v1/keys?personId=${personId}`);
    await api.call(`/v1/keys/${list.body.items[0].id}`, { method: 'DELETE' });
    expect(await statusAs(token)).toBe('401 unauthenticated');
  });

  test('that is revoked while it is looked up is not kept', async () => {
    const { token, personId } = await api.person(['rep']);
    const db = api.database.app;
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let asked = (): void => undefined;
    const found = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const slowly = Object.assign(Object.create(db) as typeof db, {
      async query(...args: Parameters<typeof db.query>) {
        const rows = await (db.query as (...all: unknown[]) => Promise<unknown>)(...args);
        asked();
        await held;
        return rows;
      },
    });
    const signIns = openSignIns(slowly);
    const first = signIns.actorBy(`Bearer ${token}`);
    await found;
    await api.database.owner.query('delete from api_keys where person_id = $1', [personId]);
    signIns.forget(personId);
    goOn();
    await expect(first).resolves.toMatchObject({ personId });
    await expect(signIns.actorBy(`Bearer ${token}`)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('a token of the identity provider', () => {
  test('signs in the person whose externalId is its subject, and else by a verified e-mail', async () => {
    const { personId } = await api.person(['rep']);
    await api.database.owner.query("update people set external_id = 'idp|7' where id = $1", [personId]);
    expect(await statusAs(await sign({ sub: 'idp|7' }))).toBe('200');
    const email = `${personId}@EXAMPLE.com`;
    expect(await statusAs(await sign({ sub: 'idp|unknown', email, email_verified: true }))).toBe('200');
  });

  test('with an e-mail nobody verified is refused', async () => {
    const { personId } = await api.person(['rep']);
    const email = `${personId}@example.com`;
    expect(await statusAs(await sign({ sub: 'x', email }))).toBe('401 unauthenticated');
    expect(await statusAs(await sign({ sub: 'x', email, email_verified: false }))).toBe(
      '401 unauthenticated',
    );
  });

  test('names nobody, comes from elsewhere, is for others, is over, or has no end: 401', async () => {
    const { personId } = await api.person(['rep']);
    await api.database.owner.query("update people set external_id = 'idp|8' where id = $1", [personId]);
    const sub = 'idp|8';
    expect(await statusAs(await sign({ sub }))).toBe('200');
    expect(await statusAs(await sign({ sub: 'nobody' }))).toBe('401 unauthenticated');
    expect(await statusAs(await sign({ sub }, { issuer: 'https://evil.example' }))).toBe(
      '401 unauthenticated',
    );
    expect(await statusAs(await sign({ sub }, { audience: 'other' }))).toBe('401 unauthenticated');
    expect(await statusAs(await sign({ sub }, { expires: '-1m' }))).toBe('401 unauthenticated');
    expect(await statusAs(await stranger({ sub }))).toBe('401 unauthenticated');
    expect(await statusAs(await sign({}))).toBe('401 unauthenticated');
  });

  test('signed with none or with the public key as a secret: 401', async () => {
    const claims = { sub: 'idp|8' };
    const none = new UnsecuredJWT(claims)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m')
      .encode();
    const hmac = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode('a public key is no secret at all, is it'));
    expect(await statusAs(none)).toBe('401 unauthenticated');
    expect(await statusAs(hmac)).toBe('401 unauthenticated');
  });

  test('that names scopes of ours is held to them', async () => {
    const { personId } = await api.person(['admin']);
    await api.database.owner.query("update people set external_id = 'idp|9' where id = $1", [personId]);
    const narrow = await sign({ sub: 'idp|9', scope: 'openid leads:read' });
    const whole = await sign({ sub: 'idp|9', scope: 'openid profile' });
    const named = await sign({ sub: 'idp|9', scope: 'openid admin' });
    expect(await statusAs(narrow)).toBe('403 forbidden');
    expect(await statusAs(whole)).toBe('200');
    // Signed in somewhere is not signed in to change people: that takes a token that says so.
    const person = { name: 'P', email: 'p@example.com', roles: ['admin'] };
    const hires = (as: string) => api.call('/v1/people', { method: 'POST', as, body: person });
    expect(codeOf(await hires(whole))).toBe('403 forbidden');
    expect((await hires(named)).status).toBe(201);
  });
});

test.each([
  ['nobody listens', () => 'http://127.0.0.1:1/jwks'],
  ['it fails', () => `${provider}/failing`],
  ['it answers with something else', () => `${provider}/nonsense`],
])('keys of the provider that cannot be read are 503, not 401: %s', async (_what, jwksUrl) => {
  const other = await startApi({ jwt: { issuer: ISSUER, audience: AUDIENCE, jwksUrl: jwksUrl() } });
  try {
    const { status, body, headers } = await other.call('/v1/products', { as: await sign({ sub: 'a' }) });
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'unavailable' });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  } finally {
    await other.close();
  }
});

test('the first boot makes one admin, however many processes start', async () => {
  const { ensureAdminKey } = await import('../../activities/intake/firstBoot.js');
  const { freshDatabase } = await import('../support/database.js');
  const database = await freshDatabase();
  try {
    const made = await Promise.all([1, 2, 3].map(() => ensureAdminKey(database.app, new Date())));
    expect(made.filter((admin) => admin !== null)).toHaveLength(1);
    expect(await ensureAdminKey(database.app, new Date())).toBeNull();
  } finally {
    await database.drop();
  }
});
