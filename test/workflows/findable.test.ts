// By which leads operations find those that need a look: none while a deal is within its times, all of it from the
// moment somebody let a wait run out, kept true to the end.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PRODUCTS, sku } from '../support/company.js';
import type { Story } from '../support/story.js';
import { openTimeSkipping, type TimeSkipping } from '../support/timeSkipping.js';
import { told } from '../support/told.js';
import { until } from '../support/world.js';

let time: TimeSkipping;
beforeAll(async () => {
  time = await openTimeSkipping();
});
afterAll(() => time?.close());

async function attributes(story: Story): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await story.handle.describe();
  const ours = typedSearchAttributes.getAll().filter(({ key }) => /^[A-Z][a-z]+(For)?$/.test(key.name));
  return Object.fromEntries(ours.map(({ key, value }) => [key.name, value]));
}

const found = (story: Story, as: Record<string, unknown>): Promise<boolean> =>
  until(`it is found as ${JSON.stringify(as)}`, async () => {
    const seen = await attributes(story);
    return Object.entries(as).every(([name, value]) => seen[name] === value);
  });

test('a deal within its times is found by none', () =>
  told('found-by-none', { time }, async (story) => {
    await story.order();
    await story.deliver();
    await story.pay(await story.invoiced());
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'won' });
    expect(await attributes(story)).toEqual({});
  }));

test('a deal somebody keeps waiting is found by what it waits for, until it is closed', () =>
  told('found-late', { time }, async (story, world) => {
    await story.qualify();
    const lines = Array.from({ length: PRODUCTS }, (_, i) => ({ sku: sku(i + 1), quantity: '2' }));
    const quote = await story.submit({ lines, discountBps: 1_500 });
    expect(await attributes(story)).toEqual({});
    await world.pass(0.2);
    await until('the approver is reminded', async () => (await story.steps()).at(-1) === 'remindApprover');
    expect(await attributes(story)).toEqual({}); // A reminder comes in good time.
    await world.pass(1);
    await found(story, { Stage: 'approval', WaitsFor: 'approval', Owner: 'person_rep' });
    await story.approve('head');
    await found(story, { Stage: 'offered', WaitsFor: 'acceptance' });
    await story.accept(quote);
    await found(story, { Stage: 'ordered', WaitsFor: 'delivery' });
    await story.deliver();
    await story.pay(await story.invoiced());
    await story.ended();
    expect(await attributes(story)).toMatchObject({ Stage: 'closed', WaitsFor: 'nothing', Outcome: 'won' });
  }));
