// Bundles a workflow that does nothing, in a process of its own: webpack does not run inside Jest.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('./empty.mjs', import.meta.url)),
  logger: new DefaultLogger('ERROR'),
});
writeFileSync(process.argv[2], code);
