// `l2c`: one command for each thing operations do. Each has a file of its own; here are their names, options and
// how they end.
import { Command, CommanderError } from 'commander';
import { productVersion } from '../api/open.js';
import { adminKeyCommand } from './adminKey.js';
import { dbCommand, doctorCommand, reconcileCommand, verifyCommand } from './commands.js';
import { configCommand } from './configTable.js';
import { docsCommand } from './docs.js';
import { EXIT } from './exit.js';
import { funnelCommand } from './funnel.js';
import { importCommand } from './importLeads.js';
import { startCommand, startWith } from './start.js';
import { tellTrouble, UsageProblem } from './trouble.js';

const EPILOGUE = `
Ends with 0 when all is well, 1 when something was found, 2 for a wrong command or setting, 3 when something the
command needs cannot be reached or started, 4 for a fault of ours, 130 when it was stopped. With --json what went
wrong is JSON too: {"ok":false,"error":{"code","message","exit"}}. Settings are environment variables: see l2c config.`;

/** Runs one command line and answers its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const ended = (result: Promise<number>) =>
    result.then((ending) => {
      code = ending;
    });
  const program = new Command('l2c')
    .description('Lead-to-Cash: from the first contact to the commission paid')
    .version(productVersion())
    .addHelpText('after', EPILOGUE)
    .addCommand(startCommand().action((options) => ended(startWith(options))))
    .addCommand(importCommand(ended))
    .addCommand(funnelCommand(ended))
    .addCommand(verifyCommand(ended))
    .addCommand(reconcileCommand(ended))
    .addCommand(doctorCommand(ended))
    .addCommand(configCommand(ended))
    .addCommand(adminKeyCommand(ended))
    .addCommand(dbCommand(ended))
    .addCommand(docsCommand(ended));
  const json = argv.includes('--json');
  quietExits(program, json);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return codeOf(error, json);
  }
}

/** Commander ends the process by itself unless every command, at any depth, is told to throw instead. */
function quietExits(command: Command, json: boolean): void {
  command.exitOverride();
  if (json) command.configureOutput({ writeErr: () => undefined }); // Told as JSON instead.
  for (const child of command.commands) quietExits(child, json);
}

/** With --json even a wrong command line is answered as JSON; commander has its own text for people. */
function codeOf(error: unknown, json: boolean): number {
  if (!(error instanceof CommanderError)) return tellTrouble(error, json);
  if (error.exitCode === 0) return EXIT.ok;
  return json ? tellTrouble(new UsageProblem(error.message.replace(/^error: /, '')), json) : EXIT.usage;
}
