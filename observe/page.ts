// A page of metrics on an address of its own, for Prometheus: what the API's port shows everybody holds no money.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface MetricsPage {
  /** `http://127.0.0.1:9464/metrics` */
  readonly url: string;
  stop(): Promise<void>;
}

export interface PageParts {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly registries: readonly [Registry, ...Registry[]];
  /** Run before each answer. */
  refresh(): Promise<void>;
  /** Another page whose lines follow ours: that of the SDK, which has a port and no handler. */
  readonly beside?: string;
}

const BESIDE_MS = 2_000;

/** Listens, or throws what the port refuses. Answers `GET /metrics` and nothing else. */
export async function startMetricsPage(parts: PageParts): Promise<MetricsPage> {
  const server = createServer((request, answer) => {
    const [path] = (request.url ?? '').split('?');
    if (request.method !== 'GET' || path !== '/metrics') {
      answer.writeHead(404, { 'content-type': 'text/plain' }).end('GET /metrics\n');
      return;
    }
    lines(parts).then(
      (text) => answer.writeHead(200, { 'content-type': parts.registries[0].contentType }).end(text),
      () => answer.writeHead(500, { 'content-type': 'text/plain' }).end('the metrics could not be written\n'),
    );
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(parts.port, parts.host, resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function lines({ registries, refresh, beside }: PageParts): Promise<string> {
  await refresh();
  const pages = [
    ...registries.map((registry) => registry.metrics()),
    beside === undefined ? Promise.resolve('') : read(beside),
  ];
  return (await Promise.all(pages)).join('');
}

/** The other page; without it ours is still worth reading, and its absence is seen by its names. */
async function read(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(BESIDE_MS) });
    return answer.ok ? await answer.text() : '';
  } catch {
    return '';
  }
}
