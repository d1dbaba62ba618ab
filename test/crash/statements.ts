// What writes beside every step and every call: the statements of the relay, of the sweep and of what both of them and
// the API tell a workflow with. Read from their code, so that a new one is asked for its story.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const FILES: Readonly<Record<string, readonly string[]>> = {
  'worker/relay.ts': ['worker'],
  'worker/sweep.ts': ['worker'],
  'activities/intake/telling.ts': ['api', 'worker'],
};
const NAMED = /^(?:<[^(]*>)?\(\s*\{\s*name: '(\w+)',\s*text:\s*(["'`])([\s\S]*?)\2/;
const LISTENS = /^\(`listen /;
const WRITES = /^\s*(with [\s\S]*?)?(insert|update|delete)\b/i;

export interface Statement {
  /** As a kill names it: `worker claim_facts`. */
  readonly unit: string;
  /** The file it stands in, without its ending. */
  readonly file: string;
}

/** A statement that stands apart, put where it is asked. */
const inlined = (source: string): string =>
  source.replaceAll(/\{ \.\.\.([A-Z_]+)\b/g, (spread, constant: string) => {
    const [, literal] = new RegExp(`const ${constant} = (\\{[\\s\\S]*?\`),?\\n\\};`).exec(source) ?? [];
    return literal ?? spread;
  });

/** Throws for one without a name: it could not be killed at. */
export function statementsBeside(): Statement[] {
  return Object.entries(FILES).flatMap(([path, roles]) => {
    const source = inlined(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
    const asked = source.split(/\.query\b/).slice(1);
    return asked.flatMap((code) => {
      if (LISTENS.test(code)) return [];
      const [, name, , text = ''] = NAMED.exec(code) ?? [];
      if (name === undefined)
        throw new RangeError(`${path} has a statement without a name: ${code.slice(0, 80)}`);
      if (!WRITES.test(text)) return [];
      return roles.map((role) => ({ unit: `${role} ${name}`, file: basename(path, '.ts') }));
    });
  });
}
