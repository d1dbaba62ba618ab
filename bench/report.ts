// The table a person reads and the JSON a program reads.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import Table from 'cli-table3';
import { productVersion } from '../api/open.js';
import type { Figure, Measured, Verdict } from './figures.js';
import type { Rig } from './rig.js';

export interface Report {
  readonly date: string;
  readonly mode: string;
  readonly seed: number;
  readonly seconds: number;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly system: string;
    /** Of the last minute, before and after: a machine others use measures them, too. */
    readonly load: readonly [before: number, after: number];
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
  readonly measured: Measured;
  /** Invariants that do not hold after the bench, by their numbers. */
  readonly broken: readonly string[];
}

export function machineOf(loadBefore: number): Report['machine'] {
  const [first] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    load: [loadBefore, loadavg()[0] ?? 0],
  };
}

export async function versionsOf(rig: Rig): Promise<Record<string, string>> {
  const { serverVersion } = await rig.client.workflowService.getSystemInfo({});
  const postgres = await rig.asOwner(async (owner) => {
    const { rows } = await owner.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? 'unknown';
  });
  const manifest = new URL('../../node_modules/@temporalio/worker/package.json', import.meta.url);
  const { version: sdk } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return {
    product: productVersion(),
    node: process.versions.node,
    postgres,
    temporal: serverVersion ?? 'unknown',
    sdk,
  };
}

export function writeReport(file: string, report: object): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

const WORDS: Readonly<Record<Verdict, string>> = {
  aim: 'within aim',
  must: 'within must',
  misses: 'MISSES MUST',
  shown: '',
};

/** What was measured on, and how busy it was before and after. */
export function machineLine({ cpu, cores, memoryGiB, load }: Report['machine']): string {
  const loads = load.map((one) => one.toFixed(1)).join(' → ');
  return `on ${cores} × ${cpu}, ${memoryGiB} GiB, load ${loads}`;
}

/** The table of all figures, and the line about the machine. */
export function tableOf({ figures, machine, versions, mode, seconds, broken }: Report): string {
  const table = new Table({
    head: ['figure', 'must', 'aim', 'measured', 'verdict', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { figure, bound, must, aim, measured, unit, verdict, note } of figures) {
    const limit = (value: number | null): string =>
      value === null ? '' : `${bound === 'at most' ? '≤' : '≥'} ${shown(value)}`;
    table.push([
      figure,
      limit(must),
      limit(aim),
      `${shown(measured)} ${unit}`.trim(),
      WORDS[verdict],
      note ?? '',
    ]);
  }
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    table.toString(),
    `${mode}, ${seconds} s, ${machineLine(machine)}`,
    used.join(', '),
    broken.length === 0 ? 'every invariant holds' : `BROKEN INVARIANTS: ${broken.join(', ')}`,
  ].join('\n');
}

const shown = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
