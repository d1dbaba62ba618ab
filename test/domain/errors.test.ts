import { describe, expect, test } from '@jest/globals';
import { DomainError, ERRORS, type ErrorCode } from '../../domain/errors.js';

describe('refusals', () => {
  const codes = Object.keys(ERRORS) as ErrorCode[];

  test.each(codes)('%s has a refusing status, a title of its own and a code of lower-case words', (code) => {
    const { status, title } = ERRORS[code];
    // The one that is no refusal: a fault of ours.
    expect(code === 'internal' ? status === 500 : status === 503 || (status >= 400 && status < 500)).toBe(
      true,
    );
    expect(codes.filter((other) => ERRORS[other].title === title)).toEqual([code]);
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  });

  test('a refusal carries what the problem document needs', () => {
    const refusal = new DomainError('limit_exceeded', '900 is above 500', '/lines/0/quantity', {
      limit: '500',
    });
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).toMatchObject({
      name: 'DomainError',
      status: 422,
      detail: '900 is above 500',
      pointer: '/lines/0/quantity',
      extra: { limit: '500' },
    });
    expect(refusal.message).toContain('900 is above 500');
  });
});
