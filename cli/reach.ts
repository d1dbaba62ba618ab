// How a command gets to database and engine: those of the start that runs, else its own for as long as it takes.
import type { ConnectionOptions } from '@temporalio/client';
import { type Config, engineConnection } from '../config.js';
import { databaseUrl } from '../engine/postgres.js';
import { APP, DATABASE, derivedAppPassword, ensureAppRole, masked, OWNER } from '../engine/roles.js';
import { type StackEvent, startStack } from '../engine/stack.js';
import { StateFolder } from '../engine/stateFolder.js';
import { stackSettings, USUAL_PORT } from './machine.js';

export interface Reached {
  /** `attached`: somebody else's start runs; `started`: what was not external is ours until `close`. */
  readonly how: 'attached' | 'started';
  /** For the role that owns the database. */
  readonly databaseUrl: string;
  readonly appDatabaseUrl: string;
  /** Undefined where the command asked for none, or the running start has none. */
  readonly engine?: { readonly connection: ConnectionOptions; readonly namespace: string };
  close(): Promise<void>;
}

export interface ReachOptions {
  readonly config: Config;
  /** Is the engine needed as well? */
  readonly engine: boolean;
  readonly onEvent?: (event: StackEvent) => void;
}

/** Attaches to the start that runs in this state folder, or starts what is missing. Throws StackError. */
export async function reach({ config, engine, onEvent }: ReachOptions): Promise<Reached> {
  const attached = await attachedTo(config);
  if (attached !== undefined) return attached;
  const stack = await startStack({
    ...stackSettings(config),
    withoutEngine: !engine,
    ...(onEvent && { onEvent }),
  });
  const { namespace, temporalConnection: connection } = stack;
  return {
    how: 'started',
    databaseUrl: stack.databaseUrl,
    appDatabaseUrl: stack.appDatabaseUrl,
    ...(engine && { engine: { connection, namespace } }),
    close: () => stack.stop(),
  };
}

/** The addresses of the start that runs in this state folder; undefined when none does. */
export async function attachedTo(config: Config): Promise<Reached | undefined> {
  const folder = new StateFolder(config.stateDir);
  if ((await folder.ownership()) === undefined) return undefined;
  const [secrets, ports] = [await folder.secrets(), await folder.ports()];
  const at = (user: string, password: string): string | undefined =>
    ports.postgres === undefined
      ? undefined
      : databaseUrl({ user, password, port: ports.postgres, database: DATABASE });
  const owner = config.database.ownerUrl ?? at(OWNER, secrets.ownerPassword);
  const app = config.database.appUrl ?? (await derivedAppUrl(config, folder)) ?? at(APP, secrets.appPassword);
  if (owner === undefined || app === undefined) return undefined; // It is only just starting.
  const { address, namespace } = config.temporal;
  const embedded = ports.temporal === undefined ? undefined : { address: `127.0.0.1:${ports.temporal}` };
  const connection = address === undefined ? embedded : engineConnection();
  return {
    how: 'attached',
    databaseUrl: owner,
    appDatabaseUrl: app,
    ...(connection && { engine: { connection, namespace } }),
    close: () => Promise.resolve(),
  };
}

/** Address of the API: of the product that runs in this state folder, else of the settings. */
export async function runningApi(config: Config): Promise<string> {
  const folder = new StateFolder(config.stateDir);
  const running = (await folder.ownership()) === undefined ? undefined : (await folder.ports()).api;
  return `http://127.0.0.1:${running ?? (config.ports.api || USUAL_PORT)}`;
}

/** The application's address of an external database, as the start that runs has made it. */
async function derivedAppUrl(
  { database: { ownerUrl } }: Config,
  folder: StateFolder,
): Promise<string | undefined> {
  if (ownerUrl === undefined) return undefined;
  const { appPassword } = await folder.secrets();
  const derived = derivedAppPassword(ownerUrl, appPassword);
  const password = await folder.appPasswordOf(masked(ownerUrl), derived);
  return ensureAppRole(ownerUrl, password);
}
