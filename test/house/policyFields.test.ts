// A policy field that validates and decides nothing misleads whoever sets it: each one is read by the product.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { POLICY_SCHEMAS } from '../../contracts/policies.js';
import { POLICY_KINDS } from '../../domain/policies/types.js';

/** Where rules are applied. domain/policies/ only says what may be stored, so it does not count. */
const READERS = ['activities', 'cli/verify', 'db', 'documents', 'domain'];
const JUDGES = join('domain', 'policies');

/** Names that may stand in a policy unread, each with its reason. There are none. */
const UNREAD: readonly string[] = [];

const code = READERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
)
  .filter((file) => file.endsWith('.ts') && !file.startsWith(JUDGES) && file !== join('db', 'tables.ts'))
  .map((file) => readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''))
  .join('\n');

const isRead = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(code);

/** The names of all fields in a schema, at any depth. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as { readonly properties?: object };
  const inner = [...Object.values(properties), ...Object.values(rest)];
  return [...new Set([...Object.keys(properties), ...inner.flatMap(fieldsOf)])];
}

describe('every field of a policy decides something', () => {
  test.each(POLICY_KINDS)('%s', (kind) => {
    const names = fieldsOf(POLICY_SCHEMAS[kind]);
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !isRead(name) && !UNREAD.includes(name))).toEqual([]);
  });

  test('a field nobody reads is noticed, however deep it stands', () => {
    const schema = { properties: { rules: { items: { anyOf: [{ properties: { neverRead: {} } }] } } } };
    expect(fieldsOf(schema)).toEqual(['rules', 'neverRead']);
    expect(isRead('neverRead')).toBe(false);
  });
});
