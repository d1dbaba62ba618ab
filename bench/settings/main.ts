// `npm run bench -- --settings`: what each setting of engine and worker is worth. Two systems side by side, ours and
// ours without the setting, take golden leads in turn, A B B A; the medians of the ratios are shown.
import Table from 'cli-table3';
import { counts } from '../measures/counts.js';
import { load, median } from '../measures/load.js';
import { type Recovery, recovery } from '../measures/recovery.js';
import { Rig, type RigOptions, type System } from '../rig.js';
import { type Variant, variantsOf } from './variants.js';

export interface SettingsSize {
  readonly users: number;
  readonly leads: number;
  readonly warmUp: number;
  readonly rounds: number;
  readonly killed: number;
}

export interface SettingWorth {
  readonly setting: string;
  readonly instead: string;
  /** CPU of a lead with it by CPU without it: below 1 it saves. */
  readonly cpuRatio: number;
  /** Leads a second with it by those without it: above 1 it is quicker. */
  readonly speedRatio: number;
  /** State transitions of the leads, where they differ. */
  readonly transitions: readonly [withIt: number, without: number];
  /** From the kill of a worker to the last answered click, in ms. */
  readonly recovery?: readonly [withIt: number, without: number];
}

type Open = Omit<RigOptions, 'variant'>;

/** Measures every setting with `wanted` in its name. */
export async function settingsWorth(open: Open, size: SettingsSize, wanted: string): Promise<SettingWorth[]> {
  const variants = variantsOf(wanted);
  const ours = await Rig.open({ ...open, variant: { name: 'ours', instead: '' } });
  try {
    const found: SettingWorth[] = [];
    for (const [index, variant] of variants.entries()) {
      open.onProgress(`${index + 1} of ${variants.length}: ${variant.name}`);
      found.push(await worthOf(open, ours, variant, size));
    }
    return found;
  } finally {
    await ours.close();
  }
}

async function worthOf(open: Open, ours: Rig, variant: Variant, size: SettingsSize): Promise<SettingWorth> {
  const quiet: Open = { ...open, onProgress: () => undefined };
  const without = await Rig.open({ ...quiet, variant });
  try {
    return await orStopped(open.signal, compared(ours, without, variant, size));
  } finally {
    await without.close();
  }
}

async function compared(
  ours: Rig,
  without: Rig,
  { name, instead, recovers }: Variant,
  size: SettingsSize,
): Promise<SettingWorth> {
  const systems: System[] = [
    { ...ours.system, name: 'with' },
    { ...without.system, name: 'without' },
  ];
  const { rounds } = await load(systems, size);
  const ratio = (of: 'cpuMs' | 'leadsPerSecond'): number =>
    median(rounds.map((round) => (round.with?.[of] ?? Number.NaN) / (round.without?.[of] ?? Number.NaN)));
  const clicks = recovers && [
    mustBeWhole(await recovery(ours, size.killed)),
    mustBeWhole(await recovery(without, size.killed)),
  ];
  return {
    setting: name,
    instead,
    cpuRatio: ratio('cpuMs'),
    speedRatio: ratio('leadsPerSecond'),
    transitions: [await transitionsOf(ours), await transitionsOf(without)],
    ...(clicks && { recovery: clicks as [number, number] }),
  };
}

/** Gives up as soon as the bench is stopped, so that both systems are closed in order. */
const orStopped = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
  ]);

/** Of a golden lead with four mails: what the engine does by itself shows there. */
const transitionsOf = async (rig: Rig): Promise<number> => (await counts(rig, 1)).on[0]?.transitions ?? 0;

function mustBeWhole({ lost, twice, lastMs }: Recovery): number {
  if (lost + twice > 0) throw new Error(`${lost} clicks were lost and ${twice} done twice`);
  return lastMs;
}

/** The settings as a table: what saves, what does not. */
export function settingsTable(found: readonly SettingWorth[]): string {
  const table = new Table({
    head: [
      'setting',
      'instead',
      'CPU with ÷ without',
      'leads/s with ÷ without',
      'transitions',
      'last click, s',
    ],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const one of found) {
    const { setting, instead, cpuRatio, speedRatio, transitions, recovery: clicks } = one;
    table.push([
      setting,
      instead,
      `${cpuRatio.toFixed(2)} ×`,
      `${speedRatio.toFixed(2)} ×`,
      transitions.join(' : '),
      clicks ? clicks.map((ms) => (ms / 1000).toFixed(1)).join(' : ') : '',
    ]);
  }
  return table.toString();
}
