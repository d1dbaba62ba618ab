import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { taskWords } from '../../documents/taskTitles.js';
import { TASK_KINDS } from '../../domain/tasks.js';

const FOLDERS = [
  'activities',
  'activities/intake',
  'api',
  'api/routes',
  'cli',
  'db',
  'domain',
  'domain/payments',
  'worker',
];
const sources = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [`${folder}/${name}`, readFileSync(`${folder}/${name}`, 'utf8')] as const),
);

describe('what a task is called', () => {
  test.each(['en', 'es'] as const)('every kind has a title and a next step of its own, in %s', (language) => {
    const other = taskWords('unheard_of', language);
    const said = TASK_KINDS.map((kind) => taskWords(kind, language));
    expect(said).not.toContainEqual(other);
    expect(new Set(said.map(({ title }) => title)).size).toBe(TASK_KINDS.length);
    for (const { title, toDo } of said) {
      expect(title).toMatch(/^\p{Lu}[^.]{5,79}$/u);
      expect(toDo).toMatch(/^\p{Lu}.{10,150}\.$/u);
    }
  });

  test('no kind is called the same in both languages', () => {
    const same = TASK_KINDS.filter((kind) => taskWords(kind, 'en').title === taskWords(kind, 'es').title);
    expect(same).toEqual([]);
  });

  // Everything else that makes a task goes through writeTask, whose kinds the compiler checks against the list.
  test('a task is written where its kind is typed by the list of kinds', () => {
    const writers = sources.filter(([, text]) => /insert into tasks|insert\('tasks'/.test(text));
    expect(writers.map(([file]) => file).sort()).toEqual([
      'activities/answers.ts',
      'activities/intake/payments.ts',
      'activities/intake/requests.ts',
      'activities/payoutRelease.ts',
      'activities/payouts.ts',
      'cli/restored.ts',
      'db/mailOutcomes.ts',
    ]);
    for (const [file, text] of writers) {
      expect({ file, typed: /\bTaskKind\b/.test(text) }).toEqual({ file, typed: true });
    }
  });

  test('no kind is left that nothing writes', () => {
    const written = sources
      .filter(([file]) => file !== 'domain/tasks.ts')
      .map(([, text]) => text)
      .join('\n');
    // Doubts about a payment are composed of `payment_` and the doubt.
    const unwritten = TASK_KINDS.filter((kind) => !written.includes(`'${kind.replace(/^payment_/, '')}'`));
    expect(unwritten).toEqual([]);
  });
});
