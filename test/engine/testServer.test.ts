import { expect, test } from '@jest/globals';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { identify } from '../../engine/processes.js';
import { openTimeSkipping } from '../support/timeSkipping.js';

test('weeks pass at once on the time-skipping server, and closing it leaves no process', async () => {
  const { env, pid, close } = await openTimeSkipping();
  const startWith = (attribute: string) => {
    const key = defineSearchAttributeKey(attribute, SearchAttributeType.KEYWORD);
    return env.client.workflow.start('leadToCash', {
      taskQueue: 'nobody',
      workflowId: `lead/${attribute}`,
      typedSearchAttributes: [{ key, value: 'new' }],
    });
  };
  try {
    const before = await env.currentTimeMs();
    await env.sleep('31 days');
    expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(31 * 86_400_000);
    await expect(startWith('Stage')).resolves.toBeDefined();
    await expect(startWith('Unregistered')).rejects.toThrow();
  } finally {
    await close();
  }
  expect(identify(pid)).toBeUndefined();
});
