// How our own programs speak to the API: like any other client, with keys, Idempotency-Keys and patience.
import { setTimeout as sleep } from 'node:timers/promises';

export type Json = Record<string, unknown>;

export interface CallOptions {
  /** The Idempotency-Key; with it a call may be sent again after any failure. */
  readonly key?: string;
  readonly ifMatch?: number;
  readonly body?: unknown;
}

/** A refusal of the API, with the code to program against. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly request: string,
  ) {
    super(`${request} was refused with ${status} ${code}: ${detail}`);
  }
}

/** One person's way to the API. */
export interface Caller {
  get<T = Json>(path: string): Promise<T>;
  post<T = Json>(path: string, body: unknown, key?: string): Promise<T>;
  put<T = Json>(path: string, body: unknown, ifMatch: number): Promise<T>;
}

/** What passes by itself is tried again for so long. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 1_000;
/** A decision is answered within its not-after of 120 s, and never later. */
const ANSWER_MS = 150_000;

/** Answers a caller for one key. A decision that is not answered at once is waited for at its message. */
export function callerFor(baseUrl: string, token: string, signal?: AbortSignal): Caller {
  const call = <T>(method: string, path: string, options: CallOptions): Promise<T> =>
    patiently<T>(baseUrl, token, method, path, options, signal);
  return {
    get: (path) => call('GET', path, {}),
    post: (path, body, key) => call('POST', path, { body, ...(key !== undefined && { key }) }),
    put: (path, body, ifMatch) => call('PUT', path, { body, ifMatch }),
  };
}

async function patiently<T>(
  baseUrl: string,
  token: string,
  method: string,
  path: string,
  options: CallOptions,
  signal?: AbortSignal,
): Promise<T> {
  // Without a key nobody knows whether the first try was done; a GET and a PUT with If-Match may be repeated.
  const mayRepeat = method !== 'POST' || options.key !== undefined;
  const until = Date.now() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
    signal?.throwIfAborted();
    try {
      return await once<T>(baseUrl, token, method, path, options, signal);
    } catch (error) {
      if (!mayRepeat || !passes(error) || Date.now() > until) throw error;
    }
    await sleep(pauseMs, undefined, { ...(signal && { signal }) });
  }
}

const passes = (error: unknown): boolean =>
  error instanceof Refused
    ? error.status === 503 || error.status === 429 || error.code === 'key_in_use'
    : error instanceof TypeError; // What fetch throws when nobody answers.

async function once<T>(
  baseUrl: string,
  token: string,
  method: string,
  path: string,
  { key, ifMatch, body }: CallOptions,
  signal?: AbortSignal,
): Promise<T> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const answer = (await response.json()) as Json;
  if (response.status >= 400) {
    const { code = 'unknown', detail = '' } = answer as { code?: string; detail?: string };
    throw new Refused(response.status, code, detail, `${method} ${path}`);
  }
  if (response.status === 202 && answer.state === 'pending') {
    await answered(baseUrl, token, String(answer.message), `${method} ${path}`, signal);
    // The same key attaches to the row that is there and now answers with the record.
    return once<T>(baseUrl, token, method, path, { ...(key !== undefined && { key }), body }, signal);
  }
  return answer as T;
}

async function answered(
  baseUrl: string,
  token: string,
  address: string,
  request: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const until = Date.now() + ANSWER_MS; Date.now() < until; ) {
    const message = await patiently<{ state: string; code: string | null; detail: string | null }>(
      baseUrl,
      token,
      'GET',
      address,
      {},
      signal,
    );
    if (message.state === 'refused' || message.state === 'expired') {
      throw new Refused(409, message.code ?? message.state, message.detail ?? '', request);
    }
    if (message.state !== 'pending' && message.state !== 'parked') return;
    await sleep(200, undefined, { ...(signal && { signal }) });
  }
  throw new Error(`${request}: ${address} has no answer after ${ANSWER_MS / 1000} s`);
}
