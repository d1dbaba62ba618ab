// The size of what every worker thread loads: our workflows against one that does nothing.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rig } from '../rig.js';

export interface Bundles {
  readonly bytes: number;
  readonly emptyBytes: number;
  /** File of K1's workflow. */
  readonly plain: string;
}

/** Makes the bundles the bench needs, all by the same bundler with the same settings. */
export async function bundles(rig: Rig): Promise<Bundles> {
  const child = rig.child({ module: 'children/bundles' });
  const make = (module: string, name: string): Promise<number> =>
    child.ask('bundle', {
      module: fileURLToPath(new URL(module, import.meta.url)),
      target: join(rig.stateDir, `${name}.js`),
    });
  const bytes = await make('../../workflows/index.js', 'product-bundle');
  const emptyBytes = await make('../controls/emptyWorkflow.js', 'empty-bundle');
  await make('../controls/plainLead.js', 'plain-bundle');
  await child.stop();
  return { bytes, emptyBytes, plain: join(rig.stateDir, 'plain-bundle.js') };
}
