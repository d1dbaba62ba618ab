// A connection that gives up: what the server's own limits cannot end, a server or network that says nothing at
// all. Without it a statement sent into a connection that is dead on the other side is waited for until the
// kernel gives up, after a quarter of an hour, and every step and click behind it.
import pg from 'pg';

interface Stream {
  readonly bytesRead: number;
  destroy(error: Error): void;
}

/** What pg's types do not tell of a client. */
interface Inside {
  readonly connection: { readonly stream: Stream; on(event: 'readyForQuery', heard: () => void): void };
}

/** Longer than the server's own limit of a statement, so that Postgres gives up first where it is there. */
const SILENCE_MS = 500;

const OTHER_LIMIT = /set local statement_timeout = '?(\d+)(s?)\b/;

export class PatientClient extends pg.Client {
  #patienceMs: number;
  readonly #usualMs: number;
  #timer: NodeJS.Timeout | undefined;
  #bytesSeen = 0;

  constructor(config: pg.ClientConfig = {}) {
    super(config);
    this.#usualMs = patienceOf(config.statement_timeout);
    this.#patienceMs = this.#usualMs;
    this.#inside.connection.on('readyForQuery', () => this.#timer?.refresh());
    this.on('drain', () => this.#stop());
    this.on('end', () => this.#stop());
  }

  /** Back to the limit of the pool, for the next who takes this connection from it. */
  usual(): void {
    this.#patienceMs = this.#usualMs;
  }

  // biome-ignore lint/suspicious/noExplicitAny: eight overloads, none of which changes.
  override query(...asked: any[]): any {
    // Whoever gives the server more time for a transaction gives it here as well.
    const given = typeof asked[0] === 'string' && OTHER_LIMIT.exec(asked[0]);
    if (given) this.#patienceMs = patienceOf(Number(given[1]) * (given[2] === 's' ? 1_000 : 1));
    if (this.#timer === undefined && this.#patienceMs > 0) this.#arm();
    return (super.query as (...args: unknown[]) => unknown)(...asked);
  }

  get #inside(): Inside {
    return this as unknown as Inside;
  }

  #arm(): void {
    const patienceMs = this.#patienceMs;
    this.#bytesSeen = this.#inside.connection.stream.bytesRead;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const { stream } = this.#inside.connection;
      // A long answer on its way is no silence.
      if (stream.bytesRead !== this.#bytesSeen) this.#arm();
      else stream.destroy(silence(patienceMs));
    }, patienceMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

const patienceOf = (statementTimeout: number | false | undefined): number =>
  statementTimeout ? statementTimeout + SILENCE_MS : 0;

const silence = (ms: number): Error =>
  Object.assign(new Error(`Postgres has said nothing for ${ms} ms`), { code: 'ETIMEDOUT' });
