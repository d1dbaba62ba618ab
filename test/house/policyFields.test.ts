// A policy field that validates and decides nothing misleads whoever sets it: each one is read by the product. The
// compiler says what is read, because a word of the same spelling somewhere else proves nothing.
import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { POLICY_KINDS } from '../../domain/policies/types.js';

/** Where rules are applied. domain/policies/ only says what may be stored, so it does not count. */
const READERS = ['activities', 'cli/verify', 'db', 'documents', 'domain'];
const JUDGES = `domain${sep}policies${sep}`;

/** Fields that SQL reads, or code by another type of the same shape, which the compiler does not connect. */
const READ_BY: Readonly<Record<string, { readonly file: string; readonly as: string }>> = {
  'quoting.defaultCurrency': { file: 'db/drafting.ts', as: "body ->> 'defaultCurrency'" },
  'quoting.maxDiscountBps': { file: 'domain/quotes/price.ts', as: '{ maxDiscountBps } = request.limits' },
  'quoting.maxLines': { file: 'domain/quotes/price.ts', as: '> limits.maxLines' },
  'invoicing.withinDays': { file: 'cli/verify/inTime.ts', as: "body ->> 'withinDays'" },
  'invoicing.paymentOrder': { file: 'activities/intake/charged.ts', as: 'paymentOrder ??' },
  'dunning.business.interest.referenceRates.rateBps': {
    file: 'domain/collections/interest.ts',
    as: 'rateOn(referenceRates, fromOn)',
  },
  'dunning.consumer.interest.referenceRates.rateBps': {
    file: 'domain/collections/interest.ts',
    as: 'rateOn(referenceRates, fromOn)',
  },
};

const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
const isReader = (file: string): boolean =>
  READERS.some((folder) => file.startsWith(join(process.cwd(), folder) + sep)) && !file.includes(JUDGES);
const TYPES = join(process.cwd(), 'domain', 'policies', 'types.ts');
const program = ts.createProgram([...fileNames.filter(isReader), TYPES], options);
const checker = program.getTypeChecker();

/** The declarations of every property that is read somewhere, by name or by being taken apart. */
const read = new Set<ts.Declaration>();
const noteRead = (symbol: ts.Symbol | undefined): void => {
  for (const declaration of symbol?.declarations ?? []) read.add(declaration);
};
function visit(node: ts.Node): void {
  if (ts.isPropertyAccessExpression(node)) noteRead(checker.getSymbolAtLocation(node.name));
  if (ts.isElementAccessExpression(node)) {
    const index = checker.getTypeAtLocation(node.argumentExpression);
    for (const one of index.isUnion() ? index.types : [index])
      if (one.isStringLiteral()) noteRead(checker.getTypeAtLocation(node.expression).getProperty(one.value));
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const name = (node.propertyName ?? node.name).getText();
    noteRead(checker.getTypeAtLocation(node.parent).getProperty(name));
  }
  ts.forEachChild(node, visit);
}
for (const file of program.getSourceFiles()) if (isReader(file.fileName)) visit(file);

/** Every field of a policy at any depth, as `levels.afterDays`; `seen` ends types that hold themselves. */
function unreadOf(type: ts.Type, path: string, seen: ReadonlySet<ts.Type> = new Set()): string[] {
  if (seen.has(type)) return [];
  const deeper = new Set([...seen, type]);
  if (type.isUnion()) return type.types.flatMap((one) => unreadOf(one, path, deeper));
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  if (element && checker.isArrayLikeType(type)) return unreadOf(element, path, deeper);
  if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return [];
  return type.getProperties().flatMap((property) => {
    const name = path === '' ? property.name : `${path}.${property.name}`;
    const isRead = property.declarations?.some((declaration) => read.has(declaration));
    const inner = checker.getTypeOfSymbol(property);
    return [...(isRead ? [] : [name]), ...unreadOf(inner, name, deeper)];
  });
}

function policyTypes(): ReadonlyMap<string, ts.Type> {
  const source = program.getSourceFile(TYPES);
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module && checker.getExportsOfModule(module);
  const byKind = exported?.find(({ name }) => name === 'PolicyByKind');
  if (byKind === undefined) throw new Error('domain/policies/types.ts exports no PolicyByKind');
  const properties = checker.getDeclaredTypeOfSymbol(byKind).getProperties();
  return new Map(properties.map((property) => [property.name, checker.getTypeOfSymbol(property)]));
}

describe('every field of a policy decides something', () => {
  const types = policyTypes();
  test.each(POLICY_KINDS)('%s', (kind) => {
    const type = types.get(kind);
    expect(type?.getProperties().length).toBeGreaterThan(0);
    const unread = type && unreadOf(type, kind).filter((name) => !(name in READ_BY));
    expect(unread).toEqual([]);
  });

  test.each(Object.entries(READ_BY))('%s is read where it is said to be', (_name, { file, as }) => {
    expect(readFileSync(file, 'utf8')).toContain(as);
  });

  test('a field nobody reads is noticed, whatever else is called like it', () => {
    const source = program.getSourceFile(join(process.cwd(), 'domain', 'collections', 'types.ts'));
    const symbol = source && checker.getSymbolAtLocation(source);
    const item = (symbol ? checker.getExportsOfModule(symbol) : []).find(
      ({ name }) => name === 'DunnableItem',
    );
    const properties = item && checker.getDeclaredTypeOfSymbol(item).getProperties();
    const declaration = properties?.find(({ name }) => name === 'dueOn')?.declarations?.[0];
    expect(declaration && read.has(declaration)).toBe(true);
    read.delete(declaration as ts.Declaration);
    expect(item && unreadOf(checker.getDeclaredTypeOfSymbol(item), '')).toContain('dueOn');
  });
});
