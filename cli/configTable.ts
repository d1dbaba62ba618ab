// `l2c config`: every setting with its value, where that came from, and what stands in for an absent one here.
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { type Config, maskedConfig } from '../config.js';
import { StateFolder } from '../engine/stateFolder.js';
import { type Ended, settings } from './commands.js';
import { EXIT } from './exit.js';

interface Row {
  readonly name: string;
  readonly value: string | null;
  readonly from: 'environment' | 'default' | 'absent' | 'state folder';
  readonly description: string;
}

export function configCommand(ended: Ended): Command {
  return new Command('config')
    .description('The settings in force, secrets masked')
    .addOption(new Option('--json', 'one JSON document on stdout').default(false))
    .action(({ json }: { json: boolean }) => ended(run(json)));
}

async function run(json: boolean): Promise<number> {
  const { config, refused } = read();
  const rows = config ? await filled(maskedConfig(), config) : maskedConfig();
  if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    const table = new Table({
      head: ['variable', 'value', 'from', 'what it is'],
      style: { head: [], border: [] }, // No colours: this is read in pipes as well.
    });
    for (const { name, value, from, description } of rows) table.push([name, value ?? '', from, description]);
    process.stdout.write(`${table.toString()}\n`);
  }
  if (refused !== undefined) throw refused; // After the table: a wrong value is seen beside the others.
  return EXIT.ok;
}

function read(): { config?: Config; refused?: unknown } {
  try {
    return { config: settings() };
  } catch (error) {
    return { refused: error };
  }
}

/** What the state folder has in place of absent settings: its own path, and the ports in use. */
async function filled(rows: readonly Row[], { stateDir }: Config): Promise<Row[]> {
  const ports = await new StateFolder(stateDir).ports();
  const used: Readonly<Record<string, string | number | undefined>> = {
    L2C_STATE_DIR: stateDir,
    L2C_PORT: ports.api,
    L2C_POSTGRES_PORT: ports.postgres,
    L2C_TEMPORAL_PORT: ports.temporal,
    L2C_TEMPORAL_UI_PORT: ports.temporalUi,
  };
  return rows.map((row) => {
    const value = used[row.name];
    return row.from === 'absent' && value !== undefined
      ? { ...row, value: String(value), from: 'state folder' }
      : row;
  });
}
