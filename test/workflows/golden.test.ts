// What one lead costs and leaves behind, from capture to commission paid, on the dev server: counts, never
// milliseconds. The numbers are what is promised (docs/proof.md, Speed).
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Counted, counting } from '../scenarios/protocol/counting.js';
import { COMPANY_CANARIES, PRODUCTS, sku } from '../support/company.js';
import { type History, historyOf, payloadsOf, replayAndKeep } from '../support/histories.js';
import { CUSTOMER_CANARIES, captured, type Story } from '../support/story.js';
import { brokenRules, ledgerSums } from '../support/told.js';
import { openWorld, until, type World } from '../support/world.js';

const counted: Counted = { statements: [], commits: 0 };
const clicks: Record<string, { statements: number; commits: number }> = {};
let world: World;
let story: Story;
let history: History;
let described: Awaited<ReturnType<Story['handle']['describe']>>;

/** No workflow task and no activity under way: what is told now begins a task of its own. */
const nothingPending = (): Promise<boolean> =>
  until('nothing is pending', async () => {
    const { raw } = await story.handle.describe();
    return !raw.pendingWorkflowTask && (raw.pendingActivities ?? []).length === 0;
  });

async function click(name: string, decide: () => Promise<unknown>): Promise<void> {
  await nothingPending();
  counted.statements.length = 0;
  counted.commits = 0;
  await decide();
  clicks[name] = { statements: counted.statements.length, commits: counted.commits };
}

beforeAll(async () => {
  world = await openWorld({ countedBy: (db) => counting(db, counted) });
  story = await captured(world);
  await click('qualifyLead', () => story.qualify());
  const lines = Array.from({ length: PRODUCTS }, (_, i) => ({ sku: sku(i + 1), quantity: '2' }));
  const quote = await story.draft({ lines, discountBps: 1_500 });
  await click('submitQuote', () => story.decided('submitQuote', 'rep', quote));
  const approval = await story.openApproval();
  await click('decideApproval', () =>
    story.decided('decideApproval', 'boss', { ...approval, decision: 'approve' }),
  );
  await click('acceptQuote', () => story.accept(quote));
  await nothingPending();
  await story.deliver();
  const invoice = await story.invoiced();
  await nothingPending();
  await story.pay(invoice);
  await story.ended();
  described = await story.handle.describe();
  history = await historyOf(story);
});
afterAll(() => world?.close());

test('the golden lead is won, its commission paid to two, its books are right', async () => {
  expect(await story.lead()).toMatchObject({ stage: 'closed', outcome: 'won' });
  expect(await story.waits()).toEqual([]);
  const paid = await story.rows(
    `select payee_id from payout_lines l join payouts p on p.id = l.payout_id where p.lead_id = $1`,
  );
  expect(paid).toHaveLength(2);
  expect(await ledgerSums(story)).toEqual([]);
  expect(await brokenRules(world)).toEqual([]);
  await replayAndKeep(story, 'golden');
});

test('it costs eight state transitions', () => {
  const transitions = Number(described.raw.workflowExecutionInfo?.stateTransitionCount);
  console.info(`state transitions: ${transitions}`);
  expect(transitions).toBe(8);
});

test('the step that scores it brings its state: nothing else is read when it begins', () => {
  const steps = (history.events ?? []).flatMap(({ markerRecordedEventAttributes: marker }) => {
    const data = Buffer.from(marker?.details?.data?.payloads?.[0]?.data ?? []).toString('utf8');
    return /"activity_type":"(\w+)"/.exec(data)?.[1] ?? [];
  });
  expect(steps.slice(0, 2)).toEqual(['scoreLead', 'qualifyLead']);
  expect(steps).not.toContain('loadLead');
});

test('delivery and payment are taken in at once: none of them waits as a signal', () => {
  const events = history.events ?? [];
  expect(events.filter((event) => event.workflowExecutionSignaledEventAttributes)).toEqual([]);
  expect(events.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toHaveLength(6);
});

test('its history stays below 80 events, 14 KiB and 512 bytes a payload', () => {
  const events = described.historyLength;
  const bytes = described.historySize ?? Number.NaN;
  const payloads = payloadsOf(history).sort((a, b) => b.text.length - a.text.length);
  const largest = payloads[0]?.text.length ?? Number.NaN;
  console.info(`events: ${events}, bytes: ${bytes}, largest payload: ${largest} at ${payloads[0]?.path}`);
  expect(events).toBeLessThanOrEqual(80);
  expect(bytes).toBeLessThanOrEqual(14 * 1024);
  expect(largest).toBeLessThanOrEqual(512);
});

test('nothing that belongs to a person is found in history, ids or search attributes', () => {
  const texts = [
    ...payloadsOf(history).map(({ text }) => text),
    JSON.stringify(history),
    JSON.stringify(described.searchAttributes),
    story.workflowId,
  ];
  const canaries = [...CUSTOMER_CANARIES, ...COMPANY_CANARIES];
  const found = texts.flatMap((text) => canaries.filter((canary) => text.toLowerCase().includes(canary)));
  expect(found).toEqual([]);
  // The same search finds what is there: ids of the lead and its owner.
  expect(texts.some((text) => text.includes(story.leadId))).toBe(true);
  expect(texts.some((text) => text.includes('person_rep'))).toBe(true);
});

test('a click is at most eight statements and two commits', () => {
  console.info(clicks);
  for (const { statements, commits } of Object.values(clicks)) {
    expect(statements).toBeLessThanOrEqual(8);
    expect(commits).toBeLessThanOrEqual(2);
  }
});
