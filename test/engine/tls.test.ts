// An engine elsewhere, behind TLS, mutual TLS or a key, by the engine's own variables: client and worker both get
// through, and neither without.
import { readFileSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { openEngineClient } from '../../activities/intake/engineClient.js';
import { engineConnection } from '../../config.js';
import { prepareNamespace } from '../../engine/temporal.js';
import { nativeConnection } from '../../worker/open.js';

const file = (name: string): string => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url));
const pem = (name: string): Buffer => readFileSync(file(name));
const SERVER = { key: pem('server.key'), cert: pem('server.pem'), ca: pem('ca.pem') };
const TRUSTS = { TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.pem') };
const IS_KNOWN = {
  TEMPORAL_TLS_CLIENT_CERT_PATH: file('client.pem'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: file('client.key'),
};

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listening(server: Server | Http2SecureServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `localhost:${(server.address() as AddressInfo).port}`;
}

/** TLS ends here; what is inside goes to the run's engine as it is. */
async function inFrontOfEngine(requestCert: boolean): Promise<string> {
  const [host, port] = (process.env.L2C_TEST_TEMPORAL_ADDRESS ?? '').split(':');
  const server = createServer(
    { ...SERVER, ALPNProtocols: ['h2'], requestCert, rejectUnauthorized: requestCert },
    (socket) => {
      const inner = connect(Number(port), host);
      socket.on('error', () => inner.destroy());
      socket.on('close', () => inner.destroy());
      inner.on('error', () => socket.destroy());
      socket.pipe(inner).pipe(socket);
      closing.push(async () => void socket.destroy());
    },
  );
  server.on('tlsClientError', () => undefined);
  closing.push(async () => void server.close());
  return listening(server);
}

/** Asks the engine as API and worker do; rejects with what either of them met. */
async function reaches(env: Record<string, string>): Promise<void> {
  const connection = engineConnection(env);
  const client = openEngineClient(connection, 'default', []);
  try {
    await client.probe();
    await prepareNamespace(connection, 'default', false);
  } finally {
    await client.close();
  }
  const native = await NativeConnection.connect(nativeConnection(connection));
  await native.close();
}

const workerReaches = async (env: Record<string, string>): Promise<void> =>
  (await NativeConnection.connect(nativeConnection(engineConnection(env)))).close();

test.each([
  ['127.0.0.1:7233', { codec: 'none' }],
  ['localhost:7233', { codec: 'none' }],
  ['[::1]:7233', { codec: 'none' }],
  [undefined, { codec: 'none' }],
  ['127.example.com:7233', undefined],
  ['localhost.example.com:7233', undefined],
  ['temporal:7233', undefined],
])('an engine at %s is told things compressed unless it is on this machine', (address, expected) => {
  expect(nativeConnection(address === undefined ? {} : { address }).grpcCompression).toEqual(expected);
});

describe('an engine behind TLS', () => {
  test('is reached by whoever trusts its authority', async () => {
    await reaches({ TEMPORAL_ADDRESS: await inFrontOfEngine(false), ...TRUSTS });
  });

  test('is reached under the name its certificate has', async () => {
    const address = (await inFrontOfEngine(false)).replace('localhost', '127.0.0.1');
    await reaches({ TEMPORAL_ADDRESS: address, ...TRUSTS, TEMPORAL_TLS_SERVER_NAME: 'engine.example' });
  });

  test.each([
    ['without TLS', {}],
    ['without its authority', { TEMPORAL_TLS: 'true' }],
    ['under another name', { ...TRUSTS, TEMPORAL_TLS_SERVER_NAME: 'other.example' }],
  ] as const)('is not reached %s, by client or worker', async (_how, env) => {
    const given = { TEMPORAL_ADDRESS: await inFrontOfEngine(false), ...env };
    await expect(reaches(given)).rejects.toThrow();
    await expect(workerReaches(given)).rejects.toThrow();
  });

  test('that asks who comes lets in who shows a certificate of its authority', async () => {
    await reaches({ TEMPORAL_ADDRESS: await inFrontOfEngine(true), ...TRUSTS, ...IS_KNOWN });
  });

  test('that asks who comes lets in nobody else', async () => {
    const given = { TEMPORAL_ADDRESS: await inFrontOfEngine(true), ...TRUSTS };
    await expect(reaches(given)).rejects.toThrow();
    await expect(workerReaches(given)).rejects.toThrow();
  });
});

test('an API key is sent as Bearer by client and worker, under TLS', async () => {
  const sent: string[] = [];
  const server = createSecureServer(SERVER);
  server.on('stream', (stream, headers) => {
    sent.push(`${headers[':scheme']} ${headers.authorization}`);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5)); // An empty answer.
  });
  server.on('session', (session) => closing.push(async () => session.destroy()));
  closing.push(async () => void server.close());
  const env = { TEMPORAL_ADDRESS: await listening(server), ...TRUSTS, TEMPORAL_API_KEY: 'a-key-of-ours' };
  const client = openEngineClient(engineConnection(env), 'default', []);
  await client.probe();
  await client.close();
  await workerReaches(env);
  expect(sent.length).toBeGreaterThanOrEqual(2);
  expect(new Set(sent)).toEqual(new Set(['https Bearer a-key-of-ours']));
});
