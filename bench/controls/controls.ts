// Opens both controls beside the product, each on a database of its own that began as a copy of the
// product's. What is in whose favour:
//
// In the favour of both controls: nobody signs in, no body is checked against a schema, no right is asked for; nothing is
// computed, since what is written and answered was recorded; no message is claimed, marked, told again or swept; no metric
// is kept.
//
// Of K0 besides: all tables of a transaction are one prepared statement, next to nothing is read, nothing outlives a
// crash, and all of it is one process.
//
// Of K1 besides: its pools are as large as the product's, and keep their connections as long. All rows of a table go out
// in one prepared `insert … values` or `update … set`. What it reads is read by prepared selects, by key, and only what it
// would find something in; people, products and policies it never reads at all. A decision is told done by NOTIFY. On a
// given engine K1 has the tuning that engine was given for the product.
//
// Even between product and K1: leads and users, rows and constraints, locks, polls of users, processes, the Postgres. Each
// round has another order (measures/load.ts), because what Postgres does in the background is paid by who runs then.
//
// Against K1: what the product decided otherwise, which is what is compared. Signals and normal activities; the SDK's
// settings of a worker; the CLI's of a dev server; sessions of Postgres as it opens them; a select for each table a step
// looks at, where the product asks for all of it in one statement; a trip for begin, for each select, each table written,
// NOTIFY and commit.
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
        ...engine.pids,
        postgres: rig.serverPids().postgres,
      }),
    },
  };
}
