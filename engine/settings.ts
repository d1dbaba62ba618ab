import type { ConnectionOptions } from '@temporalio/client';
import type { EngineTuning } from './temporal.js';

/** What a step of starting is about; `supervisor` reports what happens to the children afterwards. */
export type StackStep =
  | 'state'
  | 'leftovers'
  | 'postgres'
  | 'roles'
  | 'temporal-cli'
  | 'temporal'
  | 'real-server'
  | 'schema'
  | 'namespace'
  | 'supervisor'
  | 'stop';

/**
 * One line of progress. `begin` opens a step, `done` closes it; `warning` goes on; `failed` precedes the error
 * that `startStack` throws, and its detail tells the way out. `ms` counts from the step's `begin`.
 */
export interface StackEvent {
  step: StackStep;
  status: 'begin' | 'done' | 'warning' | 'failed';
  ms: number;
  detail: string;
}

export type OnStackEvent = (event: StackEvent) => void;

/** Ports on 127.0.0.1; what is left out is chosen among the free ones and remembered in the state folder. */
export interface StackPorts {
  postgres?: number;
  temporal?: number;
  temporalUi?: number;
}

/** Where programs of this machine are looked for; `machineSettings` fills it from an environment. */
export interface MachineSettings {
  /** Path of a Temporal CLI that is used instead of every other one. */
  temporalCli?: string;
  /** Path of a time-skipping test server that is used instead of every other one. */
  testServer?: string;
  /** The value of PATH; without it nothing is looked for there. */
  searchPath?: string;
  /** Folder for downloaded programs, shared by the checkouts of one user. */
  cacheDir?: string;
}

export interface StackSettings extends MachineSettings {
  /** Folder for data, logs, generated passwords, ports and ownership. Created when missing. */
  stateDir: string;
  /** Owner's address of an existing database; without it one is started. */
  databaseUrl?: string;
  /** The application's address of that database; without it the role `l2c_app` is created. */
  appDatabaseUrl?: string;
  /** Address of an existing Temporal server; without it a dev server is started. */
  temporalAddress?: string;
  /** TLS, API key and metadata for that server (see `@temporalio/envconfig`); its address wins over none. */
  temporalConnection?: ConnectionOptions;
  /** Temporal namespace, `default` when left out. */
  namespace?: string;
  ports?: StackPorts;
  /** True for what needs the database only: no engine is started or asked, and its address is empty. */
  withoutEngine?: boolean;
  /** False for tests only: Postgres without fsync, Temporal in memory, no UI. Default true. */
  durable?: boolean;
  /** Longest rounding of engine timers in milliseconds; the server's own is 1,000. Tests and the demo: 20. */
  timerMaxShiftMs?: number;
  /** Other settings of the dev server than ours; the bench asks with it what each of ours is worth. */
  engineTuning?: EngineTuning;
  onEvent?: OnStackEvent;
}

/** A running stack. The addresses stay the same when the supervisor restarts a child. */
export interface Stack {
  /** Address of the database for the role that owns and migrates it. */
  databaseUrl: string;
  /** Address of the same database for the role the application runs as. */
  appDatabaseUrl: string;
  temporalAddress: string;
  temporalConnection: ConnectionOptions;
  namespace: string;
  /** Address of the Temporal UI, when this stack started one. */
  uiUrl?: string;
  /** Processes this stack started and that live now; what is external is not among them. */
  readonly pids: { postgres?: number; temporal?: number; reaper?: number };
  /** Stops what this stack started and waits until it is gone. May be called twice. */
  stop(): Promise<void>;
}

/** A step of starting that cannot go on; `message` says what was tried and what the user can do. */
export class StackError extends Error {
  override readonly name = 'StackError';

  constructor(
    readonly step: StackStep,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Reads what the engine needs to know of a machine from its environment variables. */
export function machineSettings(env: Readonly<Record<string, string | undefined>>): MachineSettings {
  const cacheDir = env.L2C_CACHE_DIR ?? (env.XDG_CACHE_HOME ? `${env.XDG_CACHE_HOME}/l2c` : undefined);
  return {
    ...(env.L2C_TEMPORAL_CLI ? { temporalCli: env.L2C_TEMPORAL_CLI } : {}),
    ...(env.L2C_TEMPORAL_TEST_SERVER ? { testServer: env.L2C_TEMPORAL_TEST_SERVER } : {}),
    ...(env.PATH ? { searchPath: env.PATH } : {}),
    ...(cacheDir ? { cacheDir } : {}),
  };
}
