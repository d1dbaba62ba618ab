// Bundles workflows in a process that ends: webpack would stay in the memory of whoever runs it.
import { writeFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { answerParent } from './answer.js';

/** Writes the bundle of the workflows in a module and answers its size in bytes without its source map. */
async function bundle({ module, target }: { module: string; target: string }): Promise<number> {
  const { code } = await bundleWorkflowCode({ workflowsPath: module, logger: new DefaultLogger('WARN') });
  writeFileSync(target, code);
  return withoutSourceMap(code);
}

function withoutSourceMap(code: string): number {
  return Buffer.byteLength(code.replace(/\n?\/\/# sourceMappingURL=data:[^\n]*\s*$/, ''));
}

answerParent({ bundle, close: () => undefined });
