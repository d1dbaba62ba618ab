// `npm start`: from a fresh clone to a running product, in one process, so that stopping it stops everything.
import { importBuilt, prepare } from './prepare.mjs';
import { stepPrinter } from './steps.mjs';

const argv = process.argv.slice(2);
const log = stepPrinter({ json: argv.includes('--json') });
try {
  await prepare(log);
} catch {
  process.exit(1); // The step that failed has said why and what to do.
}
const { start } = await importBuilt('cli/start.js');
try {
  await start(argv);
} catch (error) {
  if (error.name !== 'StackError') throw error;
  // What cannot start is no bug: its message is for the user, a stack trace is not.
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
