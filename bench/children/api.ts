// The product's API in a process of its own.

import { openEngineClient } from '../../activities/intake/engineClient.js';
import { type OpenApi, openApi } from '../../api/open.js';
import { openLog } from '../../cli/log.js';
import { answerParent } from './answer.js';
import { benchConfig, type PartSettings } from './settings.js';
import { startCounting, startHearing, stopCounting, stopHearing, wrapQueries } from './statements.js';
import { varyPools, varyStarts } from './vary.js';

let api: OpenApi | undefined;
let close: () => Promise<void> = async () => undefined;

async function open(settings: PartSettings): Promise<string> {
  const { appUrl, engineAddress, namespace, durable, port = 0, variant } = settings;
  const config = benchConfig(settings);
  varyPools(variant);
  const client = openEngineClient({ address: engineAddress }, namespace, config.payloadKeys);
  varyStarts(variant);
  const engine = { ...client, taskQueue: config.temporal.taskQueue };
  const { log } = openLog(config);
  const parts = { config, log, durable, appDatabaseUrl: appUrl, engine, probeEngine: client.probe, port };
  api = await openApi(parts);
  close = async () => {
    await api?.stop();
    await client.close();
  };
  return api.url;
}

wrapQueries();
answerParent({ open, startCounting, stopCounting, startHearing, stopHearing, close: () => close() });
