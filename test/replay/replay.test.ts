// Histories of every story, stored with each release, replayed by the workflows as they are now: a change that
// would stall running leads fails here. `L2C_RECORD=1 npm test -- test/workflows test/scenarios` writes those of the
// release in the making again; those of a release are never touched. Once package.json has the next version, a folder
// of that name is the one written to, and all of them are replayed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DECISIONS, FACTS } from '../../domain/messages.js';
import { FACT_STEPS } from '../../domain/steps.js';
import { OWN_STEPS } from '../../domain/waits.js';
import * as workflows from '../../workflows/index.js';
import { COMPANY_CANARIES } from '../support/company.js';
import {
  decrypted,
  HISTORIES,
  type History,
  PRESENT,
  payloadsOf,
  readHistory,
  replay,
} from '../support/histories.js';
import { STORED_KEYS } from '../support/payloadKeys.js';
import { CUSTOMER_CANARIES } from '../support/story.js';

const releases = readdirSync(HISTORIES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const filesOf = (release: string): string[] =>
  readdirSync(join(HISTORIES, release)).filter((file) => file.endsWith('.json'));
const stored = releases.flatMap((release) => filesOf(release).map((file) => `${release}/${file}`));
const read = (file: string): History => readHistory(join(HISTORIES, file));

test('the release in the making has its folder, and every folder holds histories', () => {
  expect(releases).toContain(PRESENT);
  expect(releases.filter((release) => !/^v\d+\.\d+\.\d+$/.test(release))).toEqual([]);
  expect(releases.filter((release) => filesOf(release).length === 0)).toEqual([]);
});

test.each(stored)('%s is replayed as it was', async (file) => {
  await replay(read(file), 'lead/replayed', STORED_KEYS);
});

test.each(stored)('%s names nobody', async (file) => {
  const history = await decrypted(read(file), STORED_KEYS);
  const text = [JSON.stringify(history), ...payloadsOf(history).map((payload) => payload.text)].join('\n');
  const canaries = [...CUSTOMER_CANARIES, ...COMPANY_CANARIES];
  expect(canaries.filter((canary) => text.toLowerCase().includes(canary))).toEqual([]);
});

/** What a history shows of the code: workflows, what they were told, and which steps ran. */
function seenIn({ events }: History): string[] {
  return (events ?? []).flatMap((event) => {
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name;
    const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
    const workflow = event.workflowExecutionStartedEventAttributes?.workflowType?.name;
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    const marked = event.markerRecordedEventAttributes?.details?.data?.payloads ?? [];
    const steps = marked.map(
      ({ data }) => /"activity_type":"(\w+)"/.exec(Buffer.from(data ?? []).toString('utf8'))?.[1],
    );
    return [update, signal, workflow, activity, ...steps].flatMap((name) => name ?? []);
  });
}

describe('the histories of the release in the making show all of the code', () => {
  const seen = new Set(filesOf(PRESENT).flatMap((file) => seenIn(read(`${PRESENT}/${file}`))));

  test.each([
    ['workflow', Object.keys(workflows)],
    ['decision and its step', [...DECISIONS, 'releasePayout']],
    ['fact', [...FACTS, 'look']],
    ['step of a fact', Object.values(FACT_STEPS)],
    ['step of a lead’s own', [...OWN_STEPS]],
    ['step for what breaks', ['loadLead', 'markStuck', 'sendMail', 'giveUpMail']],
    ['step of a run', ['openPayout', 'calculatePayout', 'confirmPayout', 'escalatePayoutRun']],
  ])('every %s stands in one', (_kind, names) => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !seen.has(name))).toEqual([]);
  });

  test('every story that is told is stored', () => {
    const tests = readdirSync('test', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => readFileSync(join('test', file), 'utf8'));
    const told = tests.flatMap((text) =>
      [...text.matchAll(/\b(?:told\(|replayAndKeep\([^)]*?)\s*'([a-z-]+)'/g)].map((found) => found[1]),
    );
    const names = new Set(filesOf(PRESENT).map((file) => file.replace('.json', '')));
    expect(told.length).toBeGreaterThan(20);
    expect(told.filter((name) => !names.has(name ?? ''))).toEqual([]);
  });
});

describe('a history that is not what the code does is refused', () => {
  const golden = () => read('v0.1.0/golden.json');

  test('for that reason, when another step ran', async () => {
    const history = golden();
    let doctored = 0;
    for (const event of history.events ?? []) {
      for (const payload of event.markerRecordedEventAttributes?.details?.data?.payloads ?? []) {
        const text = Buffer.from(payload.data ?? []).toString('utf8');
        if (!text.includes('"qualifyLead"')) continue;
        payload.data = Buffer.from(text.replace('"qualifyLead"', '"withdrawLead"'), 'utf8');
        doctored++;
      }
    }
    expect(doctored).toBe(1);
    await expect(replay(history)).rejects.toThrow(/nondeterminism/i);
  });

  test.each([
    ['plain', 'golden', [], undefined],
    ['plain, while keys are set', 'golden', STORED_KEYS, undefined],
    ['encrypted', 'encrypted-golden', STORED_KEYS, undefined],
    ['encrypted, without keys', 'encrypted-golden', [], /L2C_PAYLOAD_KEYS is not set/],
    ['encrypted, with another key', 'encrypted-golden', STORED_KEYS.slice(1), /L2C_PAYLOAD_KEYS has test-2/],
    [
      'encrypted with two keys of which one is gone',
      'encrypted-in-part',
      STORED_KEYS.slice(1),
      /the key .*test-1/,
    ],
  ])('%s: %s', async (_how, name, keys, refusal) => {
    const replayed = replay(read(`v0.1.0/${name}.json`), 'lead/replayed', keys);
    await (refusal ? expect(replayed).rejects.toThrow(refusal) : replayed);
  });
});
