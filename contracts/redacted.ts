// What no log of ours shows, whichever process writes it.

/** Paths pino removes should anybody log a request, an error or a person as a whole. */
export const REDACTED = [
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
  'err.parameters',
];

/** An address without what is secret in it: its password, also behind the question mark. */
export function maskedAddress(value: string): string {
  if (!URL.canParse(value)) return '***';
  const url = new URL(value);
  if (url.password !== '') url.password = '***';
  const secret = [...url.searchParams.keys()].filter((key) => /pass|secret|key/i.test(key));
  for (const key of secret) url.searchParams.set(key, '***');
  return url.href;
}
