// Leads whose payloads are encrypted: what the engine keeps then, what it costs, and what becomes of leads that run
// while keys are set, changed or taken away. On the dev server, in real time.
import { expect, test } from '@jest/globals';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { tellLook } from '../../activities/intake/telling.js';
import type { PayloadKey } from '../../contracts/payloadKeys.js';
import { newId } from '../../db/ids.js';
import { COMPANY_CANARIES, PRODUCTS, sku } from '../support/company.js';
import { decrypted, historyOf, payloadsOf, replay, replayAndKeep } from '../support/histories.js';
import { FIRST_KEY, NEXT_KEY } from '../support/payloadKeys.js';
import { CUSTOMER_CANARIES, captured, type Story } from '../support/story.js';
import { brokenRules } from '../support/told.js';
import { openWorld, until, type World } from '../support/world.js';

const ENCRYPTED = Buffer.from('binary/encrypted').toString('base64');

async function inWorld(
  payloadKeys: readonly PayloadKey[],
  happens: (world: World) => Promise<void>,
): Promise<void> {
  const world = await openWorld({ payloadKeys });
  try {
    await happens(world);
  } finally {
    await world.close();
  }
}

/** No workflow task and no activity under way, so that each message costs what it costs. */
const quiet = (story: Story): Promise<boolean> =>
  until('nothing is pending', async () => {
    const { raw } = await story.handle.describe();
    return !raw.pendingWorkflowTask && (raw.pendingActivities ?? []).length === 0;
  });

/** The golden lead of golden.test.ts. */
async function golden(world: World): Promise<Story> {
  const story = await captured(world);
  await quiet(story);
  await story.qualify();
  const lines = Array.from({ length: PRODUCTS }, (_, i) => ({ sku: sku(i + 1), quantity: '2' }));
  await quiet(story);
  const quote = await story.submit({ lines, discountBps: 1_500 });
  await quiet(story);
  await story.approve('boss');
  await quiet(story);
  await story.accept(quote);
  await quiet(story);
  await story.deliver();
  const invoice = await story.invoiced();
  await quiet(story);
  await story.pay(invoice);
  await story.ended();
  return story;
}

test('the golden lead, encrypted, costs the same eight transitions and more bytes', () =>
  inWorld([FIRST_KEY], async (world) => {
    const story = await golden(world);
    expect(await story.lead()).toMatchObject({ outcome: 'won' });
    const described = await story.handle.describe();
    const history = await historyOf(story);
    const payloads = payloadsOf(history);
    const largest = Math.max(...payloads.map(({ text }) => Buffer.byteLength(text)));
    const bytes = described.historySize ?? Number.NaN;
    console.info(`encrypted: ${described.historyLength} events, ${bytes} bytes, largest text ${largest}`);
    expect(Number(described.raw.workflowExecutionInfo?.stateTransitionCount)).toBe(8);
    expect(described.historyLength).toBeLessThanOrEqual(80);
    expect(bytes).toBeLessThanOrEqual(18 * 1024);
    await replayAndKeep(story, 'encrypted-golden');

    // Of search attributes the engine makes an index, and its own markers are not ours: all else is encrypted.
    const known = [story.leadId, 'person_rep', 'qualified', 'msg_'];
    const ours = payloads.filter(({ path }) => !/searchAttributes|\/details\/(data|type)/.test(path));
    expect(ours.length).toBeGreaterThan(15);
    expect(ours.filter(({ text }) => known.some((word) => text.includes(word)))).toEqual([]);
    const open = JSON.stringify(await decrypted(history, [FIRST_KEY]));
    expect(open).not.toContain(ENCRYPTED);
    const texts = payloadsOf(await decrypted(history, [FIRST_KEY])).map(({ text }) => text);
    expect(texts.some((text) => text.includes(story.leadId))).toBe(true);
    const canaries = [...CUSTOMER_CANARIES, ...COMPANY_CANARIES];
    expect(canaries.filter((word) => texts.some((text) => text.toLowerCase().includes(word)))).toEqual([]);
    expect(await brokenRules(world)).toEqual([]);
  }));

/** The keys a history needs, by what stands in it. */
const keysIn = (text: string): string[] =>
  [FIRST_KEY, NEXT_KEY].map(({ id }) => id).filter((id) => text.includes(Buffer.from(id).toString('base64')));

test('a lead goes on while encryption is switched on, its key is changed, and it is switched off again', () =>
  // The API has the keys and writes plainly all the time, as before the first is used.
  inWorld([{ ...FIRST_KEY, readsOnly: true }, NEXT_KEY], async (world) => {
    const story = await captured(world, 'unseen');
    const workAs = async (...payloadKeys: PayloadKey[]) => {
      await world.stopWorker();
      await world.startWorker({ payloadKeys });
    };
    await story.waitsFor('qualification');
    await workAs(FIRST_KEY);
    await story.qualify();
    await workAs(NEXT_KEY, FIRST_KEY);
    const quote = await story.submit();
    await story.accept(quote);
    await workAs({ ...NEXT_KEY, readsOnly: true }, FIRST_KEY);
    await story.deliver();
    await story.pay(await story.invoiced());
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'won' });
    expect(await brokenRules(world)).toEqual([]);
    await replayAndKeep(story, 'encrypted-in-part');

    const history = await historyOf(story);
    expect(keysIn(historyToJSON(history))).toEqual(['test-1', 'test-2']);
    await replay(history, story.workflowId, [NEXT_KEY, FIRST_KEY]);
    await expect(replay(history, story.workflowId, [NEXT_KEY])).rejects.toThrow();
  }));

test.each([
  ['no key', [], 'encrypted with the key "test-1"; L2C_PAYLOAD_KEYS is not set in this process'],
  ['another key', [NEXT_KEY], 'encrypted with the key "test-1"; L2C_PAYLOAD_KEYS has test-2'],
])(
  'with %s its task fails with a sentence that names the one it needs; with that the lead goes on',
  (_with, payloadKeys, sentence) =>
    inWorld([FIRST_KEY], async (world) => {
      const story = await captured(world);
      await story.qualify();
      const quote = await story.draft();
      await world.stopWorker();
      await world.startWorker({ payloadKeys });
      await tellLook(world.engine, story.workflowId, 5_000);
      await until('the task has failed', async () =>
        (await failures(story)).some((text) => text.includes(sentence)),
      );
      const before = await story.steps();
      const messageId = newId('msg');
      const since = performance.now();
      const answer = await story.decide('submitQuote', 'rep', quote, messageId);
      expect([answer, Math.ceil((performance.now() - since) / 1_000) <= 10]).toEqual([null, true]);
      expect(await story.steps()).toEqual(before);

      await world.stopWorker();
      await world.startWorker();
      await until('the decision is answered', async () => {
        const [message] = await story.rows<{ result: string | null }>(
          `select answer ->> 'result' as result from messages
          where lead_id = $1 and id = $2 and told_at is not null`,
          messageId,
        );
        return message?.result === 'applied';
      });
      await story.reaches('offered');
      expect(await brokenRules(world)).toEqual([]);
    }),
);

/** What the history says of the tasks that failed. */
async function failures(story: Story): Promise<string[]> {
  const { events } = await historyOf(story);
  return (events ?? []).flatMap(
    ({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [],
  );
}
