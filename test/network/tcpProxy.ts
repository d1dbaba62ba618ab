// A TCP proxy on 127.0.0.1 that is as bad as a network can be: slow, resetting, a black hole, half open, or cut
// the moment a request was answered, so that its effect has happened and nobody was told.
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Follows one connection; true once a request it looks for is answered: these bytes are not passed on. */
export interface Watch {
  sent(bytes: Buffer): void;
  answered(bytes: Buffer): boolean;
}

/**
 * What the network does to every connection until it is healed:
 * - `slow`: bytes arrive so many milliseconds later, each way;
 * - `reset`: open connections are reset, new ones as soon as they are made;
 * - `blackHole`: nothing arrives, ends neither; what was sent arrives when it is healed;
 * - `halfOpen`: the connections of this moment are dead for ever and nobody is told; new ones work.
 */
export type Fault =
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'reset' | 'blackHole' | 'halfOpen' };

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly watch: Watch | undefined;
  /** Half open: whatever comes from either side is lost. */
  isDead: boolean;
}

export class TcpProxy {
  #fault: Fault | undefined;
  #watching: (() => Watch) | undefined;
  readonly #links = new Set<Link>();
  /** What waits for the black hole to end, in order. */
  #held: (() => void)[] = [];
  /** How many answers were cut off. */
  cuts = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: Address,
  ) {
    server.on('connection', (client) => this.#join(client));
  }

  static async open(target: Address): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new RangeError(`listening at ${address}`);
    return new TcpProxy(server, address.port, target);
  }

  get connections(): number {
    return [...this.#links].filter(({ isDead }) => !isDead).length;
  }

  /** From now on until `heal`. */
  break(fault: Fault): void {
    this.#fault = fault;
    if (fault.kind === 'reset') for (const link of this.#links) cut(link);
    if (fault.kind === 'halfOpen') for (const link of this.#links) link.isDead = true;
  }

  /** Watches connections made from now on, and cuts each when its watch says so; those of before are cut now. */
  cutAfter(watching: () => Watch): void {
    this.#watching = watching;
    for (const link of this.#links) cut(link);
  }

  heal(): void {
    this.#fault = undefined;
    this.#watching = undefined;
    const held = this.#held;
    this.#held = [];
    for (const pass of held) pass();
  }

  async close(): Promise<void> {
    this.#held = [];
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    await new Promise<void>((resolve) => void this.server.close(() => resolve()));
  }

  #join(client: Socket): void {
    if (this.#fault?.kind === 'reset') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = dial(this.target);
    const link: Link = { client, server, watch: this.#watching?.(), isDead: false };
    this.#links.add(link);
    for (const [from, to] of [[client, server] as const, [server, client] as const]) {
      from.setNoDelay(true);
      from.on('data', (bytes: Buffer) => this.#arrived(link, from, to, bytes));
      from.on('end', () => this.#pass(link, () => to.end()));
      from.on('error', () => undefined); // Its end is told by `close`.
      from.on('close', () => this.#pass(link, () => to.destroy()));
    }
    client.once('close', () => link.server.destroyed && this.#links.delete(link));
    server.once('close', () => link.client.destroyed && this.#links.delete(link));
  }

  #arrived(link: Link, from: Socket, to: Socket, bytes: Buffer): void {
    if (link.watch && this.#watching) {
      if (from === link.client) link.watch.sent(bytes);
      else if (link.watch.answered(bytes)) {
        this.cuts += 1;
        cut(link);
        return;
      }
    }
    this.#pass(link, () => void (to.writable && to.write(bytes)));
  }

  #pass(link: Link, pass: () => void): void {
    if (link.isDead) return;
    if (this.#fault?.kind === 'blackHole' || this.#held.length > 0) this.#held.push(pass);
    else if (this.#fault?.kind === 'slow') setTimeout(pass, this.#fault.ms);
    else pass();
  }
}

function cut({ client, server }: Link): void {
  if (!client.destroyed) client.resetAndDestroy();
  if (!server.destroyed) server.resetAndDestroy();
}
