// What the parent tells a child of the product, and the product's own settings in a bench.
import { type Config, readConfig } from '../../config.js';

export interface PartSettings {
  readonly stateDir: string;
  readonly appUrl: string;
  readonly engineAddress: string;
  readonly namespace: string;
  readonly durable: boolean;
  /** Port of the API; a free one where absent. */
  readonly port?: number;
  /** True: with the limit on requests a user gets, and with the worker's page of metrics. */
  readonly asShipped?: boolean;
  /** What is not as a user gets it. */
  readonly variant?: PartVariant;
}

export interface PartVariant {
  /** Added to the settings. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options the worker's library is given instead of ours; undefined: its own default. */
  readonly worker?: Readonly<Record<string, unknown>>;
  /** Of each connection to Postgres: how long one nobody uses is kept, and what of its session is left out. */
  readonly pool?: { readonly idleTimeoutMillis?: number; readonly without?: string };
  /** Time-out of a workflow task instead of ours, as the engine's own is. */
  readonly workflowTaskTimeout?: string;
}

/** Everything as a user gets it, except the limits that keep one key from driving a bench. */
export function benchConfig({
  stateDir,
  asShipped,
  variant,
}: Pick<PartSettings, 'stateDir' | 'asShipped' | 'variant'>): Config {
  return readConfig({
    L2C_STATE_DIR: stateDir,
    LOG_LEVEL: 'warn',
    ...(asShipped ? { L2C_METRICS_PORT: '0' } : { L2C_REQUESTS_PER_MINUTE: '10000000' }),
    ...variant?.env,
  });
}
