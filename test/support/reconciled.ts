// `l2c reconcile` on a world, as a person types it.
import { openLeadEngine } from '../../cli/leadEngine.js';
import { type ReconcileReport, reconcile } from '../../cli/reconcile.js';
import type { World } from './world.js';

export async function reconciled(
  { address, engine, database }: World,
  options: { readonly dryRun?: boolean; readonly adopt?: readonly string[] } = {},
): Promise<ReconcileReport> {
  const { taskQueue } = engine;
  const leadEngine = openLeadEngine({
    connection: { address },
    namespace: 'default',
    taskQueue,
    payloadKeys: [],
  });
  try {
    return await reconcile({ db: database.owner, engine: leadEngine, ...options });
  } finally {
    await leadEngine.close();
  }
}
