// Bundles the workflows ahead of time: a worker that starts reads one file. Run as `node bundle.js <target>`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const target = process.argv[2];
if (!target) throw new Error('usage: node bundle.js <target file>');
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.js', import.meta.url)),
  workflowInterceptorModules: [fileURLToPath(new URL('../workflows/tracing.js', import.meta.url))],
  logger: new DefaultLogger('WARN'),
  // Every open lead evaluates the bundle for itself: our modules as one scope spare it a namespace object and a
  // getter per export of each.
  webpackConfigHook: (config) => ({
    ...config,
    optimization: {
      ...config.optimization,
      concatenateModules: true,
      providedExports: true,
      usedExports: true,
      sideEffects: true,
    },
  }),
});
writeFileSync(target, code);
