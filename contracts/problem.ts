// What a refusal looks like on the wire (RFC 9457), and how a route says which refusals it may give.
import { type TSchema, Type } from 'typebox';
import { ERRORS, type ErrorCode } from '../domain/errors.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Where the meaning of each code is written: the code follows as fragment. */
export const PROBLEM_TYPE_BASE = '/docs/problems#';

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ maxLength: 200, description: 'Address of the description of the code' }),
    title: Type.String({
      maxLength: 200,
      description: 'What kind of refusal it is, in English or Spanish by Accept-Language',
    }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({
      maxLength: 2000,
      description: 'Names the value refused and the limit it broke; always English',
    }),
    code: Type.Enum(Object.keys(ERRORS), { description: 'The word to program against' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ maxLength: 500, description: 'JSON pointer of the field (RFC 6901)' }),
          detail: Type.String({ maxLength: 1000 }),
        }),
        { maxItems: 50 },
      ),
    ),
    requestId: Type.Optional(Type.String({ maxLength: 100, description: 'Name it when you ask us' })),
  },
  {
    $id: 'Problem',
    additionalProperties: true,
    description: 'A refusal',
    examples: [
      {
        type: `${PROBLEM_TYPE_BASE}invalid_field`,
        title: ERRORS.invalid_field.title,
        status: 400,
        detail: '"1e3" is not an integer from 0 to 10000',
        code: 'invalid_field',
        errors: [{ pointer: '/lines/0/discountBps', detail: '"1e3" is not an integer from 0 to 10000' }],
      },
    ],
  },
);

/** Every route may give these, whatever it does. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_field',
  'unauthenticated',
  'forbidden',
  'too_many_requests',
  'internal',
  'unavailable',
];
/** Every route with a body may give these besides. */
const WITH_BODY: readonly ErrorCode[] = ['malformed_body', 'body_too_large', 'unsupported_media_type'];

/**
 * The refusals of a route as response schemas by status, to spread into `schema.response`.
 * `codes` are those of the route itself; what every route may answer is added.
 */
export function refusals(...codes: ErrorCode[]): Record<number, TSchema> {
  return responsesOf([...ALWAYS, ...codes]);
}

/** As `refusals`, for a route that takes a body. */
export function refusalsWithBody(...codes: ErrorCode[]): Record<number, TSchema> {
  return responsesOf([...ALWAYS, ...WITH_BODY, ...codes]);
}

/** As `refusals`, for a POST that takes an Idempotency-Key through `answerOnce`. */
export function refusalsOnce(...codes: ErrorCode[]): Record<number, TSchema> {
  return responsesOf([...ALWAYS, ...WITH_BODY, 'key_in_use', 'key_reused', ...codes]);
}

/** As `refusals`, for an edit that takes If-Match. */
export function refusalsOfEdit(...codes: ErrorCode[]): Record<number, TSchema> {
  return responsesOf([
    ...ALWAYS,
    ...WITH_BODY,
    'not_found',
    'precondition_required',
    'stale_version',
    ...codes,
  ]);
}

/** The refusals of a route nobody signs in for. */
export function openRefusals(...codes: ErrorCode[]): Record<number, TSchema> {
  return responsesOf(['internal', ...codes]);
}

function responsesOf(codes: readonly ErrorCode[]): Record<number, TSchema> {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of codes) {
    const { status } = ERRORS[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  const response = ([status, words]: [number, Set<ErrorCode>]): [number, TSchema] => [
    status,
    Type.Unsafe({
      description: [...words].map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('; '),
      'x-codes': [...words],
      content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: 'Problem#' } } },
    }),
  ];
  return Object.fromEntries([...byStatus].map(response));
}
