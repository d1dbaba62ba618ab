// From the settings to what the engine room takes: addresses, ports, programs of this machine.
import { resolve } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Config } from '../config.js';
import { environment } from '../config.js';
import { machineSettings, type StackSettings } from '../engine/stack.js';

/** What `startStack` takes, out of the settings and the engine's own variables (TLS, API key, profile). */
export function stackSettings(config: Config): StackSettings {
  const { ownerUrl, appUrl } = config.database;
  const { address, namespace, cliPath } = config.temporal;
  const { postgres, temporal, temporalUi } = config.ports;
  const env = environment();
  return {
    ...machineSettings(env),
    ...(cliPath !== undefined && { temporalCli: cliPath }),
    stateDir: resolve(config.stateDir),
    namespace,
    ...(ownerUrl !== undefined && { databaseUrl: ownerUrl }),
    ...(appUrl !== undefined && { appDatabaseUrl: appUrl }),
    ...(address !== undefined && { temporalAddress: address, temporalConnection: engineConnection(env) }),
    ports: {
      ...(postgres !== undefined && { postgres }),
      ...(temporal !== undefined && { temporal }),
      ...(temporalUi !== undefined && { temporalUi }),
    },
  };
}

/** How an external engine is reached: address, TLS, API key and metadata of TEMPORAL_… and its profile. */
export function engineConnection(env: Readonly<Record<string, string | undefined>>): ConnectionOptions {
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { connectionOptions } = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(given) });
  return connectionOptions as ConnectionOptions;
}
