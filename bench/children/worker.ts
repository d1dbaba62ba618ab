// The product's worker in a process of its own, with a way to ask how much memory its leads take.

import { openEngineClient } from '../../activities/intake/engineClient.js';
import { openLog } from '../../cli/log.js';
import { openWorker } from '../../worker/open.js';
import { answerParent } from './answer.js';
import { heapInUse } from './heap.js';
import { benchConfig, type PartSettings } from './settings.js';
import { startCounting, startHearing, stopCounting, stopHearing, wrapQueries } from './statements.js';
import { varyPools, varyStarts, varyWorker } from './vary.js';

let close: () => Promise<void> = async () => undefined;

/** Answers where its metrics are read, where it has a page of them. */
async function open(settings: PartSettings): Promise<string | undefined> {
  const { appUrl, engineAddress, namespace, durable, variant } = settings;
  const config = benchConfig(settings);
  varyPools(variant);
  varyWorker(variant);
  const client = openEngineClient({ address: engineAddress }, namespace, config.payloadKeys);
  varyStarts(variant);
  const engine = { ...client, taskQueue: config.temporal.taskQueue };
  const { log } = openLog(config);
  const connection = { address: engineAddress };
  const parts = { config, log, durable, appDatabaseUrl: appUrl, engine, connection, graceMs: 1_500 };
  const worker = await openWorker(parts);
  worker.ended.catch((err: unknown) => log.error({ err }, 'the worker broke'));
  close = async () => {
    await worker.stop();
    await client.close();
  };
  return worker.metricsUrl;
}

wrapQueries();
answerParent({
  open,
  startCounting,
  stopCounting,
  startHearing,
  stopHearing,
  heapInUse,
  close: () => close(),
});
