// Tracing that is off costs nothing: its library is not even read.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const PROGRAM = `
  import { createRequire } from 'node:module';
  const { cache } = createRequire(import.meta.url);
  const read = () => Object.keys(cache).filter((file) => /@opentelemetry.(sdk|core|exporter|otlp|context|res)/.test(file)).length;
  await import('./dist/api/open.js');
  await import('./dist/worker/open.js');
  await import('./dist/cli/serve.js');
  const { startTracing } = await import('./dist/observe/tracing.js');
  const off = await startTracing(undefined, 'l2c');
  const before = read();
  const on = await startTracing({ url: 'http://127.0.0.1:1/v1/traces', percent: 100 }, 'l2c');
  console.log(JSON.stringify({ off: off === undefined, before, after: read() }));
  await on.stop();
  process.exit(0);`;

test('API, worker and a whole start read nothing of it until a collector is set', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROGRAM]);
  const said = JSON.parse(stdout) as { off: boolean; before: number; after: number };
  expect(said).toMatchObject({ off: true, before: 0 });
  expect(said.after).toBeGreaterThan(10);
});
