// The way that goes well, in virtual time.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { captured } from '../support/story.js';
import { openTimeSkipping, type TimeSkipping } from '../support/timeSkipping.js';
import { openWorld } from '../support/world.js';

let time: TimeSkipping;
beforeAll(async () => {
  time = await openTimeSkipping();
});
afterAll(() => time?.close());

test('a lead that is quoted, delivered and paid is won and its commission paid', async () => {
  const world = await openWorld({ time });
  try {
    const story = await captured(world);
    await story.order();
    await story.deliver();
    const invoice = await story.invoiced();
    await world.pass(3);
    await story.pay(invoice);
    await story.reaches('closed');
    await story.ended();
    expect(await story.lead()).toMatchObject({ outcome: 'won' });
    console.log(await story.steps());
  } finally {
    await world.close();
  }
});
