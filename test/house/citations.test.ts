// A citation nobody can look up says nothing: documents and sections that files of the repository name are there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'reports', 'histories']);
const TEXT = /\.(ts|mjs|js|cjs|md|ya?ml|sql)$|^(Dockerfile|run)$/;
/** Names that stand for no document of the repository: the rules are in docs/money.md and docs/protocol.md. */
const STRANGERS = ['DESIGN', 'PROTOCOL', 'TEMPORAL', 'RULES', 'STACK', 'STYLE'];

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return TEXT.test(entry.name) ? [path] : [];
    const isHidden = entry.name.startsWith('.') && entry.name !== '.ci';
    return entry.isDirectory() && !isHidden && !NOT_OURS.has(entry.name) ? filesIn(path) : [];
  });
}

/** A line that is broken in the middle of a citation, with what a comment begins its lines with, is one line. */
const unbroken = (text: string): string => text.replaceAll(/\s*\n\s*(?:\*(?!\/)|\/\/|#|--)?\s*/g, ' ');

/** Headings, and the bold words that begin a paragraph. */
const sectionsOf = (document: string): string[] =>
  [...document.matchAll(/^(?:#+ (.+)|\*\*([^*]+?)\.?\*\*.*)$/gm)].map(
    ([, heading, lead]) => `${heading ?? lead}`,
  );

const NAMED = /\bdocs\/([\w-]+\.md)(?:, (?:"([^"]+)"|([A-Z][a-z]+(?: [a-z]+)*)))?/g;
const LINKED = /\]\(([\w-]+\.md)\)/g;

/** What `text` cites of docs/ and is not there. */
function missing(path: string, text: string): string[] {
  const named = [...unbroken(text).matchAll(NAMED)].flatMap(([, file = '', quoted, plain]) => {
    const document = join('docs', file);
    if (!existsSync(document)) return [document];
    const section = quoted ?? plain;
    const isThere = section === undefined || sectionsOf(readFileSync(document, 'utf8')).includes(section);
    return isThere ? [] : [`${document}, ${section}`];
  });
  const linked = path.startsWith('docs') ? [...text.matchAll(LINKED)] : [];
  return [...named, ...linked.map(([, file = '']) => join('docs', file)).filter((file) => !existsSync(file))];
}

/** What a person reads of a file: all of a document, the comments of code. */
const proseOf = (path: string, text: string): string =>
  path.endsWith('.md') ? text : (text.match(/\/\*[\s\S]*?\*\/|(?:\/\/|#|--).*/g) ?? []).join('\n');

const strangersIn = (path: string, text: string): string[] =>
  proseOf(path, text).match(new RegExp(`\\b(?:${STRANGERS.join('|')})\\b`, 'g')) ?? [];

const report = (path: string, found: readonly string[]): string[] => found.map((what) => `${path}: ${what}`);

const OWN = 'test/house/citations.test.ts';
const files = filesIn('.').map((path) => [path, readFileSync(path, 'utf8')] as const);

test('every document and section that is cited is there', () => {
  expect(files.filter(([, text]) => text.includes('docs/')).length).toBeGreaterThan(30);
  const broken = files
    .filter(([path]) => path !== OWN)
    .flatMap(([path, text]) => report(path, missing(path, text)));
  expect(broken).toEqual([]);
});

test('nothing outside the repository is cited', () => {
  expect(files.flatMap(([path, text]) => report(path, strangersIn(path, text)))).toEqual([]);
});

test.each(['docs/money.md', 'docs/protocol.md'])('what %s names of code and tests is there', (document) => {
  const paths = [
    ...readFileSync(document, 'utf8').matchAll(/`((?:activities|domain|test|worker|workflows)\/[^`]*)`/g),
  ];
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.map(([, path = '']) => path).filter((path) => !existsSync(path))).toEqual([]);
});

test.each([
  ['a document', '// (docs/rules.md, Tax)', ['docs/rules.md']],
  ['a section', '// (docs/money.md, Taxes)', ['docs/money.md, Taxes']],
  ['a section in quotation marks', '# docs/operations.md, "Watched"', ['docs/operations.md, Watched']],
  ['a section on the next line', '/**\n * Shared (docs/money.md,\n * Taxes).\n */', ['docs/money.md, Taxes']],
  [
    'nothing of two sections that are there',
    '// (docs/money.md, Life of a lead), docs/operations.md, "Watch".',
    [],
  ],
  ['nothing of one that begins a paragraph', '// (docs/operations.md, Restored)', []],
])('what is missing: %s', (_what, text, expected) => {
  expect(missing('domain/some.ts', text)).toEqual(expected);
});

test('a link that leads nowhere and a document outside are found, an identifier is neither', () => {
  expect(missing('docs/some.md', 'see [rules](rules.md) and [money](money.md)')).toEqual(['docs/rules.md']);
  const [stranger = ''] = STRANGERS;
  expect(strangersIn('domain/some.ts', `/**\n * As ${stranger} says. */`)).toEqual([stranger]);
  expect(strangersIn('docs/some.md', `${stranger}.md has it`)).toEqual([stranger]);
  expect(strangersIn('domain/some.ts', `const ${stranger} = env.${stranger}_ADDRESS;`)).toEqual([]);
});
