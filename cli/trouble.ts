// What went wrong, for the one who typed the command: a sentence with the way out, and how the command ends. A
// stack trace helps nobody there; whoever wants it sets LOG_LEVEL=debug.
import { ConfigError, environment } from '../config.js';
import { StackError } from '../engine/stack.js';
import { EXIT } from './exit.js';
import { Refused } from './http.js';

/** A wrong file, mapping or argument; the message says what is wrong and what it takes instead. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
}

/** Somebody who should answer does not; the message names the address and the way out. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export interface Trouble {
  readonly exit: number;
  readonly code: 'usage' | 'refused' | 'unreachable' | 'fault';
  readonly message: string;
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
const DATABASE: Readonly<Record<string, string>> = {
  '3D000': 'create it, or correct DATABASE_URL',
  '28P01': 'correct the password in DATABASE_URL or L2C_APP_DATABASE_URL',
  '28000': 'correct the user in DATABASE_URL or L2C_APP_DATABASE_URL',
  '42501': 'the role of DATABASE_URL may not do that; let its administrator grant it',
  '42P01': 'the schema is not there yet: npx l2c db migrate',
  '57P03': 'the database is only just starting; try again',
};

/** Says what an error means to the one who typed the command. */
export function troubleOf(error: unknown): Trouble {
  const { name, message, code } = error as Error & { code?: string };
  if (error instanceof ConfigError || error instanceof UsageProblem) {
    return { exit: EXIT.usage, code: 'usage', message };
  }
  if (error instanceof Refused) {
    const passes = error.status >= 500 || error.status === 429;
    return passes
      ? { exit: EXIT.unreachable, code: 'unreachable', message: `${message}. Try again later` }
      : { exit: EXIT.usage, code: 'refused', message };
  }
  const away = (text: string): Trouble => ({ exit: EXIT.unreachable, code: 'unreachable', message: text });
  if (error instanceof StackError || error instanceof Unreachable || name === 'UnsafeDatabase')
    return away(message);
  if (name === 'ServiceError') {
    return away(
      `the engine does not answer: ${message}. Start it, or correct TEMPORAL_ADDRESS; npx l2c doctor`,
    );
  }
  const way = DATABASE[code ?? ''];
  if (way !== undefined) return away(`the database refuses: ${message}. Way out: ${way}`);
  const network = networkError(error);
  if (network !== undefined) {
    return away(
      `${network}. Start what should answer there, or correct its address; npx l2c doctor tells more`,
    );
  }
  return { exit: EXIT.fault, code: 'fault', message: `a fault of ours: ${message || name}` };
}

/** Tells it: one sentence on stderr, or one JSON document on stdout. Answers the exit code. */
export function tellTrouble(error: unknown, json: boolean): number {
  const { exit, code, message } = troubleOf(error);
  if (json) process.stdout.write(`${JSON.stringify({ ok: false, error: { code, message, exit } })}\n`);
  else process.stderr.write(`${message}\n`);
  if (code === 'fault') tellWhere(error);
  return exit;
}

function tellWhere(error: unknown): void {
  const isAsked = ['debug', 'trace'].includes(environment().LOG_LEVEL ?? '');
  process.stderr.write(
    isAsked ? `${(error as Error).stack ?? String(error)}\n` : 'LOG_LEVEL=debug shows where it came from\n',
  );
}

/** The text of a connection that failed, wherever a library put it: itself, its cause, or one of several. */
function networkError(error: unknown): string | undefined {
  const { code, message, cause, errors } = error as Error & { code?: string; errors?: unknown[] };
  if (NETWORK.has(code ?? '')) return message || (errors?.[0] as Error | undefined)?.message || code;
  return cause === undefined ? undefined : networkError(cause);
}
