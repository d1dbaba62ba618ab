// Stands before the engine and understands its calls, because their bytes are compressed: passes each call on, and
// cuts the connection when the engine has answered one that was asked for, so that nobody hears the answer.
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Address } from './tcpProxy.js';

export class GrpcRelay {
  #isCut: ((method: string) => boolean) | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #upstream = new WeakMap<ServerHttp2Session, ClientHttp2Session>();
  /** Methods the engine has answered, in order, and those of them whose answer was cut off. */
  readonly answered: string[] = [];
  readonly cut: string[] = [];

  private constructor(
    private readonly server: Http2Server,
    private readonly target: Address,
  ) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('session', (session) => this.#join(session));
    server.on('stream', (stream, headers) => this.#relay(stream, headers));
    server.on('sessionError', () => undefined);
  }

  static async open(target: Address): Promise<GrpcRelay> {
    const server = createServer({ settings: { initialWindowSize: 1 << 20 } });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return new GrpcRelay(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Asked with the method of each call the engine has answered, `SignalWithStartWorkflowExecution`. */
  cutAfter(isCut: (method: string) => boolean): void {
    this.#isCut = isCut;
  }

  heal(): void {
    this.#isCut = undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => void this.server.close(() => resolve()));
  }

  #join(session: ServerHttp2Session): void {
    const up = connect(`http://${this.target.host}:${this.target.port}`);
    this.#upstream.set(session, up);
    session.on('error', () => undefined);
    up.on('error', () => session.destroy());
    up.once('close', () => session.destroy());
    session.once('close', () => up.destroy());
  }

  #relay(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { session } = stream;
    const up = session && this.#upstream.get(session as ServerHttp2Session);
    stream.on('error', () => undefined);
    if (!up || up.destroyed) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const method = (headers[':path'] ?? '').split('/').at(-1) ?? '';
    const call = up.request({ ...headers, ':authority': `${this.target.host}:${this.target.port}` });
    const { socket } = session as ServerHttp2Session;
    let answer: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders | undefined;
    const body: Buffer[] = [];
    stream.on('data', (bytes: Buffer) => call.write(bytes));
    stream.once('end', () => call.end());
    stream.once('aborted', () => call.close(constants.NGHTTP2_CANCEL));
    call.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    call.once('response', (h) => {
      answer = h;
    });
    call.once('trailers', (t) => {
      trailers = t;
    });
    call.on('data', (bytes: Buffer) => body.push(bytes));
    // Answered in one piece: no call of ours streams, so nothing is gained by passing on a part of it.
    call.once('close', () => {
      if (stream.destroyed || answer[':status'] === undefined) return;
      this.answered.push(method);
      if (this.#isCut?.(method)) {
        this.cut.push(method);
        for (const each of this.#sockets) if (each.remotePort === socket.remotePort) each.resetAndDestroy();
        return;
      }
      if (!trailers) {
        stream.respond(answer, { endStream: true });
        return;
      }
      stream.once('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
      stream.respond(answer, { waitForTrailers: true });
      stream.end(Buffer.concat(body));
    });
  }
}
