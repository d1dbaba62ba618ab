// The settings that are not the defaults of engine and SDK, each with what takes its place when it is taken away.
import { fileURLToPath } from 'node:url';
import type { EngineTuning } from '../../engine/temporal.js';
import { OUR_TUNING, TUNING } from '../../engine/temporal.js';
import type { PartVariant } from '../children/settings.js';

const ofBuild = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const WORKFLOWS = ofBuild('workflows/index.js');
const TRACING = ofBuild('workflows/tracing.js');

export interface Variant {
  /** The setting that is missing in it, as a person names it. */
  readonly name: string;
  /** What stands there instead. */
  readonly instead: string;
  readonly engine?: EngineTuning;
  readonly parts?: PartVariant;
  /** True: what it is for shows when a worker is killed, so that is measured as well. */
  readonly recovers?: boolean;
}

const withoutKey = (one: string): Variant => ({
  name: one,
  instead: "the engine's default",
  engine: { ...OUR_TUNING, dynamic: TUNING.filter((other) => other !== one) },
});

const worker = (name: string, instead: string, options: PartVariant['worker']): Variant => ({
  name,
  instead,
  parts: { worker: options ?? {} },
});

const VARIANTS: readonly Variant[] = [
  ...TUNING.map(withoutKey),
  {
    name: 'SQLite journal_mode=wal, synchronous=full',
    instead: "the CLI's default",
    engine: { ...OUR_TUNING, pragmas: [] },
  },
  {
    name: 'no stacks in workflow threads',
    instead: 'L2C_STACK_TRACES=on',
    parts: { env: { L2C_STACK_TRACES: 'on' } },
  },
  worker('no compression on the loopback', 'gzip', { grpcCompression: { codec: 'gzip' } }),
  worker('fixed pollers', 'autoscaling', {
    workflowTaskPollerBehavior: { type: 'autoscaling' },
    activityTaskPollerBehavior: { type: 'autoscaling' },
  }),
  {
    ...worker('stickyQueueScheduleToStartTimeout=1s', '10 s', { stickyQueueScheduleToStartTimeout: '10s' }),
    recovers: true,
  },
  {
    name: 'workflowTaskTimeout=5s',
    instead: '10 s',
    parts: { workflowTaskTimeout: '10s' },
    recovers: true,
  },
  {
    ...worker('workflows bundled by the build', 'by the worker when it starts, as the SDK does', {
      workflowBundle: undefined,
      workflowsPath: WORKFLOWS,
      interceptors: { workflowModules: [TRACING] },
    }),
    recovers: true,
  },
  {
    name: 'connections to Postgres kept for 10 min',
    instead: '10 s',
    parts: { pool: { idleTimeoutMillis: 10_000 } },
  },
  {
    name: 'statements planned once',
    instead: 'five times anew',
    parts: { pool: { without: 'plan_cache_mode' } },
  },
  { name: 'rows found by index', instead: 'by the statistics', parts: { pool: { without: 'enable_' } } },
];

export const nameOf = ({ name }: Variant): string => name;

/** The settings with `wanted` in their names; all of them where it is empty. */
export const variantsOf = (wanted: string): readonly Variant[] =>
  VARIANTS.filter(({ name }) => name.includes(wanted));
