// The product with a bad network between each pair: API and worker reach database, engine and mail through a proxy
// each. The engine of the tests keeps its own data in a file: engine–Postgres is enginePostgres.test.ts.
import { openScene, type Scene, type Way, type Ways } from '../support/product.js';
import { GrpcRelay } from './grpcRelay.js';
import { type MailServer, openMailServer } from './mailServer.js';
import { TcpProxy } from './tcpProxy.js';

export const PAIRS = [
  'API–Postgres',
  'worker–Postgres',
  'API–engine',
  'worker–engine',
  'worker–mail',
] as const;
export type Pair = (typeof PAIRS)[number];

export interface Network {
  readonly scene: Scene;
  readonly mail: MailServer;
  readonly between: Readonly<Record<Pair, TcpProxy>>;
  /** Behind the proxies of the engine: they know its calls by name. */
  readonly calls: Readonly<Record<'API–engine' | 'worker–engine', GrpcRelay>>;
  /** Every pair whole again. */
  heal(): void;
  close(): Promise<void>;
}

export async function openNetwork(): Promise<Network> {
  const closing: { close(): Promise<void> }[] = [];
  const opened = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const part = await opening;
    closing.unshift(part);
    return part;
  };
  const close = async () => {
    const failed: unknown[] = [];
    // Whatever one of them says, an open proxy would keep the run from ending.
    for (const part of closing) await part.close().catch((error: unknown) => failed.push(error));
    if (failed.length > 0) throw failed[0];
  };
  try {
    return await withNetwork(opened, close);
  } catch (error) {
    await close();
    throw error;
  }
}

type Opened = <T extends { close(): Promise<void> }>(opening: Promise<T>) => Promise<T>;

async function withNetwork(opened: Opened, close: () => Promise<void>): Promise<Network> {
  const mail = await opened(openMailServer());
  const between = {} as Record<Pair, TcpProxy>;
  const calls = {} as Record<'API–engine' | 'worker–engine', GrpcRelay>;
  const proxy = async (pair: Pair, host: string, port: number): Promise<number> => {
    between[pair] = await opened(TcpProxy.open({ host, port }));
    return between[pair].port;
  };
  const way = async (who: 'API' | 'worker', straight: Way): Promise<Way> => {
    const database = new URL(straight.appDatabaseUrl);
    database.port = String(await proxy(`${who}–Postgres`, database.hostname, Number(database.port || 5432)));
    database.hostname = '127.0.0.1';
    const [host = '', port] = straight.temporalAddress.split(':');
    const relay = await opened(GrpcRelay.open({ host, port: Number(port) }));
    calls[`${who}–engine`] = relay;
    const engine = await proxy(`${who}–engine`, '127.0.0.1', relay.port);
    return { appDatabaseUrl: database.href, temporalAddress: `127.0.0.1:${engine}` };
  };
  const ways = async (straight: Way): Promise<Ways> => ({
    api: await way('API', straight),
    worker: await way('worker', straight),
    smtpUrl: `smtp://127.0.0.1:${await proxy('worker–mail', '127.0.0.1', mail.port)}`,
  });
  const scene = await opened(openScene({ ways }));
  return {
    scene,
    mail,
    between,
    calls,
    heal() {
      for (const pair of PAIRS) between[pair].heal();
      for (const relay of Object.values(calls)) relay.heal();
    },
    close,
  };
}
