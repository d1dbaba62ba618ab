// What no log of ours shows, whichever process writes it.
import { type LoggerOptions, stdSerializers } from 'pino';

/** Paths pino removes should anybody log a request, an error or a person as a whole. */
const REDACTED = [
  'req.headers',
  'req.url',
  'request.headers',
  'request.body',
  'body',
  'headers',
  'authorization',
  '*.authorization',
  '*.secret',
  '*.password',
  '*.email',
  '*.phone',
  '*.name',
  'email',
  'phone',
  // Postgres quotes the refused values there.
  'err.detail',
  'err.where',
  'err.internalQuery',
  'err.parameters',
];

/** The SQLSTATE of a value Postgres could not read, be it the error's own or of what caused it. */
function dataCodeOf(error: unknown, depth = 0): string | undefined {
  const { code, cause } = (error as { code?: unknown; cause?: unknown } | null | undefined) ?? {};
  if (typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code)) return code;
  return cause === undefined || depth === 5 ? undefined : dataCodeOf(cause, depth + 1);
}

/**
 * An error as a log shows it: what Postgres could not read (SQLSTATE class 22) is quoted in the message and on top
 * of the stack, and it is whatever somebody typed. The code says as much.
 */
function errorOf(error: Error): object {
  const shown = stdSerializers.err(error) as { message: string; stack?: string };
  const code = dataCodeOf(error);
  if (code === undefined) return shown;
  const message = `a value Postgres cannot take (${code})`;
  const frames = (shown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { ...shown, message, stack: [message, ...frames].join('\n') };
}

/** What every log of ours is opened with. */
export const logOptions = (level: string): LoggerOptions => ({
  level,
  redact: [...REDACTED],
  serializers: { err: errorOf },
});

/** An address without what is secret in it: its password, also behind the question mark. */
export function maskedAddress(value: string): string {
  if (!URL.canParse(value)) return '***';
  const url = new URL(value);
  if (url.password !== '') url.password = '***';
  const secret = [...url.searchParams.keys()].filter((key) => /pass|secret|key/i.test(key));
  for (const key of secret) url.searchParams.set(key, '***');
  return url.href;
}
