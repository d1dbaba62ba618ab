import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SEARCH_ATTRIBUTES } from '../../engine/temporal.js';
import { startTestServer } from '../../engine/testServer.js';

// `createFromExistingServer` switches time skipping off and `createTimeSkipping` takes no address.
type Create = (options: {
  server: { type: 'existing' };
  address: string;
  namespace: string;
  supportsTimeSkipping: true;
}) => Promise<TestWorkflowEnvironment>;

/** A test environment whose clock jumps over waits, and the one way to end it. */
export interface TimeSkipping {
  env: TestWorkflowEnvironment;
  /** Process of its server. */
  pid: number;
  close(): Promise<void>;
}

/** Starts a time-skipping server of its own, with the search attributes of the workflows. One per test file. */
export async function openTimeSkipping(): Promise<TimeSkipping> {
  const { L2C_TEST_TIME_SKIPPING_BIN: program, L2C_TEST_LOG_DIR: logs } = process.env;
  if (!program || !logs)
    throw new Error('L2C_TEST_TIME_SKIPPING_BIN is not set: run without L2C_TEST_NO_STACK');
  const server = await startTestServer(program, join(logs, `time-skipping-${process.pid}.log`));
  try {
    const { create } = TestWorkflowEnvironment as unknown as { create: Create };
    const env = await create.call(TestWorkflowEnvironment, {
      server: { type: 'existing' },
      address: server.address,
      namespace: 'default',
      supportsTimeSkipping: true,
    });
    const keyword = temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
    await env.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, keyword])),
    });
    const close = async () => {
      // Teardown closes the connection and leaves the server, which is ours to stop.
      await env.teardown();
      await server.stop();
    };
    return { env, pid: server.pid, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
