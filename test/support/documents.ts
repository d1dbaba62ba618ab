// What the documents tell people to type.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const textOf = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8');

const CLICK_THROUGH = /<!-- click-through[^>]*-->\n```sh\n([\s\S]*?)```/;

/** The shell script of the README's first click-through. */
export function clickThrough(): string {
  const [, script] = CLICK_THROUGH.exec(textOf('README.md')) ?? [];
  if (script === undefined) throw new Error('README.md has no click-through');
  return script;
}

/** Commands of a document's shell blocks, one a line, and those in backticks within its sentences. */
export function commandsOf(file: string): string[] {
  const text = textOf(file).replace(CLICK_THROUGH, '');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split('\n'));
  const inline = [
    ...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`((?:npm|npx|docker|temporal) [^`]+)`/g),
  ];
  const all = [...blocks, ...inline.map(([, command = '']) => command)];
  return [...new Set(all.map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== ''))];
}
