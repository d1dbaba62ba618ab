// From the settings to what the engine room takes: addresses, ports, programs of this machine.
import { resolve } from 'node:path';
import { type Config, ConfigError, engineConnection, environment } from '../config.js';
import { machineSettings, type StackSettings } from '../engine/stack.js';

/** Where the API listens when nobody asked for a port and it is free. */
export const USUAL_PORT = 3_000;

/** What `startStack` takes, out of the settings and the engine's own variables (TLS, API key, profile). */
export function stackSettings(config: Config): StackSettings {
  const { ownerUrl, appUrl } = config.database;
  const { address, namespace, cliPath } = config.temporal;
  const { postgres, temporal, temporalUi } = config.ports;
  if (appUrl !== undefined && ownerUrl === undefined) {
    throw new ConfigError([
      'L2C_APP_DATABASE_URL without DATABASE_URL: the owner has to migrate that database',
    ]);
  }
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
