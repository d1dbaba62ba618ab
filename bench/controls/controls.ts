// Opens both controls beside the product, each on a database of its own that began as a copy of the
// product's.
import { benchConfig } from '../children/settings.js';
import { crewAt } from '../golden.js';
import type { Database, Rig, System } from '../rig.js';
import { planOf } from './plan.js';
import type { Recording } from './recording.js';

/** Opens K0 and K1 as systems to measure. `bundle` is the file of K1's workflow. */
export async function openControls(
  rig: Rig,
  recording: Recording,
  [forK0, forK1]: readonly [Database, Database],
  bundle: string,
): Promise<{ readonly k0: System; readonly k1: System }> {
  const plan = planOf(recording);
  const { pools } = benchConfig({ stateDir: rig.stateDir });
  const engine = await rig.openPlainEngine();
  const k0 = rig.child({ module: 'controls/k0' });
  const k0Url = await k0.ask<string>('open', { appUrl: forK0.appUrl, plan, pool: pools.api });
  const shared = { appUrl: forK1.appUrl, plan, engineAddress: engine.address, namespace: engine.namespace };
  const k1Worker = rig.child({ module: 'controls/k1Worker' });
  await k1Worker.ask('open', {
    ...shared,
    pool: pools.worker,
    bundle,
  });
  const k1Api = rig.child({ module: 'controls/k1Api' });
  const k1Url = await k1Api.ask<string>('open', { ...shared, pool: pools.api });
  return {
    k0: {
      name: 'K0',
      lead: () => rig.lead(crewAt(k0Url, rig.keys)),
      pids: () => ({ api: k0.pid, postgres: rig.serverPids().postgres }),
    },
    k1: {
      name: 'K1',
      lead: () => rig.lead(crewAt(k1Url, rig.keys)),
      pids: () => ({
        api: k1Api.pid,
        worker: k1Worker.pid,
        engine: engine.pid,
        postgres: rig.serverPids().postgres,
      }),
    },
  };
}
