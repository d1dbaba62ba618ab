// The table a person reads.
import Table from 'cli-table3';
import { machineLine, type Report } from '../report.js';
import type { LoadOptions } from './options.js';
import type { PartReport } from './part.js';

export interface LoadReport {
  readonly date: string;
  readonly options: LoadOptions;
  readonly machine: Report['machine'];
  readonly versions: Readonly<Record<string, string>>;
  readonly parts: readonly PartReport[];
  readonly wrongs: readonly string[];
}

const SHOWN = 50;

/** The table of all parts, the machine, and what is wrong. */
export function loadTable({ options, machine, versions, parts, wrongs }: LoadReport): string {
  const table = new Table({
    head: ['part', 'figure', 'aim', 'measured', ''],
    style: { head: [], border: [], compact: true },
    colWidths: [null, null, null, 60, null],
    wordWrap: true,
  });
  for (const { part, rows } of parts) {
    for (const { figure, aim = '', measured, isMissed = false } of rows) {
      table.push([part, figure, aim, measured, isMissed ? 'MISSED' : '']);
    }
  }
  const took = parts.map(({ part, seconds }) => `${part} ${seconds} s`).join(', ');
  const { seed, rate, clicks, minutes, open } = options;
  return [
    table.toString(),
    `seed ${seed}, ${rate} captures and ${clicks} clicks a second, ${minutes} minutes, ${open} open leads; ${took}`,
    machineLine(machine),
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    ...wrongs.slice(0, SHOWN).map((wrong) => `wrong: ${wrong}`),
    ...(wrongs.length > SHOWN ? [`wrong: ${wrongs.length - SHOWN} more`] : []),
    wrongs.length === 0 ? 'nothing lost, nothing twice, every invariant holds' : 'NOT WELL',
  ].join('\n');
}
