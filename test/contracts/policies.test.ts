import { describe, expect, test } from '@jest/globals';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { checkPolicy, POLICY_SCHEMAS, type PolicyBody } from '../../contracts/policies.js';
import { POLICY_KINDS, type PolicyByKind, type PolicyKind } from '../../domain/policies/types.js';

type Plain<T> = T extends readonly (infer U)[]
  ? Plain<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Plain<T[K]> }
    : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

// The compiler is the test: a schema that says something else than the domain does not compile.
const sameAsDomain: { [K in PolicyKind]: Same<Plain<PolicyBody<K>>, Plain<PolicyByKind[K]>> } = {
  scoring: true,
  assignment: true,
  qualification: true,
  approval: true,
  quoting: true,
  tax: true,
  invoicing: true,
  dunning: true,
  commission: true,
  notifications: true,
  payout: true,
};

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  additionalProperties?: boolean;
  maxItems?: number;
  maxLength?: number;
  pattern?: string;
  maximum?: number;
  minimum?: number;
  enum?: unknown[];
  const?: unknown;
  description?: string;
  examples?: unknown[];
}

/** Every schema inside a schema, with its path. */
function inside(schema: Schema, path: string): [string, Schema][] {
  return [
    [path, schema],
    ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => inside(inner, `${path}/${key}`)),
    ...(schema.items ? inside(schema.items, `${path}/*`) : []),
    ...(schema.anyOf ?? []).flatMap((inner, index) => inside(inner, `${path}|${index}`)),
  ];
}

const everySchema = POLICY_KINDS.flatMap((kind) => inside(POLICY_SCHEMAS[kind] as unknown as Schema, kind));

describe('the schemas of policies', () => {
  test('say what the domain says', () => {
    expect(Object.keys(sameAsDomain).sort()).toEqual([...POLICY_KINDS].sort());
  });

  test.each([...POLICY_KINDS])('the example of %s may be stored', (kind) => {
    expect(checkPolicy(kind, structuredClone(POLICY_EXAMPLES[kind]))).toEqual({
      ok: true,
      policy: POLICY_EXAMPLES[kind],
    });
  });

  test('no object takes unknown fields', () => {
    const open = everySchema.filter(([, s]) => s.type === 'object' && s.additionalProperties !== false);
    expect(open.map(([path]) => path)).toEqual([]);
  });

  test('every list, text and number has a limit', () => {
    const unlimited = everySchema.filter(([, s]) => {
      if (s.enum || s.const !== undefined) return false;
      if (s.type === 'array') return s.maxItems === undefined;
      if (s.type === 'string') {
        return s.maxLength === undefined && s.pattern === undefined && !('format' in s);
      }
      return (
        (s.type === 'integer' || s.type === 'number') && (s.maximum === undefined || s.minimum === undefined)
      );
    });
    expect(unlimited.map(([path]) => path)).toEqual([]);
  });

  test('every field of every kind is described', () => {
    const silent = POLICY_KINDS.flatMap((kind) =>
      Object.entries((POLICY_SCHEMAS[kind] as unknown as Schema).properties ?? {})
        .filter(([, field]) => !field.description && field.type !== 'object' && !field.examples)
        .map(([name]) => `${kind}/${name}`),
    );
    expect(silent).toEqual([]);
  });

  test.each<[PolicyKind, string, (policy: Record<string, unknown>) => unknown, string]>([
    ['scoring', 'an unknown field', (p) => ({ ...p, colour: 'red' }), '/colour'],
    ['quoting', 'a number as text', (p) => ({ ...p, maxLines: '200' }), '/maxLines'],
    ['quoting', 'a number with an exponent as text', (p) => ({ ...p, maxLines: '1e3' }), '/maxLines'],
    ['quoting', 'null for a number', (p) => ({ ...p, maxLines: null }), '/maxLines'],
    ['quoting', 'true for a number', (p) => ({ ...p, maxLines: true }), '/maxLines'],
    ['quoting', 'one discount above 100 %', (p) => ({ ...p, maxDiscountBps: 10_001 }), '/maxDiscountBps'],
    ['quoting', 'an unknown currency', (p) => ({ ...p, defaultCurrency: 'XXX' }), '/defaultCurrency'],
    [
      'payout',
      'a negative amount',
      (p) => ({ ...p, minimums: [{ amount: '-1.00', currency: 'EUR' }] }),
      '/minimums/0/amount',
    ],
    [
      'payout',
      'a 16-digit amount',
      (p) => ({ ...p, minimums: [{ amount: '1234567890123456', currency: 'EUR' }] }),
      '/minimums/0/amount',
    ],
    [
      'payout',
      'a third decimal of euros',
      (p) => ({ ...p, minimums: [{ amount: '1.001', currency: 'EUR' }] }),
      '/minimums/0',
    ],
    ['notifications', 'a NUL character', (p) => ({ ...p, senderName: 'A\u0000B' }), '/senderName'],
  ])('%s refuses %s, naming the field', (kind, _what, change, pointer) => {
    const verdict = checkPolicy(kind, change({ ...POLICY_EXAMPLES[kind] }));
    expect(verdict.ok).toBe(false);
    const pointers = verdict.ok ? [] : verdict.problems.map((problem) => problem.pointer);
    expect(pointers).toContain(pointer);
  });

  test('a day that does not exist is refused', () => {
    const tax = structuredClone(POLICY_EXAMPLES.tax) as unknown as { rates: { fromOn: string }[] };
    tax.rates[0] = { ...(tax.rates[0] as { fromOn: string }), fromOn: '2026-02-30' };
    expect(checkPolicy('tax', tax).ok).toBe(false);
  });

  test.each([null, 7, 'policy', [], JSON.parse('['.repeat(500) + ']'.repeat(500))])(
    'something else than an object (%#) is refused',
    (value) => {
      expect(checkPolicy('scoring', value).ok).toBe(false);
    },
  );
});
