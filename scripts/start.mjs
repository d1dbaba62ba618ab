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
// Nothing of it is left when it answers; what a library still holds open does not keep the terminal.
process.exit(await start(argv));
