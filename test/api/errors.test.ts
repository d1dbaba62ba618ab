import { describe, expect, test } from '@jest/globals';
import { problemOf, refusalOf } from '../../api/errors.js';
import { problemTitle } from '../../documents/problemTitles.js';
import { DomainError, ERRORS, type ErrorCode } from '../../domain/errors.js';

const thrown = (code: string, more: object = {}): Error =>
  Object.assign(new Error('what happened'), { code, ...more });

describe('what is thrown becomes a refusal', () => {
  test.each([
    ['a body above the limit', thrown('FST_ERR_CTP_BODY_TOO_LARGE'), 'body_too_large'],
    ['another media type', thrown('FST_ERR_CTP_INVALID_MEDIA_TYPE'), 'unsupported_media_type'],
    ['a length that is wrong', thrown('FST_ERR_CTP_INVALID_CONTENT_LENGTH'), 'malformed_body'],
    ['a broken address', thrown('FST_ERR_BAD_URL'), 'invalid_field'],
    ['a parameter too long', thrown('FST_ERR_MAX_PARAM_LENGTH'), 'invalid_field'],
    ['a sku taken', thrown('23505', { constraint: 'products_sku_key' }), 'already_exists'],
    ['a manager unknown', thrown('23503', { constraint: 'people_manager_id_fkey' }), 'unknown_reference'],
    ['an editor approving', thrown('23514', { constraint: 'policy_editor_never_approves' }), 'self_approval'],
    [
      'an approver above the limit',
      thrown('23514', { constraint: 'nobody_approves_above_his_limit' }),
      'limit_exceeded',
    ],
    ['a number too large for its column', thrown('22003'), 'invalid_field'],
    ['an instant Postgres cannot read', thrown('22007'), 'invalid_field'],
    ['NUL that came through', thrown('22021'), 'invalid_field'],
    ['a lock nobody lets go', thrown('55P03'), 'unavailable'],
    ['a statement that took too long', thrown('57014'), 'unavailable'],
    ['a database that shuts down', thrown('57P01'), 'unavailable'],
    ['no database', thrown('ECONNREFUSED'), 'unavailable'],
  ] as [string, Error, ErrorCode][])('%s', (_what, error, code) => {
    expect(refusalOf(error)?.code).toBe(code);
  });

  test.each([
    ['a rule of the schema nobody foresaw', thrown('23514', { constraint: 'unknown_rule' })],
    ['a column that is not there', thrown('42703')],
    ['a bug', new RangeError('-1 minor units')],
    ['no error at all', 'text'],
  ])('%s is a fault of ours', (_what, error) => {
    expect(refusalOf(error)).toBeUndefined();
  });
});

test('what the database quotes of a taken value is named', () => {
  const error = thrown('23505', {
    constraint: 'products_sku_key',
    detail: 'Key (sku)=(CRM) already exists.',
  });
  expect(refusalOf(error)?.detail).toBe('a product has this sku: CRM');
});

test.each(Object.keys(ERRORS) as ErrorCode[])(
  '%s is a problem with type, title, status, detail and code',
  (code) => {
    const problem = problemOf(
      new DomainError(code, 'the value and the limit', '/a/0', { leadId: 'lead_1' }),
      'req_1',
    );
    expect(problem).toEqual({
      type: `/docs/problems#${code}`,
      title: ERRORS[code].title,
      status: ERRORS[code].status,
      detail: 'the value and the limit',
      code,
      leadId: 'lead_1',
      errors: [{ pointer: '/a/0', detail: 'the value and the limit' }],
      requestId: 'req_1',
    });
  },
);

describe('the title of a refusal', () => {
  test.each(Object.keys(ERRORS) as ErrorCode[])('%s is called something else in Spanish', (code) => {
    expect(problemTitle(code, 'en')).toBe(ERRORS[code].title);
    expect(problemTitle(code, 'es')).not.toBe(ERRORS[code].title);
  });

  test('is in the language asked for, its detail in English for who writes the client', () => {
    const refusal = new DomainError('not_found', 'there is no task x');
    expect(problemOf(refusal, 'r', 'es')).toMatchObject({ title: 'No existe', detail: 'there is no task x' });
    expect(problemOf(refusal, 'r')).toMatchObject({ title: 'Not found' });
  });
});
