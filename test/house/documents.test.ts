import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { messagesDocument, stagesDocument, withSettings } from '../../cli/docs.js';
import { DECISIONS, FACTS } from '../../domain/messages.js';
import { decisions, facts } from '../../workflows/messages.js';

test('docs/messages.md is what the code says', () => {
  expect(readFileSync('docs/messages.md', 'utf8')).toBe(messagesDocument());
});

test('docs/stages.md is what the code says', () => {
  expect(readFileSync('docs/stages.md', 'utf8')).toBe(stagesDocument());
});

test('docs/operations.md has every setting as the code has it', () => {
  const written = readFileSync('docs/operations.md', 'utf8');
  expect(written).toBe(withSettings(written));
  expect(written).toContain('| `L2C_PORT` |');
  expect(withSettings(written.replace('| `L2C_PORT` |', '| `L2C_DOOR` |'))).toBe(written);
  expect(() => withSettings('# Operations')).toThrow('no place for the settings');
});

test('every command of docs/proof.md names a script there is, and tests there are', () => {
  const commands = [...readFileSync('docs/proof.md', 'utf8').matchAll(/`(npm (?:run|test)\b[^`\n]*)`/g)];
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
  expect(commands.length).toBeGreaterThan(10);
  for (const [, command = ''] of commands) {
    for (const [, script = 'test'] of command.matchAll(/npm (?:run (\S+)|test)/g)) {
      expect([command, Object.keys(scripts)]).toEqual([command, expect.arrayContaining([script])]);
    }
    for (const path of command.match(/\btest\/\S+/g) ?? []) {
      expect([command, existsSync(path) || existsSync(`${path}.test.ts`)]).toEqual([command, true]);
    }
  }
});

test('every decision is an update of the workflow and every fact a signal, under its own name', () => {
  expect(Object.entries(decisions).map(([name, update]) => [name, update.name])).toEqual(
    DECISIONS.map((name) => [name, name]),
  );
  expect(Object.entries(facts).map(([name, signal]) => [name, signal.name])).toEqual(
    FACTS.map((name) => [name, name]),
  );
});
