// The table a person reads, the one of docs/proof.md and the JSON a program reads.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import Table from 'cli-table3';
import { productVersion } from '../api/open.js';
import type { Measured } from './figures.js';
import type { Load } from './measures/load.js';
import type { Rig } from './rig.js';
import { type Figure, type Verdict, verdictOf } from './verdicts.js';

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

/** @throws Error where the file is none that `--json` wrote */
export function readReport(file: string): Report {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report>;
  if (!Array.isArray(report.figures) || !report.machine || !report.measured)
    throw new Error('it has no figures');
  return report as Report;
}

const WORDS: Readonly<Record<Verdict, string>> = {
  aim: 'within aim',
  must: 'within must',
  missesAim: 'MISSES AIM',
  misses: 'MISSES MUST',
  shown: '',
};

/** What was measured on, and how busy it was before and after. */
export function machineLine({ cpu, cores, memoryGiB, load }: Report['machine']): string {
  const loads = load.map((one) => one.toFixed(1)).join(' → ');
  return `on ${cores} × ${cpu}, ${memoryGiB} GiB, load ${loads}`;
}

/** The table of all figures, and the lines about the run. */
export function tableOf(report: Report): string {
  const table = new Table({
    head: ['figure', 'must', 'aim', 'measured', 'verdict', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  table.push(...report.figures.map((figure) => [...cellsOf(figure), figure.note ?? '']));
  return [table.toString(), ...linesOf(report)].join('\n');
}

/** The same as a table of docs/proof.md: every figure, what it must be, what it aims at and what it misses. */
export function markdownOf(report: Report): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    row(['figure', 'must', 'aim', 'measured', 'verdict', 'with']),
    row(['---', '---', '---', '---', '---', '---']),
    ...report.figures.map((figure) => row([...cellsOf(figure), figure.note ?? ''])),
    '',
    ...linesOf(report).map((line) => `${line}.`),
  ].join('\n');
}

/** Figure, must, aim, measured, and whether it is missed; judged anew, whatever the report says. */
function cellsOf(figure: Figure): string[] {
  const { bound, must, aim, measured, unit } = figure;
  const limit = (value: number | null): string =>
    value === null ? '–' : `${bound === 'at most' ? '≤' : '≥'} ${shown(value)}`;
  return [
    figure.figure,
    limit(must),
    limit(aim),
    `${shown(measured)} ${unit}`.trim(),
    WORDS[verdictOf(figure)],
  ];
}

function linesOf({ machine, versions, mode, seed, seconds, broken, measured }: Report): string[] {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${mode}, seed ${seed}, ${seconds} s, ${machineLine(machine)}`,
    ordersOf(measured.load),
    used.join(', '),
    broken.length === 0 ? 'every invariant holds' : `BROKEN INVARIANTS: ${broken.join(', ')}`,
  ];
}

function ordersOf({ rounds }: Load): string {
  const orders = rounds.map((round) => Object.keys(round).join(' '));
  return orders.every((order) => order === 'product')
    ? `${rounds.length} rounds without controls`
    : `rounds in the order ${orders.join(', ')}`;
}

const shown = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
