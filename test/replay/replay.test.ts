// Histories of every story, stored with each release, replayed by the workflows as they are now: a change that
// would stall running leads fails here. `L2C_RECORD=1 npm test -- test/workflows` writes those of the release in
// the making again; those of a release are never touched.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { COMPANY_CANARIES } from '../support/company.js';
import { HISTORIES, payloadsOf, readHistory, replay } from '../support/histories.js';
import { CUSTOMER_CANARIES } from '../support/story.js';

const stored = readdirSync(HISTORIES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(HISTORIES, name)).map((file) => `${name}/${file}`))
  .filter((file) => file.endsWith('.json'));

test('every branch of the process is stored', () => {
  expect(stored.length).toBeGreaterThanOrEqual(17);
});

test.each(stored)('%s is replayed as it was', async (file) => {
  await replay(readHistory(join(HISTORIES, file)));
});

test.each(stored)('%s names nobody', (file) => {
  const history = readHistory(join(HISTORIES, file));
  const text = [JSON.stringify(history), ...payloadsOf(history).map((payload) => payload.text)].join('\n');
  const canaries = [...CUSTOMER_CANARIES, ...COMPANY_CANARIES];
  expect(canaries.filter((canary) => text.toLowerCase().includes(canary))).toEqual([]);
});

test('a history in which another step ran is refused for that reason', async () => {
  const history = readHistory(join(HISTORIES, 'v0.1.0', 'golden.json'));
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
