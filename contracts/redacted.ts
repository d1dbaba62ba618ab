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
