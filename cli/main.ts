// `l2c`: one command for each thing operations do. Each has a file of its own; here are their names, options and
// how they end.
import { Command, CommanderError } from 'commander';
import { productVersion } from '../api/open.js';
import { ConfigError } from '../config.js';
import { StackError } from '../engine/stack.js';
import { configCommand, dbCommand, doctorCommand, reconcileCommand, verifyCommand } from './commands.js';
import { docsCommand } from './docs.js';
import { EXIT } from './exit.js';
import { funnelCommand } from './funnel.js';
import { importCommand } from './importLeads.js';
import { startCommand, startWith } from './start.js';

const EPILOGUE = `
Ends with 0 when all is well, 1 when something was found, 2 for a wrong command or setting, 3 when something the
command needs cannot be reached or started. Settings are environment variables: see l2c config.`;

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
    .addCommand(dbCommand(ended))
    .addCommand(docsCommand(ended));
  quietExits(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return codeOf(error);
  }
}

/** Commander ends the process by itself unless every command, at any depth, is told to throw instead. */
function quietExits(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) quietExits(child);
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { name, message, stack, code } = error as Error & { code?: string };
  if (error instanceof ConfigError) {
    process.stderr.write(`${message}\n`);
    return EXIT.usage;
  }
  const isAway = error instanceof StackError || UNREACHABLE.has(name) || UNREACHABLE.has(code ?? '');
  process.stderr.write(`${isAway ? message || code : (stack ?? message)}\n`);
  return EXIT.unreachable;
}

const UNREACHABLE = new Set([
  'UnsafeDatabase',
  'ServiceError',
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  '28P01',
]);
